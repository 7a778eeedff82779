"""AdamW with weight decay where it belongs: on matrices, never on norms and biases."""

from collections.abc import Iterator, Mapping
from typing import Any

from holdfast.finetune.device import CPU, CUDA, kind_of
from holdfast.finetune.shards import as_held
from holdfast.finetune.tasks.definitions import Module

DECAY = 0.01  # Loshchilov & Hutter (2019), and the usual value for encoders
CLIP = 1.0  # norm of the gradient; Pascanu, Mikolov & Bengio (2013), and the usual value for transformers
_STEP = "step"  # of Adam: on the processor, unless one kernel does all of a step
_BETAS = (0.9, 0.999)  # Kingma & Ba (2015)


def trainable(module: Module) -> dict[str, Any]:
    """Return the parameters that learn, by name."""
    return {name: one for name, one in module.named_parameters() if one.requires_grad}


def optimiser_of(module: Module, rate: float, decay: float = DECAY) -> Any:
    """Return AdamW over what learns; parameters of one axis (norms, biases) do not decay."""
    import torch

    learning = trainable(module)
    groups = (
        {"params": [one for one in learning.values() if one.ndim > 1], "weight_decay": decay},
        {"params": [one for one in learning.values() if one.ndim <= 1], "weight_decay": 0.0},
    )
    # One pass over each weight instead of ten: a GPU is told of each, a processor waits for memory in each.
    how = {"fused": True} if kind_of(module) in {CPU, CUDA} else {"foreach": False}
    return torch.optim.AdamW([group for group in groups if group["params"]], lr=rate, betas=_BETAS, **how)


def set_rate(optimiser: Any, rate: float) -> None:
    """Set the learning rate of the next step."""
    for group in optimiser.param_groups:
        group["lr"] = rate


def moments(optimiser: Any, module: Module) -> dict[str, Any]:
    """Return the optimiser's memory as tensors called `parameter:key`."""
    import torch

    names = {id(one): name for name, one in module.named_parameters()}
    return {
        f"{names[id(one)]}:{key}": value if torch.is_tensor(value) else torch.tensor(value)
        for one, kept in optimiser.state.items()
        for key, value in kept.items()
    }


def restore(optimiser: Any, module: Module, kept: Mapping[str, Any]) -> None:
    """Give an optimiser the memory that `moments` returned."""
    learning = trainable(module)
    for name, key, value in _split(kept):
        one = learning[name]
        where = CPU if key == _STEP and not optimiser.defaults.get("fused") else one.device
        held = as_held(value.clone(), one) if value.shape == one.shape else value.clone()
        optimiser.state[one][key] = held.to(where)


def _split(kept: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for name, value in kept.items():
        parameter, _, key = name.rpartition(":")
        yield parameter, key, value
