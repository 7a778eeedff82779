"""How alike rows of one group are, in the label and in each feature."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.audit.definitions import fact
from holdfast.audit.facts.conditional import ranks_of
from holdfast.audit.facts.groups import Groups
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.record import Sampled

_MOST_ROWS = 20_000
_MOST_COLUMNS = 200
_MOST_VALUES = 10  # of a category; the rest is one more value
_FEW_NUMBERS = 10  # a number with so few values is compared like a category


@dataclass(frozen=True, slots=True)
class Likeness:
    """The intraclass correlation: share of a column's spread that lies between groups; 0 by chance, 1 if rows of a
    group are equal. `p_value` is that of the F test on ranks (or on indicators of the values).
    """  # noqa: D205 one sentence that needs two lines

    value: float
    p_value: float


@dataclass(frozen=True)
class GroupLikeness:
    """Likeness within groups: of the label (None without one) and of features, most alike first."""

    label: Likeness | None
    features: Mapping[str, Likeness]
    sampled: Sampled | None


@fact()
def group_likeness(dataset: Dataset, groups: Groups) -> GroupLikeness:
    """How alike rows of one group are; of whole groups, since a group torn apart shows nothing."""
    if not groups.found:
        raise NotApplicable("no groups: name the column with --group; none was found by name or by values")
    rows = np.flatnonzero(groups.codes >= 0)
    n = len(rows)
    if n > _MOST_ROWS:
        # Group numbers follow hashes, so the first ones are a random choice.
        sizes = np.cumsum(np.bincount(groups.codes[rows]))
        rows = rows[groups.codes[rows] <= np.searchsorted(sizes, _MOST_ROWS)]
    codes = groups.codes[rows]
    label = dataset.one("label")
    own = {*groups.columns}
    names = [c.name for c in dataset.of(role="feature") if c.kind in {"number", "category"} and c.name not in own]
    alike = {name: _likeness(dataset, name, rows, codes) for name in names[:_MOST_COLUMNS]}
    return GroupLikeness(
        _likeness(dataset, label.name, rows, codes) if label else None,
        dict(sorted(alike.items(), key=lambda pair: -pair[1].value)),
        Sampled(what="likeness within groups", rows=len(rows), of=n) if len(rows) < n else None,
    )


def _likeness(dataset: Dataset, name: str, rows: np.ndarray, codes: np.ndarray) -> Likeness:
    values = dataset.table.column(name).take(pa.array(rows))
    kind = values.type
    if pa.types.is_null(kind):
        return Likeness(0.0, 1.0)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        numbers = pc.cast(values, pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        known = ~np.isnan(numbers)
        if len(np.unique(numbers[known])) > _FEW_NUMBERS:
            return intraclass(codes[known], ranks_of(numbers[known])[:, None])
    joined = pa.chunked_array(values.chunks, kind).combine_chunks()
    encoded = (pa.concat_arrays(joined.chunks) if isinstance(joined, pa.ChunkedArray) else joined).dictionary_encode()
    found = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    codes, found = codes[found >= 0], found[found >= 0]
    if not len(found):
        return Likeness(0.0, 1.0)
    frequent = np.argsort(-np.bincount(found), kind="stable")[:_MOST_VALUES]
    return intraclass(codes, (found[:, None] == frequent[None, :]).astype(np.float64))


def intraclass(codes: np.ndarray, table: np.ndarray) -> Likeness:
    """Return the intraclass correlation (Fisher, 1925) of the columns of `table`, pooled, with its F test."""
    from scipy import stats

    _, codes = np.unique(codes, return_inverse=True)
    sizes = np.bincount(codes.reshape(-1)).astype(np.float64)
    n, n_groups = float(len(codes)), float(len(sizes))
    if n_groups < 2 or n - n_groups < 2:
        return Likeness(0.0, 1.0)
    centred = table - table.mean(axis=0)
    sums = np.stack([np.bincount(codes.reshape(-1), column) for column in centred.T], axis=1)
    between = float((sums**2 / sizes[:, None]).sum())
    inside = max(float((centred**2).sum()) - between, 0.0)
    if between <= 0 and inside <= 0:
        return Likeness(0.0, 1.0)
    mean_between, mean_inside = between / (n_groups - 1), inside / (n - n_groups)
    usual_size = (n - float((sizes**2).sum()) / n) / (n_groups - 1)
    value = (mean_between - mean_inside) / (mean_between + (usual_size - 1) * mean_inside)
    ratio = mean_between / mean_inside if mean_inside > 0 else np.inf
    return Likeness(float(value), float(stats.f.sf(ratio, n_groups - 1, n - n_groups)))
