"""The normal distribution in several dimensions, by its sufficient statistics."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Self

import numpy as np
from jaxtyping import Float
from pydantic import BaseModel, Field, model_validator
from scipy.special import gammainccinv

from holdfast.collapse.definitions import Draw, Part, learner
from holdfast.collapse.regimes import Verifier
from holdfast.collapse.samples import Points
from holdfast.collapse.states.items import Items, chosen, made_of, pooled
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import FROZEN

Vectors = Float[np.ndarray, "replicates dimensions"]
Roots = Float[np.ndarray, "replicates dimensions dimensions"]


class NormalNd(NamedTuple):
    """Normal distributions in N dimensions: mean, and the lower triangular L of the covariance L Lᵀ."""

    mean: Vectors
    root: Roots


class MomentsNd(NamedTuple):
    """What a fit needs to know of a batch: its size, mean, and the lower triangular root of its mean square spread."""

    size: Float[np.ndarray, " replicates"]
    mean: Vectors
    root: Roots


class GaussianNd(BaseModel):
    """Normal distribution in several dimensions, fitted by mean and covariance.

    A batch is drawn as its sufficient statistics: the mean is normal, the scatter a Wishart matrix, whose triangular
    root has independent chi-distributed and normal entries (Bartlett, 1933). The model keeps that root, so that even a
    covariance that has lost almost all of a direction is still exact.
    """

    model_config = FROZEN
    dimensions: int = Field(5, ge=1, le=200, description="as many as there are eigenvalues, if those are given")
    eigenvalues: tuple[float, ...] = Field((), description="of the true covariance, all 1 if empty")
    variance: Literal["unbiased", "mle"] = Field("unbiased", description="divide by n − 1, or by n")

    @model_validator(mode="before")
    @classmethod
    def _counted(cls, said: Any) -> Any:
        if isinstance(said, dict) and "dimensions" not in said and isinstance(said.get("eigenvalues"), list | tuple):
            return {**said, "dimensions": len(said["eigenvalues"]) or 5}
        return said

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if any(not 0 < one < np.inf for one in self.eigenvalues):
            raise ValueError(f"eigenvalues must be positive numbers, got {list(self.eigenvalues)}")
        if self.eigenvalues and len(self.eigenvalues) != self.dimensions:
            raise ValueError(f"{len(self.eigenvalues)} eigenvalues for {self.dimensions} dimensions")
        return self

    @property
    def spectrum(self) -> Float[np.ndarray, " dimensions"]:
        """Eigenvalues of the true covariance."""
        return np.array(self.eigenvalues or (1.0,) * self.dimensions)

    def truth(self, replicates: int, rng: np.random.Generator) -> NormalNd:
        """Return the source, centred at 0."""
        del rng
        n = self.dimensions
        return NormalNd(np.zeros((replicates, n)), np.tile(np.diag(np.sqrt(self.spectrum)), (replicates, 1, 1)))

    def draw(self, model: NormalNd, wanted: Draw, rng: np.random.Generator) -> MomentsNd | Items:
        """Return a batch: moments, or the items where they are needed."""
        model = self._tilted(model, wanted.verifier)
        root = model.root * np.sqrt(wanted.rule.temperature)  # density to the power 1/T has T times the covariance
        replicates, n = model.mean.shape
        if wanted.items or wanted.rule.top_p < 1 or wanted.size <= n:
            z = rng.standard_normal((replicates, wanted.size, n))
            if wanted.rule.top_p < 1:
                z *= _shrunk(z, wanted.rule.top_p, rng)
            items = made_of(model.mean[:, None] + z @ root.transpose(0, 2, 1))
            return items if wanted.items else _moments(items)
        centre = np.einsum("rij,rj->ri", root, rng.standard_normal((replicates, n))) / np.sqrt(wanted.size)
        spread = root @ _bartlett(replicates, n, wanted.size - 1, rng)
        size = np.full(replicates, float(wanted.size))
        return MomentsNd(size, model.mean + centre, spread / np.sqrt(wanted.size))

    def pool(self, batches: Sequence[MomentsNd | Items]) -> MomentsNd | Items:
        """Return batches as one."""
        items = [batch for batch in batches if isinstance(batch, Items)]
        if len(items) == len(batches):
            return pooled(items)
        moments = [_moments(batch) for batch in batches]
        size = np.sum([one.size for one in moments], axis=0)
        return MomentsNd(size, *_mixed([(one, one.size / size) for one in moments]))

    def choose(self, batch: Items, size: int, rng: np.random.Generator) -> Items:
        """Return some of the items, without replacement, others for each replicate."""
        return chosen(batch, size, rng)

    def fit(self, parts: Sequence[Part], rng: np.random.Generator, previous: NormalNd | None) -> NormalNd:
        """Return weighted mean and covariance."""
        del rng, previous
        moments = [(_moments(part.batch), np.full(len(part.batch.size), part.weight)) for part in parts]
        mean, root = _mixed(moments)
        if self.variance == "unbiased":
            # 1 / Σ wᵢ² items are as good as that many items of equal weight (Kish); for equal weights it is n.
            effective = 1 / np.sum([weight**2 / one.size for one, weight in moments], axis=0)
            root = root * np.sqrt(effective / (effective - 1))[:, None, None]
        return NormalNd(mean, root)

    def samples(self, model: NormalNd, size: int, rng: np.random.Generator) -> list[Points]:
        """Return items as vectors."""
        # One replicate after the other, so that thousands of large samples are not there at once twice.
        return [
            Points(mean + rng.standard_normal((size, len(mean))) @ root.T)
            for mean, root in zip(model.mean, model.root, strict=True)
        ]

    def refuse(self, samples: int) -> str:
        """Return why so few samples cannot be fitted."""
        if samples > self.dimensions:
            return ""
        return f"a covariance in {self.dimensions} dimensions needs at least {self.dimensions + 1}"

    def _tilted(self, model: NormalNd, verifier: Verifier | None) -> NormalNd:
        """Return the model after a verifier whose acceptance is a normal curve in every direction: normal again."""
        if verifier is None:
            return model
        if verifier.kind == "ideal":
            raise NotApplicable("an ideal verifier is part of the graph")
        sd = np.sqrt(self.spectrum)
        # With W the covariance of the acceptance and C that of the model: Lᵀ(C + W)⁻¹L says what is taken away.
        covariance = model.root @ model.root.transpose(0, 2, 1)
        gain = np.linalg.solve(covariance + np.diag((verifier.width * sd) ** 2), covariance).transpose(0, 2, 1)
        mean = model.mean + np.einsum("rij,rj->ri", gain, verifier.centre * sd - model.mean)
        taken = np.linalg.solve(covariance + np.diag((verifier.width * sd) ** 2), model.root)
        kept = np.eye(len(sd)) - model.root.transpose(0, 2, 1) @ taken
        return NormalNd(mean, model.root @ np.linalg.cholesky((kept + kept.transpose(0, 2, 1)) / 2))


def _bartlett(replicates: int, n: int, degrees: int, rng: np.random.Generator) -> Roots:
    """Return lower triangular roots of standard Wishart matrices."""
    root = np.zeros((replicates, n, n))
    below = np.tril_indices(n, -1)
    root[:, below[0], below[1]] = rng.standard_normal((replicates, len(below[0])))
    diagonal = np.arange(n)
    root[:, diagonal, diagonal] = np.sqrt(rng.chisquare(degrees - diagonal, (replicates, n)))
    return root


def _shrunk(
    z: Float[np.ndarray, "replicates items dimensions"], top_p: float, rng: np.random.Generator
) -> Float[np.ndarray, "replicates items 1"]:
    """Return by what to multiply standard normal vectors so that they lie in the ball that holds `top_p` of them."""
    half = z.shape[2] / 2
    # The squared length is 2 × gamma(N/2); below its quantile at top_p the distribution function is uniform.
    wanted = np.sqrt(2 * gammainccinv(half, 1 - top_p * rng.uniform(size=z.shape[:2])))
    return np.asarray(wanted / np.linalg.norm(z, axis=2))[:, :, None]


def _moments(batch: MomentsNd | Items) -> MomentsNd:
    if isinstance(batch, MomentsNd):
        return batch
    items = batch.filled
    mean = items.mean(axis=1)
    return MomentsNd(batch.size.astype(np.float64), mean, _root((items - mean[:, None]) / np.sqrt(items.shape[1])))


def _mixed(moments: Sequence[tuple[MomentsNd, Float[np.ndarray, " replicates"]]]) -> tuple[Vectors, Roots]:
    """Return mean and root of the mean square spread of a mixture."""
    if len(moments) == 1:
        return moments[0][0].mean, moments[0][0].root
    mean = np.sum([weight[:, None] * one.mean for one, weight in moments], axis=0)
    rows = []
    for one, weight in moments:
        share = np.sqrt(weight)[:, None, None]
        rows += [share * one.root.transpose(0, 2, 1), share * (one.mean - mean)[:, None]]
    return mean, _root(np.concatenate(rows, axis=1))


def _root(rows: Float[np.ndarray, "replicates rows dimensions"]) -> Roots:
    """Return the lower triangular root of rowsᵀ rows, its diagonal not negative; no squares are summed on the way."""
    upper: np.ndarray = np.asarray(np.linalg.qr(rows, mode="r"))
    replicates, there, n = upper.shape
    if there < n:  # fewer rows than dimensions
        upper = np.concatenate([upper, np.zeros((replicates, n - there, n))], axis=1)
    sign = np.where(np.diagonal(upper, axis1=1, axis2=2) < 0, -1.0, 1.0)
    # In C order, as it is restored after a kill: products round differently in another one.
    return np.ascontiguousarray((upper * sign[:, :, None]).transpose(0, 2, 1))


gaussian_nd = learner(GaussianNd, tells="total-variance", block=1000)
