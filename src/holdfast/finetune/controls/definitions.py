"""What a control is given and what it returns. A module of this folder ends with `control = Control(...)`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from holdfast.core.dataset import Dataset
from holdfast.core.progress import Progress
from holdfast.core.random import Streams
from holdfast.finetune.loop import Job
from holdfast.finetune.measuring.untouched import Untouched
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.tasks.definitions import Judged, Prepared


@dataclass(frozen=True)
class Bench:
    """What a control may look at: everything that the tuned model could, the test examples only to be judged by."""

    recipe: Recipe
    dataset: Dataset
    prepared: Prepared
    base: Mapping[str, Any]  # weights before tuning
    untouched: Untouched
    streams: Streams
    job: Job
    folder: Path  # of the run
    progress: Progress
    steps: int = 0  # that the tuned model learnt; 0 before it has
    step_flops: float | None = None  # operations of a mean step, where they could be counted
    step_seconds: float | None = None

    def after(self, steps: int, step_flops: float | None, step_seconds: float | None) -> "Bench":
        """Return the bench as it is after the training."""
        return replace(self, steps=steps, step_flops=step_flops, step_seconds=step_seconds)


def classified(
    found: Float[np.ndarray, "examples classes"],
    classes: Int[np.ndarray, " classes"],
    known: Int[np.ndarray, " examples"],
) -> Judged:
    """Return whether the likeliest class is right, and minus its log p; `classes` are those of the columns, rising."""
    right = classes[found.argmax(axis=1)] == known
    place = np.searchsorted(classes, known).clip(max=len(classes) - 1)
    own = np.where(classes[place] == known, found[np.arange(len(known)), place], 0.0)
    return Judged(right.astype(float), -np.log(np.clip(own, 1e-12, 1.0)), np.ones(len(known)))


@dataclass(frozen=True, slots=True)
class Control:
    """A control. `judge` returns its judgement of the test examples, or None where it does not apply.

    It raises NotApplicable with the reason where it would apply and is not run. Those that need nothing of the tuned
    model are judged before it is trained, so that their cost is known and not foretold.
    """

    name: str
    says: str
    pretrained: bool  # whether it uses the model that is tuned
    judge: Callable[[Bench], Judged | None]
    before: bool = True  # whether it can be judged before the training
