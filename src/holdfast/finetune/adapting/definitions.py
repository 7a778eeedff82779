"""How a model is made ready to learn. A module of this folder ends with `adaptation = Adaptation(...)`."""

from collections.abc import Callable
from dataclasses import dataclass

from holdfast.finetune.methods.definitions import Method
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.tasks.definitions import Prepared


@dataclass(frozen=True, slots=True)
class Adaptation:
    """A way to adapt: whether the head is fitted first, and what is done to the model. `apply` raises BadInput."""

    name: str
    says: str
    head_first: bool
    apply: Callable[[Prepared, Recipe], tuple[Prepared, Method | None]]
    rate_factor: float = 1.0  # of the task's usual learning rate
