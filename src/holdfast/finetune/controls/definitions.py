"""What a control is given and what it returns. A module of this folder ends with `control = Control(...)`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from holdfast.core.dataset import Dataset
from holdfast.core.random import Streams
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.tasks.definitions import Judged, Prepared


@dataclass(frozen=True)
class Bench:
    """What a control may look at: everything that the tuned model could, the test examples only to be judged by."""

    recipe: Recipe
    dataset: Dataset
    prepared: Prepared
    base: Mapping[str, Any]  # weights before tuning
    steps: int  # that the tuned model learnt
    streams: Streams


@dataclass(frozen=True, slots=True)
class Control:
    """A control. `judge` returns its judgement of the test examples, or None where it does not apply."""

    name: str
    says: str
    pretrained: bool  # whether it uses the model that is tuned
    judge: Callable[[Bench], Judged | None]
