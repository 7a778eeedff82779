"""Blocks learn one after the other, from the top: what is most general changes last, and least.

Howard & Ruder (2018), "Universal language model fine-tuning for text classification", 1801.06146: the head first, then
one block more at a time; here spread evenly over the first half of the steps, whatever their number.
"""

import re
from collections.abc import Sequence

from pydantic import BaseModel, Field

from holdfast.core.config import checked
from holdfast.core.errors import BadInput
from holdfast.core.finding import FROZEN
from holdfast.finetune.adapting.definitions import Adaptation
from holdfast.finetune.methods.definitions import Method, Steps
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.tasks.definitions import Module, Prepared


class Options(BaseModel):
    """Options of `gradual`."""

    model_config = FROZEN
    until: float = Field(0.5, gt=0, le=1, description="share of the steps after which everything learns")


def apply(prepared: Prepared, recipe: Recipe) -> tuple[Prepared, Method | None]:
    """Return the model with all that can learn, and the method that says when. Raises BadInput without blocks."""
    until = checked(Options, recipe.of("gradual"), table="options.gradual").until
    groups = storeys(prepared.module, prepared.head.names if prepared.head else ())
    turn = {name: at for at, names in enumerate(groups) for name in names}
    able = frozenset(name for name, one in prepared.module.named_parameters() if one.requires_grad)

    def learning(module: Module, share: float) -> None:
        open_now = opened(share, until, len(groups))
        for name, parameter in module.named_parameters():
            if name in able:
                parameter.requires_grad_(turn[name] < open_now)

    note = f"what learns grew from the top in {len(groups)} parts, over {until:.0%} of the steps"
    return prepared, Steps("gradual", learns=learning, notes=(note,))


def opened(share: float, until: float, groups: int) -> int:
    """Return how many groups learn when `share` of the steps are behind: one at first, all from `until` on."""
    return min(groups, 1 + int(share / until * (groups - 1) + 1e-9))


def storeys(module: Module, new: Sequence[str] = ()) -> list[list[str]]:
    """Return names of parameters from the top down: what is above the blocks, each block, and what is below them.

    Blocks are the longest list of modules of one kind. What is new, and what comes after the blocks, is above them.
    Raises BadInput for a model without such a list.
    """
    import torch

    lists = [(name, one) for name, one in module.named_modules() if isinstance(one, torch.nn.ModuleList)]
    alike = [(name, one) for name, one in lists if len(one) > 1 and len({type(block) for block in one}) == 1]
    if not alike:
        raise BadInput('adapt = "gradual" wants a model of blocks in a list, one after the other; take "head-first"')
    place, blocks = max(alike, key=lambda pair: (len(pair[1]), -pair[0].count(".")))
    inside = re.compile(rf"{re.escape(place)}\.(\d+)\.")
    above: list[str] = []
    within: list[list[str]] = [[] for _ in blocks]
    below: list[str] = []
    for name, _ in module.named_parameters():
        found = inside.match(name)
        if found:
            within[int(found[1])].append(name)
        elif name in new or any(within):
            above.append(name)
        else:
            below.append(name)
    return [one for one in (above, *reversed(within), below) if one]


adaptation = Adaptation("gradual", "blocks learn one after the other, from the top", head_first=True, apply=apply)
