"""How far two samples of rows are apart as a whole: the energy distance, with a permutation test."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from holdfast.audit.drifting.permuting import p_value, permuted, resampled
from holdfast.audit.facts.learning.encoding import Encoding

MOST_ROWS = 5_000  # of each side
LANDMARKS = 400  # rows that distances are measured from: four times the root of the most rows, and then some
_MOST_COLUMNS = 200
_NOTHING = 1e-10  # of the largest eigenvalue: below it is rounding


@dataclass(frozen=True, slots=True)
class Energy:
    """Energy coefficient: 0 where both samples are alike, 1 where they never meet, with a 95% bootstrap interval.

    `p_value` is that of a permutation test of the same distances.
    """

    value: float
    low: float
    high: float
    p_value: float
    n: int


@dataclass(frozen=True)
class _Places:
    """Rows as points whose inner products stand for distances: d(x, y) = level(x) + level(y) − grand − x·y."""

    points: Float[np.ndarray, "rows width"]
    level: Float[np.ndarray, " rows"]
    grand: float


def landmarks(n: int, rng: np.random.Generator) -> Int[np.ndarray, " landmarks"]:
    """Return the places of rows that distances are measured from, drawn without regard to sides."""
    return np.sort(rng.permutation(n)[:LANDMARKS])


def energy(
    apart: Float[np.ndarray, "rows landmarks"],
    marks: Int[np.ndarray, " landmarks"],
    n_first: int,
    rng: np.random.Generator,
) -> Energy:
    """Return the energy coefficient of the first `n_first` items and the others, given distances to the landmarks.

    (2·E|X−Y| − E|X−X'| − E|Y−Y'|) / (2·E|X−Y|) of Székely & Rizzo (2013, J. Statistical Planning and Inference 143),
    pairs of an item with itself left out, so that chance alone gives 0 on average. Permutations draw which rows are on
    which side. Distances between other rows are those that landmarks let see (Nyström): with as many landmarks as rows
    exactly they; with a multiple of the rows' root, a test of the same power (Chatalic et al., 2025, Nyström kernel
    two-sample tests) at a cost that is linear in rows.
    """
    n = len(apart)
    rows = _places(apart, marks)
    drawn = permuted(n, n_first, rng)
    spread = _coefficients(rows, drawn, 1.0 - drawn)
    again = np.concatenate([resampled(n_first, rng), resampled(n - n_first, rng)], axis=1)
    is_first = np.arange(n) < n_first
    low, high = np.quantile(_coefficients(rows, again * is_first, again * ~is_first), [0.025, 0.975])
    value = max(0.0, float(spread[0]))
    chance = p_value(float(spread[0]), spread[1:])
    return Energy(value, max(0.0, min(value, float(low))), min(1.0, max(value, float(high))), chance, n)


def _places(apart: np.ndarray, marks: np.ndarray) -> _Places:
    """Return points for all rows: the kernel that belongs to a distance (Sejdinovic et al., 2013), from landmarks."""
    level, grand = apart.mean(axis=1), float(apart[marks].mean())
    kernel = level[:, None] + level[marks] - grand - apart
    values, vectors = np.linalg.eigh(kernel[marks])
    kept = values > _NOTHING * max(values[-1], 0.0)
    return _Places(kernel @ (vectors[:, kept] / np.sqrt(values[kept])), level, grand)


def _coefficients(rows: _Places, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the coefficient for each line of weights; an item drawn twice makes no pair with itself."""
    own = (rows.points**2).sum(axis=1)
    sizes, sums, inside = [], [], 0.0
    for weight in (first, second):
        size, total = weight.sum(axis=1), weight @ rows.points
        square = weight**2
        inside = inside + ((total**2).sum(axis=1) - square @ own) / (size**2 - square.sum(axis=1))
        sizes.append(size)
        sums.append(total / size[:, None])
    across = (sums[0] * sums[1]).sum(axis=1)
    far = first @ rows.level / sizes[0] + second @ rows.level / sizes[1] - rows.grand - across
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(far > 0, (inside - 2 * across) / (2 * far), 0.0))


def distances(
    encoding: Encoding, rows: np.ndarray, marks: np.ndarray, only: str | None = None
) -> Float[np.ndarray, "rows landmarks"]:
    """Return distances of rows from landmarks in which every column counts alike; of one block, if `only` names it.

    Numbers count by their rank, categories by being equal, texts by the cosine of their words, vectors as they are.
    """
    from scipy.sparse import hstack

    parts = list(_parts(encoding, rows, only))
    dense, sparse = ([one for one in parts if _sparse(one) == wanted] for wanted in (False, True))
    squared = np.zeros((len(rows), len(marks)))
    if dense:
        points = np.hstack(dense)
        lengths = (points**2).sum(axis=1)
        squared += lengths[:, None] + lengths[marks] - 2 * points @ points[marks].T
    if sparse:
        counts = hstack(sparse, format="csr")
        lengths = np.asarray(counts.multiply(counts).sum(axis=1)).reshape(-1)
        squared += lengths[:, None] + lengths[marks] - 2 * (counts @ counts[marks].T).toarray()
    squared[marks, np.arange(len(marks))] = 0.0
    return np.sqrt(np.maximum(squared, 0.0))


def _parts(encoding: Encoding, rows: np.ndarray, only: str | None) -> Iterator[Any]:
    """Yield what rows are as points, column by column, as matrices in which the mean squared distance is 1."""
    if only is None:
        for place, name in enumerate(encoding.names[:_MOST_COLUMNS]):
            if encoding.dataset[name].kind != "time":
                values = encoding.column(name, rows)
                yield _unit(_equal(values) if encoding.categorical[place] else _ranked(values))
    for block in encoding.blocks:
        if only is None or block.name == only:
            lines = block.matrix(rows).astype(np.float64)
            yield _unit(_directions(lines) if block.is_sparse else lines)


def _sparse(matrix: Any) -> bool:
    return not isinstance(matrix, np.ndarray)


def _unit(points: Any) -> Any:
    """Return points on such a scale that they are 1 apart, in the mean square."""
    middle = np.asarray(points.mean(axis=0)).reshape(-1)
    square = points.multiply(points).sum() if _sparse(points) else (points**2).sum()
    spread = 2 * (float(square) / points.shape[0] - float(middle @ middle))
    points = points if _sparse(points) else points - middle
    return points / np.sqrt(spread) if spread > 1e-12 * float(square) / points.shape[0] else points * 0.0


def _equal(codes: np.ndarray) -> Any:
    """Return a point for each category; missing is one of them."""
    from scipy.sparse import csr_matrix

    _, place = np.unique(codes, return_inverse=True)  # NaN is one value
    n = len(codes)
    return csr_matrix((np.ones(n), (np.arange(n), place.reshape(-1))))


def _ranked(values: np.ndarray) -> np.ndarray:
    """Return ranks as points; a missing value is as far from others as they are from each other on average."""
    missing = np.isnan(values)
    _, place, count = np.unique(values[~missing], return_inverse=True, return_counts=True)
    middle = np.cumsum(count) - (count - 1) / 2
    rank = middle[place.reshape(-1)] / len(values)
    points = np.zeros((len(values), 2))
    if len(rank):
        points[~missing, 0] = rank - rank.mean()
        points[missing, 1] = max(float(rank.std()), 1 / len(values))
    else:
        points[missing, 1] = 1.0
    return points


def _directions(counts: Any) -> Any:
    """Return lines of length 1, of a sparse matrix; empty ones stay empty."""
    from scipy.sparse import diags

    norms = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1), dtype=np.float64)).reshape(-1)
    return diags(1 / np.where(norms > 0, norms, 1.0)) @ counts
