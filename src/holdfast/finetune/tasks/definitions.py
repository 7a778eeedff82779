"""What tasks have in common: examples in splits, batches of tensors, a loss, and a judgement of each example.

A task is a module of this folder that ends with `kind = Kind(...)`; it is found by itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

from holdfast.audit.supervision import Supervision
from holdfast.core.dataset import Dataset
from holdfast.core.random import Streams
from holdfast.core.record import Section
from holdfast.finetune.recipe import Recipe

Batch = dict[str, Any]  # name -> tensor; the first axis is the example
Module = Any  # torch.nn.Module


class Judged(NamedTuple):
    """What a model made of examples, in the order they were asked for, in evaluation mode."""

    score: Float[np.ndarray, " examples"]  # higher is better: right or wrong, minus nats per token, precision
    loss: Float[np.ndarray, " examples"]  # mean loss over the example's supervised items
    weight: Float[np.ndarray, " examples"]  # supervised items: 1 for a class, tokens of an answer

    @property
    def mean(self) -> float:
        """The score of all of them."""
        return float(np.average(self.score, weights=self.weight))

    @property
    def mean_loss(self) -> float:
        """The loss of all of them."""
        return float(np.average(self.loss, weights=self.weight))


class Task(Protocol):
    """Examples of splits (`train`, `valid`, `test`), ready to learn from or to judge by, for one model."""

    @property
    def metric(self) -> str:
        """What a score is, in words: `accuracy`, `minus nats per token`."""

    @property
    def supervision(self) -> Supervision:
        """What of each example the model is shown, and what of it it learns from."""

    def count(self, split: str) -> int:
        """Return how many examples a split has; 0 where there is none."""

    def sizes(self, split: str) -> Int[np.ndarray, " examples"]:
        """Return how many tokens (or patches) each example costs."""

    def batch(self, split: str, rows: np.ndarray, rng: np.random.Generator | None = None) -> Batch:
        """Return examples as tensors; with `rng` they are for learning, and may be varied."""

    def weight(self, batch: Batch) -> float:
        """Return how many supervised items are in a batch: what its summed loss is divided by."""

    def loss(self, module: Module, batch: Batch) -> Any:
        """Return the loss summed over supervised items, as a tensor to go backward from."""

    def judge(self, module: Module, batch: Batch) -> Judged:
        """Return what the model makes of each example. Called in evaluation mode, without gradients."""

    def log_probabilities(self, module: Module, batch: Batch) -> Any:
        """Return log p of every outcome for every supervised item (items × outcomes): what drift is measured on."""


@runtime_checkable
class Together(Protocol):
    """A task whose score is no mean over examples, and so needs all of them at once: average precision."""

    def together(self, module: Module, split: str, rows: np.ndarray) -> Judged:
        """Return what the model makes of these examples, with scores whose mean is that of all of them."""


@runtime_checkable
class Windowed(Protocol):
    """A task whose loss is divided by more than one number, each summed over the batches of a step."""

    def window(self, module: Module, batches: Sequence[Batch], summed: Callable[[np.ndarray], np.ndarray]) -> None:
        """Let the batches of a step know what they are parts of; `summed` adds numbers up over processes."""


@runtime_checkable
class Told(Protocol):
    """A task that has more to say of a tuned model than its score."""

    def told(self, module: Module, streams: Streams) -> tuple[Section, ...]:
        """Return parts of the report."""


class Head(Protocol):
    """The part of a model that is new: it can be fitted by itself on what the rest of the model sees."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of its parameters."""

    def features(self, module: Module, batch: Batch) -> Any:
        """Return what the head stands on, as a tensor (examples × width). Called in evaluation mode."""

    def targets(self, split: str) -> Int[np.ndarray, " examples"]:
        """Return the class of each example of a split."""

    def place(self, module: Module, weights: np.ndarray, biases: np.ndarray) -> None:
        """Set the head: weights (classes × width) and biases (classes)."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A task that is ready: its examples and its model, and the original task where data of it were given."""

    task: Task
    module: Module
    save: Callable[[Module, Path], None]  # writes the model into a folder, for others to load
    original: Task | None = None  # judges the same module, by the head that it came with
    head: Head | None = None  # None where the model came with all it needs
    classes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of task: when it fits, its usual learning rate, and how it is made ready."""

    name: str
    says: str
    suits: Callable[[Dataset, Recipe], bool]
    rate: float  # usual peak learning rate where everything learns
    prepare: Callable[[Dataset, Dataset | None, Recipe], Prepared]
    budget: float = 0.01  # of its original score that a model may lose, where the recipe does not say
