"""One data set in periods of time."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.audit.drifting.settings import Every
from holdfast.audit.drifting.slices import FEWEST, Slices, Whole
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.core.text import one_line
from holdfast.data.origin import ORIGIN, counts

_MOST, _FEW, _SOME = 200, 3, 36
_LENGTHS: tuple[Every, ...] = ("hour", "day", "week", "month", "quarter", "year")
_WRITTEN = {"hour": "%Y-%m-%d %H:00", "day": "%Y-%m-%d", "week": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}


def periods(dataset: Dataset, by: str, every: Every | None, aside: tuple[str, ...] = ()) -> Slices:
    """Return the rows of a data set in periods by a column of times, or by the values of a column of numbers.

    Raises BadInput where the column holds neither, or where there are too few or too many periods.
    """
    column = dataset[by]
    shown = one_line(by, 60)
    if column.kind == "time":
        names, codes, every = _by_time(dataset, by, every)
    elif column.kind == "number":
        if every is not None:
            raise BadInput(f"--every {every} needs times, and {shown} holds numbers; leave it out to go by its values")
        names, codes = _by_value(dataset, by)
    else:
        raise BadInput(
            f"column {shown} holds {column.kind} values; a period is told by times, or by numbers like years"
        )
    sizes = np.bincount(codes[codes >= 0], minlength=len(names))
    kept = np.flatnonzero(sizes >= FEWEST)
    notes = []
    if aside:
        shown = ", ".join(one_line(name, 40) for name in aside)
        notes.append(
            f"{shown} tell{'s' * (len(aside) == 1)} the time itself, and {'is' if len(aside) == 1 else 'are'} set aside"
        )
    if len(kept) < len(names):
        left = int(sizes.sum() - sizes[kept].sum())
        notes.append(f"{len(names) - len(kept):,} periods with fewer than {FEWEST} rows are left out ({left:,} rows)")
    if (codes < 0).any():
        notes.append(f"{int((codes < 0).sum()):,} rows without a time are left out")
    if len(kept) < 2:
        raise BadInput(f"{shown} makes {len(kept)} period with {FEWEST} rows or more; give shorter ones with --every")
    number = np.full(len(names) + 1, -1)  # the last is that of rows without a time
    number[kept] = np.arange(len(kept))
    codes = number[codes]
    names = [names[i] for i in kept.tolist()]
    if every is not None:
        notes.append(f"periods are one {every} long")
    return Slices(dataset, tuple(names), codes, "period", _wholes(dataset, names, codes), tuple(notes))


def _wholes(dataset: Dataset, names: list[str], codes: np.ndarray) -> tuple[Whole, ...]:
    known = ORIGIN in dataset.table.column_names
    found = []
    for place, name in enumerate(names):
        rows = np.flatnonzero(codes == place)
        origins = counts(dataset.values(ORIGIN).take(pa.array(rows))).items() if known else ()
        found.append(Whole(name, len(rows), tuple((str(k), v) for k, v in origins), len(rows)))
    return tuple(found)


def _by_time(dataset: Dataset, by: str, every: Every | None) -> tuple[list[str], np.ndarray, Every]:
    values = dataset.values(by)
    if every is None:
        every = _fitting(values)
    names, codes = _floored(values, every)
    if len(names) > _MOST:
        longer = _LENGTHS[_LENGTHS.index(every) + 1] if every != "year" else None
        hint = f"; try --every {longer}" if longer else ""
        raise BadInput(f"{one_line(by, 60)} makes {len(names):,} periods of one {every}, more than {_MOST}{hint}")
    return names, codes, every


def _fitting(values: pa.ChunkedArray) -> Every:
    """Return the shortest length that makes at most 36 periods; a shorter one where that makes fewer than three."""
    sizes = {every: len(pc.unique(pc.floor_temporal(values.drop_null(), unit=every))) for every in _LENGTHS}
    fitting = [every for every in _LENGTHS if sizes[every] <= _SOME]
    if not fitting:
        return "year"
    place = _LENGTHS.index(fitting[0])
    return (
        _LENGTHS[place - 1]
        if sizes[fitting[0]] < _FEW and place and sizes[_LENGTHS[place - 1]] <= _MOST
        else fitting[0]
    )


def _floored(values: pa.ChunkedArray, every: Every) -> tuple[list[str], np.ndarray]:
    floors = pc.floor_temporal(values, unit=every)
    ordered = pc.unique(floors.drop_null()).sort()
    codes = pc.fill_null(pc.index_in(floors, value_set=ordered), -1).to_numpy(zero_copy_only=False).astype(np.int64)
    moments = ordered.to_pylist()
    if every == "quarter":
        return [f"{one.year}-Q{(one.month + 2) // 3}" for one in moments], codes
    return [one.strftime(_WRITTEN[every]) for one in moments], codes


def _by_value(dataset: Dataset, by: str) -> tuple[list[str], np.ndarray]:
    """Return a period for each value; of many values, twelve periods of about as many rows."""
    numbers = dataset.numbers(by)
    known = np.isfinite(numbers)
    distinct = np.unique(numbers[known])
    codes = np.full(len(numbers), -1)
    if len(distinct) <= _SOME:
        codes[known] = np.searchsorted(distinct, numbers[known])
        return [f"{value:g}" for value in distinct.tolist()], codes
    edges = np.unique(np.quantile(numbers[known], np.arange(1, 12) / 12))
    codes[known] = np.searchsorted(edges, numbers[known], side="right")
    return [f"from {value:.6g}" for value in (float(distinct[0]), *edges.tolist())], codes
