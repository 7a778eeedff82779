"""Columns of text that are numbers but for a few values."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float, Int

from holdfast.audit.definitions import fact
from holdfast.core.dataset import Dataset

_NUMBER = r"^\s*[-+]?(\d{1,15}(\.\d{0,20})?|\.\d{1,20})([eE][-+]?\d{1,3})?\s*$"
_LOOKED_AT = 1_000
_MOSTLY = 0.9  # share of numbers from which a column of text counts as one of numbers
_HALF = 0.5  # of the first rows: below, the rest need no look
_FEWEST_ROWS = 20


@dataclass(frozen=True, slots=True)
class MixedColumn:
    """A text column that holds numbers: their values (NaN elsewhere), and the rows whose text is no number."""

    name: str
    values: Float[np.ndarray, " rows"]
    odd: Int[np.ndarray, " odd"]
    n_known: int


@dataclass(frozen=True)
class MixedColumns:
    """The mixed columns by name."""

    columns: Mapping[str, MixedColumn]


@fact()
def mixed_columns(dataset: Dataset) -> MixedColumns:
    """Which text columns are numbers, but for at most a tenth of their values."""
    found = {}
    for column in dataset.columns:
        values = dataset.table.column(column.name)
        if column.role in {"split", "ignore"} or not pa.types.is_large_string(values.type):
            continue
        start = values.slice(0, _LOOKED_AT).drop_null()
        if not len(start) or _share(pc.match_substring_regex(start, _NUMBER)) < _HALF:
            continue
        is_number = pc.fill_null(pc.match_substring_regex(values, _NUMBER), False)  # noqa: FBT003
        n_known = len(values) - values.null_count
        if n_known < _FEWEST_ROWS or _share(is_number) * len(values) < _MOSTLY * n_known:
            continue
        numbers = pc.cast(pc.utf8_trim_whitespace(pc.if_else(is_number, values, None)), pa.float64())
        odd = np.flatnonzero(~is_number.to_numpy(zero_copy_only=False) & ~dataset.nulls(column.name))
        floats = np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.float64)
        found[column.name] = MixedColumn(column.name, floats, odd, n_known)
    return MixedColumns(found)


def _share(flags: pa.ChunkedArray) -> float:
    return float(pc.mean(pc.cast(flags, pa.float64())).as_py() or 0.0)
