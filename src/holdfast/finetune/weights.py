"""The weights of a model as named tensors: what can learn, and buffers; weights that are tied stand there once."""

from collections.abc import Collection, Mapping
from typing import Any

from holdfast.core.errors import BadInput
from holdfast.finetune.device import brought
from holdfast.finetune.shards import as_held, spread
from holdfast.finetune.tasks.definitions import Module


def weights(module: Module, learns: Collection[str] | None = None) -> dict[str, Any]:
    """Return parameters (those in `learns`, all if None) and buffers by name, as they are, not copied."""
    import torch

    found: dict[str, Any] = {}
    seen: set[int] = set()
    parameters = dict(module.named_parameters())
    for name, tensor in module.state_dict().items():
        if learns is not None and name in parameters and name not in learns:
            continue
        if not torch.is_tensor(tensor) or (spread(tensor) and name not in parameters):
            continue  # `named_parameters` names a weight once, and parts of weights have no place to be told apart by
        if not spread(tensor):
            if tensor.data_ptr() in seen and tensor.numel():
                continue
            seen.add(tensor.data_ptr())
        found[name] = tensor
    return found


def copied(module: Module, learns: Collection[str] | None = None) -> dict[str, Any]:
    """Return copies of the weights in the processor's memory, which training does not change."""
    return {name: brought(tensor) for name, tensor in weights(module, learns).items()}


def put(module: Module, tensors: Mapping[str, Any]) -> None:
    """Set the named weights of a model. Raises BadInput for names or shapes that it does not have."""
    import torch

    own = module.state_dict()
    for name, tensor in tensors.items():
        if name not in own or own[name].shape != tensor.shape:
            has = f"has {tuple(own[name].shape)}" if name in own else "has no such weight"
            raise BadInput(f"the model {has} for {name}, and {tuple(tensor.shape)} was kept: it is another model")
    with torch.no_grad():
        for name, tensor in tensors.items():
            own[name].copy_(as_held(tensor, own[name]))
