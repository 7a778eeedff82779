"""Only the head learns; the rest of the model stays as it came, and can forget nothing."""

from holdfast.core.errors import BadInput
from holdfast.finetune.adapting.definitions import Adaptation
from holdfast.finetune.methods.definitions import Method
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.tasks.definitions import Prepared


def apply(prepared: Prepared, recipe: Recipe) -> tuple[Prepared, Method | None]:
    """Freeze all but the head. Raises BadInput where there is no new head."""
    if prepared.head is None:
        raise BadInput(f'adapt = "{recipe.adapt}" wants a new head, and this model came with all it needs; take "all"')
    names = set(prepared.head.names)
    for name, parameter in prepared.module.named_parameters():
        parameter.requires_grad_(name in names)
    return prepared, None


adaptation = Adaptation("head", "only the head learns", head_first=True, apply=apply, rate_factor=10.0)
