"""How several processes make one step: each learns from its part of the step's examples, and gradients are summed.

one process       as it is
data parallel     every process holds the whole model; gradients are summed over processes
fully sharded     every process holds a part of each weight and of its moments (FSDP2, `fully_shard`); whole weights
                  exist a block at a time

A step's loss is divided by what all processes together learn from, so that several of them make the same step as one,
up to rounding. What a step learns from is decided for all of them (`order.py`); a process takes every n-th example.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, Field

from holdfast.core.config import checked
from holdfast.core.errors import BadInput
from holdfast.core.finding import FROZEN
from holdfast.finetune import processes
from holdfast.finetune.device import AUTO, CPU, here
from holdfast.finetune.optimiser import trainable
from holdfast.finetune.precision import Precision, resolved
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.tasks.definitions import Module

TABLE = "scale"  # options.scale
_AT_ONCE = 1 << 24  # gradients summed at once: 64 MiB, large enough that their number does not matter
_SHARDED_KEEPS = frozenset({"interpolate", "replay", "oversample"})
_SHARDED_ADAPTS = frozenset({"all", "head-first", "head"})


class Options(BaseModel):
    """Options of `scale`."""

    model_config = FROZEN
    strategy: Literal["data-parallel", "fully-sharded"] = Field("data-parallel", description="of several processes")
    precision: Literal["auto", "single", "bf16"] = Field("auto", description="of the products in a step")
    device: str = Field(AUTO, description="where models compute: auto, cpu, cuda, cuda:1 or mps")


@dataclass(frozen=True, slots=True)
class Strategy:
    """How processes make a step together."""

    name: str
    spread: Callable[[Module], None]  # once, before weights are copied
    reduced: Callable[[Module], None]  # after the last backward pass of a step
    apart: bool = True  # whether processes may judge different examples at the same time
    precision: Precision = "single"
    strict: bool = False  # whether whatever adds up in another order each time is refused

    @property
    def says(self) -> str:
        """What a step runs in, for the ledger."""
        many, kind = processes.size(), here().kind
        where = "" if kind == CPU else f", {kind}"
        return f"{self.precision}, {self.name}" + (f", {many} processes" if many > 1 else "") + where


def _nothing(_module: Module) -> None:
    return


ALONE = Strategy("one process", _nothing, _nothing)


def options_of(recipe: Recipe) -> Options:
    """Return the options. Raises BadInput."""
    return checked(Options, recipe.of(TABLE), table=f"options.{TABLE}")


def refuse_device(recipe: Recipe, what: str, hint: str) -> None:
    """Raise BadInput where a device is named for what is not put on one here."""
    if (named := options_of(recipe).device) not in {AUTO, CPU}:
        raise BadInput(
            f'{what} are not put on a device here, and the device is "{named}" (options.scale.device); {hint}'
        )


def strategy_of(recipe: Recipe) -> Strategy:
    """Return the strategy that a recipe asks for, in as many processes as there are. Raises BadInput."""
    said = options_of(recipe)
    precision = processes.agreed(Precision, lambda: resolved(said.precision))
    if processes.size() == 1:
        return Strategy("one process", _nothing, _nothing, precision=precision)
    if said.strategy == "data-parallel":
        return Strategy("data parallel", _nothing, _summed, precision=precision)
    _refuse(recipe)
    return Strategy("fully sharded", _sharded, _norms, apart=False, precision=precision)


def own(rows: np.ndarray) -> tuple[np.ndarray, float]:
    """Return this process's part of a batch, and what it counts: 0 for an example that only keeps it in step."""
    here, many = processes.rank(), processes.size()
    if many == 1:
        return rows, 1.0
    mine = rows[here::many]
    return (mine, 1.0) if len(mine) else (rows[:1], 0.0)


def _summed(module: Module) -> None:
    """Sum gradients over processes, some megabytes at a time; and take means of the statistics of norms."""
    import torch
    from torch import distributed

    for group in _groups(list(trainable(module).values())):
        has = [one.grad is not None for one in group]
        parts = [one.grad.reshape(-1) if known else one.new_zeros(one.numel())
                 for one, known in zip(group, has, strict=True)]  # fmt: skip
        flat = torch.cat([*parts, torch.tensor(has, dtype=parts[0].dtype, device=parts[0].device)])
        distributed.all_reduce(flat)
        at = 0
        for one, anywhere in zip(group, flat[-len(group) :].tolist(), strict=True):
            if anywhere:  # a weight that nobody used keeps no gradient, and does not decay
                one.grad = flat[at : at + one.numel()].view_as(one).clone()
            at += one.numel()
    _norms(module)


def _groups(parameters: list[Any]) -> Iterator[list[Any]]:
    group: list[Any] = []
    held = 0
    for one in parameters:
        if group and (held + one.numel() > _AT_ONCE or one.dtype != group[0].dtype):
            yield group
            group, held = [], 0
        group.append(one)
        held += one.numel()
    if group:
        yield group


def _norms(module: Module) -> None:
    """Take means over processes of what norms of batches have measured, so that all of them hold the same model."""
    import torch
    from torch import distributed
    from torch.nn.modules.batchnorm import _BatchNorm

    norms = [one for one in module.modules() if isinstance(one, _BatchNorm) and one.track_running_stats]
    for one in norms:
        both = torch.stack([one.running_mean, one.running_var])
        distributed.all_reduce(both)
        both /= processes.size()
        one.running_mean.copy_(both[0])
        one.running_var.copy_(both[1])


def _sharded(module: Module) -> None:
    """Give every process a part of each weight, block by block; gradients are then summed as they come."""
    from torch import distributed
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import FSDPModule, fully_shard

    if isinstance(module, FSDPModule):
        return
    mesh = init_device_mesh(here().kind, (distributed.get_world_size(),))
    for one in (*_blocks(module), module):
        # Also the outermost: else its weights are whole, and are not those that the optimiser holds, after a judgement.
        fully_shard(one, mesh=mesh, reshard_after_forward=True)
    for one in module.modules():
        if isinstance(one, FSDPModule):
            one.set_gradient_divide_factor(1.0)  # a sum: the loss is divided by what all processes learn from
            one.set_force_sum_reduction_for_comms(enable=True)  # gloo knows no other


def _blocks(module: Module) -> Iterator[Module]:
    """Yield the blocks of a model: members of lists of modules of one kind."""
    import torch

    for one in module.modules():
        if isinstance(one, torch.nn.ModuleList) and len(one) > 1 and len({type(block) for block in one}) == 1:
            yield from one


def _refuse(recipe: Recipe) -> None:
    """Raise BadInput for what reaches into weights that a process holds only a part of."""
    odd = sorted(set(recipe.kept_by) - _SHARDED_KEEPS)
    if odd or recipe.adapt not in _SHARDED_ADAPTS:
        what = f"keep = {odd}" if odd else f'adapt = "{recipe.adapt}"'
        raise BadInput(
            f'{what} needs whole weights in every process, and options.scale.strategy is "fully-sharded"; take '
            '"data-parallel", or leave it out'
        )
