"""Kill one of two Spark workers in mid-run, and the whole run in mid-run: the result has to be the undisturbed one.

    python benchmarks/faults/kill_worker.py                      20,000 texts, 3 kills of a worker, 2 of the run
    python benchmarks/faults/kill_worker.py --texts 1e5 --kills 10
    python benchmarks/faults/kill_worker.py --short                a worker is killed while it reads its third unit

Near-duplicates are looked for on a local cluster of two workers of one core each. A moment is drawn at random; then
the process of one worker gets SIGKILL, and Spark has to start another and do its tasks again. Afterwards the tables are
compared with those of the embedded engine, record by record. A run that is killed as a whole (SIGKILL to the driver) is
called again with the same folder and has to come to the same tables without doing finished stages again.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.audit.cases.texts import edited, texts
from holdfast.core.progress import Silent
from holdfast.data.bulk.embedded import Embedded
from holdfast.data.bulk.engine import DONE, Workplace, read
from holdfast.data.bulk.near import Copies, copies
from holdfast.data.bulk.reading import DOCS, documents
from holdfast.data.bulk.records import Records, Unit, parquet_records
from holdfast.data.bulk.spark import Spark

CLUSTER = "local-cluster[2,1,1024]"
SETTINGS = {"spark.sql.shuffle.partitions": "2"}
THRESHOLD = 0.7


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=float, default=2e4)
    parser.add_argument("--kills", type=int, default=3, help="of a worker")
    parser.add_argument("--restarts", type=int, default=2, help="kills of the whole run")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--one", nargs=2, type=Path, help=argparse.SUPPRESS)  # corpus and folder of a run to be killed
    parser.add_argument("--short", action="store_true", help="one kill, of one stage, at a known moment")
    arguments = parser.parse_args()
    if arguments.one:
        spark_run(parquet_records([("texts", [arguments.one[0]])]), arguments.one[1])
        return 0
    with TemporaryDirectory() as folder:
        if arguments.short:
            faults = short(Path(folder))
        else:
            faults = campaign(Path(folder), int(arguments.texts), arguments.kills, arguments.restarts, arguments.seed)
    print("\n".join(faults) or "no fault")
    return int(bool(faults))


def campaign(folder: Path, n: int, kills: int, restarts: int, seed: int) -> list[str]:
    """Return what went wrong."""
    rng, faults = random.Random(seed), []
    path = folder / "texts.parquet"
    write(path, n)
    records = parquet_records([("texts", [path])])
    expected = told(copies(Workplace(folder / "embedded", Embedded()), records, ("text",), "text", threshold=THRESHOLD))
    print(f"{n:,} texts; embedded engine: {', '.join(f'{len(rows):,} {name}' for name, rows in expected.items())}")
    started = time.monotonic()
    if told(spark_run(records, folder / "undisturbed")) != expected:
        faults.append("the undisturbed run on two workers differs from the embedded engine")
    whole = time.monotonic() - started
    print(f"two workers, undisturbed: {whole:.0f} s")
    for number in range(kills):
        killed: list[str] = []
        timer = threading.Timer(rng.uniform(0.2, 0.9) * whole, lambda out=killed: out.append(kill_one(rng)))
        timer.start()
        started = time.monotonic()
        try:
            found = told(spark_run(records, folder / f"killed{number}"))
        finally:
            timer.cancel()
        if found != expected:
            faults.append(f"kill {number}: the tables differ")
        print(f"kill {number}: {killed[0] if killed else 'too late'}; ended after {time.monotonic() - started:.0f} s")
    for number in range(restarts):
        work = folder / f"restarted{number}"
        process = subprocess.Popen(
            [sys.executable, __file__, "--one", str(path), str(work)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        time.sleep(rng.uniform(0.3, 0.9) * whole)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        done = {one: one.stat().st_mtime_ns for one in work.glob(f"*/{DONE}")}
        if told(spark_run(records, work)) != expected:
            faults.append(f"restart {number}: the tables differ")
        if any(one.stat().st_mtime_ns != before for one, before in done.items()):
            faults.append(f"restart {number}: a finished stage was done again")
        print(f"restart {number}: killed with {len(done)} stages done; went on to the same tables")
    return faults


def short(folder: Path) -> list[str]:
    """Return what went wrong where the worker that reads the third unit dies of it, once."""
    path, marker = folder / "texts.parquet", folder / "killed"
    write(path, 4000)
    records = parquet_records([("texts", [path])])
    tables = []
    for engine, work in (
        (Embedded(), partial(documents, columns=("text",), text="text")),
        (Spark(CLUSTER, SETTINGS), partial(deadly, marker=marker)),
    ):
        into = folder / engine.name
        into.mkdir()
        try:
            engine.each(records.units, work, DOCS, into, Silent())
        finally:
            engine.close()
        tables.append(read(into).sort_by("doc"))
    if not marker.exists():
        return ["no worker was killed"]
    print(f"worker {marker.read_text()} was killed while it read its unit; {tables[1].num_rows:,} records were read")
    return [] if tables[0].equals(tables[1]) else ["the tables differ"]


def deadly(unit: Unit, marker: Path) -> Iterator[pa.RecordBatch]:
    """Read a unit; whoever gets the third one first is killed, with the Java process it works for."""
    if unit.number == 2 and not marker.exists():
        pid = os.getpid()
        while b"CoarseGrainedExecutorBackend" not in command(pid):
            pid = parent(pid)
        marker.write_text(str(pid))
        os.kill(pid, signal.SIGKILL)
        time.sleep(30)
    yield from documents(unit, ("text",), "text")


def spark_run(records: Records, work: Path) -> Copies:
    """Return what two workers find."""
    engine = Spark(CLUSTER, SETTINGS)
    try:
        return copies(Workplace(work, engine), records, ("text",), "text", threshold=THRESHOLD)
    finally:
        engine.close()


def told(found: Copies) -> dict[str, list[tuple]]:
    """Return all tables as sorted rows."""
    names = {
        "docs": None, "equals": ["doc", "first"], "repeats": ["doc", "first"], "near": ["a", "b", "jaccard"],
        "clusters": ["doc", "label"],
    }  # fmt: skip
    tables = {name: read(getattr(found, name), columns) for name, columns in names.items()}
    return {
        name: sorted(zip(*(column.to_pylist() for column in table.columns), strict=True)) if table.num_rows else []
        for name, table in tables.items()
    }


def kill_one(rng: random.Random) -> str:
    """Kill one executor that this process started, and say which."""
    executors = [pid for pid in descendants(os.getpid()) if b"CoarseGrainedExecutorBackend" in command(pid)]
    if not executors:
        return "no worker was there"
    pid = rng.choice(executors)
    os.kill(pid, signal.SIGKILL)
    return f"worker {pid} of {len(executors)} killed"


def descendants(root: int) -> list[int]:
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = parent(int(entry.name))
            except OSError:
                continue
    found, more = [], [root]
    while more:
        more = [pid for pid, parent in parents.items() if parent in more]
        found += more
    return found


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def write(path: Path, n: int) -> None:
    rng = np.random.default_rng(0)
    made = texts(rng, n - n // 20, (20, 60))
    made += [edited(rng, made[k], float(rng.uniform(0, 0.15)), "replace") for k in range(n // 20)]
    table = pa.table({"text": pa.array([made[k] for k in rng.permutation(n).tolist()], pa.large_string())})
    pq.write_table(table, path, row_group_size=max(500, n // 8))


if __name__ == "__main__":
    sys.exit(main())
