"""One trial of a search: a training of its own, exact after a kill, judged on validation data and no others."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from holdfast.core.finding import FROZEN
from holdfast.finetune import catalogue
from holdfast.finetune.adapting.definitions import Adaptation
from holdfast.finetune.device import freed
from holdfast.finetune.evaluation import judged
from holdfast.finetune.loop import Diverged, load_best, train
from holdfast.finetune.measuring.work import Kept, Work
from holdfast.finetune.methods.definitions import Method
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.searching.space import RATE, with_values
from holdfast.finetune.stages import Stages
from holdfast.finetune.tasks.definitions import Prepared
from holdfast.finetune.tuning import ready

FOLDER = "trials"


class Trial(BaseModel):
    """What one trial came to."""

    model_config = FROZEN
    number: int  # from 0
    values: dict[str, Any]
    rate: float
    steps: int = 0  # that it learnt
    best_step: int = 0
    valid: Kept | None = None  # validation examples at the best state; None where it diverged
    reason: str = ""  # why it diverged

    @property
    def score(self) -> float | None:
        """The validation score."""
        return None if self.valid is None else self.valid.judged.mean

    @property
    def loss(self) -> float:
        """The validation loss; infinite where it diverged."""
        return float("inf") if self.valid is None else self.valid.judged.mean_loss


def best_of(trials: Sequence[Trial]) -> Trial | None:
    """Return the trial with the best validation score, of equal ones that with the least loss; the first of those."""
    whole = [one for one in trials if one.score is not None]
    return max(whole, key=lambda one: (one.score, -one.loss, -one.number), default=None)


@dataclass(frozen=True)
class Setup:
    """A training that is set up: what it works on, how it adapts, and what that adds to each step."""

    work: Work
    adaptation: Adaptation
    method: Method | None


Again = Callable[[Recipe], Prepared]  # makes the task and a fresh model ready for a recipe


def place_of(home: Path, number: int) -> Path:
    """Return the folder of a trial."""
    return home / FOLDER / f"{number:03d}"


def setup(work: Work, again: Again, values: Mapping[str, Any], place: Path) -> Setup:
    """Return a training with these values of the recipe, in a folder of its own. Raises BadInput."""
    recipe = with_values(work.recipe, values)
    adaptation = catalogue.adaptation(recipe.adapt)
    freed()
    prepared, method = adaptation.apply(again(recipe), recipe)
    own = replace(work, recipe=recipe, prepared=prepared, folder=place, stages=Stages(place / "stages"))
    return Setup(own, adaptation, method)


def tried(work: Work, again: Again, number: int, values: Mapping[str, Any], rate: float | None) -> Trial:
    """Train with these values, or go on where a kill broke off, and return what it came to. Raises StoreError.

    `rate` is that of trials which try none; the recipe's, or the usual one, where it is None.
    """
    one = setup(work, again, {**_rate(rate), **values}, place_of(work.folder, number))
    job = ready(one.work, one.adaptation, one.method).job
    found = Trial(number=number, values=dict(values), rate=job.rate)
    try:
        journal = train(job, work.progress)
    except Diverged as error:
        return found.model_copy(update={"reason": str(error)})
    load_best(job, journal)
    seen = Kept.of(judged(job.task, job.module, "valid"), 0.0)
    return found.model_copy(update={"steps": journal.step, "best_step": journal.best_step, "valid": seen})


def forget(home: Path, trial: Trial) -> None:
    """Throw away the weights of a trial that is not the best."""
    shutil.rmtree(place_of(home, trial.number), ignore_errors=True)


def _rate(rate: float | None) -> dict[str, Any]:
    return {} if rate is None else {RATE: rate}
