"""What became of the original task, on examples that neither the model nor the choice of weights has seen."""

import numpy as np
from jaxtyping import Bool

from holdfast.audit.training import Forgetting
from holdfast.core.random import Streams
from holdfast.core.record import Estimate
from holdfast.data.intervals import wilson
from holdfast.finetune.evaluation import judged
from holdfast.finetune.interpolation import Sweep, blend
from holdfast.finetune.measuring.work import Weights, Work, better, comparable, estimate
from holdfast.finetune.tasks.definitions import Judged

BUDGET = 0.01  # of the original score that may be lost, where neither the recipe nor the task says


def forgetting(work: Work, ends: Weights, swept: Sweep, drift: Estimate | None) -> Forgetting:
    """Return what was lost, with and without what was done against it; without original data only the drift.

    Where answers are right or wrong, p-values are McNemar's exact ones with the interval of Bonett & Price, and answers
    turned wrong are counted; other scores take a bootstrap over examples.
    """
    task, module, budget = work.prepared.original, work.module, work.budget
    kept_by = ", ".join(work.recipe.kept_by)
    if task is None:
        return Forgetting("", None, None, None, None, None, budget, drift, kept_by)

    def at(name: str, share: float) -> Judged:
        def judge() -> Judged:
            blend(module, ends.base, ends.tuned, share, ends.renew)
            return judged(task, module, "test")

        return work.kept(f"original-{name}", judge)[0]

    before, plain, after = at("before", 0.0), at("tuned", 1.0), at("chosen", swept.chosen)
    blend(module, ends.base, ends.tuned, swept.chosen, ends.renew)
    return lost_since(before, after, task.metric, budget, work.streams, plain=plain, drift=drift, kept_by=kept_by)


def lost_since(
    before: Judged, after: Judged, metric: str, budget: float, streams: Streams, *, plain: Judged | None = None,
    drift: Estimate | None = None, kept_by: str = "",
) -> Forgetting:  # fmt: skip
    """Return what was lost between two judgements of the same examples; `plain` is one without what kept it."""
    first, last = comparable(before, after)
    lost = better(before, after, streams)
    return Forgetting(
        metric=metric,
        before=before.mean,
        after=after.mean,
        lost=estimate(lost),
        flips=turned_wrong(first, last) if first.dtype == bool else None,
        plain=None if plain is None else estimate(better(before, plain, streams)),
        budget=budget,
        drift=drift,
        kept_by=kept_by,
        n=len(before.score),
        p_value=lost.p_value,
    )


def turned_wrong(before: Bool[np.ndarray, " n"], after: Bool[np.ndarray, " n"]) -> Estimate:
    """Return the share of examples that were answered rightly and are not any more, with Wilson's interval.

    The negative flip rate (Yan et al., 2021, "Positive-congruent training", 2011.09161), which a balanced score hides.
    """
    turned, n = int((before & ~after).sum()), len(before)
    rate = wilson(turned, n)
    return Estimate(value=rate.value, low=rate.low, high=rate.high, level=rate.level)
