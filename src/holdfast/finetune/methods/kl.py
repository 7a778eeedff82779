"""Answers held near those of the model as it came, on the new task's own inputs: needs no data of the original one."""

from typing import Any

from pydantic import BaseModel, Field

from holdfast.core.config import checked
from holdfast.core.errors import BadInput
from holdfast.core.finding import FROZEN
from holdfast.finetune import catalogue
from holdfast.finetune.device import beside
from holdfast.finetune.measuring.drift import no_drift
from holdfast.finetune.methods.at_base import at_base
from holdfast.finetune.methods.definitions import Method, MethodKind, Setting, Steps
from holdfast.finetune.tasks.definitions import Batch, Module


class Options(BaseModel):
    """Options of `kl`."""

    model_config = FROZEN
    strength: float = Field(0.5, gt=0, description="nats of loss for a nat of divergence")


def make(setting: Setting) -> Method:
    """Return λ KL(p₀ ‖ p), the mean over supervised items: what the drift meter shows, as a penalty.

    Distance to the base in this divergence goes with forgetting (Shenfeld, Pari & Agrawal, 2025, 2509.04259). A step
    costs two forward passes more. Raises BadInput for a head that is new and unfitted: its answers mean nothing.
    """
    strength, task = checked(Options, setting.options, table="options.kl").strength, setting.prepared.task
    if setting.new and not catalogue.adaptations()[setting.recipe.adapt].head_first:
        raise BadInput(
            f'kl holds a model near its first answers, and with adapt = "{setting.recipe.adapt}" these come from a '
            'head of random weights; take adapt = "head-first", which fits it first'
        )

    if reason := no_drift(task):
        raise BadInput(f"kl holds a model near its first answers, and these cannot be compared here: {reason}")

    base = beside(setting.prepared.module, setting.base)

    def penalty(module: Module, batch: Batch, _rng: Any) -> Any:
        with at_base(module, base):
            first = task.log_probabilities(module, batch)
        now = task.log_probabilities(module, batch)
        # A class that the base excludes (log p = −∞) has no share in the divergence.
        gap = (first - now).masked_fill(first.isinf(), 0.0)
        return strength * (first.exp() * gap).sum(-1).mean()

    return Steps("kl", penalises=penalty)


method = MethodKind("kl", "answers held near those of the model as it came", make)
