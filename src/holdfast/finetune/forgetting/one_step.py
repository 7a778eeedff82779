"""Forgetting over one fine-tuning: F = s(θ₀, D) − s(θ₁, D) on the same examples of the original task.

Answers turned wrong are counted beside: the negative flip rate is the share of examples that the base had right and
the tuned model has wrong (Yan et al., 2021, "Positive-congruent training", CVPR), which a balanced score hides.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from holdfast.audit.comparison import Comparison, bootstrap_mean, interval_of_share, mcnemar
from holdfast.audit.metrics import Metric
from holdfast.audit.models import Predictions
from holdfast.audit.scoring import difference
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.random import Streams
from holdfast.core.record import Estimate

RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Flips:
    """Answers that changed side: `negative` turned wrong, `positive` turned right, of `n`."""

    negative: int
    positive: int
    n: int
    rate: Estimate  # negative / n, with Wilson's interval
    p_value: float  # exact McNemar: as many turned wrong as right


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What the tuned model lost on the original task, in points of its score; `relative` to the score before."""

    before: float
    after: float
    lost: Comparison  # positive: forgotten
    relative: float | None  # None where the score before is 0
    flips: Flips | None = None  # where examples are right or wrong

    def within(self, budget: float) -> bool | None:
        """Return whether the loss is within `budget` by its whole interval; None where that leaves it open."""
        if self.lost.high <= budget:
            return True
        return False if self.lost.low > budget else None


def forgetting(
    before: Float[np.ndarray, " n"] | Bool[np.ndarray, " n"],
    after: Float[np.ndarray, " n"] | Bool[np.ndarray, " n"],
    streams: Streams,
    *,
    clusters: Int[np.ndarray, " n"] | None = None,
    level: float = 0.95,
) -> Forgetting:
    """Return the forgetting from a score per example, higher being better, of base and tuned model.

    Booleans say whether an answer is right: the interval is then that of Bonett & Price, which does not shrink to
    nothing where few answers changed, and the p-value McNemar's exact one. Other scores (minus a loss, say) take a
    paired bootstrap of 2,000 draws, over whole `clusters` where examples belong together, as tokens of a document do.
    """
    before, after = np.asarray(before), np.asarray(after)
    _paired(before, after)
    right = before.dtype == bool and after.dtype == bool
    counted = flips(before, after, level=level) if right else None
    if right and clusters is None:
        lost = mcnemar(before, after, level=level)
    else:
        gone = before.astype(np.float64) - after.astype(np.float64)
        if not np.isfinite(gone).all():
            raise NotApplicable("not estimable: some scores are not finite")
        lost = bootstrap_mean(gone, streams("forgetting"), clusters=clusters, resamples=RESAMPLES, level=level)
    first = float(before.mean())
    return Forgetting(first, float(after.mean()), lost, _relative(lost.difference, first), counted)


def forgetting_of_metric(
    metric: Metric,
    truth: np.ndarray,
    before: Predictions,
    after: Predictions,
    streams: Streams,
    *,
    level: float = 0.95,
) -> Forgetting:
    """Return the forgetting in any metric of the audit, by the paired test that suits it, such as DeLong's.

    `lost` is positive where the tuned model is worse, also for errors, of which less is better. Raises NotApplicable
    where the metric is not defined on these examples.
    """
    truth = np.asarray(truth)
    lost = difference(metric, truth, before, after, streams("forgetting"), level=level)
    first = metric.score(truth, before)
    counted = None
    if metric.tasks != {"regression"}:
        counted = flips(truth == before.values, truth == after.values, level=level)
    return Forgetting(first, metric.score(truth, after), lost, _relative(lost.difference, abs(first)), counted)


def flips(before: Bool[np.ndarray, " n"], after: Bool[np.ndarray, " n"], *, level: float = 0.95) -> Flips:
    """Return how many answers turned wrong, and how many right."""
    before, after = np.asarray(before, dtype=bool), np.asarray(after, dtype=bool)
    _paired(before, after)
    negative, positive = int((before & ~after).sum()), int((~before & after).sum())
    low, high = interval_of_share(negative, len(before), level=level)
    return Flips(
        negative,
        positive,
        len(before),
        Estimate(value=negative / len(before), low=low, high=high, level=level),
        mcnemar(before, after).p_value,
    )


def _paired(before: np.ndarray, after: np.ndarray) -> None:
    if before.shape != after.shape or before.ndim != 1:
        raise BadInput(
            f"forgetting compares one score per example, on the same examples; got {before.shape} and {after.shape}"
        )
    if not len(before):
        raise NotApplicable("not estimable: no example of the original task was scored")


def _relative(lost: float, first: float) -> float | None:
    return lost / first if first else None
