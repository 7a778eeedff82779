"""Kill -9 those who write a store at random moments, and see that every acknowledged version is there, whole.

    python benchmarks/faults/kill_store.py --kills 200
    python benchmarks/faults/kill_store.py --cuts 300          # power cuts: what was not synced is lost

Three processes work on one store at once: two that add records, amend provenance, attach columns and tag versions,
and one that clears with gc. Each writes down what was acknowledged to it. One after the other is killed in the middle
of its work and started again. After each kill the store is opened and held to what was acknowledged: the version is
there under its id, all records of a batch are there or none, tags stand. Every few kills every file is hashed and
every record named anew. At the end, files are torn, cut off and removed, and verify must name each with its versions.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core.dataset import Dataset
from holdfast.core.errors import HoldfastError
from holdfast.core.hashing import tagged
from holdfast.core.media import Media
from holdfast.data.inference import describe
from holdfast.data.store import Store, Version

BATCH = 40  # records that come together, and must be seen together


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--cuts", type=int, default=0, help="simulated power cuts")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stable", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.stable:
        stable()
        return 0
    faults = []
    if arguments.kills or not arguments.cuts:
        with TemporaryDirectory() as folder:
            faults += kills(Path(folder), arguments.kills or 200, arguments.seed)
    if arguments.cuts:
        with TemporaryDirectory() as folder:
            faults += cuts(Path(folder), arguments.cuts, arguments.seed)
    print("\n".join(faults) or "no fault")
    return int(bool(faults))


# ---- the work -------------------------------------------------------------------------------------------------------


def work(place: Path, log: Path, role: str, seed: int) -> None:
    """Work on the store until somebody ends it, and write down what is acknowledged."""
    numbers = random.Random(f"{seed} {role} {os.getpid()}")
    store = Store.open(place)
    with log.open("ab", buffering=0) as said:
        said.write(b'{"ready": true}\n')
        while True:
            try:
                done = cleared(store, numbers) if role == "gc" else written(store, numbers, role)
            except HoldfastError as error:
                done = {"refused": str(error)}
            said.write(json.dumps(done).encode() + b"\n")


def written(store: Store, numbers: random.Random, role: str) -> dict[str, object]:
    """Do one piece of work, and return what was acknowledged."""
    head, what = store.head(), numbers.random()
    if head is None or what < 0.5:
        batch = f"{role}-{os.getpid()}-{numbers.getrandbits(48):012x}"
        return acknowledged(store.add(records(batch, numbers), f"batch {batch}"), batch=batch)
    if what < 0.75:
        names = store.read(head, ["_record"]).table.column(0).to_pylist()
        changed = numbers.sample(names, min(len(names), 15))
        origin = numbers.choice(["human", "human-verified", "synthetic"])
        table = pa.table({"_record": changed, "_origin": [origin] * len(changed), "_verifier": [role] * len(changed)})
        return acknowledged(store.amend(table, f"{role} looked at {len(changed)}"))
    if what < 0.9:
        names = store.read(head, ["_record"]).table.column(0).to_pylist()
        scores = pa.table({"_record": names, "score": [numbers.random() for _ in names]})
        return acknowledged(store.attach(f"score_{role}", scores))
    tag = f"tag-{role}-{numbers.getrandbits(40):010x}x"
    return {"tag": tag, **acknowledged(store.tag(tag))}


def cleared(store: Store, numbers: random.Random) -> dict[str, object]:
    """Write small files together, at times, and clear, keeping few versions."""
    if store.head() is not None and numbers.random() < 0.3:
        store.compact()
    done = store.gc(keep=numbers.choice([2, 5, 20]), patience=2.0)
    time.sleep(numbers.random() * 0.05)
    return {"gone": [one.number for one in done.versions]}


def records(batch: str, numbers: random.Random) -> Dataset:
    texts = [f"{batch} record {i} {numbers.getrandbits(64):x}" for i in range(BATCH)]
    pictures = {tagged(blake2b(one, digest_size=16)): one for one in (numbers.randbytes(300) for _ in range(4))}
    images = [list(pictures)[i % 4] for i in range(BATCH)]
    table = pa.table({"text": texts, "image": images, "batch": [batch] * BATCH, "_origin": ["synthetic"] * BATCH})
    return replace(describe(batch, table, kinds={"image": "image"}), media=Media(pictures))


def acknowledged(version: Version, **more: str) -> dict[str, object]:
    return {"number": version.number, "id": version.id, **more}


# ---- kills ----------------------------------------------------------------------------------------------------------

ROLES = ("a", "b", "gc")


def kills(folder: Path, n_kills: int, seed: int, every: int = 10, damaged: int = 12) -> list[str]:
    """Return what went wrong over so many kills, and when as many files as `damaged` are damaged after them."""
    numbers, place = random.Random(seed), folder / "corpus"
    Store.create(place)
    faults: list[str] = []
    with workers() as start:
        running = {role: start(place, folder, role, seed) for role in ROLES}
        for n in range(1, n_kills + 1):
            role = numbers.choice(ROLES)
            time.sleep(numbers.random() * 0.35)
            os.kill(running[role], signal.SIGKILL)
            found = judged(place, acknowledgements(folder), records=n % every == 0)
            faults += [f"kill {n} of {role}: {fault}" for fault in found]
            running[role] = start(place, folder, role, seed + n)
            if n % every == 0:
                print(f"{n} kills, {len(Store.open(place).log())} versions, {len(faults)} faults", flush=True)
    said = acknowledgements(folder)
    faults += judged(place, said, records=True)
    refused = [one["refused"] for one in said if "refused" in one]
    counts = {what: sum(what in one for one in said) for what in ("batch", "number", "tag", "gone")}
    print(f"acknowledged: {counts}; refused {len(refused)}: {sorted(set(refused))[:3]}")
    return [*faults, *torn(place, folder / "torn", numbers, damaged)]


@contextmanager
def workers() -> Iterator[Callable[[Path, Path, str, int], int]]:
    """Provide what starts a worker and returns its process id; at the end all are killed."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "LANCE_CPU_THREADS": "1"}
    command = [sys.executable, __file__, "--stable"]
    started = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as parent:

        def start(place: Path, folder: Path, role: str, seed: int) -> int:
            log = folder / f"{role}-{time.monotonic_ns()}.jsonl"
            parent.stdin.write(json.dumps([str(place), str(log), role, seed]).encode() + b"\n")
            parent.stdin.flush()
            started.append(int(parent.stdout.readline()))
            while not (log.exists() and log.stat().st_size):
                time.sleep(0.005)
            return started[-1]

        try:
            yield start
        finally:
            for worker in started:
                with suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
            parent.stdin.close()


def stable() -> None:
    """Fork a worker for each line of standard input: what takes time to import is imported once."""
    import lance.fragment  # noqa: F401 imported, not used: a library that has started threads cannot be forked

    import holdfast.data.store.adding
    import holdfast.data.store.amending
    import holdfast.data.store.attaching
    import holdfast.data.store.clearing
    import holdfast.data.store.rules
    import holdfast.data.store.tagging  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    warnings.simplefilter("ignore", UserWarning)  # Lance's, about forks after it was used
    for line in iter(sys.stdin.buffer.readline, b""):
        place, log, role, seed = json.loads(line)
        child = os.fork()
        if child == 0:
            os.close(0)
            work(Path(place), Path(log), role, seed)
        print(child, flush=True)


def acknowledgements(folder: Path) -> list[dict[str, object]]:
    found = []
    for log in folder.glob("*.jsonl"):
        lines = log.read_bytes().splitlines(keepends=True)
        found += [json.loads(line) for line in lines if line.endswith(b"\n")]
    return found


def judged(place: Path, said: list[dict[str, object]], *, records: bool) -> Iterator[str]:
    """Yield what is wrong with a store, given what it has acknowledged."""
    store = Store.open(place)
    versions = {version.number: version for version in store.log()}
    if list(versions) != list(range(1, len(versions) + 1)):
        yield f"versions {list(versions)} leave some out"
    tags = {tag for version in versions.values() for tag in version.tags}
    for one in said:
        version = versions.get(one.get("number", 0))  # type: ignore[arg-type]
        if "number" in one and (version is None or version.id != one["id"]):
            yield f"version {one['number']} was acknowledged as {one['id']} and is lost"
        if "tag" in one and one["tag"] not in tags:
            yield f"tag {one['tag']} is lost"
    if not versions:
        return
    head = store.read()
    counts = {one["values"]: one["counts"] for one in pc.value_counts(head.values("batch")).to_pylist()}
    yield from (f"half a batch: {n} records of {batch}" for batch, n in counts.items() if n != BATCH)
    lost = [one["batch"] for one in said if "batch" in one and one["batch"] not in counts]
    yield from (f"batch {batch} is lost" for batch in lost)
    if records:
        yield from (f"{fault.what}: {fault.path} {fault.says}" for fault in store.verify(records=True).faults)


def torn(place: Path, copy: Path, numbers: random.Random, most: int = 12) -> Iterator[str]:
    """Yield what verify does not find when files are damaged one by one, or versions that it does not name."""
    store = Store.open(place)
    kept = [version for version in store.log() if version.kept]
    whole = store.verify()
    files = sorted({file.path for version in kept for file in version.files if (place / file.path).is_file()})
    print(f"verify: {whole.versions} versions, {whole.files} files, {len(whole.faults)} faults; tearing files")
    for path in numbers.sample(files, min(most, len(files))):
        shutil.copytree(place, copy)
        file = copy / path
        how = numbers.choice(["cut", "flip", "gone", "empty"])
        content = bytearray(file.read_bytes())
        content[numbers.randrange(len(content))] ^= 1 << numbers.randrange(8)
        changed = {"flip": bytes(content), "cut": bytes(content[: len(content) // 2]), "empty": b""}
        file.unlink() if how == "gone" else file.write_bytes(changed[how])
        found = Store.open(copy).verify().faults
        brought = next(version.number for version in kept if any(one.path == path for one in version.files))
        if path not in {fault.path for fault in found}:
            yield f"{how} {path}: verify does not say so"
        elif not any(brought in fault.versions or len(fault.versions) for fault in found):
            yield f"{how} {path}: verify names no version"
        shutil.rmtree(copy)


# ---- power cuts -----------------------------------------------------------------------------------------------------


class Disk:
    """What would still be there after a power cut: content and names as they were when they were last synced.

    Files are told by inode; each that was synced is held open, so that no inode is used twice.
    """

    def __init__(self, root: Path) -> None:
        self.root, self.contents, self.names = root, {}, {}
        self._held: dict[int, int] = {}
        self._sync = os.fsync

    @contextmanager
    def watched(self, after: "Callable[[], None]") -> Iterator[None]:
        """Take note of every sync, and call `after` each time."""

        def fsync(handle: int) -> None:
            self._sync(handle)
            path = Path(f"/proc/self/fd/{handle}").readlink()
            if path == self.root or self.root in path.parents or path == self.root.parent:
                self._note(path)
                os.fsync = self._sync
                try:
                    after()
                finally:
                    os.fsync = fsync

        os.fsync = fsync
        try:
            yield
        finally:
            os.fsync = self._sync
            for held in self._held.values():
                os.close(held)

    def _note(self, path: Path) -> None:
        number = path.stat().st_ino
        if path.is_dir():
            self.names[number] = {entry.name: entry.stat().st_ino for entry in path.iterdir()}
            return
        self.contents[number] = path.read_bytes()
        if number not in self._held:
            self._held[number] = os.open(path, os.O_RDONLY)

    def after_cut(self, copy: Path, numbers: random.Random | None) -> bool:
        """Write what is left to a folder: only what was synced, or that and any part of the rest."""
        if self.root.name not in self.names.get(self.root.parent.stat().st_ino, {}):
            return False
        copy.mkdir()
        self._folder(self.root, self.root.stat().st_ino, copy, numbers)
        return True

    def _folder(self, now: Path | None, number: int, copy: Path, numbers: random.Random | None) -> None:
        synced = self.names.get(number, {})
        there = {entry.name: entry for entry in now.iterdir()} if now is not None else {}
        for name in sorted({*synced, *there}):
            entry = there.get(name)
            inode = entry.stat().st_ino if entry is not None else None
            old = synced.get(name)
            chosen = old if numbers is None else numbers.choice([old, inode])
            if chosen is None:
                continue
            current = entry if inode == chosen else None
            if chosen in self.names or (current is not None and current.is_dir()):
                (copy / name).mkdir()
                self._folder(
                    current if current is not None and current.is_dir() else None, chosen, copy / name, numbers
                )
            else:
                (copy / name).write_bytes(self._content(chosen, current, numbers))

    def _content(self, number: int, now: Path | None, numbers: random.Random | None) -> bytes:
        synced = self.contents.get(number, b"")
        if numbers is None or now is None:
            return synced
        actual = now.read_bytes()
        if actual == synced:
            return synced
        return numbers.choice([synced, actual, actual[: len(actual) // 2], bytes(len(actual))])


def cuts(folder: Path, n_cuts: int, seed: int, share: float = 0.25) -> list[str]:
    """Return what went wrong over so many power cuts, each after one of the syncs."""
    numbers, place, copy = random.Random(seed), folder / "disk" / "corpus", folder / "after"
    place.parent.mkdir()
    disk, said, faults, done = Disk(place), [], [], 0

    def cut() -> None:
        nonlocal done
        if done >= n_cuts or numbers.random() > share:
            return
        done += 1
        kind = numbers if done % 2 else None
        if disk.after_cut(copy, kind):
            what = "some of what was not synced" if kind else "nothing that was not synced"
            faults.extend(f"cut {done}, {what} left: {found}" for found in after(copy, said, numbers))
            shutil.rmtree(copy)
        elif said:
            faults.append(f"cut {done}: the store is lost")

    with disk.watched(cut):
        store = Store.create(place)
        said.append({"created": True})
        while done < n_cuts:
            if numbers.random() < 0.15 and store.head() is not None:
                said.append({"gone": [one.number for one in store.gc(keep=numbers.choice([2, 5])).versions]})
            else:
                said.append(written(store, numbers, "a"))
    n_versions = len(store.log())
    print(f"{done} power cuts, {len(said)} pieces of work acknowledged, {n_versions} versions, {len(faults)} faults")
    return faults


def after(copy: Path, said: list[dict[str, object]], numbers: random.Random) -> Iterator[str]:
    """Yield what is wrong after a cut: with what was acknowledged, and with going on."""
    try:
        if not said and not (copy / "store.json").is_file():
            return  # making the store was not acknowledged yet
        yield from judged(copy, said, records=True)
        store = Store.open(copy)
        before = store.head()
        version = store.add(records(f"after-{numbers.getrandbits(48):x}", numbers))
        if version.number != (1 if before is None else before.number + 1):
            yield "going on skipped a version"
        store.gc()
        yield from judged(copy, said, records=True)
    except (HoldfastError, OSError, ValueError) as error:
        yield f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    sys.exit(main())
