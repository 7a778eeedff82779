"""Queries on the index: runs and findings, filtered and a page at a time. Reads, and never writes."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from holdfast.core.errors import StoreError
from holdfast.core.finding import Severity
from holdfast.core.index import FILE, VERSION, RunSummary

PAGE = 50
MOST_FOUND = 5_000
_PROBLEM = "SELECT id, subject, check_name, severity, message, first, last, runs, state FROM problems"
_BUSY_MILLISECONDS = 2_000
RUN_ORDERS = {
    "newest": "id DESC",
    "oldest": "id",
    "worst": "errors DESC, warnings DESC, notes DESC, id DESC",
    "score": "score IS NULL, score DESC, id DESC",
    "slowest": "seconds DESC, id DESC",
    "title": "title COLLATE NOCASE, id DESC",
}
State = Literal["there", "gone", "unasked"]
STATES: dict[State, str] = {
    "there": "in the last run",
    "gone": "gone",
    "unasked": "not looked at since",
}


@dataclass(frozen=True)
class RunsWanted:
    """Which runs to list; an empty field does not filter."""

    kind: str = ""
    command: str = ""
    tone: str = ""
    status: str = ""
    title: str = ""
    text: str = ""
    order: str = "newest"
    page: int = 1


@dataclass(frozen=True)
class ProblemsWanted:
    """Which findings to list; an empty field does not filter."""

    check: str = ""
    severity: str = ""
    title: str = ""
    state: str = ""
    text: str = ""
    page: int = 1


@dataclass(frozen=True)
class Problem:
    """A finding across the runs of one subject."""

    id: int
    title: str
    check: str
    severity: Severity
    message: str
    first: str
    last: str
    runs: int
    state: State


@dataclass(frozen=True)
class Facets:
    """The values to filter by, with counts, most frequent first."""

    kinds: Sequence[tuple[str, int]] = ()
    commands: Sequence[tuple[str, int]] = ()
    tones: Sequence[tuple[str, int]] = ()
    titles: Sequence[tuple[str, int]] = ()
    checks: Sequence[tuple[str, int]] = field(default=())


@contextmanager
def reading(root: Path) -> Iterator[sqlite3.Connection]:
    """Yield the index of a store, opened so that nothing can be written. Raises StoreError where there is none."""
    path = root / FILE
    try:
        index = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
    except sqlite3.Error as error:
        raise StoreError(f"there is no index {path} yet") from error
    with closing(index):
        try:
            index.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
            if index.execute("PRAGMA user_version").fetchone() != (VERSION,):
                raise StoreError(f"the index {path} is of another version")
            yield index
        except sqlite3.DatabaseError as error:
            raise StoreError(f"the index {path} cannot be read: {error}") from error


def runs(index: sqlite3.Connection, wanted: RunsWanted) -> tuple[list[RunSummary], int]:
    """Return a page of runs, and how many there are in all."""
    clauses, values = _narrowed(
        {"kind": wanted.kind, "command": wanted.command, "tone": wanted.tone, "status": wanted.status,
         "title": wanted.title},
        wanted.text, ("id", "title", "command", "verdict"),
    )  # fmt: skip
    order = RUN_ORDERS.get(wanted.order, RUN_ORDERS["newest"])
    (total,) = index.execute(f"SELECT count(*) FROM runs {clauses}", values).fetchone()  # noqa: S608 constants; values are bound
    found = index.execute(
        f"SELECT id, summary FROM runs {clauses} ORDER BY {order} LIMIT ? OFFSET ?",  # noqa: S608
        (*values, PAGE, (max(1, wanted.page) - 1) * PAGE),
    ).fetchall()
    return [_summary(name, text) for name, text in found], total


def run(index: sqlite3.Connection, name: str) -> RunSummary | None:
    """Return the summary of a run; None where the index knows none."""
    found = index.execute("SELECT summary FROM runs WHERE id = ?", (name,)).fetchone()
    return _summary(name, found[0]) if found else None


def before(index: sqlite3.Connection, brief: RunSummary) -> str:
    """Return the id of the run before, of the same kind and subject; empty where there is none."""
    asked = (brief.kind, brief.title, brief.id)
    found = index.execute("SELECT max(id) FROM runs WHERE kind = ? AND title = ? AND id < ?", asked).fetchone()
    return found[0] or ""


def run_facets(index: sqlite3.Connection) -> Facets:
    """Return the values that runs can be filtered by."""
    return Facets(
        kinds=_counted(index, "SELECT kind, count(*) FROM runs GROUP BY 1 ORDER BY 2 DESC, 1"),
        commands=_counted(
            index, "SELECT command, count(*) FROM runs WHERE command <> '' GROUP BY 1 ORDER BY 2 DESC, 1"
        ),
        tones=_counted(index, "SELECT tone, count(*) FROM runs GROUP BY 1"),
    )


def problems(index: sqlite3.Connection, wanted: ProblemsWanted) -> tuple[list[Problem], int]:
    """Return a page of findings across runs, last seen first, and how many there are in all.

    A search for words stops at MOST_FOUND: messages are not indexed, and nobody turns a hundred pages.
    """
    ranks = {one.value: one.rank for one in Severity}
    states = list(STATES)
    clauses, values = _narrowed(
        {"check_name": wanted.check, "severity": ranks.get(wanted.severity, ""), "subject": wanted.title,
         "state": states.index(wanted.state) if wanted.state in states else ""},
        wanted.text, ("message", "check_name", "subject"),
    )  # fmt: skip
    start = (max(1, wanted.page) - 1) * PAGE
    ordered = f"SELECT id FROM problems {clauses} ORDER BY last DESC, severity, id"  # noqa: S608
    if wanted.text.split():
        every = [number for (number,) in index.execute(f"{ordered} LIMIT {MOST_FOUND}", values)]
        numbers, total = every[start : start + PAGE], len(every)
    else:
        (total,) = index.execute(f"SELECT count(*) FROM problems {clauses}", values).fetchone()  # noqa: S608
        numbers = [number for (number,) in index.execute(f"{ordered} LIMIT ? OFFSET ?", (*values, PAGE, start))]
    marks = ", ".join("?" * len(numbers))
    found = {line[0]: line for line in index.execute(f"{_PROBLEM} WHERE id IN ({marks})", numbers)}
    return [_problem(found[number]) for number in numbers], total


def problem(index: sqlite3.Connection, number: int) -> tuple[Problem, list[str]] | None:
    """Return a finding across runs and the runs that saw it, newest first; None where there is none."""
    line = index.execute(f"{_PROBLEM} WHERE id = ?", (number,)).fetchone()
    if line is None:
        return None
    seen = index.execute("SELECT run FROM sightings WHERE problem = ? ORDER BY run DESC LIMIT 500", (number,))
    return _problem(line), [name for (name,) in seen]


def fingerprint(index: sqlite3.Connection, number: int) -> str:
    """Return the fingerprint of a finding across runs; empty where there is none."""
    found = index.execute("SELECT fingerprint FROM problems WHERE id = ?", (number,)).fetchone()
    return str(found[0]) if found else ""


def problem_facets(index: sqlite3.Connection) -> Facets:
    """Return the values that findings can be filtered by."""
    return Facets(
        checks=_counted(index, "SELECT check_name, count(*) FROM problems GROUP BY 1 ORDER BY 1"),
        titles=_counted(index, "SELECT subject, count(*) FROM problems GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 200"),
    )


def _narrowed(equal: dict[str, str | int], text: str, where: Sequence[str]) -> tuple[str, list[str | int]]:
    """Return the WHERE clause and the values it binds."""
    clauses: list[str] = []
    values: list[str | int] = []
    for column, value in equal.items():
        if value != "":
            clauses.append(f"{column} = ?")
            values.append(value)
    for word in text.split()[:8]:
        escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        clauses.append(f"({' OR '.join(f'{column} LIKE ? ESCAPE char(92)' for column in where)})")
        values += [f"%{escaped}%"] * len(where)
    return (f"WHERE {' AND '.join(clauses)}" if clauses else ""), values


def _counted(index: sqlite3.Connection, query: str) -> Sequence[tuple[str, int]]:
    return tuple((str(name), int(count)) for name, count in index.execute(query))


def _summary(name: str, text: str) -> RunSummary:
    return RunSummary.model_validate_json(text).model_copy(update={"id": name})


def _problem(line: tuple[int, str, str, int, str, str, str, int, int]) -> Problem:
    number, title, check, severity, message, first, last, seen, state = line
    return Problem(number, title, check, list(Severity)[severity], message, first, last, seen, list(STATES)[state])
