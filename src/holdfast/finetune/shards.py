"""Weights of which every process holds a part, and whole ones: checkpoints and models are written whole.

A tensor that is spread is known by its method `full_tensor` (`torch.distributed.tensor.DTensor`), whose class takes
seconds to import.
"""

from collections.abc import Mapping
from typing import Any


def spread(tensor: Any) -> bool:
    """Return whether a process holds only a part of a tensor."""
    return hasattr(tensor, "full_tensor")


def whole(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """Return tensors with those that are spread put together; all processes have to ask for the same ones.

    In the order of names: dictionaries that were read from files come in another order in each process.
    """
    return {name: one.full_tensor() if spread(one := tensors[name]) else one for name in sorted(tensors)}


def as_held(tensor: Any, own: Any) -> Any:
    """Return a whole tensor as `own` is held: this process's part of it, where that is spread."""
    if not spread(own) or spread(tensor):
        return tensor
    from torch.distributed.tensor import distribute_tensor

    return distribute_tensor(tensor, own.device_mesh, own.placements, src_data_rank=None)
