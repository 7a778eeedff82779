"""Repaired data: the remedies of a run applied, and a log of every row and column that was dropped, moved or changed.

Applied is what the honest score books: remedies of errors and warnings of at least medium confidence, and spellings
of one class that are certain. What only asks a question is left to the person. The input is never touched; the
output folder appears as a whole or not at all.
"""

import csv
import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from holdfast.audit.facts.rows.rows import row_groups
from holdfast.audit.honest.preparation import order_of
from holdfast.audit.honest.remedies import Cure, cures_for, standing
from holdfast.core.dataset import Dataset, Source
from holdfast.core.durable import building
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.finding import Confidence, Finding
from holdfast.core.random import Streams
from holdfast.core.record import Run, Section
from holdfast.core.showing import Shown, shows
from holdfast.core.text import one_line

LOG = "_log"  # names that begin with an underscore are about the data, not of them: the folder can be read as it is
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for a formula


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the log. `row` counts from 0 over all inputs; `line` is the line or row of `file`."""

    action: str  # dropped, moved or relabelled
    row: int | None
    column: str
    file: str
    line: int | None
    before: str
    after: str
    check: str
    reason: str


@shows("holdfast.audit.fix:shown")
@dataclass(frozen=True, slots=True)
class FixLog:
    """What was done, and where it was written."""

    folder: Path
    files: tuple[str, ...]
    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()

    def count(self, action: str, *, columns: bool = False) -> int:
        """Return how many rows (or columns) were dropped, moved or relabelled."""
        return sum(one.action == action and (one.row is None) is columns for one in self.changes)

    def summary(self) -> str:
        """Return the log in a few lines."""
        done = [
            f"{n:,} {what}{'s' * (n != 1)} {action}"
            for action, columns, what in (
                ("dropped", False, "row"),
                ("dropped", True, "column"),
                ("moved", False, "row"),
                ("relabelled", False, "row"),
            )
            if (n := self.count(action, columns=columns))
        ]
        lines = [f"wrote {', '.join(self.files)} to {self.folder}", f"{', '.join(done)}; each is in {LOG}.csv"]
        return "\n".join([*lines, *self.notes])


@dataclass
class _Plan:
    """What will be done to the rows: kept or not, and on which side."""

    kept: np.ndarray
    side: np.ndarray  # place in `sides`
    sides: tuple[str, ...]
    changes: list[Change]
    notes: list[str]


def apply(run: Run, dataset: Dataset, out: Path) -> FixLog:
    """Write the repaired splits of `dataset` and the log to the new or empty folder `out`.

    Raises BadInput when the data are not those of the run, when there is nothing to repair, when a repair would leave
    a split empty, or when `out` is not empty or lies inside an input.
    """
    _refuse_other_data(run, dataset)
    _refuse_folder(run, out)
    column = dataset.one("split")
    codes, names = dataset.codes(column.name) if column is not None else (np.empty(0), ())
    if not {"train", "test"} <= set(names):
        raise BadInput(f"run {run.id} has no training and test split, so there is none to repair")
    findings = standing(run.results)
    wanted = cures_for(dataset, findings)
    cures = [cure for cure in wanted.cures if cure.booked]
    plan = _Plan(np.ones(len(dataset), dtype=bool), codes.copy(), tuple(str(name) for name in names), [], [])
    table, relabelled = _relabelled(findings, dataset, plan)
    if not cures and not relabelled:
        raise BadInput(f"no finding of run {run.id} has a remedy to apply: there is nothing to repair")
    gone = _drop_columns(cures, dataset, plan)
    _drop_rows(cures, dataset, plan)
    _split_again(cures, dataset, plan, Streams(run.seed))
    plan.notes += [f"Not applied: {cure.name} ({', '.join(cure.checks)}), a question for you." for cure in wanted.cures
                   if not cure.booked]  # fmt: skip
    for number, side in enumerate(plan.sides):
        if side in {"train", "test"} and not (plan.kept & (plan.side == number)).any():
            raise BadInput(f"the remedies of run {run.id} would leave no row in the {side} split; nothing was written")
    return _written(dataset, table.drop_columns(list(gone)), plan, out)


def _refuse_other_data(run: Run, dataset: Dataset) -> None:
    had = [(item.name, item.digest, item.start, item.stop) for item in run.inputs]
    has = [(source.name, source.digest, source.start, source.stop) for source in dataset.sources]
    if had != has or run.n_rows != len(dataset):
        raise BadInput(f"the data are not those of run {run.id}, or have changed since: start a new audit")


def _refuse_folder(run: Run, out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise BadInput(f"{out} is a file; the repaired data go to a new or empty folder")
    if out.is_dir() and any(out.iterdir()):
        raise BadInput(f"the folder {out} is not empty; name a new one, nothing is ever overwritten")
    place = out.absolute().resolve()
    for word in run.command:
        given = Path(word.rpartition("=")[2])
        try:
            inside = given.is_dir() and place.is_relative_to(given.resolve()) and given.resolve() != Path.cwd()
        except (OSError, ValueError):
            continue
        if inside:
            raise BadInput(f"{out} lies inside the input {given}, where it would be read as data; name another folder")


def _relabelled(findings: Sequence[Finding], dataset: Dataset, plan: _Plan) -> tuple[pa.Table, bool]:
    """Return the table with labels that are certain to be another spelling replaced."""
    label, table = dataset.one("label"), dataset.table
    done = False
    for finding in findings:
        remedy = finding.remedy
        if label is None or remedy is None or remedy.op != "relabel" or finding.confidence is not Confidence.CERTAIN:
            continue
        values = table.column(label.name).to_pylist()
        kind = table.schema.field(label.name).type
        for row, new in zip(remedy.rows, remedy.labels, strict=True):
            old, values[row] = values[row], pa.scalar(new).cast(kind).as_py()
            plan.changes.append(
                _change(dataset, "relabelled", row, str(old), str(new), finding.check, "another spelling", label.name)
            )
        place = table.column_names.index(label.name)
        table = table.set_column(place, label.name, pa.array(values, type=kind))
        done = True
    return table, done


def _drop_columns(cures: Sequence[Cure], dataset: Dataset, plan: _Plan) -> set[str]:
    gone: set[str] = set()
    for cure in cures:
        for name in cure.columns if cure.operation == "drop-columns" else ():
            if name not in gone and dataset[name].role not in {"label", "split"}:
                gone.add(name)
                plan.changes.append(_change(dataset, "dropped", None, "", "", ", ".join(cure.checks), cure.name, name))
    if gone >= {column.name for column in dataset.of(role="feature")}:
        raise BadInput("the remedies would drop every feature column; nothing was written")
    return gone


def _drop_rows(cures: Sequence[Cure], dataset: Dataset, plan: _Plan) -> None:
    for cure in cures:
        if cure.operation == "drop-rows":
            _drop(dataset, plan, cure.rows, ", ".join(cure.checks), cure.name)


def _drop(dataset: Dataset, plan: _Plan, rows: np.ndarray, checks: str, reason: str) -> None:
    for row in rows[plan.kept[rows]].tolist():
        plan.changes.append(_change(dataset, "dropped", row, _side(plan, int(plan.side[row])), "", checks, reason))
    plan.kept[rows] = False


def _split_again(cures: Sequence[Cure], dataset: Dataset, plan: _Plan, streams: Streams) -> None:
    """Move rows so that time, or groups, are on one side; sizes of the splits stay as near as they can."""
    reorder = next((cure for cure in cures if cure.operation == "reorder-split"), None)
    regroup = next((cure for cure in cures if cure.operation == "regroup-split"), None)
    cure = reorder or regroup
    if cure is None:
        return
    before = plan.side.copy()
    if reorder is not None:
        plan.side = _by_time(plan, order_of(dataset, [reorder]))
    elif regroup is not None and regroup.groups is not None:
        plan.side = _by_group(plan, regroup.groups, streams("fix", "groups"))
    for row in np.flatnonzero((before != plan.side) & plan.kept).tolist():
        sides = _side(plan, int(before[row])), _side(plan, int(plan.side[row]))
        plan.changes.append(_change(dataset, "moved", row, *sides, ", ".join(cure.checks), cure.name))
    if reorder is not None and regroup is not None and regroup.groups is not None:
        shared = _shared(plan, regroup.groups)
        plan.notes.append(f"Time decides the split: {shared:,} groups are still on both sides ({regroup.name}).")
    _drop_new_copies(dataset, plan)


def _by_time(plan: _Plan, order: np.ndarray | None) -> np.ndarray:
    """Return sides in time, train before valid before test; rows of one time stay together, on the earlier side."""
    if order is None:
        raise BadInput("the order in time cannot be read from the data; nothing was written")
    side = plan.side.copy()
    rows = np.flatnonzero(plan.kept & (side >= 0) & np.isfinite(order))
    rows = rows[np.argsort(order[rows], kind="stable")]
    rank = {"train": 0, "valid": 1, "test": 2}
    numbers = [n for n in range(len(plan.sides)) if plan.sides[n] in rank and (side[rows] == n).any()]
    sizes = {n: int((side[rows] == n).sum()) for n in numbers}
    rows = rows[np.isin(side[rows], numbers)]
    start = 0
    for number in sorted(numbers, key=lambda n: rank[plan.sides[n]]):
        stop = min(start + sizes[number], len(rows))
        while 0 < stop < len(rows) and order[rows[stop]] == order[rows[stop - 1]]:
            stop += 1
        side[rows[start:stop]] = number
        start = max(start, stop)
    return side


def _by_group(plan: _Plan, groups: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return sides on which each group is on one; a group on several goes where most rows are wanting."""
    side = plan.side.copy()
    rows = np.flatnonzero(plan.kept & (side >= 0))
    n_groups, n_sides = int(groups.max(initial=-1)) + 1, len(plan.sides)
    counts = np.bincount(groups[rows] * n_sides + side[rows], minlength=n_groups * n_sides).reshape(n_groups, n_sides)
    target = counts.sum(axis=0).astype(np.float64)
    divided = np.flatnonzero((counts > 0).sum(axis=1) > 1)
    held = target - counts[divided].sum(axis=0)
    goes = np.full(n_groups, -1)
    for group in rng.permutation(divided):
        choice = int(np.argmax((target - held) / np.maximum(target, 1)))
        goes[group] = choice
        held[choice] += counts[group].sum()
    moved = rows[goes[groups[rows]] >= 0]
    side[moved] = goes[groups[moved]]
    return side


def _shared(plan: _Plan, groups: np.ndarray) -> int:
    train, test = (
        plan.kept & (plan.side == (plan.sides.index(name) if name in plan.sides else -2)) for name in ("train", "test")
    )
    return len(np.intersect1d(groups[train], groups[test]))


def _drop_new_copies(dataset: Dataset, plan: _Plan) -> None:
    """Drop test rows that came to have a copy in training: copies within a split were none before it was moved."""
    try:
        copies = row_groups.run(dataset)
    except NotApplicable:
        return
    train, test = (plan.kept & (plan.side == plan.sides.index(name)) for name in ("train", "test"))
    rows = np.flatnonzero(test & copies.sharing(train))
    _drop(dataset, plan, rows, "split-overlap", "a copy of a training row, since rows were moved")


def _change(
    dataset: Dataset, action: str, row: int | None, before: str, after: str, check: str, reason: str, column: str = ""
) -> Change:
    source = _source(dataset, row) if row is not None else None
    line = source.first_row + row - source.start if source is not None and row is not None else None
    return Change(action, row, column, source.name if source else "", line, before, after, check, reason)


def _source(dataset: Dataset, row: int) -> Source | None:
    place = bisect_right(dataset.sources, row, key=lambda source: source.start) - 1
    return dataset.sources[place] if place >= 0 else None


def _side(plan: _Plan, number: int) -> str:
    return plan.sides[number] if number >= 0 else ""


def _written(dataset: Dataset, table: pa.Table, plan: _Plan, out: Path) -> FixLog:
    """Write everything beside `out`, then give it its name."""
    split = dataset.one("split")
    assert split is not None
    if all(source.split for source in dataset.sources) or any(step.op == "split" for step in dataset.history):
        table = table.drop_columns([split.name])  # it came from the names of the inputs, or was made here
    else:
        names = pa.array([_side(plan, number) or None for number in plan.side.tolist()], pa.large_string())
        table = table.set_column(table.column_names.index(split.name), split.name, names)
    files = []
    try:
        with building(out) as making:
            for number, side in enumerate(plan.sides):
                rows = np.flatnonzero(plan.kept & (plan.side == number))
                files.append(_write_table(table.take(pa.array(rows)), making, _file_name(side), _form(dataset)))
            _write_log(plan.changes, making)
    except OSError as error:
        raise BadInput(f"cannot write to {out}: {error.strerror or error}") from error
    return FixLog(out, tuple(files), tuple(plan.changes), tuple(plan.notes))


def _form(dataset: Dataset) -> str:
    """Return the form of the output: that of the input, or CSV, or Parquet for columns that CSV cannot hold."""
    ends = {Path(source.name).suffix.lower() for source in dataset.sources}
    if (ends and ends <= {".parquet", ".pq"}) or dataset.of(kind="vector"):
        return "parquet"
    return "tsv" if ends == {".tsv"} else "csv"


def _file_name(side: str) -> str:
    """Return a split's name as a file name, whatever it holds."""
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in side)[:100] or "rest"


def _write_table(table: pa.Table, folder: Path, name: str, form: str) -> str:
    path = folder / f"{name}.{form}"
    with path.open("xb") as file:
        if form == "parquet":
            pyarrow.parquet.write_table(table, file)
        else:
            options = pyarrow.csv.WriteOptions(delimiter="\t" if form == "tsv" else ",")
            pyarrow.csv.write_csv(table, file, options)
    return path.name


def _write_log(changes: Sequence[Change], folder: Path) -> None:
    with (folder / f"{LOG}.jsonl").open("w", encoding="utf-8", errors="surrogatepass") as lines:
        for one in changes:
            lines.write(json.dumps(dict(_fields(one))) + "\n")
    with (folder / f"{LOG}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(Change.__slots__)
        for one in changes:
            writer.writerow([_for_spreadsheet(value) for _, value in _fields(one)])


def _fields(one: Change) -> Iterator[tuple[str, Any]]:
    return ((name, getattr(one, name)) for name in Change.__slots__)


def _for_spreadsheet(value: Any) -> Any:
    """Return a cell that no spreadsheet runs as a formula, and in which control characters show."""
    if not isinstance(value, str):
        return value
    text = one_line(value)
    return "'" + text if text.startswith(_FORMULA) else text


def shown(log: FixLog) -> Shown:
    """Return what was done, for a notebook."""
    lines = tuple(log.summary().splitlines())
    return Shown(f"Repaired data in {log.folder}", ", ".join(log.files), (Section(title="", says=lines),))
