"""Whether a training set keeps a policy: each limit that it breaks, by how much, and in which rows."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int

from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.core.progress import Progress
from holdfast.core.text import one_line
from holdfast.data.canonical import STRING
from holdfast.data.mixing.allocation import cap_of, ranges_of
from holdfast.data.mixing.counting import Counter, Stock, by
from holdfast.data.mixing.descent import descendants
from holdfast.data.mixing.policy import Policy
from holdfast.data.mixing.source import opened, with_names
from holdfast.data.origin import GENERATION, GENERATOR, ORIGIN, PARENTS, RECORD, WEIGHT

_TRAIN = "train"
_WHAT = {
    "human": "records by people",
    "human-verified": "records by people that somebody verified",
    "synthetic": "synthetic records",
    "unknown": "records of unknown origin",
}


@dataclass(frozen=True)
class Break:
    """A limit that is not kept: its key in the policy, what is wrong, the number and its limit, and the rows."""

    key: str
    says: str
    value: float
    limit: float
    rows: Int[np.ndarray, " n"] = field(default_factory=lambda: np.empty(0, np.int64))
    columns: tuple[str, ...] = ()


def refusal(dataset: Dataset, policy: Policy, progress: Progress | None = None) -> str | None:
    """Return why a training set may not be used under the policy, in one paragraph; None where it keeps it.

    Where the data set has a split, its training rows are judged. Raises BadInput where the policy still names the
    planner, or where its test data cannot be read.
    """
    found = breaks(dataset, policy, progress)
    if not found:
        return None
    more = f"; and {len(found) - 4} more" if len(found) > 4 else ""
    return "the training set breaks its policy: " + "; ".join(f"{one.key}: {one.says}" for one in found[:4]) + more


def breaks(dataset: Dataset, policy: Policy, progress: Progress | None = None) -> tuple[Break, ...]:
    """Return every limit of the policy that the training rows break, in the order of the policy. Raises BadInput."""
    if policy.human.planned:
        raise BadInput(
            'the policy says "planner" where a number is needed; holdfast.collapse.planning.for_policy asks it'
        )
    rows = training_rows(dataset)
    if not len(rows):
        raise BadInput(f"{one_line(dataset.name, 60)} has no training rows, so that no policy can be kept or broken")
    table = dataset.table if len(rows) == len(dataset) else dataset.table.take(pa.array(rows))
    counter = Counter(policy)
    kind, generator, generation = counter.look(table)
    stock, _ = counter.stock(kind, generator, generation)
    found = [*_left_out(stock), *_shares(policy, stock, len(rows)), *_caps(policy, stock, len(rows), table, rows)]
    found += _of_test(dataset, policy, rows, progress)
    if policy.weights is not None and WEIGHT not in dataset.table.column_names:
        found.append(Break("weights", f"records are to be weighted, and there is no column {WEIGHT}", 0, 1))
    return tuple(found)


def training_rows(dataset: Dataset) -> Int[np.ndarray, " n"]:
    """Return the rows that a model learns from: those of the training split, or all where there is no split."""
    column = dataset.one("split")
    if column is None:
        return np.arange(len(dataset))
    codes, names = dataset.codes(column.name)
    if _TRAIN not in names:
        return np.arange(len(dataset)) if "test" not in names else np.flatnonzero(codes != names.index("test"))
    return np.flatnonzero(codes == names.index(_TRAIN))


def _left_out(stock: Stock) -> Iterator[Break]:
    for reason, n in stock.left_out.items():
        key = "unknown" if reason == "of unknown origin" else "without"
        yield Break(key, f"{n:,} record{'s' * (n > 1)} {reason}", n, 0, columns=(ORIGIN,) if key == "unknown" else ())


def _shares(policy: Policy, stock: Stock, n: int) -> Iterator[Break]:
    there = {
        "human": stock.people, "human-verified": stock.verified, "synthetic": stock.synthetic, "unknown": stock.unknown,
    }  # fmt: skip
    for name, limits in ranges_of(policy, n).items():
        count = there[name]
        said = f"{count:,} of {n:,} are {_WHAT[name]} ({count / n:.1%})"
        if count < limits.low:
            doubt = sum(stock.doubtful.values()) if name.startswith("human") else 0
            why = f"; {doubt:,} more say so with too little evidence" if doubt else ""
            yield Break(
                limits.low_key, f"{said}, at least {limits.low:,} are wanted{why}", count, limits.low, columns=(ORIGIN,)
            )
        elif count > limits.high:
            assumed = (
                f"; {stock.assumed:,} of them are of unknown origin" if stock.assumed and name == "synthetic" else ""
            )
            yield Break(
                limits.high_key,
                f"{said}, at most {limits.high:,} may be{assumed}",
                count,
                limits.high,
                columns=(ORIGIN,),
            )


def _caps(policy: Policy, stock: Stock, n: int, table: pa.Table, rows: np.ndarray) -> Iterator[Break]:
    for axis, (name, column) in enumerate((("generator", GENERATOR), ("generation", GENERATION))):
        cap = getattr(policy.caps, name)
        if cap is None:
            continue
        sums = by(stock.cells, axis)
        limit = cap_of(cap, n)
        for value, count in sorted(sums.items(), key=lambda one: (-one[1], str(one[0]))):
            if count <= limit:
                continue
            what = f"{name} {one_line(str(value), 60)}" if value not in {"", -1} else f"no {name} that is named"
            yield Break(
                f"caps.{name}", f"{count:,} records come from {what}, at most {limit:,} may", count, limit,
                _rows_with(table, column, value, rows), (column,),
            )  # fmt: skip


def _rows_with(table: pa.Table, column: str, value: str | int, rows: np.ndarray) -> np.ndarray:
    if column not in table.column_names or value in {"", -1}:
        return np.empty(0, np.int64)
    same = pc.equal(pc.cast(table.column(column), STRING), str(value))
    return np.asarray(rows[np.asarray(pc.fill_null(same, False).to_numpy(zero_copy_only=False))])  # noqa: FBT003 PyArrow's


def _of_test(dataset: Dataset, policy: Policy, rows: np.ndarray, progress: Progress | None) -> Iterator[Break]:
    """Yield training records that are test records of the policy, or were made from one."""
    if not policy.test:
        return
    names = pc.cast(with_names(dataset).table.column(RECORD), STRING)
    test = pa.chunked_array([block.column(0) for block in opened(policy.test, progress).blocks([RECORD])], STRING)
    same = np.asarray(pc.is_in(names, value_set=pa.array(test.to_pylist(), STRING)).to_numpy(zero_copy_only=False))
    hit = rows[same[rows]]
    if len(hit):
        yield Break("test", f"{len(hit):,} training records are records of the test data", len(hit), 0, hit, (RECORD,))
    if PARENTS in dataset.table.column_names and not pa.types.is_null(dataset.values(PARENTS).type):
        made = descendants(names, pc.cast(dataset.values(PARENTS), STRING), test)
        hit = rows[made[rows]]
        if len(hit):
            yield Break(
                "test", f"{len(hit):,} training records were made from records of the test data", len(hit), 0, hit,
                (PARENTS,),
            )  # fmt: skip
