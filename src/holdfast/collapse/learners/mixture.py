"""Mixtures of normal distributions, fitted by EM for all replicates at once."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Self

import numpy as np
from jaxtyping import Float
from pydantic import BaseModel, Field, model_validator

from holdfast.collapse.definitions import Draw, Part, learner
from holdfast.collapse.regimes import Verifier
from holdfast.collapse.samples import Points
from holdfast.collapse.states.items import Items, chosen, made_of, pooled, weighted_places
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import FROZEN

_LEAST_SHARE = 1e-4  # of the items' variance that a component keeps: the likelihood has no maximum without a floor
_SMALLEST = 1e-100  # standard deviation of items that are all the same
_AT_ONCE = 4_000_000  # numbers in the responsibilities of replicates that are fitted together: 32 MB


class Mixture(NamedTuple):
    """Mixtures of normal components with independent coordinates, one mixture a replicate."""

    weights: Float[np.ndarray, "replicates components"]
    means: Float[np.ndarray, "replicates components dimensions"]
    variances: Float[np.ndarray, "replicates components dimensions"]


class GaussianMixture(BaseModel):
    """Mixture of normal components, fitted by expectation maximisation.

    Coordinates are independent within a component. A fresh start takes its first centres from the items, far from one
    another (k-means++); a warm one goes on from the model of the generation before. The true mixture is given by its
    centres, by default two in one dimension, four standard deviations apart.
    """

    model_config = FROZEN
    centres: tuple[tuple[float, ...], ...] = Field(((-2.0,), (2.0,)), description="of the true components")
    sds: tuple[float, ...] = Field((), description="of the true components, all 1 if empty")
    shares: tuple[float, ...] = Field((), description="of the true components, all the same if empty")
    components: int | None = Field(None, ge=1, le=200, description="that are fitted; as many as true ones, if None")
    start: Literal["fresh", "warm"] = Field("fresh", description="of each fit: from the items, or the model before")
    steps: int = Field(100, ge=1, le=10_000, description="of EM at most")
    tolerance: float = Field(1e-5, gt=0, description="EM stops when the log-likelihood an item gains less")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        k, lengths = len(self.centres), {len(one) for one in self.centres}
        if not k or len(lengths) != 1 or 0 in lengths or not np.isfinite(self.centres).all():
            raise ValueError("centres is a list of points, such as [[-2.0], [2.0]], all with as many numbers")
        for name, given in (("sds", self.sds), ("shares", self.shares)):
            if given and len(given) != k:
                raise ValueError(f"{len(given)} {name} for {k} centres")
            if any(not 0 < one < np.inf for one in given):
                raise ValueError(f"{name} must be positive numbers, got {list(given)}")
        if self.shares and abs(sum(self.shares) - 1) > 1e-9:
            raise ValueError(f"shares must sum to 1, they sum to {sum(self.shares):g}")
        return self

    @property
    def fitted(self) -> int:
        """How many components are fitted."""
        return self.components or len(self.centres)

    def truth(self, replicates: int, rng: np.random.Generator) -> Mixture:
        """Return the source."""
        del rng
        centres = np.array(self.centres, dtype=np.float64)
        k = len(centres)
        variances = np.tile(np.array(self.sds or (1.0,) * k)[:, None] ** 2, (1, centres.shape[1]))
        shares = np.array(self.shares or (1 / k,) * k)
        return Mixture(*(np.tile(one, (replicates,) + (1,) * one.ndim) for one in (shares, centres, variances)))

    def draw(self, model: Mixture, wanted: Draw, rng: np.random.Generator) -> Items:
        """Return items."""
        if not wanted.rule.is_plain:
            raise NotApplicable("a mixture is drawn from as it is, without temperature or top_p")
        return made_of(_drawn(self._tilted(model, wanted.verifier), wanted.size, rng))

    def pool(self, batches: Sequence[Items]) -> Items:
        """Return batches as one."""
        return pooled(batches)

    def choose(self, batch: Items, size: int, rng: np.random.Generator) -> Items:
        """Return some of the items, without replacement, others for each replicate."""
        return chosen(batch, size, rng)

    def fit(self, parts: Sequence[Part], rng: np.random.Generator, previous: Mixture | None) -> Mixture:
        """Return the mixture at a maximum of the weighted likelihood."""
        items = parts[0].batch.filled
        if len(parts) > 1:
            items = np.concatenate([part.batch.filled for part in parts], axis=1)
        weights = np.concatenate([np.full(int(p.batch.size[0]), p.weight / int(p.batch.size[0])) for p in parts])
        # In units of their own, where the floor is the same for all and squares lose no digits.
        centre, scale = _units(items, weights)
        items = (items - centre) / scale
        if previous is not None and self.start == "warm":
            begun = Mixture(previous.weights, (previous.means - centre) / scale, previous.variances / scale**2)
        else:
            begun = self._started(items, weights, rng)
        some = max(1, _AT_ONCE // (items.shape[1] * self.fitted * items.shape[2]))
        done = [
            self._climbed(Mixture(*(one[i : i + some] for one in begun)), items[i : i + some], weights)
            for i in range(0, len(items), some)
        ]
        found = Mixture(*(np.concatenate(column) for column in zip(*done, strict=True)))
        return Mixture(found.weights, found.means * scale + centre, found.variances * scale**2)

    def samples(self, model: Mixture, size: int, rng: np.random.Generator) -> list[Points]:
        """Return items as vectors."""
        return [Points(one) for one in _drawn(model, size, rng)]

    def refuse(self, samples: int) -> str:
        """Return why so few samples cannot be fitted."""
        least = 2 * self.fitted
        return "" if samples >= least else f"{self.fitted} components need at least {least}"

    def _started(
        self, items: Float[np.ndarray, "replicates items dimensions"], weights: Float[np.ndarray, " items"],
        rng: np.random.Generator,
    ) -> Mixture:  # fmt: skip
        """Return components at items that are far from one another, as wide as all the items together."""
        replicates, _, d = items.shape
        rows = np.arange(replicates)
        apart = np.tile(weights, (replicates, 1))
        means = np.empty((replicates, self.fitted, d))
        for k in range(self.fitted):
            place = weighted_places(apart, 1, rng)[:, 0]
            means[:, k] = items[rows, place]
            away = ((items - means[:, k][:, None]) ** 2).sum(axis=2) * weights
            apart = away if k == 0 else np.minimum(apart, away)
            apart = np.where(apart.sum(axis=1, keepdims=True) > 0, apart, weights)  # all items lie on centres
        # Far less than all together: else every component begins in the middle of everything.
        share = np.full((replicates, self.fitted), 1 / self.fitted)
        return Mixture(share, means, np.full(means.shape, self.fitted**-2.0))

    def _climbed(
        self, model: Mixture, items: Float[np.ndarray, "replicates items dimensions"],
        weights: Float[np.ndarray, " items"],
    ) -> Mixture:  # fmt: skip
        """Return the mixture after EM; each replicate stops on its own, whoever else is fitted with it."""
        now = Mixture(*(one.copy() for one in model))
        before = np.full(len(items), -np.inf)
        rows = np.arange(len(items))
        for _ in range(self.steps):
            step, likelihood = _em_step(Mixture(*(one[rows] for one in now)), items[rows], weights)
            for whole, part in zip(now, step, strict=True):
                whole[rows] = part
            on = likelihood - before[rows] > self.tolerance
            before[rows] = likelihood
            rows = rows[on]
            if not len(rows):
                break
        return now

    def _tilted(self, model: Mixture, verifier: Verifier | None) -> Mixture:
        """Return the model after a verifier whose acceptance is a normal curve: a mixture again."""
        if verifier is None:
            return model
        if verifier.kind == "ideal":
            raise NotApplicable("an ideal verifier is part of the graph")
        truth = self.truth(1, np.random.default_rng(0))
        sd = np.sqrt(_total_variance(truth))[:, None]
        mean = (truth.weights[..., None] * truth.means).sum(axis=1)[:, None]
        centre, both = mean + verifier.centre * sd, model.variances + (verifier.width * sd) ** 2
        log = (-((model.means - centre) ** 2) / (2 * both) - np.log(both) / 2).sum(axis=2)
        weights = model.weights * np.exp(log - log.max(axis=1, keepdims=True))
        share = model.variances / both
        means = model.means + share * (centre - model.means)
        return Mixture(weights / weights.sum(axis=1, keepdims=True), means, model.variances * (1 - share))


def _drawn(model: Mixture, size: int, rng: np.random.Generator) -> Float[np.ndarray, "replicates items dimensions"]:
    places = weighted_places(model.weights, size, rng)
    rows = np.arange(len(places))[:, None]
    z = rng.standard_normal((*places.shape, model.means.shape[2]))
    return model.means[rows, places] + np.sqrt(model.variances)[rows, places] * z


def _total_variance(model: Mixture) -> Float[np.ndarray, "replicates dimensions"]:
    weights = model.weights[..., None]
    mean = (weights * model.means).sum(axis=1, keepdims=True)
    return np.asarray((weights * (model.variances + (model.means - mean) ** 2)).sum(axis=1))


def _units(
    items: Float[np.ndarray, "replicates items dimensions"], weights: Float[np.ndarray, " items"]
) -> tuple[Float[np.ndarray, "replicates 1 dimensions"], Float[np.ndarray, "replicates 1 dimensions"]]:
    """Return mean and standard deviation of the items, the latter never quite 0."""
    mean = np.einsum("i,rid->rd", weights, items)[:, None]
    spread = np.einsum("i,rid->rd", weights, (items - mean) ** 2)[:, None]
    return mean, np.sqrt(spread) + _SMALLEST


def _em_step(
    model: Mixture, items: Float[np.ndarray, "replicates items dimensions"], weights: Float[np.ndarray, " items"]
) -> tuple[Mixture, Float[np.ndarray, " replicates"]]:  # fmt: skip
    """Return the mixture after one step, and the log-likelihood an item before it."""
    inverse = 1 / model.variances
    # Squared distances written out, so that no array has items, components and dimensions at once.
    square = (
        np.einsum("rid,rkd->rik", items**2, inverse)
        - 2 * np.einsum("rid,rkd->rik", items, inverse * model.means)
        + (inverse * model.means**2).sum(axis=2)[:, None]
    )
    with np.errstate(divide="ignore"):
        head = np.log(model.weights) - np.log(2 * np.pi * model.variances).sum(axis=2) / 2
    log = head[:, None] - square / 2
    top = log.max(axis=2, keepdims=True)
    shares = np.exp(log - top)
    total = shares.sum(axis=2, keepdims=True)
    likelihood = ((np.log(total) + top)[:, :, 0] * weights).sum(axis=1)
    shares *= weights[:, None] / total
    held = shares.sum(axis=1)
    safe = np.maximum(held, np.finfo(np.float64).tiny)[..., None]
    means = np.einsum("rik,rid->rkd", shares, items) / safe
    spread = np.einsum("rik,rid->rkd", shares, items**2) / safe - means**2
    # A component that holds nothing stays where it is: it is lost, and may not come back.
    lost = held[..., None] < 1e-12
    return Mixture(
        held / held.sum(axis=1, keepdims=True),
        np.where(lost, model.means, means),
        np.where(lost, model.variances, np.maximum(spread, _LEAST_SHARE)),
    ), likelihood


gaussian_mixture = learner(GaussianMixture, tells="modes-kept")
