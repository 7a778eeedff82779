"""Changes of a table that keep its types and ranges: every new value was seen in the same column before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Kind = Literal["raised", "lowered", "shuffled", "removed", "alone", "reordered"]
SAID: dict[Kind, str] = {
    "raised": "large values",
    "lowered": "small values",
    "shuffled": "values in another order",
    "removed": "rows left out",
    "alone": "a few rows alone",
    "reordered": "rows in another order",
}
VALUES: tuple[Kind, ...] = ("raised", "lowered", "shuffled")
_MOST_POOL = 4_096  # distinct values that new ones are drawn from
_QUARTER = 4


@dataclass(frozen=True)
class Pool:
    """The values of a column that change may use, in order."""

    values: pa.Array

    @classmethod
    def of(cls, column: pa.ChunkedArray) -> "Pool":
        """Return the distinct values of a column, thinned where they are very many."""
        known = column.drop_null()
        if pa.types.is_fixed_size_list(known.type) or pa.types.is_null(known.type):
            return cls(pa.array([], known.type))
        distinct = pc.unique(known)
        ordered = distinct.take(pc.sort_indices(distinct))
        if len(ordered) > _MOST_POOL:
            ordered = ordered.take(pa.array(np.linspace(0, len(ordered) - 1, _MOST_POOL).astype(np.int64)))
        return cls(ordered)

    def draw(self, kind: Kind, n: int, rng: np.random.Generator) -> pa.Array:
        """Return n values from the upper or lower quarter of those that occur, one at least."""
        width = max(1, len(self.values) // _QUARTER)
        first = len(self.values) - width if kind == "raised" else 0
        return self.values.take(pa.array(first + rng.integers(width, size=n)))


def changed(
    table: pa.Table,
    names: Sequence[str],
    places: np.ndarray,
    kind: Kind,
    pools: dict[str, Pool],
    rng: np.random.Generator,
) -> pa.Table:
    """Return the table with other values of the columns `names` at `places`; missing values stay missing."""
    columns, position_of = list(table.columns), {name: i for i, name in enumerate(table.column_names)}
    for name in names:
        position = position_of[name]
        old = table.column(position).combine_chunks()
        if kind == "shuffled" or not len(pools[name].values):
            source = np.arange(len(old))
            source[places] = rng.permutation(places)
            new = old.take(pa.array(source))
        else:
            mask = np.zeros(len(old), dtype=bool)
            mask[places] = True
            drawn = pools[name].draw(kind, len(places), rng)
            new = pc.replace_with_mask(old, pa.array(mask), drawn)
        new = pc.if_else(old.is_valid(), new, pa.scalar(None, old.type)) if old.null_count else new
        if kind == "shuffled" and old.null_count:  # a missing value that came to another row leaves the old one
            new = pc.coalesce(new, old)
        columns[position] = new
    return pa.table(columns, schema=table.schema)
