"""The original task, judged by the head that belongs to it on whatever the rest of the model has become.

Where a model came with a head for the original classes, that head is kept as it was. Where it came without one, a head
is fitted on what the untouched model sees of the original task. Either way the head never learns again: what its score
loses is what the rest of the model has forgotten.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int

from holdfast.audit.supervision import Supervision
from holdfast.core.random import Streams
from holdfast.finetune.heads import fitted
from holdfast.finetune.tasks.definitions import Batch, Head, Judged, Module, Task


@dataclass(frozen=True)
class OwnHead:
    """A task whose last layer is put into the model for as long as it is looked at."""

    task: Task
    place: str  # of the last layer in the model
    layer: Any  # torch.nn.Linear, which does not learn

    @property
    def metric(self) -> str:
        """What a score is, in words."""
        return self.task.metric

    @property
    def supervision(self) -> Supervision:
        """What of each example the model is shown."""
        return self.task.supervision

    def count(self, split: str) -> int:
        """Return how many examples a split has."""
        return self.task.count(split)

    def sizes(self, split: str) -> Int[np.ndarray, " examples"]:
        """Return how many tokens each example costs."""
        return self.task.sizes(split)

    def batch(self, split: str, rows: np.ndarray, rng: np.random.Generator | None = None) -> Batch:
        """Return examples as tensors."""
        return self.task.batch(split, rows, rng)

    def weight(self, batch: Batch) -> float:
        """Return how many supervised items are in a batch."""
        return self.task.weight(batch)

    def loss(self, module: Module, batch: Batch) -> Any:
        """Return the summed loss under the own head."""
        with self._in(module):
            return self.task.loss(module, batch)

    def judge(self, module: Module, batch: Batch) -> Judged:
        """Return what the model makes of each example under the own head."""
        with self._in(module):
            return self.task.judge(module, batch)

    def log_probabilities(self, module: Module, batch: Batch) -> Any:
        """Return log p of each class under the own head."""
        with self._in(module):
            return self.task.log_probabilities(module, batch)

    @contextmanager
    def _in(self, module: Module) -> Iterator[None]:
        parent, _, name = self.place.rpartition(".")
        owner = module.get_submodule(parent)
        now = getattr(owner, name)
        setattr(owner, name, self.layer)
        try:
            yield
        finally:
            setattr(owner, name, now)


def last_linear(module: Module, n_outcomes: int) -> tuple[str, Any]:
    """Return the last linear layer with this many outcomes, and its place in the model."""
    import torch

    found = [(name, one) for name, one in module.named_modules() if isinstance(one, torch.nn.Linear)]
    return next(pair for pair in reversed(found) if pair[1].out_features == n_outcomes)


def probed(task: Task, module: Module, head: Head, n_outcomes: int, streams: Streams) -> tuple[Any, int]:
    """Return a layer fitted on what the model sees of a task now, and on how many examples."""
    weights, biases, n = fitted(task, module, head, n_outcomes, streams)
    return layer_of(weights, biases), n


def layer_of(weights: np.ndarray, biases: np.ndarray) -> Any:
    """Return a linear layer with these weights (outcomes × width), which does not learn."""
    import torch

    layer = torch.nn.Linear(weights.shape[1], weights.shape[0])
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weights))
        layer.bias.copy_(torch.from_numpy(biases))
    return layer.requires_grad_(requires_grad=False)
