"""Time and memory of a mix: from a store, and from one Parquet file.

    python benchmarks/speed/mixing.py               1,000,000 records of about 200 bytes
    python benchmarks/speed/mixing.py --records N

Each step runs in a process of its own; seconds are CPU seconds, memory is the peak of that process beyond what imports
take. The store is made first, which is not counted.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

WORDS = np.array(
    [
        "the",
        "of",
        "and",
        "to",
        "in",
        "is",
        "was",
        "he",
        "for",
        "it",
        "with",
        "as",
        "his",
        "on",
        "be",
        "at",
        "by",
        "had",
        "not",
        "are",
        "but",
        "from",
        "or",
        "have",
        "an",
    ]
)
STEPS = ("count", "take", "check")


def make(n: int, folder: Path) -> None:
    """Write a corpus of n records, and a store of the same."""
    from holdfast.data.loading import load
    from holdfast.data.store import Store

    rng = np.random.default_rng(0)
    made = rng.random(n) < 0.6
    bag = [" ".join(rng.choice(WORDS, 35)) for _ in range(1_000)]
    table = pa.table({
        "text": [f"{bag[i % 1_000]} {i}" for i in range(n)],
        "_origin": np.where(made, "synthetic", "human"),
        "_evidence": ["declared"] * n,
        "_generator": np.where(made, np.char.add("m", rng.integers(0, 20, n).astype(str)), None),
        "_generation": np.where(made, rng.integers(1, 4, n), 0),
    })  # fmt: skip
    pq.write_table(table, folder / "corpus.parquet")
    Store.create(folder / "corpus").add(load({"all": folder / "corpus.parquet"}), "all")


def step(which: str, source: str, n: int, folder: Path) -> None:
    """Do one step, and print its CPU seconds and memory."""
    from holdfast.data.loading import load
    from holdfast.data.mixing import mix, read_policy, refusal, write_mix
    from holdfast.data.mixing.choosing import Mix  # noqa: F401 so that imports are not counted

    policy = folder / "diet.toml"
    policy.write_text(
        f'source = "{folder / source}"\nrecords = {n // 4}\nshares.synthetic.at_most = 0.3\ncaps.generator = 0.02\n'
    )
    if which == "make":
        make(n, folder)
        return
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    if which == "check":
        refusal(load({"all": folder / f"out-{source}"}), read_policy(policy))
    else:
        made = mix(read_policy(policy))
        if which == "take":
            write_mix(made, folder / f"out-{source}")
    seconds, after = time.process_time() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{seconds:.1f} {(after - before) / 1024:.0f} {after / 1024:.0f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--step", nargs=3)
    said = parser.parse_args()
    if said.step:
        which, source, folder = said.step
        step(which, source, said.records, Path(folder))
        return
    with tempfile.TemporaryDirectory() as folder:
        ours = [sys.executable, __file__, "--records", str(said.records), "--step"]
        # Not here: a process starts with its parent's peak of memory.
        subprocess.run([*ours, "make", "corpus", folder], check=True)
        print(f"{said.records:,} records, a mix of a quarter of them")
        print("| source | step | CPU s | memory beyond imports, MB | peak, MB |\n|---|---|---|---|---|")
        for source in ("corpus", "corpus.parquet"):
            for which in STEPS:
                done = subprocess.run([*ours, which, source, folder], capture_output=True, text=True, check=True)
                print(f"| {source} | {which} | " + " | ".join(done.stdout.split()) + " |", flush=True)


if __name__ == "__main__":
    main()
