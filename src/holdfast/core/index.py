"""An index of all runs and their findings, in SQLite, so that lists stay quick with thousands of runs.

The run folders are the truth. The index is brought up to date whenever it is read, and thrown away and rebuilt when
it is damaged or of another version; where it cannot be written, it lives in memory. `core.listing` asks it questions.

    runs       one line a run: its summary, and what it is listed by
    problems   one line a finding of a subject (the title of its runs): when it was seen first and last, how often
    asked      which checks ran in a run
    sightings  which run saw which problem
    looked     when a check last ran on a subject: a problem that it did not see then is gone
"""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from importlib import import_module
from pathlib import Path

from pydantic import BaseModel

from holdfast.core.errors import StoreError
from holdfast.core.finding import FROZEN, Severity
from holdfast.core.record import Run, Status
from holdfast.core.store import RunStore, read_run

VERSION = 3
FILE = "index.sqlite"
_BUSY_MILLISECONDS = 10_000
_BATCH = 100  # runs that are written at a time: readers see a long list grow
_MANY = 50  # new runs, beyond which the states of all problems are computed again
_MOST_MESSAGE = 400  # characters of a finding; the run has all of them
_MOST_FINDINGS = 2_000  # of one run that are followed across runs; a table of 10,000 columns may have more

THERE, GONE, UNASKED = range(3)  # states of a problem: in the last run; a later run looked and saw nothing; not asked

_SCHEMA = """
CREATE TABLE runs (
  id TEXT PRIMARY KEY, stamp TEXT, summary TEXT, kind TEXT, title TEXT, command TEXT, status TEXT, tone TEXT,
  verdict TEXT, seconds REAL, errors INTEGER, warnings INTEGER, notes INTEGER, score REAL
) STRICT;
CREATE INDEX runs_by_subject ON runs (title, id);
CREATE INDEX runs_by_what ON runs (kind, command, tone, status);
CREATE TABLE asked (run TEXT PRIMARY KEY, checks TEXT) STRICT;
CREATE TABLE problems (
  id INTEGER PRIMARY KEY, subject TEXT, fingerprint TEXT, check_name TEXT, severity INTEGER, message TEXT,
  first TEXT, last TEXT, runs INTEGER, state INTEGER DEFAULT 0, UNIQUE (subject, fingerprint)
) STRICT;
CREATE INDEX problems_by_time ON problems (last DESC, severity, id);
CREATE INDEX problems_by_what ON problems (check_name, subject, severity, state);
CREATE INDEX problems_by_subject ON problems (subject);
CREATE TABLE sightings (problem INTEGER, run TEXT, PRIMARY KEY (problem, run)) STRICT, WITHOUT ROWID;
CREATE INDEX sightings_by_run ON sightings (run);
CREATE TABLE looked (subject TEXT, check_name TEXT, last TEXT, PRIMARY KEY (subject, check_name)) STRICT, WITHOUT ROWID;
"""

_ASKED = "SELECT title, id, checks FROM runs JOIN asked ON asked.run = runs.id WHERE status = 'finished'"
_STATES = f"""
UPDATE problems SET state = CASE
  WHEN last < (SELECT l.last FROM looked l WHERE l.subject = problems.subject AND l.check_name = problems.check_name)
    THEN {GONE}
  WHEN last < (SELECT max(id) FROM runs WHERE title = problems.subject) THEN {UNASKED}
  ELSE {THERE} END
"""  # noqa: S608 constants

OnRead = Callable[[int, int], None]  # called with how many new runs have been read, of how many


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
    command: str = ""
    tone: str = ""
    verdict: str = ""


def summaries(store: RunStore) -> list[RunSummary]:
    """Return a summary of every readable run, newest first."""
    with _opened(store.root) as index:
        _synchronise(index, store)
        rows = index.execute("SELECT summary FROM runs ORDER BY id DESC").fetchall()
    return [RunSummary.model_validate_json(text) for (text,) in rows]


def runs_on(store: RunStore, test_digest: str) -> list[Run]:
    """Return the finished runs that judged the test set with this content hash, newest first."""
    matching = (one for one in summaries(store) if one.test_digest == test_digest and one.status == "finished")
    return [read_run(store.folder / one.id) for one in matching]


def refresh(store: RunStore, on_read: OnRead | None = None, at: Path | None = None) -> None:
    """Bring the index on disk up to date, beside the runs or in the folder `at`.

    Raises StoreError where it cannot be written.
    """
    root = at or store.root
    if not root.is_dir():
        return
    index = _on_disk(root)
    if index is None:
        raise StoreError(f"the index {root / FILE} cannot be written")
    with closing(index):
        _synchronise(index, store, on_read)


def summarise(run: Run) -> RunSummary:
    """Return the summary of a run."""
    honest = run.honest
    # The verdict is found by name: records know nothing of reports.
    said = import_module("holdfast.report.verdict").verdict(run, ())
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
        command=_verb(run.command),
        tone=said.tone,
        verdict=said.sentence,
    )


def _verb(command: Sequence[str]) -> str:
    """Return the command without what it was given: `data mix`, `audit`."""
    words = command[: 2 if command[:1] and command[0] in {"data", "collapse"} else 1]
    return " ".join(one for one in words if one.replace("-", "").isalpha())[:40]


def _synchronise(index: sqlite3.Connection, store: RunStore, on_read: OnRead | None = None) -> None:
    """Bring the index up to date with the folders, newest first, reading only records that are new or changed."""
    known = {one: (stamp, status) for one, stamp, status in index.execute("SELECT id, stamp, status FROM runs")}
    present = _present(store.folder)
    running = {one for one, (_, status) in known.items() if status == "running"}
    fresh = sorted(
        (one for one, stamp in present.items() if one in running or known.get(one, ("", ""))[0] != stamp), reverse=True
    )
    gone = [one for one in known if one not in present]
    for start in range(0, len(fresh), _BATCH):
        runs = []
        for one in fresh[start : start + _BATCH]:
            try:
                runs.append((one, present[one], read_run(store.folder / one)))
            except StoreError:
                continue  # it is not listed; `holdfast report` says what is wrong with it
        with _writing(index):
            for name, stamp, run in runs:
                _write(index, name, stamp, run)
            _settle(index, [name for name, _, _ in runs], ())
        if on_read is not None:
            on_read(min(start + _BATCH, len(fresh)), len(fresh))
    if gone:
        with _writing(index):
            _settle(index, [], gone)
    if gone or len(fresh) > _MANY:
        with _writing(index):
            index.execute(_STATES)
    elif fresh:
        with _writing(index):
            marks = ", ".join("?" * len(fresh))
            index.execute(f"{_STATES} WHERE subject IN (SELECT title FROM runs WHERE id IN ({marks}))", fresh)  # noqa: S608


def _write(index: sqlite3.Connection, name: str, stamp: str, run: Run) -> None:
    """Write the lines of one run."""
    brief = summarise(run)
    checks = [one.check for one in run.results if one.status in {Status.PASSED, Status.FOUND}]
    score = brief.honest if brief.honest is not None else brief.claimed
    line = (name, stamp, brief.model_dump_json(), brief.kind, brief.title, brief.command, brief.status, brief.tone)
    more = (brief.verdict, brief.seconds, brief.errors, brief.warnings, brief.notes, score)
    text = tuple(_storable(one) for one in (*line, *more))
    index.execute("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", text)
    index.execute("INSERT OR REPLACE INTO asked VALUES (?, ?)", (name, " ".join(checks)))
    index.execute("CREATE TEMP TABLE IF NOT EXISTS touched (problem INTEGER PRIMARY KEY)")
    index.execute("INSERT OR IGNORE INTO touched SELECT problem FROM sightings WHERE run = ?", (name,))
    index.execute("DELETE FROM sightings WHERE run = ?", (name,))
    subject = _storable(brief.title)
    for finding in run.findings[:_MOST_FINDINGS]:
        values = (subject, finding.fingerprint, _storable(finding.check), finding.severity.rank)
        message = _storable(finding.message[:_MOST_MESSAGE])
        (problem,) = index.execute(
            "INSERT INTO problems (subject, fingerprint, check_name, severity, message, last) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET severity = excluded.severity, last = max(last, excluded.last),"
            " message = CASE WHEN last <= excluded.last THEN excluded.message ELSE message END RETURNING id",
            (*values, message, name),
        ).fetchone()
        index.execute("INSERT OR IGNORE INTO sightings VALUES (?, ?)", (problem, name))
        index.execute("INSERT OR IGNORE INTO touched VALUES (?)", (problem,))
    if run.status == "finished":
        index.executemany(
            "INSERT INTO looked VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET last = max(last, excluded.last)",
            [(subject, one, name) for one in checks],
        )


def _settle(index: sqlite3.Connection, written: Sequence[str], gone: Sequence[str]) -> None:
    """Update the problems that the written and the deleted runs saw."""
    index.execute("CREATE TEMP TABLE IF NOT EXISTS touched (problem INTEGER PRIMARY KEY)")
    for name in gone:
        index.execute("INSERT OR IGNORE INTO touched SELECT problem FROM sightings WHERE run = ?", (name,))
        index.execute("DELETE FROM sightings WHERE run = ?", (name,))
        index.execute("DELETE FROM runs WHERE id = ?", (name,))
        index.execute("DELETE FROM asked WHERE run = ?", (name,))
    if gone:  # rare: `looked` is rebuilt from the runs that are left
        index.execute("DELETE FROM looked")
        for title, one, checks in index.execute(_ASKED):
            lines = [(title, check, one) for check in checks.split()]
            statement = "INSERT INTO looked VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET last = max(last, excluded.last)"
            index.executemany(statement, lines)
    if not written and not gone:
        return
    index.execute(
        "UPDATE problems SET (first, last, runs) ="
        " (SELECT min(run), max(run), count(*) FROM sightings WHERE problem = problems.id)"
        " WHERE id IN (SELECT problem FROM touched)"
    )
    index.execute("DELETE FROM problems WHERE runs = 0 AND id IN (SELECT problem FROM touched)")
    index.execute("DELETE FROM touched")


def _storable(value: str | float | None) -> str | float | None:
    """Return a value as SQLite takes it: half characters, as in a file name that is not UTF-8, become U+FFFD."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) and not value.isascii() else value


def _present(folder: Path) -> dict[str, str]:
    """Return a stamp for each run that changes whenever its record is replaced."""
    found = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    status = os.stat(f"{entry.path}/run.json")  # noqa: PTH116 thousands of them, several times a minute
                except OSError:
                    continue
                found[entry.name] = f"{status.st_mtime_ns}:{status.st_size}:{status.st_ino}"
    except OSError:
        return {}
    return found


@contextmanager
def _writing(index: sqlite3.Connection) -> Iterator[None]:
    with index:
        index.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def _opened(root: Path) -> Iterator[sqlite3.Connection]:
    index = _on_disk(root) if root.is_dir() else None
    if index is None:
        index = _prepared(sqlite3.connect(":memory:", isolation_level=None))
    with closing(index):
        yield index


def _on_disk(root: Path) -> sqlite3.Connection | None:
    """Return the index below a folder, made anew where it is damaged; None where it cannot be written."""
    index = _connect(root / FILE)
    if index is None:
        try:
            for leftover in root.glob(f"{FILE}*"):
                leftover.unlink(missing_ok=True)
        except OSError:
            return None
        index = _connect(root / FILE)
    return index


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
    if version == 0:
        index.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
    return index
