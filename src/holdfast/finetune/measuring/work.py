"""A training that is going on: what every measurement may look at, and how judgements are kept."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from holdfast.audit.comparison import Comparison, bootstrap_ratio, mcnemar
from holdfast.core.dataset import Dataset
from holdfast.core.finding import FROZEN
from holdfast.core.progress import Progress
from holdfast.core.random import Streams
from holdfast.core.record import Estimate
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.stages import Stages
from holdfast.finetune.tasks.definitions import Judged, Kind, Module, Prepared

RESAMPLES = 4000


@dataclass(frozen=True)
class Work:
    """One training, from its recipe to the folder of its run."""

    recipe: Recipe
    dataset: Dataset
    kind: Kind
    prepared: Prepared
    folder: Path
    streams: Streams
    stages: Stages
    progress: Progress

    @property
    def budget(self) -> float:
        """How much of its original score the model may lose."""
        return self.kind.budget if self.recipe.budget is None else self.recipe.budget

    @property
    def module(self) -> Module:
        """The model."""
        return self.prepared.module

    def kept(self, name: str, work: Callable[[], Judged]) -> tuple[Judged, float]:
        """Return a judgement and the seconds it took, now or before a kill."""

        def done() -> Kept:
            started = time.perf_counter()
            return Kept.of(work(), time.perf_counter() - started)

        found = self.stages(name, Kept, done)
        return found.judged, found.seconds


class Kept(BaseModel):
    """A judgement of examples, as a stage keeps it."""

    model_config = FROZEN
    score: tuple[float, ...]
    loss: tuple[float, ...]
    weight: tuple[float, ...]
    seconds: float = 0.0

    @classmethod
    def of(cls, one: Judged, seconds: float) -> "Kept":
        """Return a judgement as numbers."""
        score, loss, weight = (tuple(part.tolist()) for part in one)
        return cls(score=score, loss=loss, weight=weight, seconds=seconds)

    @property
    def judged(self) -> Judged:
        """The judgement as arrays."""
        return Judged(np.array(self.score), np.array(self.loss), np.array(self.weight))


@dataclass(frozen=True)
class Weights:
    """The weights at the two ends of a training, by name; the model may hold any between them."""

    base: Mapping[str, Any]
    tuned: Mapping[str, Any]
    renew: Callable[[Module], None] | None = None  # what does not mix is measured anew


def estimate(found: Comparison) -> Estimate:
    """Return a comparison as records keep it."""
    value = found.difference
    return Estimate(value=value, low=min(found.low, value), high=max(found.high, value), level=found.level)


def score(one: Judged, streams: Streams) -> Estimate:
    """Return the mean score with its interval, over examples."""
    return estimate(bootstrap_ratio(one.score * one.weight, one.weight, streams("score"), RESAMPLES))


def better(one: Judged, other: Judged, streams: Streams) -> Comparison:
    """Return how much higher `one` scores than `other` on the same examples, by McNemar's test where that fits."""
    first, second = comparable(one, other)
    if first.dtype == bool:
        return mcnemar(first, second)
    return bootstrap_ratio((one.score - other.score) * one.weight, one.weight, streams("better"), RESAMPLES)


def comparable(*judged: Judged) -> tuple[np.ndarray, ...]:
    """Return a number per example whose mean is the score: booleans where all of them say whether answers are right."""
    if all(np.isin(one.score, (0.0, 1.0)).all() and (one.weight == 1.0).all() for one in judged):
        return tuple(one.score == 1.0 for one in judged)
    return tuple(one.score * one.weight / one.weight.mean() for one in judged)
