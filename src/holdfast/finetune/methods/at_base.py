"""The model as it came, for a moment: its first weights in place of those it has now, without a second copy."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from holdfast.finetune.evaluation import quiet
from holdfast.finetune.tasks.definitions import Module


@contextmanager
def at_base(module: Module, base: Mapping[str, Any]) -> Iterator[None]:
    """Give a model other weights for as long as it is only looked at, in evaluation mode and without gradients.

    Storage is exchanged, nothing is copied: what a backward pass has kept of the present weights stays as it is.
    """
    own = module.state_dict(keep_vars=True)
    now = {name: own[name].data for name in base}
    for name, tensor in base.items():
        own[name].data = tensor.to(own[name].device)
    try:
        with quiet(module):
            yield
    finally:
        for name, tensor in now.items():
            own[name].data = tensor


def print_of(base: Mapping[str, Any]) -> str:
    """Return a hash of weights, by which what was made of them is known again."""
    import torch

    found = hashlib.blake2b(digest_size=16)
    for name in sorted(base):
        found.update(name.encode())
        found.update(base[name].detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return found.hexdigest()
