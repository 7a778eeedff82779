"""A summary of every run, in SQLite, so that lists stay quick with thousands of runs.

The run folders are the truth. The index is brought up to date whenever it is read, and thrown away and rebuilt when
it is damaged or of another version; where it cannot be written, it lives in memory.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel

from holdfast.core.errors import StoreError
from holdfast.core.finding import FROZEN, Severity
from holdfast.core.record import Run
from holdfast.core.store import RunStore, read_run

VERSION = 1
_BUSY_MILLISECONDS = 10_000


class RunSummary(BaseModel):
    """What a list of runs shows."""

    model_config = FROZEN
    id: str
    kind: str
    title: str
    status: str
    started: datetime
    seconds: float
    errors: int
    warnings: int
    notes: int
    metric: str = ""
    claimed: float | None = None
    honest: float | None = None
    test_digest: str = ""


def summaries(store: RunStore) -> list[RunSummary]:
    """Return a summary of every readable run, newest first."""
    with _opened(store.root) as index:
        _synchronise(index, store)
        rows = index.execute("SELECT summary FROM runs ORDER BY id DESC").fetchall()
    found = [RunSummary.model_validate_json(text) for (text,) in rows]
    return [_with_life(store, summary) if summary.status == "running" else summary for summary in found]


def runs_on(store: RunStore, test_digest: str) -> list[Run]:
    """Return the finished runs that judged the test set with this content hash, newest first."""
    matching = (one for one in summaries(store) if one.test_digest == test_digest and one.status == "finished")
    return [read_run(store.folder / one.id) for one in matching]


def summarise(run: Run) -> RunSummary:
    """Return the summary of a run."""
    honest = run.honest
    return RunSummary(
        id=run.id,
        kind=run.kind,
        title=run.title,
        status=run.status,
        started=run.started,
        seconds=run.seconds,
        errors=run.count(Severity.ERROR),
        warnings=run.count(Severity.WARNING),
        notes=run.count(Severity.NOTE),
        metric=honest.metric if honest else "",
        claimed=honest.claimed.value if honest and honest.claimed else None,
        honest=honest.honest.value if honest and honest.honest else None,
        test_digest=run.test_digest,
    )


def _with_life(store: RunStore, summary: RunSummary) -> RunSummary:
    """Return the summary of a run that was going on when it was indexed as it is now."""
    try:
        return summarise(read_run(store.folder / summary.id))
    except StoreError:
        return summary.model_copy(update={"status": "interrupted"})


def _synchronise(index: sqlite3.Connection, store: RunStore) -> None:
    """Bring the index up to date with the folders, reading only records that are new or changed."""
    known = dict(index.execute("SELECT id, stamp FROM runs"))
    present = {one: _stamp(store.folder / one / "run.json") for one in store.ids()}
    changed = []
    for one, stamp in present.items():
        if known.get(one) != stamp:
            try:
                summary = summarise(read_run(store.folder / one))
            except StoreError:
                continue
            changed.append((one, stamp, summary.model_dump_json()))
    gone = [(one,) for one in known if one not in present]
    if changed or gone:
        with index:
            index.execute("BEGIN IMMEDIATE")
            index.executemany("INSERT OR REPLACE INTO runs VALUES (?, ?, ?)", changed)
            index.executemany("DELETE FROM runs WHERE id = ?", gone)


@contextmanager
def _opened(root: Path) -> Iterator[sqlite3.Connection]:
    path = root / "index.sqlite"
    index = _connect(path) if root.is_dir() else None
    if index is None and root.is_dir():
        for leftover in root.glob("index.sqlite*"):
            leftover.unlink(missing_ok=True)
        index = _connect(path)
    if index is None:
        index = _prepared(sqlite3.connect(":memory:", isolation_level=None))
    with closing(index):
        yield index


def _connect(path: Path) -> sqlite3.Connection | None:
    """Return the index, or None when it is damaged, of another version, or cannot be written."""
    try:
        index = sqlite3.connect(path, isolation_level=None)
    except sqlite3.Error:
        return None
    try:
        return _prepared(index)
    except sqlite3.Error:
        index.close()
        return None


def _prepared(index: sqlite3.Connection) -> sqlite3.Connection:
    index.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    (version,) = index.execute("PRAGMA user_version").fetchone()
    if version not in {0, VERSION}:
        raise sqlite3.DatabaseError(f"version {version}, wanted {VERSION}")
    index.execute("PRAGMA journal_mode = WAL")
    index.execute("CREATE TABLE IF NOT EXISTS runs (id TEXT PRIMARY KEY, stamp TEXT, summary TEXT) STRICT")
    index.execute(f"PRAGMA user_version = {VERSION}")
    return index


def _stamp(path: Path) -> str:
    """Return what changes whenever the file is replaced."""
    try:
        status = path.stat()
    except OSError:
        return ""
    return f"{status.st_mtime_ns}:{status.st_size}:{status.st_ino}"
