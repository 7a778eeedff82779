"""Kill one of two Spark workers in mid-run, and the whole run in mid-run: the facts have to be the undisturbed ones.

    python benchmarks/faults/kill_worker.py                      20,000 records, 6 kills of a worker, 2 of the run
    python benchmarks/faults/kill_worker.py --records 1e5 --kills 10
    python benchmarks/faults/kill_worker.py --short              a worker is killed while it reads its third unit

A cluster of one master and two workers of one core each is started on this machine for every run (Spark's own daemons,
each in its own process), and the bulk facts of an audit are computed on it: hashes of rows, equal rows, near-copies of
texts, clusters, counts by origin and month, columns in numbers, a score. At a moment of the workers' processor time
that is drawn at random, SIGKILL goes to a worker with all its processes, which nobody starts again, or to its executor
alone, which is replaced. The facts are compared with those of the embedded engine, record by record, and groups of
equal rows with those of the audit. A run whose driver is killed is called again with the same folder and has to come to
the same facts without doing finished stages again. A run that ended before its kill is repeated, not counted.
"""

import argparse
import math
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from holdfast.audit.cases.texts import edited, texts
from holdfast.audit.runner import Facts
from holdfast.core.progress import Silent
from holdfast.data.bulk.aggregates import counts, summaries
from holdfast.data.bulk.embedded import Embedded
from holdfast.data.bulk.engine import DONE, Workplace, read
from holdfast.data.bulk.near import copies
from holdfast.data.bulk.reading import DOCS, documents
from holdfast.data.bulk.records import Records, Unit, parquet_records
from holdfast.data.bulk.scoring import scores
from holdfast.data.bulk.spark import Spark
from holdfast.data.inference import describe

SETTINGS = {  # few records: compiling queries and Java code would take most of the time
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.codegen.wholeStage": "false",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.executor.memory": "1g",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}
THRESHOLD = 0.7
EXECUTOR = b"CoarseGrainedExecutorBackend"
_TICK = os.sysconf("SC_CLK_TCK")
_STARTS_WITHIN = 120  # seconds for a daemon to come up
_LOOK = 0.1  # seconds between looks at processor time
_STAGES = 5  # that are done, at most, when the whole run is killed; there are more
_ATTEMPTS = 3  # moments drawn for one kill, where runs end before

Told = dict[str, list[tuple[Any, ...]]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=float, default=2e4)
    parser.add_argument("--kills", type=int, default=6, help="of a worker")
    parser.add_argument("--restarts", type=int, default=2, help="kills of the whole run")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)  # master, corpus and folder of a run to be killed
    parser.add_argument("--short", action="store_true", help="one kill, of one stage, at a known moment")
    arguments = parser.parse_args()
    if arguments.one:
        master, path, work = arguments.one
        on_spark(master, opened(Path(path)), Path(work))
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no cluster is left behind
    with TemporaryDirectory() as folder:
        if arguments.short:
            faults = short(Path(folder))
        else:
            faults = campaign(Path(folder), int(arguments.records), arguments.kills, arguments.restarts, arguments.seed)
    print("\n".join(faults) or "no fault")
    return int(bool(faults))


def campaign(folder: Path, n: int, kills: int, restarts: int, seed: int) -> list[str]:
    """Return what went wrong."""
    rng, faults = random.Random(seed), []
    path = folder / "records.parquet"
    write(path, n)
    records = opened(path)
    expected = facts(Workplace(folder / "embedded", Embedded()), records)
    print(f"{n:,} records; embedded engine: {', '.join(f'{len(rows):,} {name}' for name, rows in expected.items())}")
    faults += differing("the embedded engine and the audit", {"groups": groups_of(expected)}, audited(path))
    with cluster(folder / "cluster") as (master, workers):
        clock = Clock(folder / "undisturbed", workers)
        started = time.monotonic()
        found = on_spark(master, records, folder / "undisturbed", clock)
        whole = clock.spent
    faults += differing("two workers, undisturbed", found, expected)
    print(f"two workers, undisturbed: {whole:.0f} CPU-s of the workers, {time.monotonic() - started:.0f} s", flush=True)
    for number in range(kills):
        for attempt in range(_ATTEMPTS):
            work = folder / f"killed{number}.{attempt}"
            with cluster(folder / f"cluster{number}.{attempt}") as (master, workers):
                clock = Clock(work, workers, rng.uniform(0.05, 0.9) * whole, partial(kill, number % 2 == 0, rng))
                found = on_spark(master, records, work, clock)
            if clock.said:
                break
        else:
            faults.append(f"kill {number}: {_ATTEMPTS} runs ended before it")
            continue
        wrong = differing(f"kill {number}", found, expected)
        faults += wrong
        print(f"kill {number}: {clock.said}; {'other facts' if wrong else 'the same facts'}", flush=True)
    for number in range(restarts):
        work = folder / f"restarted{number}"
        with cluster(folder / f"cluster.restarted{number}") as (master, workers):
            process = subprocess.Popen(
                [sys.executable, __file__, "--one", master, str(path), str(work)],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
            Clock(work, workers, rng.uniform(0, 0.1) * whole, lambda _: "", rng.randint(1, _STAGES)).run(process)
            if process.poll() is not None:
                faults.append(f"restart {number}: the run ended before it was killed")
                continue
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            done = {one: one.stat().st_mtime_ns for one in finished(work)}
            faults += differing(f"restart {number}", on_spark(master, records, work), expected)
        if any(one.stat().st_mtime_ns != before for one, before in done.items()):
            faults.append(f"restart {number}: a finished stage was done again")
        print(f"restart {number}: killed with {len(done)} stages done; they were not done again", flush=True)
    return faults


def short(folder: Path) -> list[str]:
    """Return what went wrong where the executor that reads the third unit dies of it, once."""
    path, marker = folder / "records.parquet", folder / "killed"
    write(path, 4000)
    records = opened(path)
    tables = []
    with cluster(folder / "cluster") as (master, _):
        for engine, work in (
            (Embedded(), partial(documents, columns=("text",), text="text")),
            (Spark(master, SETTINGS), partial(deadly, marker=marker)),
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
        while EXECUTOR not in command(pid):
            pid = parent(pid)
        marker.write_text(str(pid))
        os.kill(pid, signal.SIGKILL)
        time.sleep(30)
    yield from documents(unit, ("text",), "text")


# The cluster and its processes


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, list[int]]]:
    """Yield the address of a master, and the processes of two workers; all are ended afterwards."""
    import pyspark

    folder.mkdir()
    starter = Path(pyspark.__file__).parent / "bin" / "spark-class"
    environment = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_NO_DAEMONIZE": "1"}
    begun: list[subprocess.Popen[bytes]] = []

    def daemon(name: str, *arguments: str) -> int:
        with (folder / f"{name}.log").open("wb") as log:
            line = [str(starter), f"org.apache.spark.deploy.{arguments[0]}", "--host", "127.0.0.1", *arguments[1:]]
            begun.append(subprocess.Popen(line, stdout=log, stderr=log, env=environment, start_new_session=True))
        return begun[-1].pid

    try:
        daemon("master", "master.Master", "--port", "0", "--webui-port", "0")
        address = awaited(folder / "master.log", r"Starting Spark master at (spark://\S+)")
        own = ("-c", "1", "-m", "1g", "--webui-port", "0", "-d")
        workers = [daemon(f"worker{i}", "worker.Worker", *own, str(folder / f"work{i}"), address) for i in range(2)]
        for i in range(2):
            awaited(folder / f"worker{i}.log", r"(Successfully registered) with master")
        yield address, workers
    finally:
        for process in reversed(begun):
            destroy(process.pid)
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def awaited(log: Path, pattern: str) -> str:
    """Return what a daemon's log says once it says it."""
    end = time.monotonic() + _STARTS_WITHIN
    while time.monotonic() < end:
        found = re.search(pattern, log.read_text("utf-8", "replace"))
        if found:
            return found[1]
        time.sleep(_LOOK)
    raise SystemExit(f"Spark's {log.stem} does not start:\n{log.read_text('utf-8', 'replace')[-2000:]}")


class Clock:
    """Look at the processor time of workers from the first stage on; do something once so much of it was spent.

    With `stages`, time counts from the moment when so many of them are done.
    """

    def __init__(
        self,
        work: Path,
        workers: list[int],
        at: float = math.inf,
        act: Callable[[list[int]], str] | None = None,
        stages: int = 0,
    ) -> None:
        self.work, self.workers, self.at, self.act, self.stages = work, workers, at, act, stages
        self.spent, self.said = 0.0, ""
        self.ended = threading.Event()

    def run(self, process: "subprocess.Popen[bytes] | None" = None) -> None:
        """Return when it was done, or the run has ended."""
        before = None
        while not self.ended.is_set() and (process is None or process.poll() is None):
            now = sum(map(seconds, trees(self.workers)))
            if before is None and any(self.work.glob("*-*")) and len(finished(self.work)) >= self.stages:
                before = now
            if before is not None:
                self.spent = max(self.spent, now - before)
            if self.spent >= self.at:
                stages = sorted(
                    one.name.partition("-")[0] for one in self.work.glob("*-*") if not (one / DONE).exists()
                )
                said = self.act(self.workers) if self.act is not None else ""
                self.said = (
                    f"{said} after {self.spent:.1f} CPU-s, in {', '.join(stages) or 'between stages'}" if said else ""
                )
                return
            self.ended.wait(_LOOK)


def finished(work: Path) -> list[Path]:
    """Return the marks of stages that are done."""
    return list(work.glob(f"*/{DONE}"))


def kill(whole: bool, rng: random.Random, workers: list[int]) -> str:
    """Kill a worker with all its processes, or its executor alone; say so, or nothing where none works."""
    able = [one for one in workers if executors([one])]
    if not able:
        return ""
    worker = rng.choice(able)
    if whole:
        destroy(worker)
        return f"one of {len(able)} workers killed with its executor"
    os.kill(executors([worker])[0], signal.SIGKILL)
    return f"the executor of one of {len(able)} workers killed"


def destroy(root: int) -> None:
    """Kill a process, then all that it started: its Python workers have process groups of their own."""
    for pid in trees([root]):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def executors(workers: list[int]) -> list[int]:
    return [pid for pid in trees(workers) if EXECUTOR in command(pid)]


def trees(roots: list[int]) -> list[int]:
    """Return processes and their descendants, roots first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                children.setdefault(parent(int(entry.name)), []).append(int(entry.name))
    found, more = [], list(roots)
    while more:
        found += more
        more = [child for pid in more for child in children.get(pid, [])]
    return found


def parent(pid: int) -> int:
    return int(_status(pid)[1])


def seconds(pid: int) -> float:
    """Return the processor time of a process and of its children that have ended."""
    try:
        return sum(map(int, _status(pid)[11:15])) / _TICK
    except OSError:
        return 0.0


def _status(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


# The facts


def on_spark(master: str, records: Records, work: Path, clock: Clock | None = None) -> Told:
    """Return the facts that a cluster comes to, watched by a clock."""
    watcher = threading.Thread(target=clock.run) if clock is not None else None
    engine = Spark(master, SETTINGS)
    try:
        if watcher is not None:
            watcher.start()
        return facts(Workplace(work, engine), records)
    finally:
        if clock is not None and watcher is not None:
            clock.ended.set()
            watcher.join()
        engine.close()


def facts(place: Workplace, records: Records) -> Told:
    """Return everything the bulk operations say of the records, as sorted rows."""
    found = copies(place, records, tuple(records.columns), "text", threshold=THRESHOLD)
    tables = {
        "records": read(found.docs),
        "equal to an earlier one": read(found.equals, ["doc", "first"]),
        "of the same words": read(found.repeats, ["doc", "first"]),
        "near-copies": read(found.near, ["a", "b", "jaccard"]),
        "in clusters": read(found.clusters, ["doc", "label"]),
        "scores": read(scores(place, records, lengths, ["text"], name="lengths")),
        "counts by origin and month": counts(place, records, ["_origin"], time="_made"),
        "columns in numbers": summaries(place, records),
    }
    return {name: sorted(zip(*(c.to_pylist() for c in t.columns), strict=True), key=repr) for name, t in tables.items()}


def lengths(block: pa.RecordBatch) -> np.ndarray:
    """Return how long each text is: a score."""
    return np.asarray(pc.utf8_length(block.column("text")).to_numpy(zero_copy_only=False), dtype=np.float64)


def groups_of(found: Told) -> list[tuple[Any, ...]]:
    """Return for each record the first record that equals it, by its hash."""
    first: dict[int, int] = {}
    pairs = sorted((row[0], row[2]) for row in found["records"])
    return [(doc, first.setdefault(digest, doc)) for doc, digest in pairs]


def audited(path: Path) -> Told:
    """Return the same from the audit's facts about the same rows."""
    table = pq.read_table(path)
    rows = Facts({"dataset": describe("records", table, kinds={"text": "text"})})["row_groups"]
    first = rows.first(np.ones(table.num_rows, bool))[rows.group]
    return {"groups": list(enumerate(first.tolist()))}


def differing(what: str, found: Told, expected: Told) -> list[str]:
    """Return which facts differ; means and deviations may by rounding, as engines add in different orders."""
    return [
        f"{what}: {name} differ"
        for name, rows in expected.items()
        if len(rows) != len(found[name])
        or not all(
            a == b or (isinstance(a, float) and isinstance(b, float) and math.isclose(a, b, rel_tol=1e-9))
            for one, other in zip(rows, found[name], strict=True)
            for a, b in zip(one, other, strict=True)
        )
    ]


def opened(path: Path) -> Records:
    return parquet_records([("records", [path])])


def write(path: Path, n: int) -> None:
    """Write records: texts with planted near-copies, equal rows, numbers with gaps, origins, times."""
    rng = np.random.default_rng(0)
    made = texts(rng, n - n // 20, (20, 60))
    made += [edited(rng, made[k], float(rng.uniform(0, 0.15)), "replace") for k in range(n // 20)]
    order = np.r_[rng.permutation(n)[: n - n // 50], np.arange(n // 50)]
    origins, start = np.array(["human", "synthetic", "unknown"]), np.datetime64("2024-01-01T00:00:00", "us")
    columns = {
        "text": pa.array([made[k] for k in range(n)], pa.large_string()),
        "amount": pa.array(rng.normal(size=n), mask=rng.random(n) < 0.1),
        "_origin": pa.array(rng.choice(origins, n), pa.large_string()),
        "_made": pa.array(start + rng.integers(0, 365 * 86_400, n).astype("timedelta64[s]")),
    }
    pq.write_table(pa.table(columns).take(pa.array(order)), path, row_group_size=max(500, n // 8))


if __name__ == "__main__":
    sys.exit(main())
