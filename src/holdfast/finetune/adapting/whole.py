"""Everything learns at once, from the head as it is made: for comparison."""

from holdfast.finetune.adapting.definitions import Adaptation
from holdfast.finetune.methods.definitions import Method
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.tasks.definitions import Prepared


def apply(prepared: Prepared, recipe: Recipe) -> tuple[Prepared, Method | None]:
    """Return the model as it is."""
    del recipe
    return prepared, None


adaptation = Adaptation("all", "everything learns at once", head_first=False, apply=apply)
