"""Near-duplicates in bulk, beside rensa and datasketch in one run: speed, memory, recall and precision, growth.

    python benchmarks/speed/near_duplicates.py --texts 1e4 1e5          with the peers
    python benchmarks/speed/near_duplicates.py --texts 1e6 --tools holdfast rensa
    python benchmarks/speed/near_duplicates.py --growth 1e5 3e5 1e6 3e6  records of 8 to 12 words, Holdfast alone

Texts are made of 50,000 made-up words by Zipf's law, 50 to 150 of them. One in fifty is a copy of another one in which
words are replaced, so many that the Jaccard index of their runs of three words is spread evenly from 0.5 to 1; the
truth is that index, computed from sets. Wanted are all pairs of 0.7 and above. Each tool runs in a process of its own,
from the Parquet file to pairs, and is given the same bands (25 of 5) and the same threshold. The peers get lists of
runs of words, which counts, as nobody has them ready; their pairs are those that their index returns, which nobody
verified. Precision is the share of the pairs returned whose true index is at least 0.7. CPU-seconds count all threads.
"""

import argparse
import json
import subprocess
import sys
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

COPIES = 50  # one text in so many
THRESHOLD = 0.7
BINS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
AT_ONCE = 1 << 16

HOLDFAST = """
from pathlib import Path
from tempfile import TemporaryDirectory
from holdfast.data.bulk.embedded import Embedded
from holdfast.data.bulk.engine import Workplace, read
from holdfast.data.bulk.near import copies
from holdfast.data.bulk.records import parquet_records
start()
with TemporaryDirectory(dir=Path(out).parent) as folder:
    records = parquet_records([("texts", [Path(path)])])
    found = copies(Workplace(Path(folder), Embedded()), records, ("text",), "text", threshold=THRESHOLD)
    pairs = read(found.near)
    repeats = read(found.repeats)
    pairs = np.stack([np.concatenate([pairs["a"], repeats["first"]]), np.concatenate([pairs["b"], repeats["doc"]])])
stop(pairs)
"""
RUNS = """
import re
import pyarrow.parquet as pq
def runs(text):
    words = text.split()
    return [" ".join(words[i:i + 3]) for i in range(len(words) - 2)]
"""
RENSA = (
    RUNS
    + """
from rensa import RMinHash, RMinHashLSH
start()
signatures = []
for batch in pq.ParquetFile(path).iter_batches(16384):
    signatures += RMinHash.from_token_sets([runs(text) for text in batch["text"].to_pylist()], 125, 42)
index = RMinHashLSH(threshold=THRESHOLD, num_perm=125, num_bands=25)
index.insert_many(signatures)
pairs = [(a, b) for a, found in enumerate(index.query_all(signatures)) for b in found if a < b]
stop(np.array(pairs, dtype=np.int64).reshape(-1, 2).T)
"""
)
DATASKETCH = (
    RUNS
    + """
from datasketch import MinHash, MinHashLSH
start()
index, signatures = MinHashLSH(num_perm=125, params=(25, 5)), []
for number, text in enumerate(pq.read_table(path)["text"].to_pylist()):
    signature = MinHash(num_perm=125)
    signature.update_batch([run.encode() for run in runs(text)])
    index.insert(number, signature)
    signatures.append(signature)
pairs = [(a, b) for a, signature in enumerate(signatures) for b in index.query(signature) if a < b]
stop(np.array(pairs, dtype=np.int64).reshape(-1, 2).T)
"""
)
WORKERS = {"holdfast": HOLDFAST, "rensa": RENSA, "datasketch": DATASKETCH}
FRAME = """
import json, resource, sys, time
import numpy as np
path, out = sys.argv[1:]
THRESHOLD = 0.7
def start():
    global cpu
    cpu = time.process_time()
def stop(pairs):
    seconds = time.process_time() - cpu
    np.save(out, pairs)
    print(json.dumps({"seconds": seconds, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", nargs="*", type=float, default=[])
    parser.add_argument("--growth", nargs="*", type=float, default=[])
    parser.add_argument("--tools", nargs="+", default=list(WORKERS), choices=list(WORKERS))
    parser.add_argument("--most-datasketch", type=float, default=1e5, help="texts above which datasketch is left out")
    parser.add_argument("--folder", type=Path, help="where to work.  [default: a temporary one]")
    args = parser.parse_args()
    for count in args.texts or ([] if args.growth else [1e4, 1e5]):
        with TemporaryDirectory(dir=args.folder) as folder:
            compare(Path(folder), int(count), args.tools, args.most_datasketch)
    if args.growth:
        with TemporaryDirectory(dir=args.folder) as folder:
            growth(Path(folder), [int(count) for count in args.growth])


def compare(folder: Path, n: int, tools: list[str], most_datasketch: float) -> None:
    """Print a table of the tools on `n` texts."""
    path = folder / "texts.parquet"
    truth = write_texts(path, n, (50, 150))
    names = [f"{low:g}–{high:g}" for low, high in pairwise(BINS)]
    print(f"\n{n:,} texts, {path.stat().st_size / 1e6:,.0f} MB on disk, {len(truth):,} planted copies\n")
    print("| tool | texts a CPU-s | CPU-s | peak MB | pairs | precision | " + " | ".join(names) + " |")
    print("|---|---|---|---|---|---|" + "---|" * len(names))
    for tool in tools:
        if tool != "holdfast" and not find_spec(tool):
            print(f"| {tool} | not installed |")
        elif tool == "datasketch" and n > most_datasketch:
            print(f"| {tool} | left out at this size |")
        else:
            report(tool, path, n, truth)


def growth(folder: Path, counts: list[int]) -> None:
    """Print cost against the number of short records, and the exponent of its growth."""
    print("\n| records | CPU-s | µs a record | peak MB | recall at 0.7 and above |\n|---|---|---|---|---|")
    spent = []
    for n in counts:
        path = folder / "texts.parquet"
        truth = write_texts(path, n, (8, 12))
        found, cost = run("holdfast", path)
        alike = truth[truth[:, 2] >= THRESHOLD]
        hits = np.isin(code(alike[:, 0], alike[:, 1], n), code(found[0], found[1], n))
        spent.append(cost["seconds"])
        print(
            f"| {n:,} | {cost['seconds']:.1f} | {1e6 * cost['seconds'] / n:.1f} | {cost['peak'] / 1024:,.0f} | "
            f"{hits.mean():.4f} |",
            flush=True,
        )
    if len(counts) > 1:
        slope = np.polyfit(np.log(counts), np.log(spent), 1)[0]
        last = np.log(spent[-1] / spent[-2]) / np.log(counts[-1] / counts[-2])
        print(f"\nexponent of growth: {slope:.2f} over all sizes, {last:.2f} over the last two")


def write_texts(path: Path, n: int, lengths: tuple[int, int]) -> np.ndarray:
    """Write `n` texts, some of them copies of earlier ones; return (source, copy, Jaccard index) of each copy."""
    from holdfast.audit.cases.texts import vocabulary

    rng = np.random.default_rng(0)
    words = vocabulary(50_000)
    weight = 1.0 / (np.arange(len(words)) + 3.0)
    chances = np.cumsum(weight / weight.sum())
    truth = []
    with pq.ParquetWriter(path, pa.schema([("text", pa.large_string())]), compression="zstd") as writer:
        for first in range(0, n, AT_ONCE):
            size = min(AT_ONCE, n - first)
            sizes = rng.integers(lengths[0], lengths[1] + 1, size=size)
            ids = np.searchsorted(chances, rng.random(int(sizes.sum())))
            texts = np.split(np.minimum(ids, len(words) - 1), np.cumsum(sizes)[:-1])
            for copy in range(COPIES - 1, size, COPIES):
                source = copy - 1 - int(rng.integers(COPIES - 1))
                wanted = rng.uniform(BINS[0], BINS[-1])
                kept = (2 * wanted / (1 + wanted)) ** (1 / 3)
                hit = rng.random(len(texts[source])) > kept
                texts[copy] = np.where(hit, rng.integers(len(words), size=len(hit)), texts[source])
                truth.append((first + source, first + copy, jaccard(texts[source], texts[copy])))
            writer.write_table(pa.table({"text": pa.array([" ".join(words[text]) for text in texts], "large_string")}))
    return np.array(truth)


def jaccard(a: np.ndarray, b: np.ndarray) -> float:
    one, other = (set(zip(text.tolist(), text[1:].tolist(), text[2:].tolist(), strict=False)) for text in (a, b))
    return len(one & other) / len(one | other)


def run(tool: str, path: Path) -> tuple[np.ndarray, dict[str, float]]:
    """Return the pairs that a tool finds, and what that costs."""
    out = path.with_name("found.npy")
    done = subprocess.run(
        [sys.executable, "-c", FRAME + WORKERS[tool], str(path), str(out)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{tool} failed: {done.stderr.strip()[-2000:]}")
    return np.load(out), json.loads(done.stdout.splitlines()[-1])


def code(a: np.ndarray, b: np.ndarray, n: int) -> np.ndarray:
    a, b = a.astype(np.int64), b.astype(np.int64)
    return np.minimum(a, b) * n + np.maximum(a, b)


def report(tool: str, path: Path, n: int, truth: np.ndarray) -> None:
    found, cost = run(tool, path)
    codes = np.unique(code(found[0], found[1], n))
    planted = code(truth[:, 0], truth[:, 1], n)
    hits = np.isin(planted, codes)
    right = true_pairs(codes, n, planted, truth[:, 2], path)
    shares = []
    for low, high in pairwise(BINS):
        here = (truth[:, 2] >= low) & ((truth[:, 2] < high) | (high == BINS[-1]))
        shares.append(f"{hits[here].mean():.4f}" if here.any() else "–")
    cells = [tool, f"{n / cost['seconds']:,.0f}", f"{cost['seconds']:.1f}", f"{cost['peak'] / 1024:,.0f}",
             f"{len(codes):,}", f"{right:.4f}", *shares]  # fmt: skip
    print("| " + " | ".join(cells) + " |", flush=True)


def true_pairs(codes: np.ndarray, n: int, planted: np.ndarray, truth: np.ndarray, path: Path) -> float:
    """Return the share of the pairs found whose true index reaches the threshold; unplanted ones are looked up."""
    order = np.argsort(planted)
    place = np.minimum(np.searchsorted(planted[order], codes), len(planted) - 1)
    known = planted[order][place] == codes
    right = int((truth[order][place[known]] >= THRESHOLD).sum())
    others = codes[~known]
    if len(others):
        texts = pq.read_table(path)["text"]
        some = others[np.random.default_rng(0).permutation(len(others))[:20_000]]
        alike = [_texts_jaccard(texts[int(one // n)].as_py(), texts[int(one % n)].as_py()) for one in some.tolist()]
        right += round(float(np.mean(np.array(alike) >= THRESHOLD)) * len(others))
    return right / max(1, len(codes))


def _texts_jaccard(a: str, b: str) -> float:
    one, other = ({tuple(words[i : i + 3]) for i in range(len(words) - 2)} for words in (a.split(" "), b.split(" ")))
    return len(one & other) / max(1, len(one | other))


if __name__ == "__main__":
    main()
