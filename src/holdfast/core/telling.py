"""What notebooks show of the records of core: data sets, findings, results, scores, sections, stores of runs."""

from collections import Counter

from holdfast.core.dataset import Dataset
from holdfast.core.finding import Cell, Examples, Finding
from holdfast.core.record import CheckResult, HonestScore, Section
from holdfast.core.showing import Shown
from holdfast.core.store import RunStore

MOST_COLUMNS = 40
FIRST_ROWS = 5
MOST_RUNS = 20


def finding(one: Finding) -> Shown:
    """Return a finding without its run."""
    return Shown(f"{one.severity.value} of {one.check}" if one.check else one.severity.value, findings=(one,))


def result(one: CheckResult) -> Shown:
    """Return what a check came to, with its findings."""
    why = f" ({one.reason})" if one.reason else ""
    return Shown(one.check, f"{one.status.value}{why}. It asks: {one.title}", findings=one.findings)


def honest(one: HonestScore) -> Shown:
    """Return an honest score, which is drawn as a waterfall where it was estimated."""
    says = "" if one.status == "estimated" else f"not estimable: {one.reason}"
    return Shown("How much of the score is real", says, honest=one)


def section(one: Section) -> Shown:
    """Return a section that stands alone."""
    return Shown(one.title, sections=(one.model_copy(update={"title": ""}),))


def dataset(one: Dataset) -> Shown:
    """Return a data set: its columns, what they are there for, and its first rows."""
    roles = Counter(column.role for column in one.columns)
    kinds = ", ".join(f"{n:,} {role}" for role, n in roles.most_common())
    columns: list[tuple[Cell, ...]] = [
        (column.name, column.kind, column.role, int(one.nulls(column.name).sum()))
        for column in one.columns[:MOST_COLUMNS]
    ]
    told = Examples(
        caption="What each column is there for", columns=("column", "kind", "role", "missing"), cells=tuple(columns)
    )
    left = len(one.columns) - MOST_COLUMNS
    parts = [
        Section(title="Columns", says=(f"{left:,} more columns are not shown.",) if left > 0 else (), evidence=(told,))
    ]
    names = [column.name for column in one.columns[:MOST_COLUMNS]]
    first = one.table.select(names).slice(0, FIRST_ROWS).to_pylist() if len(one) and names else []
    if first:
        rows = tuple(tuple(_cell(row[name]) for name in names) for row in first)
        shown = Examples(caption=f"The first {len(first)}", columns=tuple(names), cells=rows)
        parts.append(Section(title="First rows", evidence=(shown,)))
    return Shown(f"Data set {one.name}", f"{len(one):,} rows, {len(one.columns):,} columns: {kinds}", tuple(parts))


def store(one: RunStore) -> Shown:
    """Return the latest runs of a store."""
    from holdfast.core.index import summaries

    found = summaries(one)
    says = f"{len(found):,} runs" if len(found) != 1 else "1 run"
    if not found:
        return Shown(f"Runs in {one.root}", f"{says}. Start one: holdfast audit data.csv --label y")
    rows = tuple(
        (run.id, run.kind, run.title, run.status, run.errors, run.warnings, run.notes) for run in found[:MOST_RUNS]
    )
    columns = ("run", "kind", "title", "status", "errors", "warnings", "notes")
    table = Examples(caption="Newest first", columns=columns, cells=rows)
    return Shown(f"Runs in {one.root}", says, (Section(title="", evidence=(table,)),))


def _cell(value: object) -> Cell:
    return value if isinstance(value, str | int | float | bool | None) else str(value)
