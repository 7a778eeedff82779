"""The normal distribution in one dimension, by its sufficient statistics."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float
from pydantic import BaseModel, Field
from scipy.special import ndtri

from holdfast.collapse.definitions import Draw, Part, learner
from holdfast.collapse.regimes import Verifier
from holdfast.collapse.samples import Points
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import FROZEN


class Normal(NamedTuple):
    """Means and variances of normal distributions, one a replicate."""

    mean: Float[np.ndarray, " replicates"]
    variance: Float[np.ndarray, " replicates"]


class Moments(NamedTuple):
    """What a fit needs to know of a batch: its size, mean, and mean squared deviation."""

    size: Float[np.ndarray, " replicates"]
    mean: Float[np.ndarray, " replicates"]
    spread: Float[np.ndarray, " replicates"]


class Items(NamedTuple):
    """The items of a batch."""

    values: Float[np.ndarray, "replicates items"]


class Gaussian(BaseModel):
    """Normal distribution in one dimension, fitted by mean and variance.

    A batch is drawn as its sufficient statistics: the mean is normal, the sum of squares chi-square, independent of
    it. That is the exact law of a fit on drawn items, at a cost that does not grow with their number.
    """

    model_config = FROZEN
    mean: float = 0.0
    sd: float = Field(1.0, gt=0)
    variance: Literal["unbiased", "mle"] = Field("unbiased", description="divide by n − 1, or by n")

    def truth(self, replicates: int, rng: np.random.Generator) -> Normal:
        """Return the source."""
        del rng
        return Normal(np.full(replicates, self.mean), np.full(replicates, self.sd**2))

    def draw(self, model: Normal, wanted: Draw, rng: np.random.Generator) -> Moments | Items:
        """Return a batch: moments, or the items where they are needed."""
        model = self._tilted(model, wanted.verifier)
        scale = np.sqrt(model.variance * wanted.rule.temperature)  # density to the power 1/T has T times the variance
        if wanted.items or wanted.rule.top_p < 1:
            shape = (len(model.mean), wanted.size)
            if wanted.rule.top_p < 1:
                outside = (1 - wanted.rule.top_p) / 2
                z = ndtri(rng.uniform(outside, 1 - outside, shape))
            else:
                z = rng.standard_normal(shape)
            items = Items(model.mean[:, None] + scale[:, None] * z)
            return items if wanted.items else _moments(items)
        z = rng.standard_normal(len(model.mean))
        squares = rng.chisquare(wanted.size - 1, len(model.mean)) if wanted.size > 1 else np.zeros(len(model.mean))
        size = np.full(len(model.mean), float(wanted.size))
        return Moments(size, model.mean + scale * z / np.sqrt(wanted.size), scale**2 * squares / wanted.size)

    def pool(self, batches: Sequence[Moments | Items]) -> Moments | Items:
        """Return batches as one."""
        if all(isinstance(batch, Items) for batch in batches):
            return Items(np.concatenate([batch.values for batch in batches if isinstance(batch, Items)], axis=1))
        moments = [_moments(batch) for batch in batches]
        size = np.sum([one.size for one in moments], axis=0)
        return Moments(size, *_mixed([(one, one.size / size) for one in moments]))

    def choose(self, batch: Items, size: int, rng: np.random.Generator) -> Items:
        """Return some of the items, without replacement, others for each replicate."""
        n = batch.values.shape[1]
        order = np.argpartition(rng.random(batch.values.shape), size - 1, axis=1)[:, :size] if size < n else slice(None)
        return Items(np.take_along_axis(batch.values, order, axis=1) if size < n else batch.values)

    def fit(self, parts: Sequence[Part], rng: np.random.Generator, previous: Normal | None) -> Normal:
        """Return weighted mean and variance."""
        del rng, previous
        moments = [(_moments(part.batch), np.asarray(part.weight)) for part in parts]
        mean, variance = _mixed(moments)
        if self.variance == "unbiased":
            # 1 / Σ wᵢ² items are as good as that many items of equal weight (Kish); for equal weights it is n.
            effective = 1 / np.sum([weight**2 / one.size for one, weight in moments], axis=0)
            variance = variance * effective / (effective - 1)
        return Normal(mean, variance)

    def samples(self, model: Normal, size: int, rng: np.random.Generator) -> list[Points]:
        """Return items as vectors of one dimension."""
        values = model.mean[:, None] + np.sqrt(model.variance)[:, None] * rng.standard_normal((len(model.mean), size))
        return [Points(one[:, None]) for one in values]

    def refuse(self, samples: int) -> str:
        """Return why so few samples cannot be fitted."""
        return "" if samples >= 2 else "a variance needs at least 2 samples a generation"

    def _tilted(self, model: Normal, verifier: Verifier | None) -> Normal:
        """Return the model after a verifier whose acceptance is a normal curve: normal again."""
        if verifier is None:
            return model
        if verifier.kind == "ideal":
            raise NotApplicable("an ideal verifier is part of the graph")
        centre, width = self.mean + verifier.centre * self.sd, verifier.width * self.sd
        precision = 1 / model.variance + 1 / width**2
        return Normal((model.mean / model.variance + centre / width**2) / precision, 1 / precision)


def _moments(batch: Moments | Items) -> Moments:
    if isinstance(batch, Moments):
        return batch
    replicates, n = batch.values.shape
    return Moments(np.full(replicates, float(n)), batch.values.mean(axis=1), batch.values.var(axis=1))


def _mixed(
    moments: Sequence[tuple[Moments, Float[np.ndarray, "..."]]],
) -> tuple[Float[np.ndarray, " replicates"], Float[np.ndarray, " replicates"]]:
    """Return mean and variance of a mixture."""
    mean = np.sum([weight * one.mean for one, weight in moments], axis=0)
    spread = np.sum([weight * (one.spread + (one.mean - mean) ** 2) for one, weight in moments], axis=0)
    return mean, spread


gaussian = learner(Gaussian, tells="variance")
