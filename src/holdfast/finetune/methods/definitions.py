"""What a method is given, and what it does in a step. A module of this folder ends with `method = MethodKind(...)`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from holdfast.core.random import Streams
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.tasks.definitions import Batch, Module, Prepared, Task


@dataclass(frozen=True)
class Setting:
    """The training that a method is for: the model as it begins, and its weights as they came."""

    recipe: Recipe
    prepared: Prepared
    base: Mapping[str, Any]  # weights before the first step, which the model has while methods are made
    options: Mapping[str, Any]
    streams: Streams
    folder: Path | None = None  # for what takes long to make, and is read back after a kill

    @property
    def new(self) -> frozenset[str]:
        """Names of the parameters that did not come with the model."""
        return frozenset(self.prepared.head.names) if self.prepared.head else frozenset()


class More(NamedTuple):
    """Training examples to learn from as well. `strength` 1: all together weigh what the batch weighs."""

    task: Task
    rows: np.ndarray
    strength: float


class Method(Protocol):
    """One method in one training. Each part may do nothing; state must follow from the step alone."""

    @property
    def name(self) -> str:
        """What recipes call it."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done before the first step that a record must tell, such as texts that were made."""

    def learning(self, module: Module, share: float) -> None:
        """Say what learns when `share` of the steps are behind: gradual unfreezing."""

    def penalty(self, module: Module, batch: Batch, rng: np.random.Generator) -> Any | None:
        """Return what is added to the mean loss of a batch, as a tensor; None for nothing."""

    def replayed(self, step: int, part: int) -> More | None:
        """Return training examples, of this or another task, to learn from as well at this step; None for nothing."""

    def varied(self, module: Module, batch: Batch, loss: Callable[[Batch], Any]) -> Any | None:
        """Return the summed loss on a harder version of the batch, to be added; None for nothing."""


@dataclass(frozen=True, slots=True)
class Steps:
    """A method made of functions, each of which may be left out."""

    name: str
    learns: Callable[[Module, float], None] | None = None
    penalises: Callable[[Module, Batch, np.random.Generator], Any] | None = None
    replays: Callable[[int, int], More | None] | None = None
    varies: Callable[[Module, Batch, Callable[[Batch], Any]], Any] | None = None
    notes: tuple[str, ...] = ()

    def learning(self, module: Module, share: float) -> None:
        """Say what learns."""
        if self.learns is not None:
            self.learns(module, share)

    def penalty(self, module: Module, batch: Batch, rng: np.random.Generator) -> Any | None:
        """Return the penalty, if there is one."""
        return None if self.penalises is None else self.penalises(module, batch, rng)

    def replayed(self, step: int, part: int) -> More | None:
        """Return what is replayed, if anything is."""
        return None if self.replays is None else self.replays(step, part)

    def varied(self, module: Module, batch: Batch, loss: Callable[[Batch], Any]) -> Any | None:
        """Return the loss on the harder batch, if there is one."""
        return None if self.varies is None else self.varies(module, batch, loss)


@dataclass(frozen=True, slots=True)
class MethodKind:
    """A method by name, the options it has, and how it is made for a training. `make` raises BadInput."""

    name: str
    says: str
    make: Callable[[Setting], Method]
