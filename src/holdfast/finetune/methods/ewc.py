"""A pull towards the first weights, stronger where the model's answers depend on them: elastic weight consolidation."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from pydantic import BaseModel, Field

from holdfast.core.config import checked
from holdfast.core.errors import BadInput
from holdfast.core.finding import FROZEN
from holdfast.core.random import Streams
from holdfast.finetune.checkpoint import Checkpoint, latest, save
from holdfast.finetune.device import beside
from holdfast.finetune.methods.at_base import print_of
from holdfast.finetune.methods.definitions import Method, MethodKind, Setting, Steps
from holdfast.finetune.optimiser import trainable
from holdfast.finetune.tasks.definitions import Module, Task

_AT_ONCE = 8  # examples of one draw of the gradient
_FISHER = "fisher"


class Options(BaseModel):
    """Options of `ewc`."""

    model_config = FROZEN
    strength: float = Field(100.0, gt=0, description="λ: nats of loss for a nat of divergence that is foreseen")
    examples: int = Field(512, ge=8, description="that the Fisher information is measured on")


def make(setting: Setting) -> Method:
    """Return λ/2 Σ F (θ − θ₀)², F being the diagonal Fisher information at the base.

    Kirkpatrick et al. (2017), "Overcoming catastrophic forgetting in neural networks", 1612.00796. F is measured on the
    original task where data of it were given, otherwise on the new task's inputs; answers are drawn from the model, so
    that no label is needed, and F is the Fisher information and not the square of the loss's gradient. It is measured
    once, and read back after a kill. Raises BadInput where it is 0 everywhere.
    """
    options = checked(Options, setting.options, table="options.ewc")
    task = setting.prepared.original or setting.prepared.task
    information = beside(setting.prepared.module, _kept(setting, task, options.examples))
    base = beside(setting.prepared.module, {name: setting.base[name] for name in information})

    def penalty(module: Module, _batch: Any, _rng: Any) -> Any:
        learning = trainable(module)
        pairs = ((learning[name], base[name], weight) for name, weight in information.items() if name in learning)
        return options.strength / 2 * sum((weight * (one - first).square()).sum() for one, first, weight in pairs)

    whose = "the original task" if setting.prepared.original else "the new task's inputs"
    return Steps("ewc", penalises=penalty, notes=(f"ewc: what the first answers depend on was measured on {whose}",))


def fisher(task: Task, module: Module, names: frozenset[str], examples: int, streams: Streams) -> dict[str, Any]:
    """Return the diagonal Fisher information of the named parameters, per supervised item.

    The gradient of Σ log p(ŷ), over items of a batch and answers ŷ drawn from the model, has the sum of the items'
    information as its expected square, since different items' terms are uncorrelated: a batch is one draw.
    """
    import torch

    n = task.count("train")
    rows = np.sort(streams("fisher").permutation(n)[:examples])
    learning = {name: one for name, one in trainable(module).items() if name in names}
    found = {name: torch.zeros_like(one) for name, one in learning.items()}
    was, items = module.training, 0
    module.eval()
    for at, part in enumerate(_parts(rows)):
        logs = task.log_probabilities(module, beside(module, task.batch("train", part)))
        drawn = _drawn(logs.detach().cpu().double().exp().numpy(), streams("answers", at))
        chosen = logs.gather(1, beside(module, torch.from_numpy(drawn)[:, None])).sum()
        for name, gradient in zip(
            learning, torch.autograd.grad(chosen, list(learning.values()), allow_unused=True), strict=True
        ):
            if gradient is not None:
                found[name] += gradient.square()
        items += len(logs)
    module.train(was)
    return {name: one / max(items, 1) for name, one in found.items()}


def _kept(setting: Setting, task: Task, examples: int) -> Mapping[str, Any]:
    """Return the information as it was measured before a kill, or measure it now."""
    place = setting.folder / "ewc" if setting.folder else None
    mark = f"{print_of(setting.base)} {examples}"
    kept = latest(place) if place else None
    if kept is not None and kept.state["of"] == mark:
        return kept.tensors[_FISHER]
    names = frozenset(setting.base) - setting.new
    found = fisher(task, setting.prepared.module, names, examples, setting.streams)
    if not any(bool(one.any()) for one in found.values()):
        raise BadInput(
            "ewc would do nothing: the Fisher information is 0 for every weight that came with the model and learns; "
            "leave ewc out of keep"
        )
    if place:
        save(place, Checkpoint(0, {_FISHER: found}, {"of": mark}))
    return found


def _parts(rows: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(rows), _AT_ONCE):
        yield rows[start : start + _AT_ONCE]


def _drawn(shares: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return an outcome for each item, drawn by its shares (items × outcomes)."""
    heights = np.cumsum(shares, axis=1)
    points = rng.random(len(shares)) * heights[:, -1]
    return np.minimum((heights <= points[:, None]).sum(axis=1), shares.shape[1] - 1)


method = MethodKind("ewc", "a pull towards the first weights, stronger where answers depend on them", make)
