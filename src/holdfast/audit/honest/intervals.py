"""Intervals for sums of scores on one test set: bootstrap of its rows, halving of the training rows.

A score would come out differently with other test rows and with other training rows. The first part is the variance
over a paired (cluster) bootstrap of the test rows. The second shows between models that learnt from the two halves of
the training rows, scored on the same test rows (half-sample replication, McCarthy, 1969). The jackknife would count
the whims of an unstable learner three times. The parts add up; the quantile is Student's, with the degrees of freedom
of Satterthwaite (1946), because the second part rests on a few pairs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from holdfast.audit.honest.values import Term
from holdfast.audit.metrics import Metric
from holdfast.audit.resampling import Evaluator, bootstrap
from holdfast.core.errors import NotApplicable
from holdfast.core.record import Estimate

MOST_CELLS = 6e8  # rows × terms × resamples: about 6 CPU-s
FEWEST_RESAMPLES = 200  # the variance is then known to a tenth
MOST_UNDEFINED = 0.05  # of the resamples; beyond, the metric hangs on a few rows

Combination = Mapping[Sequence[Term], float]


@dataclass(frozen=True)
class Clusters:
    """What the bootstrap draws as a whole: a number from 0 for each row; `in_order`, if numbers follow time."""

    of: Int[np.ndarray, " rows"]
    in_order: bool = False

    @property
    def count(self) -> int:
        """How many there are."""
        return int(self.of.max(initial=-1)) + 1


@dataclass(frozen=True)
class Draws:
    """A sum of terms: its value, its bootstrap values (a line for each set), and how many clusters it rests on."""

    point: float
    resampled: Float[np.ndarray, "sets resamples"]
    n_clusters: float


@dataclass(frozen=True)
class Spread:
    """The value and the bootstrap values of each term."""

    places: Mapping[tuple[int, bytes], int]
    points: np.ndarray
    resampled: np.ndarray  # one or two sets × terms × resamples: clusters, and pairs of clusters that are neighbours
    masses: np.ndarray  # terms × what was drawn last: how much weight it has in a term

    def of(self, terms: Iterable[tuple[float, Sequence[Term]]]) -> Draws:
        """Return a sum of terms, given in groups with a factor for each group.

        Clusters count as far as they have weight in the sum, (Σw)²/Σw² (Kish, 1965): the last rows of a table lie in
        few of all stretches of time.
        """
        factors = np.zeros(len(self.points))
        for factor, group in terms:
            for term in group:
                factors[self.places[_key(term)]] += factor * term.sign
        used = np.flatnonzero(factors)
        point = float(factors[used] @ self.points[used])
        resampled = np.einsum("t,str->sr", factors[used], self.resampled[:, used])
        mass = np.abs(factors[used]) @ self.masses[used]
        return Draws(point, resampled, float(mass.sum() ** 2 / max((mass**2).sum(), 1e-300)))


def spread_of(
    terms: Sequence[Term],
    truth: np.ndarray,
    metric: Metric,
    rng: np.random.Generator,
    *,
    clusters: Clusters,
    resamples: int,
) -> Spread:
    """Return the values of all `terms`, and their values under one and the same set of resamples."""
    unique = {_key(term): term for term in terms}
    built: dict[int, Evaluator] = {}
    evaluators = []
    for term in unique.values():
        base = built.setdefault(id(term.predictions), metric.evaluator(truth, term.predictions))
        evaluators.append(_weighted(base, term.weights))
    drawn = (clusters.of, clusters.of // 2) if clusters.in_order else (clusters.of,)
    affordable = int(MOST_CELLS / max(len(truth) * len(evaluators) * len(drawn), 1))
    wanted = int(np.clip(affordable, FEWEST_RESAMPLES, resamples))
    resampled = np.stack([bootstrap(evaluators, len(truth), rng, resamples=wanted, clusters=of) for of in drawn])
    whole = np.ones((1, len(truth)))
    points = np.array([float(evaluate(whole)[0]) for evaluate in evaluators])
    places = {key: place for place, key in enumerate(unique)}
    masses = np.stack([np.bincount(drawn[-1], weights=term.weights) for term in unique.values()])
    return Spread(places, points, resampled, masses)


def estimate(
    draws: Draws,
    *,
    train_variance: float,
    train_freedom: int,
    level: float,
    within: tuple[float, float] = (-np.inf, np.inf),
) -> Estimate:
    """Return a value with its interval. Raises NotApplicable where the metric is not defined on enough resamples."""
    from scipy.stats import t

    point = draws.point
    sets = [drawn[np.isfinite(drawn)] for drawn in draws.resampled]
    if not np.isfinite(point) or min(len(drawn) for drawn in sets) < (1 - MOST_UNDEFINED) * draws.resampled.shape[1]:
        raise NotApplicable("too few test rows of one class for an interval")
    test_variance = _flat_top([float(drawn.var(ddof=1)) if len(drawn) > 1 else 0.0 for drawn in sets])
    # A bootstrap of K clusters shows (K - 1)/K of the variance (Davison & Hinkley, 1997, section 2.3).
    test_variance *= draws.n_clusters / max(draws.n_clusters - 1, 1)
    total = test_variance + train_variance
    if total <= 0.0:
        return Estimate(value=point, low=point, high=point, level=level)
    parts = test_variance**2 / max(draws.n_clusters - 1, 1) + train_variance**2 / max(train_freedom, 1)
    half = float(t.ppf((1 + level) / 2, max(total**2 / parts, 1.0))) * np.sqrt(total)
    low, high = np.clip([point - half, point + half], *within)
    return Estimate(value=point, low=float(min(low, point)), high=float(max(high, point)), level=level)


def variance_of_halves(pairs: Float[np.ndarray, "pairs 2"]) -> float:
    """Return the variance of a score over training samples, from scores of models of the two halves of one sample.

    The halves have no row in common: their mean squared difference is twice the variance at half the size, and that
    is about twice the variance at full size.
    """
    return float(np.mean((pairs[:, 0] - pairs[:, 1]) ** 2) / 4)


def time_clusters(order: np.ndarray) -> Clusters:
    """Return runs of neighbours in time, √n rows long, as clusters; unknown times come last.

    The length that is best for large n grows as n^(1/3), times a constant that depends on how far memory reaches
    (Künsch, 1989). What runs shorter than that memory miss, runs of twice the length tell: see `_flat_top`.
    """
    n = len(order)
    length = max(1, round(n**0.5))
    rank = np.empty(n, dtype=np.int64)
    rank[np.argsort(np.where(np.isfinite(order), order, np.inf), kind="stable")] = np.arange(n)
    return Clusters(rank // length, in_order=True)


def _flat_top(variances: Sequence[float]) -> float:
    """Return the variance that runs of any length would come to, from that of runs and of runs twice as long.

    Runs cut through what belongs together, so their variance is too small by an amount that halves when they are twice
    as long. Twice the second less the first is free of it, as with a flat-top window (Politis & Romano, 1995).
    """
    if len(variances) == 1:
        return variances[0]
    once, twice = variances
    return max(once, twice, 2 * twice - once)


def _weighted(evaluate: Evaluator, weights: np.ndarray) -> Evaluator:
    if (weights == 1.0).all():
        return evaluate
    return lambda drawn: evaluate(drawn * weights.astype(drawn.dtype))


def _key(term: Term) -> tuple[int, bytes]:
    return id(term.predictions), term.weights.tobytes()
