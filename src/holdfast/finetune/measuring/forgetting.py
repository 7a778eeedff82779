"""What became of the original task, on examples that neither the model nor the choice of weights has seen."""

import numpy as np

from holdfast.audit.comparison import bootstrap_ratio
from holdfast.audit.training import Forgetting
from holdfast.core.record import Estimate
from holdfast.finetune.evaluation import judged
from holdfast.finetune.interpolation import Sweep, blend
from holdfast.finetune.measuring.work import RESAMPLES, Weights, Work, better, estimate
from holdfast.finetune.tasks.definitions import Judged


def forgetting(work: Work, ends: Weights, swept: Sweep, drift: Estimate) -> Forgetting:
    """Return what was lost, with and without what was done against it; without original data only the drift."""
    task, module, budget = work.prepared.original, work.module, work.recipe.budget
    kept_by = ", ".join(work.recipe.keep)
    if task is None:
        return Forgetting("", None, None, None, None, None, budget, drift, kept_by)

    def at(name: str, share: float) -> Judged:
        def judge() -> Judged:
            blend(module, ends.base, ends.tuned, share)
            return judged(task, module, "test")

        return work.kept(f"original-{name}", judge)[0]

    before, plain, after = at("before", 0.0), at("tuned", 1.0), at("chosen", swept.chosen)
    blend(module, ends.base, ends.tuned, swept.chosen)
    right_or_wrong = set(np.unique(np.concatenate([before.score, after.score]))) <= {0.0, 1.0}
    flipped = ((before.score > 0.5) & (after.score <= 0.5)).astype(float)
    flips = bootstrap_ratio(flipped, np.ones(len(flipped)), work.streams("flips"), RESAMPLES)
    return Forgetting(
        metric=task.metric,
        before=before.mean,
        after=after.mean,
        lost=estimate(better(before, after, work.streams)),
        flips=estimate(flips) if right_or_wrong else None,
        plain=estimate(better(before, plain, work.streams)),
        budget=budget,
        drift=drift,
        kept_by=kept_by,
        n=len(before.score),
    )
