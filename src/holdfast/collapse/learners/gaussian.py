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
from holdfast.collapse.states.items import Items, chosen, made_of, pooled
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import FROZEN

_AT_ONCE = 2_000_000  # items that are drawn at once where they are drawn one by one: 16 MB

PerReplicate = Float[np.ndarray, " replicates"]


class Normal(NamedTuple):
    """Normal distributions, one a replicate.

    The variance is kept as its logarithm: after some 700 M generations of M items it is too small for a number.
    """

    mean: PerReplicate
    log_variance: PerReplicate

    @property
    def variance(self) -> PerReplicate:
        """The variance itself."""
        return np.exp(self.log_variance)

    @property
    def sd(self) -> PerReplicate:
        """The standard deviation."""
        return np.exp(self.log_variance / 2)


class Moments(NamedTuple):
    """What a fit needs to know of a batch: its size, its mean, and the logarithm of its mean squared deviation."""

    size: PerReplicate
    mean: PerReplicate
    log_spread: PerReplicate


class Gaussian(BaseModel):
    """Normal distribution in one dimension, fitted by mean and variance.

    A batch is drawn as its sufficient statistics: the mean is normal, the sum of squares chi-square, independent of
    it. That is the exact law of a fit on drawn items, at a cost that does not grow with their number.
    """

    model_config = FROZEN
    mean: float = Field(0.0, allow_inf_nan=False, description="of the truth")
    sd: float = Field(1.0, gt=0, allow_inf_nan=False, description="standard deviation of the truth")
    variance: Literal["unbiased", "mle"] = Field("unbiased", description="divide by n − 1, or by n")

    def truth(self, replicates: int, rng: np.random.Generator) -> Normal:
        """Return the source."""
        del rng
        return Normal(np.full(replicates, self.mean), np.full(replicates, 2 * np.log(self.sd)))

    def draw(self, model: Normal, wanted: Draw, rng: np.random.Generator) -> Moments | Items:
        """Return a batch: moments, or the items where they are needed."""
        model = self._tilted(model, wanted.verifier)
        # Density to the power 1/T has T times the variance.
        model = Normal(model.mean, model.log_variance + np.log(wanted.rule.temperature))
        if wanted.items:
            z = _standard(len(model.mean), wanted, rng)
            return made_of(model.mean[:, None] + model.sd[:, None] * z)
        centre, spread = (
            _truncated(len(model.mean), wanted, rng)
            if wanted.rule.top_p < 1
            else _plain(len(model.mean), wanted.size, rng)
        )
        with np.errstate(divide="ignore"):  # the spread of a single item is none
            log_spread = model.log_variance + np.log(spread)
        return Moments(np.full(len(centre), float(wanted.size)), model.mean + model.sd * centre, log_spread)

    def pool(self, batches: Sequence[Moments | Items]) -> Moments | Items:
        """Return batches as one."""
        items = [batch for batch in batches if isinstance(batch, Items)]
        if len(items) == len(batches):
            return pooled(items)
        moments = [_moments(batch) for batch in batches]
        size = np.sum([one.size for one in moments], axis=0)
        return Moments(size, *_mixed([(one, one.size / size) for one in moments]))

    def choose(self, batch: Items, size: int, rng: np.random.Generator) -> Items:
        """Return some of the items, without replacement, others for each replicate."""
        return chosen(batch, size, rng)

    def fit(self, parts: Sequence[Part], rng: np.random.Generator, previous: Normal | None) -> Normal:
        """Return weighted mean and variance."""
        del rng, previous
        moments = [(_moments(part.batch), np.asarray(part.weight)) for part in parts]
        mean, log_variance = _mixed(moments)
        if self.variance == "unbiased":
            # 1 / Σ wᵢ² items are as good as that many items of equal weight (Kish); for equal weights it is n.
            effective = 1 / np.sum([weight**2 / one.size for one, weight in moments], axis=0)
            log_variance = log_variance - np.log1p(-1 / effective)
        return Normal(mean, log_variance)

    def leap(self, model: Normal, sizes: Sequence[int], rng: np.random.Generator) -> Normal:
        """Return the model after so many generations, each learning from the one before.

        Given all the variances on the way, the mean is normal, so that only the variances need be gone through.
        """
        size = np.array(sizes, dtype=np.float64)[:, None]
        shares = rng.chisquare(size - 1, (len(size), len(model.mean)))
        shares /= size - 1 if self.variance == "unbiased" else size
        np.cumprod(shares, axis=0, out=shares)
        moved = 1 / size[0] + (shares[:-1] / size[1:]).sum(axis=0)  # variance of the mean, in variances of the model
        mean = model.mean + model.sd * np.sqrt(moved) * rng.standard_normal(len(model.mean))
        return Normal(mean, model.log_variance + np.log(shares[-1]))

    def samples(self, model: Normal, size: int, rng: np.random.Generator) -> list[Points]:
        """Return items as vectors of one dimension."""
        values = model.mean[:, None] + model.sd[:, None] * rng.standard_normal((len(model.mean), size))
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
        share = model.variance / (model.variance + width**2)  # of the way from the model's mean to the centre
        return Normal(model.mean + share * (centre - model.mean), model.log_variance + np.log1p(-share))


def _plain(replicates: int, size: int, rng: np.random.Generator) -> tuple[PerReplicate, PerReplicate]:
    """Return mean and mean squared deviation of `size` standard normal items."""
    centre = rng.standard_normal(replicates) / np.sqrt(size)
    squares = rng.chisquare(size - 1, replicates) if size > 1 else np.zeros(replicates)
    return centre, squares / size


def _truncated(replicates: int, wanted: Draw, rng: np.random.Generator) -> tuple[PerReplicate, PerReplicate]:
    """Return the same of items from the likely part only, for which no shorter way is known than to draw them."""
    some = max(1, _AT_ONCE // wanted.size)
    drawn = [_standard(min(some, replicates - start), wanted, rng) for start in range(0, replicates, some)]
    return np.concatenate([z.mean(axis=1) for z in drawn]), np.concatenate([z.var(axis=1) for z in drawn])


def _standard(replicates: int, wanted: Draw, rng: np.random.Generator) -> Float[np.ndarray, "replicates items"]:
    """Return standard normal items, or those of the middle `top_p` of a standard normal."""
    if wanted.rule.top_p == 1:
        return rng.standard_normal((replicates, wanted.size))
    outside = (1 - wanted.rule.top_p) / 2
    return np.asarray(ndtri(rng.uniform(outside, 1 - outside, (replicates, wanted.size))))


def _moments(batch: Moments | Items) -> Moments:
    if isinstance(batch, Moments):
        return batch
    with np.errstate(divide="ignore"):
        log_spread = np.log(batch.filled.var(axis=1))
    return Moments(batch.size.astype(np.float64), batch.filled.mean(axis=1), log_spread)


def _mixed(moments: Sequence[tuple[Moments, Float[np.ndarray, "..."]]]) -> tuple[PerReplicate, PerReplicate]:
    """Return mean and log mean squared deviation of a mixture with these weights."""
    if len(moments) == 1:
        return moments[0][0].mean, moments[0][0].log_spread
    mean = np.sum([weight * one.mean for one, weight in moments], axis=0)
    with np.errstate(divide="ignore"):  # a part may lie exactly at the mean
        spreads = [
            np.log(weight) + np.logaddexp(one.log_spread, 2 * np.log(np.abs(one.mean - mean)))
            for one, weight in moments
        ]
    return mean, np.logaddexp.reduce(spreads, axis=0)


gaussian = learner(Gaussian, tells="variance", block=5000)
