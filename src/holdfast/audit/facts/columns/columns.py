"""What stands in each column: missing, distinct and frequent values, range and quantiles."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.audit.definitions import fact
from holdfast.audit.facts.rows.rows import RowKeys
from holdfast.core.dataset import Column, Dataset, Kind, Role
from holdfast.core.record import Sampled

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
N_TOP = 20
_MOST_TIED = 1_000  # more values than this at the last place of the ranking say nothing; they are left out


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column. Counts and range are of all rows; the rest of the rows looked at (`n_looked_at`).

    `n_unique` does not count missing; it is a lower bound where `n_unique_exact` is False. `low` to `deviation`,
    `quantiles` (at `QUANTILES`) and `whole` are for numbers and times (in seconds since 1970), None or False
    elsewhere. Mean and deviation leave infinities out. `top` holds the most frequent values with their counts,
    equal counts in the order of the values.
    """

    name: str
    kind: Kind
    role: Role
    n: int
    n_missing: int
    n_looked_at: int
    n_unique: int
    n_unique_exact: bool
    top: tuple[tuple[Any, int], ...]
    whole: bool = False
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    deviation: float | None = None
    quantiles: tuple[float, ...] = ()

    @property
    def n_known(self) -> int:
        """Rows with a value."""
        return self.n - self.n_missing

    @property
    def missing_share(self) -> float:
        """Share of rows without a value."""
        return self.n_missing / self.n if self.n else 0.0

    @property
    def constant(self) -> bool:
        """Whether all values that are there are one and the same."""
        return self.n_unique == 1 and (self.n_unique_exact or (self.low is not None and self.low == self.high))

    @property
    def distinct_share(self) -> float:
        """Distinct values for each row looked at that has a value: 1 for a key."""
        return self.n_unique / self.n_looked_at if self.n_looked_at else 0.0


@dataclass(frozen=True)
class ColumnProfiles:
    """The profile of every column but the split, by name, in table order."""

    profiles: Mapping[str, ColumnProfile]
    sampled: Sampled | None

    def __getitem__(self, name: str) -> ColumnProfile:
        return self.profiles[name]

    def __contains__(self, name: str) -> bool:
        return name in self.profiles

    def __iter__(self) -> Iterator[ColumnProfile]:
        return iter(self.profiles.values())

    def __len__(self) -> int:
        return len(self.profiles)

    def of(self, *, role: Role | None = None, kind: Kind | None = None) -> tuple[ColumnProfile, ...]:
        """Return the profiles of the columns with this role and kind."""
        return tuple(p for p in self if (role is None or p.role == role) and (kind is None or p.kind == kind))


@fact()
def column_profiles(dataset: Dataset, row_keys: RowKeys, *, most_rows: int = 200_000) -> ColumnProfiles:
    """What stands in each column; beyond `most_rows` distinct values and quantiles are read from a sample."""
    n = len(dataset)
    rows, sampled = None, None
    if n > most_rows:
        rows = pa.array(np.sort(row_keys.sample(np.ones(n, dtype=bool), most_rows)))
        sampled = Sampled(what="distinct values and quantiles of columns", rows=most_rows, of=n)
    columns = (column for column in dataset.columns if column.role != "split")
    return ColumnProfiles({column.name: _profile(dataset, column, rows) for column in columns}, sampled)


def _profile(dataset: Dataset, column: Column, rows: pa.Array | None) -> ColumnProfile:
    values = dataset.table.column(column.name)
    kind = values.type
    looked_at = (values if rows is None else values.take(rows)).drop_null()
    seen = {
        "name": column.name,
        "kind": column.kind,
        "role": column.role,
        "n": len(values),
        "n_missing": values.null_count,
        "n_looked_at": len(looked_at),
        "n_unique_exact": rows is None,
    }
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_timestamp(kind):
        return ColumnProfile(**seen, **_of_numbers(values, looked_at))
    if pa.types.is_fixed_size_list(kind):
        return ColumnProfile(**{**seen, "n_unique": min(len(looked_at), 1), "n_unique_exact": False, "top": ()})
    found = looked_at.value_counts()
    counts = np.asarray(found.field(1))
    if len(counts) == 1 and rows is not None:  # whether a column is constant is worth a look at all rows
        found = values.drop_null().value_counts()
        counts, seen["n_unique_exact"] = np.asarray(found.field(1)), True
    return ColumnProfile(**seen, n_unique=len(counts), top=_ranked(found.field(0), counts))


def _of_numbers(values: pa.ChunkedArray, looked_at: pa.ChunkedArray) -> dict[str, Any]:
    """Return what a profile says about numbers and times. One sort gives distinct values, ranks and counts."""
    if not len(looked_at):
        return {"n_unique": 0, "top": ()}
    is_time = pa.types.is_timestamp(looked_at.type)
    raw = pc.cast(looked_at, pa.int64()) if is_time else looked_at
    ordered = np.sort(raw.to_numpy())
    starts = np.concatenate(([0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1))
    distinct, counts = ordered[starts], np.diff(np.append(starts, len(ordered)))
    scale = 1e6 if is_time else 1.0
    finite = ordered[np.isfinite(ordered)] / scale
    extremes = pc.min_max(pc.cast(values, pa.int64()) if is_time else values).as_py()
    places = np.round(np.array(QUANTILES) * (len(ordered) - 1)).astype(np.int64)
    with np.errstate(over="ignore", invalid="ignore"):
        mean, deviation = (finite.mean(), finite.std()) if len(finite) else (np.nan, np.nan)
    return {
        "n_unique": len(distinct),
        "top": _ranked(pa.array(distinct).cast(looked_at.type), counts),
        "whole": bool(np.all(finite == np.round(finite))) and len(finite) == len(ordered),
        "low": extremes["min"] / scale,
        "high": extremes["max"] / scale,
        "mean": float(mean),
        "deviation": float(deviation),
        "quantiles": tuple((ordered[places] / scale).tolist()),
    }


def _ranked(values: pa.Array, counts: np.ndarray) -> tuple[tuple[Any, int], ...]:
    """Return the most frequent values with their counts; ties in the order of the values, whatever that of the rows."""
    if not len(counts):
        return ()
    least = np.partition(counts, -N_TOP)[-N_TOP] if len(counts) > N_TOP else 0
    kept = np.flatnonzero(counts >= least)
    if len(kept) > _MOST_TIED:
        kept = kept[counts[kept] > least]
    pairs = zip(values.take(pa.array(kept)).to_pylist(), counts[kept].tolist(), strict=True)
    return tuple(sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:N_TOP])
