"""The original task, judged with the weights for classes that a detector came with, on whatever the rest became.

Those weights never learn again: what the score loses is what the rest of the model, boxes included, has forgotten.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int

from holdfast.audit.supervision import Supervision
from holdfast.finetune.tasks.definitions import Batch, Judged, Module


@dataclass(frozen=True)
class AsItCame:
    """A task whose parts for classes are put into the model for as long as it is looked at."""

    task: Any  # DetectObjects
    parts: Mapping[str, Any]  # place in the model -> module that does not learn
    labels: Mapping[int, str]

    @property
    def metric(self) -> str:
        """What a score is, in words."""
        return str(self.task.metric)

    @property
    def supervision(self) -> Supervision:
        """What of each example the model is shown."""
        found: Supervision = self.task.supervision
        return found

    def count(self, split: str) -> int:
        """Return how many examples a split has."""
        return int(self.task.count(split))

    def sizes(self, split: str) -> Int[np.ndarray, " examples"]:
        """Return what each example costs."""
        found: np.ndarray = self.task.sizes(split)
        return found

    def batch(self, split: str, rows: np.ndarray, rng: np.random.Generator | None = None) -> Batch:
        """Return examples as tensors."""
        found: Batch = self.task.batch(split, rows, rng)
        return found

    def weight(self, batch: Batch) -> float:
        """Return how many boxes are drawn."""
        return float(self.task.weight(batch))

    def window(self, module: Module, batches: Sequence[Batch], summed: Callable[[np.ndarray], np.ndarray]) -> None:
        """Let batches know what they are parts of."""
        with self._in(module):
            self.task.window(module, batches, summed)

    def loss(self, module: Module, batch: Batch) -> Any:
        """Return the loss with the own parts."""
        with self._in(module):
            return self.task.loss(module, batch)

    def judge(self, module: Module, batch: Batch) -> Judged:
        """Return what the model makes of these pictures alone."""
        with self._in(module):
            return Judged(*self.task.judge(module, batch))

    def together(self, module: Module, split: str, rows: np.ndarray) -> Judged:
        """Return what the model makes of pictures, with the own parts."""
        with self._in(module):
            return Judged(*self.task.together(module, split, rows))

    def log_probabilities(self, module: Module, batch: Batch) -> Any:
        """Return log p of the own classes."""
        with self._in(module):
            return self.task.log_probabilities(module, batch)

    @contextmanager
    def _in(self, module: Module) -> Iterator[None]:
        now, labels = {place: module.get_submodule(place) for place in self.parts}, module.config.id2label
        _placed(module, self.parts)
        module.config.id2label = dict(self.labels)  # the library reads from it how many classes there are
        try:
            yield
        finally:
            _placed(module, now)
            module.config.id2label = labels


def _placed(module: Module, parts: Mapping[str, Any]) -> None:
    for place, one in parts.items():
        parent, _, name = place.rpartition(".")
        setattr(module.get_submodule(parent), name, one)
