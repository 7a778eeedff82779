"""How much hangs on the learning rate: short trainings at lower and higher rates, beside one at the rate itself.

They are short, so they tell of the band's shape, not of final scores: a lower rate that is behind after a tenth of the
steps may come up in the rest. A higher rate that loses or bursts does not.
"""

import math
import shutil

import numpy as np
from pydantic import BaseModel, Field

from holdfast.audit.training import Sensitivity
from holdfast.core.config import checked
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import FROZEN
from holdfast.core.progress import track
from holdfast.finetune.evaluation import judged
from holdfast.finetune.loop import Job
from holdfast.finetune.measuring.short import trained
from holdfast.finetune.measuring.work import Kept, Weights, Work, better, comparable, estimate
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.sensitivity import HIGH, LOW
from holdfast.finetune.sensitivity import sensitivity as verdict_on
from holdfast.finetune.weights import copied, put

LEAST, FEWEST = 10, 5  # steps of a short training: where a fifth of the training allows 10, and in any case


class Options(BaseModel):
    """Options of `sensitivity`."""

    model_config = FROZEN
    off: bool = Field(default=False, description="no short trainings at other rates")
    share: float = Field(0.1, gt=0, le=1, description="of the steps, for each short training")
    rates: tuple[float, ...] = Field((LOW, HIGH), description="times the rate that is used")
    tolerance: float = Field(0.02, gt=0, description="score that may be lost within the band")


class _Short(BaseModel):
    """What a short training came to: None where it burst."""

    model_config = FROZEN
    kept: Kept | None


def options(recipe: Recipe) -> Options:
    """Return the options. Raises BadInput."""
    return checked(Options, recipe.of("sensitivity"), table="options.sensitivity")


def planned(recipe: Recipe, steps: int) -> tuple[tuple[float, ...], int]:
    """Return the factors of the rate that are tried, none where the guard is off, and the steps of each."""
    said = options(recipe)
    least = min(LEAST, max(FEWEST, steps // 5))
    each = min(steps, max(least, round(steps * said.share)))
    return (() if said.off else tuple(sorted({1.0, *said.rates}))), each


def sensitivity(work: Work, job: Job, ends: Weights) -> Sensitivity:
    """Return what the band shows; the model is left as it was. Raises NotApplicable where that cannot be told."""
    said = options(work.recipe)
    factors, steps = planned(work.recipe, job.steps)
    if not factors:
        raise NotApplicable("off by options.sensitivity.off")
    now = copied(work.module, ends.tuned.keys())
    found: dict[float, _Short] = {}
    try:
        with track(work.progress, "sensitivity", len(factors), "short trainings") as advance:
            for factor in factors:
                found[factor] = work.stages(
                    f"sensitivity-{factor:g}",
                    _Short,
                    lambda by=factor: _short(work, job, ends, by, steps),  # type: ignore[misc]
                )
                shutil.rmtree(work.folder / "sensitivity" / f"{factor:g}", ignore_errors=True)
                advance(1)
    finally:
        put(work.module, now)
    middle = found[1.0].kept
    if middle is None:
        raise NotApplicable(f"a short training at the rate that was used, {job.rate:.2g}, burst")
    whole = {factor: one.kept.judged for factor, one in found.items() if one.kept is not None}
    numbers = dict(zip(whole, comparable(*whole.values()), strict=True))
    burst = np.full(len(middle.score), math.nan)
    scores = {job.rate * factor: numbers.get(factor, burst) for factor in found}
    seen = verdict_on(job.rate, scores, work.streams, tolerance=said.tolerance)
    return Sensitivity(
        metric=job.task.metric,
        rates=tuple(job.rate * factor for factor in factors),
        scores=tuple(whole[factor].mean if factor in whole else math.nan for factor in factors),
        lost=tuple(
            estimate(better(whole[1.0], whole[factor], work.streams)) if factor in whole and factor != 1.0 else None
            for factor in factors
        ),
        used=job.rate,
        steps=steps,
        share=steps / job.steps,
        tolerance=said.tolerance,
        verdict=seen.verdict,
        reason=seen.reason,
    )


def _short(work: Work, job: Job, ends: Weights, factor: float, steps: int) -> _Short:
    folder = work.folder / "sensitivity" / f"{factor:g}"
    if not trained(job, ends.base, folder, steps, job.rate * factor, work.recipe.schedule):
        return _Short(kept=None)
    return _Short(kept=Kept.of(judged(job.task, job.module, "valid"), 0.0))
