"""Pictures hashed and compared across splits, beside imagededup in one run: speed, memory, and what is found.

    python benchmarks/speed/images.py --images 1e4
    python benchmarks/speed/images.py --images 1e5 --peer /path/to/python   an interpreter that has imagededup

JPEGs of 200 × 150 pixels, one in fifty of them a changed copy of another. Each tool runs in a process of its own and
is given the folder. Holdfast loads it, decodes every image once (with all properties that other checks read) and finds
copies, also cropped, mirrored and turned ones. imagededup hashes (PHash, its default distance of 10, the search it
takes by default) and finds copies of the picture as it stands. It imports PyTorch and torchvision for another method
even when that is not used; where one is missing, stand-ins take the place of the modules that need it. Recall is the
share of planted copies found with their source; precision the share of pairs that were planted. CPU-seconds count all
threads.
"""

import argparse
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

WORKERS = {
    "holdfast": """
from holdfast.audit.runner import Facts
from holdfast.data.loading import load
import sklearn.ensemble
start()
dataset = load({"all": folder})
facts = Facts({"dataset": dataset})
facts["images"]
said["decoded"] = spent()
pairs, = facts["image_pairs"]
groups = facts["row_groups"]
import numpy as np
first, file = groups.first(np.ones(len(dataset), dtype=bool)), dataset.values("file").to_pylist()
found = [(file[first[a]], file[first[b]]) for a, b in zip(pairs.left, pairs.right)]
""",
    "imagededup": """
import types
try:
    import torch, torchvision
except ImportError:
    for name in ("methods.cnn", "utils.data_generator", "utils.models"):
        stand_in = types.ModuleType("imagededup." + name)
        stand_in.__getattr__ = lambda _: None
        sys.modules["imagededup." + name] = stand_in
from imagededup.methods import PHash
start()
hasher = PHash(verbose=False)
hashes = hasher.encode_images(image_dir=folder, recursive=True, num_enc_workers=0)
said["decoded"] = spent()
near = hasher.find_duplicates(encoding_map=hashes, num_dist_workers=0)
found = [(a, b) for a, others in near.items() for b in others if a < b]
""",
}
FRAME = """
import json, os, resource, sys, time
folder, said = sys.argv[1], {}
def spent():
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime - begun
begun = 0.0
def start():
    global begun
    begun = spent()
"""
END = """
said["seconds"], said["peak"] = spent(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
said["found"] = found
json.dump(said, open(sys.argv[2], "w"))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=float, nargs="+", default=[1e4])
    parser.add_argument("--peer", default=sys.executable, help="interpreter that has imagededup")
    parser.add_argument("--skip-peer", action="store_true")
    parser.add_argument("--seconds", type=float, default=3600, help="most wall time for one tool")
    arguments = parser.parse_args()
    for n in map(int, arguments.images):
        with TemporaryDirectory() as folder:
            one(n, Path(folder), arguments.peer, arguments.seconds, skip_peer=arguments.skip_peer)
    return 0


def one(n: int, folder: Path, peer: str, seconds: float, *, skip_peer: bool) -> None:
    from image_sets import CHANGES, written

    truth = written(folder / "pictures", n, every=50)
    planted = {tuple(sorted((copy, source))): how for copy, (source, how) in truth.items()}
    of = Counter(planted.values())
    print(f"{n:,} pictures, {len(planted):,} planted copies")
    recalls = {}
    for tool, code in WORKERS.items():
        if tool != "holdfast" and skip_peer:
            continue
        python = sys.executable if tool == "holdfast" else peer
        answer = folder / f"{tool}.json"
        command = [python, "-c", FRAME + code + END, str(folder / "pictures"), str(answer)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
        except subprocess.TimeoutExpired:
            print(f"{tool}: more than {seconds:,.0f} s")
            continue
        if done.returncode:
            print(f"{tool}: not measured: {done.stderr.strip().rpartition(chr(10))[2][:200]}")
            continue
        said = json.loads(answer.read_text())
        found = {tuple(sorted(pair)) for pair in said["found"]}
        hit = Counter(planted[pair] for pair in found if pair in planted)
        recalls[tool] = {how: hit[how] / of[how] for how in of}
        plain = [how for how in of if not any(word in how for word in ("crop", "mirror", "turn", "upside"))]
        print(
            f"{tool:12} {n / said['seconds']:8,.0f} images per CPU-s ({said['decoded']:,.1f} s to decode and hash, "
            f"{said['seconds'] - said['decoded']:,.1f} s to compare), peak {said['peak'] / 1e9:.2f} GB, "
            f"recall {sum(hit.values()) / len(planted):.3f} "
            f"({sum(hit[how] for how in plain) / max(1, sum(of[how] for how in plain)):.3f} without cropped and turned "
            f"ones), precision {sum(hit.values()) / max(1, len(found)):.3f}"
        )
    for how in CHANGES:
        if of[how]:
            print(f"  {how:32}" + "".join(f"{tool} {recall.get(how, 0):.2f}   " for tool, recall in recalls.items()))


if __name__ == "__main__":
    sys.exit(main())
