"""How alike rows of one group are, in the label and in each feature."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.audit.definitions import fact
from holdfast.audit.facts.labels.conditional import ranks_of
from holdfast.audit.facts.rows.groups import Groups
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.record import Sampled

_MOST_ROWS = 20_000
_MOST_COLUMNS = 200
_MOST_VALUES = 10  # of a category; the rest is one more value
_COMMON = 30.0  # pairs of rows with a value that meet in a group by chance, from which the F test holds for it
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
    encoded = values.combine_chunks().dictionary_encode()
    found = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    codes, found = codes[found >= 0], found[found >= 0]
    if not len(found):
        return Likeness(0.0, 1.0)
    return _of_values(codes, found)


def _of_values(codes: np.ndarray, found: np.ndarray) -> Likeness:
    """Return the likeness of values that are numbered from 0.

    The F test takes indicators for normal, which fails where a value is rare: two rows that meet by chance look like a
    law. How many rows find a rare value already in their group is at most the number of pairs that meet, and that is
    about Poisson by chance.
    """
    from scipy.stats import poisson

    n, counts = float(len(codes)), np.bincount(found).astype(np.float64)
    _, codes = np.unique(codes, return_inverse=True)
    codes = codes.reshape(-1)
    sizes = np.bincount(codes).astype(np.float64)
    meeting = float((sizes * (sizes - 1)).sum()) / max(n * (n - 1), 1.0)
    fewer = np.minimum(counts, n - counts)
    common = fewer * (fewer - 1) / 2 * meeting >= _COMMON
    order = np.argsort(-counts, kind="stable")
    shown = order[common[order]][:_MOST_VALUES] if common.any() else order[:_MOST_VALUES]
    alike = intraclass(codes, (found[:, None] == shown[None, :]).astype(np.float64))
    cells, members = np.unique(codes * len(counts) + found, return_counts=True)
    again = np.bincount(cells % len(counts), members - 1.0, minlength=len(counts))
    rare = ~common & (counts > 0)
    by_chance = poisson.sf(again[rare] - 1, counts[rare] * (counts[rare] - 1) / 2 * meeting)
    p_value = float(max(1, rare.sum()) * by_chance.min(initial=1.0))
    p_value = min(2 * alike.p_value, 2 * p_value, 1.0) if common.any() else min(p_value, 1.0)
    return Likeness(alike.value, p_value)


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
