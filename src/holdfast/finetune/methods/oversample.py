"""Rare classes more often: their training examples once more, so that a step learns from them as from the others."""

from typing import Any

import numpy as np
from jaxtyping import Int
from pydantic import BaseModel, Field

from holdfast.core.config import checked
from holdfast.core.errors import BadInput
from holdfast.core.finding import FROZEN
from holdfast.finetune.methods.definitions import Method, MethodKind, More, Setting, Steps
from holdfast.finetune.recipe import batches
from holdfast.finetune.tasks.definitions import Task

_READ = 256  # examples at once, to see their classes
_MOST = 4  # times a batch that may be added to it; beyond, examples weigh more instead


class Options(BaseModel):
    """Options of `oversample`."""

    model_config = FROZEN
    balance: float = Field(
        1.0, gt=0, le=1, description="1: every class weighs as much as the most frequent; 0.5: half way, in ratio"
    )


def make(setting: Setting) -> Method:
    """Return repeats of rare classes' examples, of the training split only. Raises BadInput without classes.

    A class of n examples weighs n^(1−b) m^b, m being the size of the largest class and b the balance. Validation and
    test examples stay as they are, so that scores are those of the data as they come.
    """
    balance = checked(Options, setting.options, table="options.oversample").balance
    task, streams, (micro, _) = setting.prepared.task, setting.streams, batches(setting.recipe)
    classes = classes_of(task)
    counts = np.bincount(classes).astype(np.float64)
    missing = np.where(counts > 0, counts ** (1 - balance) * counts.max() ** balance - counts, 0.0)
    strength = float(missing.sum() / len(classes))
    chances = (missing / np.maximum(counts, 1))[classes]
    if strength < 0.5 / len(classes):
        return Steps("oversample", notes=("oversample: all classes are as frequent; nothing was repeated",))
    chances, size = chances / chances.sum(), int(np.clip(round(micro * strength), 1, _MOST * micro))

    def replayed(step: int, part: int) -> More:
        rows = streams("oversample", step, part).choice(len(classes), size=size, p=chances)
        return More(task, rows, strength)

    note = (
        f"oversample: {size} training examples of rarer classes are repeated beside each {micro}; repeats of real "
        "examples, in training only"
    )
    return Steps("oversample", replays=replayed, notes=(note,))


def classes_of(task: Task) -> Int[np.ndarray, " examples"]:
    """Return the class of each training example. Raises BadInput where an example has none, or several."""
    n = task.count("train")
    found: list[Any] = []
    for start in range(0, n, _READ):
        labels = task.batch("train", np.arange(start, min(start + _READ, n))).get("labels")
        if labels is None or getattr(labels, "ndim", 0) != 1 or labels.is_floating_point():
            raise BadInput("oversample wants one class an example, and this task's examples have none")
        found.append(labels.numpy())
    return np.concatenate(found)


method = MethodKind("oversample", "rare classes more often, in training only", make)
