"""What exports cost: processor time and memory of each format, and how they grow with the number of short records.

    python benchmarks/speed/exporting.py                             1e5 and 1e6 records
    python benchmarks/speed/exporting.py --records 1e5 1e6 1e7       ten minutes of one core, 10 GB of disk
    python benchmarks/speed/exporting.py --store --formats parquet   out of a store, which is made first and not counted

Records are eight to twelve words, a label, and who made them. Each export is the command itself in a process of its
own, from Parquet to the folder. Memory is the process's own at its highest, files that it maps not counted; looked at
every 20 ms. The exponent is that of growth from one size to the next: 1 is linear.
"""

import argparse
import os
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

FORMATS = ("parquet", "jsonl", "csv", "huggingface", "croissant")
HOLDFAST = (sys.executable, "-m", "holdfast")
AT_ONCE = 1 << 16
_LOOK = 0.02  # seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", nargs="+", type=float, default=[1e5, 1e6])
    parser.add_argument("--formats", nargs="+", default=list(FORMATS), choices=[*FORMATS, "folders"])
    parser.add_argument("--store", action="store_true", help="export a version of a store")
    parser.add_argument("--folder", type=Path, help="where to work.  [default: a temporary one]")
    told = parser.parse_args()
    sizes = [int(n) for n in told.records]
    costs: dict[str, list[tuple[float, float, int]]] = {form: [] for form in told.formats}
    for n in sizes:
        with TemporaryDirectory(dir=told.folder) as name:
            source = made(Path(name), n, store=told.store)
            for form in told.formats:
                costs[form].append(measured(source, form, Path(name) / "out"))
    head = "".join(f" {n:,}: CPU-s | MB | exponent |" if i else f" {n:,}: CPU-s | MB |" for i, n in enumerate(sizes))
    print(f"| format |{head} µs a record |\n|---|{'---|' * (3 * len(sizes))}")
    for form, each in costs.items():
        cells = [f"{spent:.1f} | {peak:,.0f}" for spent, peak, _ in each]
        for i, ((n, m), (few, many)) in enumerate(zip(pairwise(sizes), pairwise(each), strict=True), start=1):
            cells[i] += f" | {np.log(many[0] / few[0]) / np.log(m / n):.2f}"
        print(f"| {form} | {' | '.join(cells)} | {1e6 * each[-1][0] / sizes[-1]:.1f} |")


def made(folder: Path, n: int, *, store: bool) -> str:
    """Write n records as Parquet, and a store of them if that is wanted; return what an export is given."""
    path = folder / "records.parquet"
    rng = np.random.default_rng(0)
    words = np.array([f"{a}{b}" for a in ("ba", "do", "ki", "lu", "me", "no", "ra", "su") for b in "bdfgklmnprst"])
    writer = None
    for start in range(0, n, AT_ONCE):
        rows = min(AT_ONCE, n - start)
        lengths = rng.integers(8, 13, rows)
        drawn = words[rng.integers(0, len(words), lengths.sum())]
        texts = [" ".join(one) for one in np.split(drawn, np.cumsum(lengths)[:-1])]
        machine = rng.random(rows) < 0.4
        block = pa.table({
            "text": texts,
            "label": np.array(["good", "bad", "neither"])[rng.integers(0, 3, rows)],
            "score": rng.normal(size=rows),
            "_origin": np.where(machine, "synthetic", "human"),
            "_generator": pa.array(["model-7b" if one else None for one in machine]),
        })  # fmt: skip
        if writer is None:
            writer = pq.ParquetWriter(path, block.schema)
        writer.write_table(block)
    if writer is not None:
        writer.close()
    if not store:
        return str(path)
    subprocess.run([*HOLDFAST, "data", "init", str(folder / "corpus")], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([*HOLDFAST, "data", "add", str(folder / "corpus"), str(path)], check=True, stdout=subprocess.DEVNULL)
    return str(folder / "corpus")


def measured(source: str, form: str, out: Path) -> tuple[float, float, int]:
    """Return the processor seconds, the peak of own memory in MB, and the bytes written, of one export."""
    line = [*HOLDFAST, "data", "export", source, "--out", str(out), "--format", form]
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL)
    peak = 0
    while (ended := os.wait4(process.pid, os.WNOHANG))[0] == 0:
        peak = max(peak, own(process.pid))
        time.sleep(_LOOK)
    _, status, used = ended
    if status:
        raise SystemExit(f"{' '.join(line)} failed")
    size = sum(one.stat().st_size for one in out.rglob("*") if one.is_file())
    rmtree(out)
    print(f"{form}: {used.ru_utime + used.ru_stime:.1f} CPU-s, {peak / 1024:,.0f} MB", file=sys.stderr, flush=True)
    return used.ru_utime + used.ru_stime, peak / 1024, size


def own(pid: int) -> int:
    """Return the kilobytes of memory that a process holds beside mapped files."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("RssAnon:")), 0)


if __name__ == "__main__":
    main()
