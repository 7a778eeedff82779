"""Scores of models on the same rows, and the differences of all pairs with tests corrected for their number."""

from dataclasses import dataclass

import numpy as np

from holdfast.audit.comparison import Comparison, benjamini_hochberg, from_resamples, holm
from holdfast.audit.facts.learning.predictions import Predicted
from holdfast.audit.metrics import Metric
from holdfast.audit.models import Predictions
from holdfast.audit.resampling import bootstrap
from holdfast.audit.scoring import difference, estimate
from holdfast.core.record import Estimate

MOST_ALL_PAIRS = 8  # models of which every pair is compared; of more, the best against each other
_RESAMPLES = 2000


@dataclass(frozen=True)
class Pair:
    """By how much `better` is ahead of `worse`, positive whatever the metric, and the p-value corrected two ways."""

    better: str
    worse: str
    found: Comparison
    holm: float
    fdr: float


@dataclass(frozen=True)
class Ranking:
    """The models from best to worst with their scores, and pairs of them."""

    metric: Metric
    n_rows: int
    scores: dict[str, Estimate]
    pairs: tuple[Pair, ...]

    @property
    def names(self) -> list[str]:
        """The models, the best first."""
        return list(self.scores)

    def lead(self) -> Pair:
        """Return the pair of the best and the runner-up."""
        best, second, *_ = self.names
        return next(pair for pair in self.pairs if {pair.better, pair.worse} == {best, second})


def ranked(
    models: Predicted,
    truth: np.ndarray,
    metric: Metric,
    rng: np.random.Generator,
    *,
    order: np.ndarray | None = None,
    clusters: np.ndarray | None = None,
) -> Ranking:
    """Return scores and differences. Rows in time order or in clusters widen the intervals as they should.

    Raises NotApplicable where the metric is not defined on these rows.
    """
    sign = 1.0 if metric.higher_is_better else -1.0
    values = {name: metric.score(truth, item) for name, item in models.models.items()}
    names = sorted(values, key=lambda name: (-sign * values[name], name))
    scores = {name: _score(metric, truth, models.models[name], rng, clusters) for name in names}
    every = len(names) <= MOST_ALL_PAIRS
    which = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if every or i == 0]
    found = [
        _difference(metric, truth, models.models[a], models.models[b], rng, order=order, clusters=clusters)
        for a, b in which
    ]
    p_values = np.array([item.p_value for item in found])
    pairs = tuple(
        Pair(a, b, item, float(strict), float(loose))
        for (a, b), item, strict, loose in zip(which, found, holm(p_values), benjamini_hochberg(p_values), strict=True)
    )
    return Ranking(metric, len(truth), scores, pairs)


def _score(
    metric: Metric, truth: np.ndarray, model: Predictions, rng: np.random.Generator, clusters: np.ndarray | None
) -> Estimate:
    if clusters is None:
        return estimate(metric, truth, model, rng)
    [drawn] = bootstrap([metric.evaluator(truth, model)], len(truth), rng, resamples=_RESAMPLES, clusters=clusters)
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return Estimate(value=metric.score(truth, model), low=float(low), high=float(high))


def _difference(
    metric: Metric,
    truth: np.ndarray,
    a: Predictions,
    b: Predictions,
    rng: np.random.Generator,
    *,
    order: np.ndarray | None,
    clusters: np.ndarray | None,
) -> Comparison:
    if clusters is None:
        return difference(metric, truth, a, b, rng, order=order)
    sign = 1.0 if metric.higher_is_better else -1.0
    both = bootstrap(
        [metric.evaluator(truth, item) for item in (a, b)], len(truth), rng, resamples=_RESAMPLES, clusters=clusters
    )
    drawn = sign * (both[0] - both[1])
    found = from_resamples(sign * (metric.score(truth, a) - metric.score(truth, b)), drawn[np.isfinite(drawn)])
    return Comparison("cluster bootstrap", found.difference, found.low, found.high, found.p_value, found.level)
