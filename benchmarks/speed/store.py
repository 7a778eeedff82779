"""What a store costs: adding, amending a few of many, a column that comes later, looking for what is there.

    python benchmarks/speed/store.py                     # 500,000 records
    python benchmarks/speed/store.py --records 5000000

CPU seconds of this process (all its threads), megabytes on disk that each step brought, and the greatest memory.
"""

import argparse
import os
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa

from holdfast.data.inference import describe
from holdfast.data.store import Store

WORDS = ("the", "of", "and", "to", "in", "is", "that", "for", "it", "as", "was", "with", "be", "by", "on", "not", "his")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--records", type=int, default=500_000)
    parser.add_argument("--few", type=int, default=1_000, help="records that are amended")
    parser.add_argument("--folder", type=Path, help="on which disk  [default: that of temporary files]")
    arguments = parser.parse_args()
    with TemporaryDirectory(dir=arguments.folder) as folder:
        run(Path(folder) / "corpus", arguments.records, arguments.few)


def run(place: Path, n: int, few: int) -> None:
    """Print a line for each step."""
    rng = np.random.default_rng(0)
    store = Store.create(place)
    whole = records(rng, n)
    step(f"add {n:,}", place, lambda: store.add(whole), n)
    step(f"add {n:,} that are there", place, lambda: store.add(whole), n)
    small = records(rng, few)
    step(f"add {few:,} to {n:,}", place, lambda: store.add(small), few)
    names = step("read names of records", place, lambda: store.read(columns=["_record"]), n).table.column(0)
    some = names.take(pa.array(np.sort(rng.choice(len(names), few, replace=False))))
    amended = pa.table({"_record": some, "_origin": ["human"] * few, "_verifier": ["ann"] * few})
    step(f"amend {few:,} in {n:,}", place, lambda: store.amend(amended, "looked at"), few)
    scores = pa.table({"_record": names, "score": rng.random(len(names))})
    step("a column that comes later", place, lambda: store.attach("score", scores), n)
    step("differences of two versions", place, lambda: store.diff("head~2", "head"), n)
    step("read all", place, store.read, n)
    step("verify", place, store.verify, n)
    step("verify every record of 4 versions", place, lambda: store.verify(records=True), 4 * n)
    step("gc, keeping the last", place, lambda: store.gc(keep=1), n)
    print(f"greatest memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


def records(rng: np.random.Generator, n: int):
    """Return documents of about 150 characters, with two numbers and a label."""
    chosen = rng.integers(len(WORDS), size=(n, 40))
    words = np.array(WORDS)
    text = [" ".join(row) for row in words[chosen]]
    table = pa.table({"text": text, "a": rng.normal(size=n), "b": rng.integers(1 << 40, size=n),
                      "label": words[rng.integers(5, size=n)], "_origin": ["synthetic"] * n})  # fmt: skip
    return describe("made", table)


def step(what: str, place: Path, work, n: int):
    before, wall, cpu = size(place), time.perf_counter(), time.process_time()
    done = work()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    grown = (size(place) - before) / 1e6
    print(
        f"{what:38} {cpu:8.2f} CPU-s {wall:8.2f} s {grown:+9.1f} MB {n / max(cpu, 1e-9):12,.0f} records a CPU-s",
        flush=True,
    )
    return done


def size(place: Path) -> int:
    return sum(os.lstat(path).st_size for path in place.rglob("*") if path.is_file())


if __name__ == "__main__":
    main()
