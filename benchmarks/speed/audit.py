"""CPU-seconds and peak memory of an audit as tables grow, beside peers where they are installed.

    python benchmarks/speed/audit.py                        1e4, 1e5 and 1e6 rows × 30
    python benchmarks/speed/audit.py --rows 1e4 1e5 1e6 1e7

    python benchmarks/speed/audit.py --rows 1e3 1e5 --honest --peers VENV/bin/python

Each measurement is a process of its own, so that peak memory is its own; the least CPU of `--times` is printed. Modules
are compiled before, as pip compiles what it installs. The honest score is left out unless asked for: its cost is a
budget in seconds. Peers are measured when they are installed (pip install 'holdfast[peers]', or another Python that has
them, named with --peers), at up to 1e5 rows: leaklens-ml with all it does for two tables, cleanlab and datasketch with
their near-duplicates only.
"""

import argparse
import json
import math
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet

COLUMNS = 30
BLOCK = 1_000_000

WORKERS = {
    "holdfast": """
import holdfast
run = holdfast.audit(train, test, label="y", honest={"enabled": HONEST})
crashed = [r.check for r in run.results if r.status == "crashed"]
assert not crashed, crashed
if out:
    from pathlib import Path
    Path(out).write_text(holdfast.render(run, "html"))
""",
    "leaklens": """
import pandas as pd
from leaklens.audit import audit
from leaklens.leakage import scan, split_overlap, temporal_overlap
first, second = pd.read_parquet(train), pd.read_parquet(test)
scan(first, "y"), split_overlap(first, second), temporal_overlap(first, second, "t"), audit(first, "y")
""",
    "cleanlab": """
import pandas as pd
from cleanlab import Datalab
frame = pd.read_parquet(train)
lab = Datalab(frame, label_name="y", verbosity=0)
numbers = frame.drop(columns=["y"]).select_dtypes("number").to_numpy()
lab.find_issues(features=numbers, issue_types={"near_duplicate": {}})
""",
    "datasketch": """
import pandas as pd
from datasketch import MinHash, MinHashLSH
index = MinHashLSH(threshold=0.9, num_perm=64)
for number, row in enumerate(pd.read_parquet(train).itertuples(index=False)):
    signature = MinHash(num_perm=64)
    signature.update_batch([f"{i}:{v}".encode() for i, v in enumerate(row)])
    index.insert(str(number), signature)
""",
}
PACKAGES = {"leaklens": "leaklens", "cleanlab": "cleanlab", "datasketch": "datasketch"}
PEER_MOST_ROWS = 100_000

MEASURE = """
import json, resource, sys
train, test, out = sys.argv[1:4]
HONEST = {honest}
{work}
usage = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=float, nargs="+", default=[1e4, 1e5, 1e6])
    parser.add_argument("--format", choices=["parquet", "csv"], default="parquet")
    parser.add_argument("--honest", action="store_true", help="with the honest score")
    parser.add_argument("--peers", default=sys.executable, help="the Python that peers are installed for")
    parser.add_argument("--times", type=int, default=3, help="how often each is run; the least CPU is printed")
    arguments = parser.parse_args()
    installed = [tool for tool, package in PACKAGES.items() if has(arguments.peers, package)]
    absent = sorted(set(PACKAGES) - set(installed))
    if absent:
        print(f"not measured, because not installed: {', '.join(absent)}")
    print(f"{'tool':12}{'rows':>12}{'CPU-s':>9}{'peak MB':>9}{'data MB':>9}{'report KB':>11}")
    points = []
    with TemporaryDirectory() as folder:
        compiled = {**os.environ, "PYTHONPYCACHEPREFIX": f"{folder}/compiled"}
        compiled.pop("PYTHONDONTWRITEBYTECODE", None)
        for rows in map(int, arguments.rows):
            train, test = write_tables(Path(folder), rows, arguments.format)
            report = Path(folder) / "report.html"
            for tool in ("holdfast", *installed):
                if tool == "holdfast" or (rows <= PEER_MOST_ROWS and arguments.format == "parquet"):
                    python = sys.executable if tool == "holdfast" else arguments.peers
                    code = MEASURE.format(work=WORKERS[tool], honest=arguments.honest)
                    command = [python, "-c", code, str(train), str(test), str(report)]
                    if not points:  # modules are compiled
                        measure(tool, command, compiled)
                    each = [measure(tool, command, compiled) for _ in range(arguments.times)]
                    seconds, megabytes = (min(values) for values in zip(*each, strict=True))
                    size = f"{report.stat().st_size / 1024:.0f}" if tool == "holdfast" else ""
                    data = rows * (COLUMNS + 1) * 8 / 2**20
                    print(f"{tool:12}{rows:12,}{seconds:9.1f}{megabytes:9.0f}{data:9.0f}{size:>11}", flush=True)
                    if tool == "holdfast":
                        points.append((rows, seconds))
    for (small, before), (large, after) in pairwise(points):
        exponent = math.log(after / before) / math.log(large / small)
        print(f"growth exponent {small:,} → {large:,}: {exponent:.2f}")
    return 0


def has(python: str, package: str) -> bool:
    """Return whether a Python finds a package."""
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({package!r}) is None)"
    return subprocess.run([python, "-c", code], check=False).returncode == 0


def measure(tool: str, command: list[str], compiled: dict[str, str]) -> tuple[float, float]:
    """Return CPU-seconds and the peak of memory in MB of one run."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=compiled)
    if done.returncode:
        raise SystemExit(f"{tool} failed: {done.stderr[-800:]}")
    seconds, megabytes = json.loads(done.stdout.splitlines()[-1])
    return seconds, megabytes


def write_tables(folder: Path, rows: int, form: str) -> tuple[Path, Path]:
    """Write a table of 24 numbers, 5 categories and a time, block by block, four fifths of it for training."""
    paths = (folder / f"train.{form}", folder / f"test.{form}")
    for path, share, seed in ((paths[0], 0.8, 0), (paths[1], 0.2, 1)):
        left, writer, block_number = round(rows * share), None, 0
        while left > 0:
            block = make_block(min(left, BLOCK), seed, block_number)
            if writer is None:
                writer = (
                    pa.parquet.ParquetWriter(path, block.schema)
                    if form == "parquet"
                    else pa.csv.CSVWriter(path, block.schema)
                )
            writer.write_table(block)
            left -= len(block)
            block_number += 1
        writer.close()
    return paths


def make_block(rows: int, seed: int, number: int) -> pa.Table:
    rng = np.random.default_rng([seed, number])
    columns = {f"n{i}": rng.normal(size=rows) for i in range(20)}
    columns |= {f"i{i}": rng.poisson(20 * (i + 1), size=rows) for i in range(4)}
    for i, levels in enumerate((2, 5, 20, 100, 1000)):
        names = pa.array([f"level {level}" for level in range(levels)])
        columns[f"c{i}"] = names.take(pa.array(rng.integers(levels, size=rows)))
    columns["t"] = pa.array(1_600_000_000_000_000 + rng.integers(10**14, size=rows), pa.timestamp("us"))
    score = columns["n0"] + columns["n1"] - columns["n2"] + rng.normal(size=rows)
    columns["y"] = pa.array(np.where(score > 0, "yes", "no"))
    return pa.table(columns)


if __name__ == "__main__":
    import pyarrow.csv

    sys.exit(main())
