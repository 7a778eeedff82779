"""Which columns hang together differently: how their correlations changed, all pairs at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Bool, Float, Int

from holdfast.audit.drifting.permuting import p_value, permuted
from holdfast.audit.facts.learning.encoding import Encoding

_MOST_FEATURES = 50  # 1,225 pairs
_MOST_VALUES = 4  # of a category that are asked about, the most frequent ones
_FEWEST = 10  # rows of each side with a value, and without it
_AT_ONCE = 128  # pairs
_NAMED = 8


@dataclass(frozen=True, slots=True)
class Relation:
    """Two columns, or values of categories, with their correlation before and after.

    It is that of normal scores, ranked on each side by itself, so that a shift of either column does not show in it.
    `low` and `high` bound the change, with 95% over all pairs at once.
    """

    first: str
    second: str
    before: float
    after: float
    low: float
    high: float


@dataclass(frozen=True)
class Relations:
    """Whether any pair hangs together differently: a p-value over all of them, and the pairs whose interval says so."""

    p_value: float
    n_pairs: int
    changed: tuple[Relation, ...]


@dataclass(frozen=True)
class _Scores:
    """One number a row and feature, mean 0 and variance 1 on each side; 0 where it is missing."""

    names: tuple[tuple[str, str], ...]  # of the column, of the feature
    values: Float[np.ndarray, "rows features"]
    known: Bool[np.ndarray, "rows features"]


def relations(encoding: Encoding, rows: Int[np.ndarray, " rows"], n_first: int, rng: np.random.Generator) -> Relations:
    """Return how correlations of the first `n_first` rows and of the others differ; no pairs, p-value 1.

    The statistic is the largest change over all pairs, in standard deviations that it has under permutations of the
    rows; they also say how large it becomes by chance, which is the correction for many pairs (Westfall & Young, 1993).
    """
    scores = _scores(encoding, rows, n_first)
    pairs = [(a, b) for a, b in combinations(range(len(scores.names)), 2) if scores.names[a][0] != scores.names[b][0]]
    if not pairs:
        return Relations(1.0, 0, ())
    drawn = permuted(len(rows), n_first, rng)
    changes = np.concatenate(
        [_changes(scores, drawn, np.array(pairs[at : at + _AT_ONCE])) for at in range(0, len(pairs), _AT_ONCE)], axis=1
    )
    spread = changes[1:].std(axis=0)
    largest = np.abs(changes / np.where(spread > 0, spread, np.inf)).max(axis=1)
    margin = float(np.quantile(largest[1:], 0.95))
    found = [_relation(scores, pair, n_first, margin) for pair in pairs]
    changed = [one for one in found if one.low > 0 or one.high < 0]
    changed.sort(key=lambda one: (-abs(one.after - one.before), one.first, one.second))
    return Relations(p_value(float(largest[0]), largest[1:]), len(pairs), tuple(changed[:_NAMED]))


def _changes(scores: _Scores, drawn: np.ndarray, pairs: np.ndarray) -> Float[np.ndarray, "draws pairs"]:
    """Return, for each draw of sides, how much larger the correlations of the second side are."""
    first, second = pairs.T
    products = scores.values[:, first] * scores.values[:, second]
    known = (scores.known[:, first] & scores.known[:, second]).astype(np.float64)
    sums, counts = drawn @ products, drawn @ known if not known.all() else drawn.sum(axis=1)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (products.sum(axis=0) - sums) / (known.sum(axis=0) - counts) - sums / counts
    return np.nan_to_num(found)


def _relation(scores: _Scores, pair: tuple[int, int], n_first: int, margin: float) -> Relation:
    """Return both correlations of a pair, and by their influence functions the interval of what changed."""
    found, variance = [], 0.0
    for side in (slice(None, n_first), slice(n_first, None)):
        both = scores.known[side, pair[0]] & scores.known[side, pair[1]]
        a, b = (scores.values[side, place][both] for place in pair)
        r = float(np.mean(a * b)) if len(a) else 0.0
        variance += float(np.var(a * b - r * (a**2 + b**2) / 2)) / max(len(a), 1)
        found.append(float(np.clip(r, -1.0, 1.0)))
    (before, after), wide = found, margin * float(np.sqrt(variance))
    change = after - before
    first, second = (scores.names[place][1] for place in pair)
    return Relation(first, second, before, after, max(-2.0, change - wide), min(2.0, change + wide))


def _scores(encoding: Encoding, rows: np.ndarray, n_first: int) -> _Scores:
    names, values, known = [], [], []
    for name, said, column in _features(encoding, rows):
        here = np.isfinite(column)
        sides = [column[:n_first][here[:n_first]], column[n_first:][here[n_first:]]]
        if min(map(len, sides)) < _FEWEST or not all(np.ptp(one) > 0 for one in sides):
            continue
        if said != name and min(min(one.sum(), len(one) - one.sum()) for one in sides) < _FEWEST:
            continue
        scored = np.zeros(len(rows))
        scored[here] = np.concatenate([_normal(one) for one in sides])
        names.append((name, said))
        values.append(scored)
        known.append(here)
        if len(names) == _MOST_FEATURES:
            break
    empty = np.empty((len(rows), 0))
    return _Scores(
        tuple(names), np.column_stack(values) if values else empty, np.column_stack(known) if known else empty > 0
    )


def _features(encoding: Encoding, rows: np.ndarray) -> Iterator[tuple[str, str, np.ndarray]]:
    """Yield columns of numbers, and for each frequent value of a category whether it is there."""
    for place, name in enumerate(encoding.names):
        if encoding.dataset[name].kind == "time":
            continue
        column = encoding.column(name, rows)
        if not encoding.categorical[place]:
            yield name, name, column
            continue
        codes, counts = np.unique(column[np.isfinite(column)], return_counts=True)
        frequent = codes[np.argsort(-counts, kind="stable")][: 1 if len(codes) == 2 else _MOST_VALUES]
        for code in frequent[frequent < len(encoding.vocabularies[name])].astype(int).tolist():
            value = encoding.vocabularies[name][code].as_py()
            yield name, f"{name} = {value}", np.where(np.isnan(column), np.nan, column == code)


def _normal(values: np.ndarray) -> np.ndarray:
    """Return normal scores of ranks (van der Waerden), with mean 0 and variance 1."""
    from scipy.special import ndtri
    from scipy.stats import rankdata

    scores = ndtri((rankdata(values) - 0.5) / len(values))
    scores -= scores.mean()
    return np.asarray(scores / scores.std())
