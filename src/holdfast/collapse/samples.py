"""Kinds of sample sets: what measures, alarms and forecasts look at when they do not look at a model's parameters."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int


@dataclass(frozen=True, slots=True)
class Counts:
    """How often each type was seen; every set of a comparison has the same types in the same order."""

    counts: Int[np.ndarray, " types"]

    def __len__(self) -> int:
        return int(self.counts.sum())


@dataclass(frozen=True, slots=True)
class Texts:
    """Documents."""

    texts: Sequence[str]

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True, slots=True)
class Points:
    """Vectors: rows of numbers, embeddings, features of pictures."""

    points: Float[np.ndarray, "items dimensions"]

    def __len__(self) -> int:
        return len(self.points)


@dataclass(frozen=True, slots=True)
class Images:
    """Pictures of one size, values from 0 to 1."""

    pixels: Float[np.ndarray, "items height width channels"]

    def __len__(self) -> int:
        return len(self.pixels)


SampleSet = Counts | Texts | Points | Images
