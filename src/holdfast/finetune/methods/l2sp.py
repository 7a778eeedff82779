"""A pull towards the weights that the model came with: the regulariser that needs no data."""

from typing import Any

from pydantic import BaseModel, Field

from holdfast.core.config import checked
from holdfast.core.finding import FROZEN
from holdfast.finetune.device import beside
from holdfast.finetune.methods.definitions import Method, MethodKind, Setting, Steps
from holdfast.finetune.optimiser import trainable
from holdfast.finetune.tasks.definitions import Module


class Options(BaseModel):
    """Options of `l2sp`."""

    model_config = FROZEN
    strength: float = Field(0.01, gt=0, description="λ of the squared distance")


def make(setting: Setting) -> Method:
    """Return λ/2 ‖θ − θ₀‖² over what came with the model (L2-SP: Li, Grandvalet & Davoine, 2018, 1802.01483).

    A new head has nowhere to go back to, and is left to weight decay.
    """
    strength = checked(Options, setting.options, table="options.l2sp").strength
    new = set(setting.prepared.head.names) if setting.prepared.head else set()
    base = beside(setting.prepared.module, {name: one for name, one in setting.base.items() if name not in new})

    def penalty(module: Module, _batch: Any, _rng: Any) -> Any:
        pairs = ((one, base[name]) for name, one in trainable(module).items() if name in base)
        return strength / 2 * sum((one - first).square().sum() for one, first in pairs)

    return Steps("l2sp", penalises=penalty)


method = MethodKind("l2sp", "a pull towards the weights that the model came with", make)
