"""Rows that stand exactly between two others of their class: what SMOTE and its kin make."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool, Float, Int

from holdfast.audit.definitions import fact
from holdfast.audit.facts.columns.columns import ColumnProfiles
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.rows.rows import RowKeys
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.audit.threads import one_thread
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.record import Sampled

LEAST_COLUMNS = 3  # in a plane, rounding alone puts many points between two others
_MOST_COLUMNS = 20
_MOST_CLASSES = 10
_LEAST_ROWS = 20
_SCREENED = 100  # test rows of a class looked at first
_MOST_ROWS = 1_000  # and at most, where the first ones show something
_MOST_PARENTS = 10_000
_NEIGHBOURS = 12  # SMOTE draws a partner among 5; its own products crowd in between
_OFF = 1e-5  # distance from the line, for the distance to the nearer end
_BLOCK = 100


@dataclass(frozen=True)
class BetweenOthers:
    """Test rows looked at, whether each stands exactly between two rows of its class, and the nearer one of these.

    `share` gives for each class looked at how many of its test rows do.
    """

    rows: Int[np.ndarray, " looked_at"]
    between: Bool[np.ndarray, " looked_at"]
    parent: Int[np.ndarray, " looked_at"]
    share: dict[str, float]
    sampled: Sampled | None


@fact()
def between_others(
    dataset: Dataset, labels: Labels, column_profiles: ColumnProfiles, split_of: SplitOf, row_keys: RowKeys
) -> BetweenOthers:
    """Which test rows stand on a straight line between two near neighbours of their class, to five digits.

    In three or more columns of measured numbers no independent row does.
    """
    if len(labels.classes) < 2:
        raise NotApplicable("the label is a number; rows are oversampled by class")
    names = [
        p.name
        for p in column_profiles.of(role="feature", kind="number")
        if not p.whole
        and p.n_missing == 0
        and p.distinct_share >= 0.5
        and np.isfinite((p.low or 0.0, p.high or 0.0)).all()
    ][:_MOST_COLUMNS]
    if len(names) < LEAST_COLUMNS:
        raise NotApplicable(
            f"{len(names)} complete columns with fractions; a straight line shows only in {LEAST_COLUMNS}"
        )
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    share, n_test, cut = {}, 0, False
    counts = np.bincount(labels.codes[split_of.test & labels.known], minlength=len(labels.classes))
    for k in np.argsort(-counts, kind="stable")[:_MOST_CLASSES]:
        members = labels.codes == k
        parents = row_keys.sample(members & (split_of.codes >= 0), _MOST_PARENTS)
        queries = row_keys.sample(members & split_of.test, _MOST_ROWS)
        if len(queries) < _LEAST_ROWS:
            continue
        n_test += int((members & split_of.test).sum())
        table, asked = _table(dataset, names, parents), _table(dataset, names, queries)
        scale = np.maximum(table.std(axis=0), 1e-12)
        first = _between(table / scale, asked[:_SCREENED] / scale)
        if (first >= 0).sum() >= 3 and len(queries) > _SCREENED:
            first = np.concatenate((first, _between(table / scale, asked[_SCREENED:] / scale)))
        queries = queries[: len(first)]
        cut = cut or len(queries) < int((members & split_of.test).sum())
        share[labels.classes[k]] = float((first >= 0).mean())
        found.append((queries, first >= 0, np.where(first >= 0, parents[first], -1)))
    if not found:
        raise NotApplicable(f"no class has {_LEAST_ROWS} test rows")
    rows, between, parent = (np.concatenate(parts) for parts in zip(*found, strict=True))
    sampled = Sampled(what="search for rows made from two others", rows=len(rows), of=n_test) if cut else None
    return BetweenOthers(rows, between, parent, share, sampled)


def _table(dataset: Dataset, names: list[str], rows: np.ndarray) -> Float[np.ndarray, "rows columns"]:
    picked = pa.array(rows)
    columns = [pc.cast(dataset.table.column(name).take(picked), pa.float64(), safe=False).to_numpy() for name in names]
    return np.stack(columns, axis=1)


def _between(table: np.ndarray, asked: np.ndarray) -> Int[np.ndarray, " asked"]:
    """Return for each point asked about the nearer of two neighbours that it stands between, or -1."""
    result = np.full(len(asked), -1, dtype=np.int64)
    if len(table) < 3:
        return result
    k = min(_NEIGHBOURS + 1, len(table))
    squares = (table**2).sum(axis=1)
    one, other = np.triu_indices(k, 1)
    for start in range(0, len(asked), _BLOCK):
        points = asked[start : start + _BLOCK]
        with one_thread():
            distance = squares - 2 * points @ table.T
        nearest = np.argpartition(distance, k - 1, axis=1)[:, :k]
        offset = table[nearest] - points[:, None, :]
        length = np.sqrt((offset**2).sum(axis=2))
        product = np.einsum("qkd,qld->qkl", offset, offset)[:, one, other]
        # Between two ends the directions to them are opposite: sin² of the angle is 0 and the cosine -1.
        near, far = length[:, one], length[:, other]
        apart = (near > 1e-9) & (far > 1e-9)
        opposite = apart & (product < 0)
        sine = 1 - (product / np.where(apart, near * far, 1.0)) ** 2
        # Rounding in the product of lengths limits what can be told to about 1e-15 in sin².
        hit = opposite & (sine < _OFF**2)
        place = np.where(hit, np.minimum(near, far), np.inf)
        best = place.argmin(axis=1)
        rows = np.flatnonzero(np.isfinite(place.min(axis=1)))
        end = np.where(near[rows, best[rows]] <= far[rows, best[rows]], one[best[rows]], other[best[rows]])
        result[start + rows] = nearest[rows, end]
    return result
