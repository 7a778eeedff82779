"""The last linear layer of a classifier: a head that can be read, fitted by itself, and set."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int

from holdfast.core.errors import BadInput
from holdfast.finetune.own_head import last_linear
from holdfast.finetune.tasks.definitions import Batch, Module


@dataclass(frozen=True)
class LastLayer:
    """The last linear layer, what of it is new, and how a model is asked for its answers."""

    names: tuple[str, ...]
    classes: Mapping[str, Int[np.ndarray, " examples"]]
    n_outcomes: int
    answers: Callable[[Module, Batch], Any]

    def features(self, module: Module, batch: Batch) -> Any:
        """Return what the layer is given (examples × width). Raises BadInput where it is given anything else."""
        caught: list[Any] = []
        layer = last_linear(module, self.n_outcomes)[1]
        handle = layer.register_forward_pre_hook(lambda _, given: caught.append(given[0]))
        try:
            self.answers(module, batch)
        finally:
            handle.remove()
        if not caught or caught[-1].ndim != 2:
            got = tuple(caught[-1].shape) if caught else "nothing"
            raise BadInput(
                f"the model's last linear layer is given {got}; wanted one line of features for each example"
            )
        return caught[-1]

    def targets(self, split: str) -> Int[np.ndarray, " examples"]:
        """Return the class of each example."""
        return self.classes[split]

    def place(self, module: Module, weights: np.ndarray, biases: np.ndarray) -> None:
        """Set the layer."""
        import torch

        layer = last_linear(module, self.n_outcomes)[1]
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weights))
            if layer.bias is not None:
                layer.bias.copy_(torch.from_numpy(biases))
