"""Kernel density estimates in one dimension: drawing from one is drawing an item again, with noise."""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float
from pydantic import BaseModel, Field, field_validator

from holdfast.collapse.definitions import Draw, Part, learner
from holdfast.collapse.regimes import Verifier
from holdfast.collapse.samples import Points
from holdfast.collapse.states.items import Items, chosen, made_of, pooled, weighted_places
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import FROZEN

SILVERMAN = 1.06  # × sd × n^(−1/5): least squared error for a normal truth (Silverman, 1986, p. 45)


class Kernels(NamedTuple):
    """Mixtures of normal kernels of one width. The truth is a single one.

    `weights` has no columns where all points weigh the same.
    """

    points: Float[np.ndarray, "replicates points"]
    weights: Float[np.ndarray, "replicates weights"]
    width: Float[np.ndarray, " replicates"]


class Kde(BaseModel):
    """Kernel density estimate in one dimension, of a normal truth.

    The width of the kernels is fixed, or Silverman's rule: 1.06 sd n^(−1/5). Each generation adds the variance of the
    kernels, so that such models can broaden where others collapse.
    """

    model_config = FROZEN
    bandwidth: float | Literal["silverman"] = Field("silverman", description="width of the kernels, or the rule for it")
    mean: float = Field(0.0, allow_inf_nan=False, description="of the truth")
    sd: float = Field(1.0, gt=0, allow_inf_nan=False, description="standard deviation of the truth")

    @field_validator("bandwidth", mode="before")
    @classmethod
    def _wide(cls, given: object) -> object:
        number = isinstance(given, int | float) and not isinstance(given, bool) and 0 < given < math.inf
        if given != "silverman" and not number:
            raise ValueError(f"a positive number or `silverman`, got {given!r}")
        return given

    def truth(self, replicates: int, rng: np.random.Generator) -> Kernels:
        """Return the source: one kernel."""
        del rng
        return Kernels(np.full((replicates, 1), self.mean), np.empty((replicates, 0)), np.full(replicates, self.sd))

    def draw(self, model: Kernels, wanted: Draw, rng: np.random.Generator) -> Items:
        """Return items: points drawn again, each moved by a kernel."""
        if not wanted.rule.is_plain:
            raise NotApplicable("a kernel density estimate is drawn from as it is, without temperature or top_p")
        return made_of(_drawn(self._tilted(model, wanted.verifier), wanted.size, rng))

    def pool(self, batches: Sequence[Items]) -> Items:
        """Return batches as one."""
        return pooled(batches)

    def choose(self, batch: Items, size: int, rng: np.random.Generator) -> Items:
        """Return some of the items, without replacement, others for each replicate."""
        return chosen(batch, size, rng)

    def fit(self, parts: Sequence[Part], rng: np.random.Generator, previous: Kernels | None) -> Kernels:
        """Return a kernel at every item."""
        del rng, previous
        points = parts[0].batch.filled
        if len(parts) > 1:
            points = np.concatenate([part.batch.filled for part in parts], axis=1)
        sizes = [int(part.batch.size[0]) for part in parts]
        each = np.array([part.weight / size for part, size in zip(parts, sizes, strict=True)])
        even = bool(np.allclose(each, each[0], rtol=1e-9))
        weights = np.empty((len(points), 0)) if even else np.tile(np.repeat(each, sizes), (len(points), 1))
        return Kernels(points, weights, self._width(points, weights))

    def samples(self, model: Kernels, size: int, rng: np.random.Generator) -> list[Points]:
        """Return items as vectors of one dimension."""
        return [Points(one[:, None]) for one in _drawn(model, size, rng)]

    def refuse(self, samples: int) -> str:
        """Return why so few samples cannot be fitted."""
        return "" if samples >= 2 else "the width of the kernels needs at least 2"

    def _width(
        self, points: Float[np.ndarray, "replicates points"], weights: Float[np.ndarray, "replicates weights"]
    ) -> Float[np.ndarray, " replicates"]:
        if self.bandwidth != "silverman":
            return np.full(len(points), float(self.bandwidth))
        _, spread = moments(Kernels(points, weights, np.zeros(len(points))))
        # 1 / Σ wᵢ² items are as good as that many items of equal weight (Kish).
        n = 1 / (weights[0] ** 2).sum() if weights.size else float(points.shape[1])
        return np.asarray(SILVERMAN * np.sqrt(spread * n / (n - 1)) * n**-0.2)

    def _tilted(self, model: Kernels, verifier: Verifier | None) -> Kernels:
        """Return the model after a verifier whose acceptance is a normal curve: kernels of other weights and places."""
        if verifier is None:
            return model
        if verifier.kind == "ideal":
            raise NotApplicable("an ideal verifier is part of the graph")
        centre, width = self.mean + verifier.centre * self.sd, verifier.width * self.sd
        both = model.width[:, None] ** 2 + width**2
        log = -((model.points - centre) ** 2) / (2 * both)
        kept = np.exp(log - log.max(axis=1, keepdims=True)) * (model.weights if model.weights.size else 1.0)
        share = model.width[:, None] ** 2 / both
        points = model.points + share * (centre - model.points)
        return Kernels(points, kept / kept.sum(axis=1, keepdims=True), model.width * np.sqrt(1 - share[:, 0]))


def moments(model: Kernels) -> tuple[Float[np.ndarray, " replicates"], Float[np.ndarray, " replicates"]]:
    """Return mean and variance of mixtures of kernels."""
    if model.weights.size:
        mean = (model.weights * model.points).sum(axis=1)
        spread = (model.weights * (model.points - mean[:, None]) ** 2).sum(axis=1)
    else:
        mean, spread = model.points.mean(axis=1), model.points.var(axis=1)
    return mean, spread + model.width**2


def _drawn(model: Kernels, size: int, rng: np.random.Generator) -> Float[np.ndarray, "replicates items"]:
    replicates, n = model.points.shape
    even = not model.weights.size
    places = rng.integers(0, n, (replicates, size)) if even else weighted_places(model.weights, size, rng)
    noise = rng.standard_normal((replicates, size))
    return np.take_along_axis(model.points, places, axis=1) + model.width[:, None] * noise


kde = learner(Kde, tells="kde-variance")
