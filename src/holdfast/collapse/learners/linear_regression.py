"""Linear regression with normal inputs, by its sufficient statistics."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float
from pydantic import BaseModel, Field
from scipy.special import gammaincinv, ndtr, ndtri

from holdfast.collapse.definitions import Draw, Part, learner
from holdfast.collapse.samples import Points
from holdfast.collapse.states.items import Items, chosen, made_of, pooled
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import FROZEN

_AT_ONCE = 2_000_000  # numbers that are drawn at once where items are drawn one by one: 16 MB
_MANY = 8  # dimensions: from here on two normal numbers and two chi-squares are drawn sooner than all normal ones
Design = Float[np.ndarray, "replicates dimensions_or_none dimensions_or_none"]


class Linear(NamedTuple):
    """Coefficients; the noise (standard deviation) of labels; and what inputs that stay the same are made of."""

    coefficients: Float[np.ndarray, "replicates dimensions"]
    noise: Float[np.ndarray, " replicates"]
    design: Design


class Products(NamedTuple):
    """What a fit needs to know of a batch: its size, X′X and X′y."""

    size: Float[np.ndarray, " replicates"]
    gram: Float[np.ndarray, "replicates dimensions dimensions"]
    moment: Float[np.ndarray, "replicates dimensions"]
    design: Design


class Found(NamedTuple):
    """What least squares finds in a batch that is the whole training set."""

    coefficients: Float[np.ndarray, "replicates dimensions"]


class LinearRegression(BaseModel):
    """Linear regression: normal inputs, labels from the model before and new noise.

    A batch is drawn as X′X (by Bartlett's decomposition) and X′y, at a cost that does not grow with the number of
    items. Where a batch is all that is learnt from, the error of least squares is drawn at once: it has a multivariate
    t distribution with T − d + 1 degrees of freedom, and is as likely in each direction. In many dimensions two numbers
    of a model are kept then, its part along the true coefficients and the length of the rest, at a cost that does not
    grow with the dimension; the direction of the rest is drawn when somebody looks at samples.
    """

    model_config = FROZEN
    dimensions: int = Field(5, gt=0, le=1000, description="inputs")
    noise: float = Field(1.0, gt=0, allow_inf_nan=False, description="standard deviation of labels around the line")
    signal: float = Field(1.0, ge=0, allow_inf_nan=False, description="length of the true vector of coefficients")
    ridge: float = Field(
        0.0, ge=0, allow_inf_nan=False, description="penalty on the squared length, beside the sum of squares"
    )
    design: Literal["fresh", "same"] = Field("fresh", description="inputs: new in each batch, or always the same")

    def truth(self, replicates: int, rng: np.random.Generator) -> Linear:
        """Return the source."""
        d = self.dimensions
        coefficients = np.zeros((replicates, d))
        coefficients[:, 0] = self.signal
        design = rng.standard_normal((replicates, d, d) if self.design == "same" else (replicates, 0, 0))
        return Linear(coefficients, np.full(replicates, self.noise), design)

    def draw(self, model: Linear, wanted: Draw, rng: np.random.Generator) -> Products | Found | Items:
        """Return a batch: products, the items where they are needed, or only what a fit finds."""
        noise = model.noise * np.sqrt(wanted.rule.temperature)  # of the labels; inputs are not the model's to draw
        by_item = wanted.items or wanted.verifier is not None or wanted.rule.top_p < 1
        if by_item and self.design == "same":
            raise NotApplicable("inputs that stay the same are kept as X′X: no choice of items, no top-p, no taste")
        if wanted.items:
            return made_of(self._items(model, wanted, rng))
        if by_item:
            return self._counted(model, wanted, rng)
        if wanted.alone and self.ridge == 0 and self.design == "fresh":
            scale = noise / np.sqrt(rng.chisquare(wanted.size - self.dimensions + 1, len(noise)))
            if self.dimensions >= _MANY:
                return Found(_moved(model.coefficients, scale, rng))
            return Found(model.coefficients + scale[:, None] * rng.standard_normal(model.coefficients.shape))
        root = self._root(model, wanted.size, rng)
        gram = root @ root.swapaxes(1, 2)
        # X = Q R′ with orthonormal columns Q, so X′ε = R Q′ε, and Q′ε is as normal as ε.
        scores = _times(root, rng.standard_normal((len(root), root.shape[2])))
        moment = _times(gram, model.coefficients) + noise[:, None] * scores
        return Products(np.full(len(noise), float(wanted.size)), gram, moment, model.design)

    def leap(self, model: Linear, sizes: Sequence[int], rng: np.random.Generator) -> Linear:
        """Return the model after fits on so many items, each drawn from the model before.

        Given the chi-squares, a sum of such errors is normal: one vector does for all of them.
        """
        if self.ridge or self.design == "same":
            return self._walk(model, sizes, rng)
        freedom = np.asarray(sizes) - self.dimensions + 1
        scale = np.sqrt((1 / rng.chisquare(freedom, (len(model.noise), len(sizes)))).sum(axis=1))
        error = rng.standard_normal(model.coefficients.shape)
        return model._replace(coefficients=model.coefficients + (model.noise * scale)[:, None] * error)

    def pool(self, batches: Sequence[Products | Items]) -> Products | Items:
        """Return batches as one."""
        items = [batch for batch in batches if isinstance(batch, Items)]
        if len(items) == len(batches):
            return pooled(items)
        first, *others = (_products(batch) for batch in batches)
        for one in others:
            first = Products(first.size + one.size, first.gram + one.gram, first.moment + one.moment, first.design)
        return first

    def choose(self, batch: Items, size: int, rng: np.random.Generator) -> Items:
        """Return some of the items, without replacement, others for each replicate."""
        return chosen(batch, size, rng)

    def fit(self, parts: Sequence[Part], rng: np.random.Generator, previous: Linear | None) -> Linear:
        """Return least squares, each batch with its weight, with the penalty if there is one."""
        del rng, previous
        first = parts[0].batch
        noise = np.full(len(first[0]), self.noise)
        if isinstance(first, Found):
            return Linear(first.coefficients, noise, np.zeros((len(noise), 0, 0)))
        found = [_products(part.batch) for part in parts]
        whole = np.sum([one.size for one in found], axis=0)
        # With a weight as large as its share of items, a batch counts as it is.
        counts = [part.weight * whole / one.size for part, one in zip(parts, found, strict=True)]
        gram = np.sum([count[:, None, None] * one.gram for count, one in zip(counts, found, strict=True)], axis=0)
        moment = np.sum([count[:, None] * one.moment for count, one in zip(counts, found, strict=True)], axis=0)
        penalised = gram + self.ridge * np.eye(self.dimensions)
        return Linear(np.linalg.solve(penalised, moment[..., None])[..., 0], noise, found[0].design)

    def samples(self, model: Linear, size: int, rng: np.random.Generator) -> list[Points]:
        """Return inputs, and the label as the last number of each vector."""
        if self.dimensions >= _MANY and not model.coefficients[:, 2:].any():
            model = model._replace(coefficients=_turned(model.coefficients, rng))
        one_by_one = [type(model)(*(field[i : i + 1] for field in model)) for i in range(len(model.noise))]
        return [Points(self._items(one, Draw(size), rng)[0]) for one in one_by_one]

    def refuse(self, samples: int) -> str:
        """Return why so few samples cannot be fitted."""
        least = self.dimensions + 2
        if self.ridge or samples >= least:
            return ""
        return (
            f"least squares in {self.dimensions} dimensions needs at least {least} for an error that is finite on "
            "average; take more samples, fewer dimensions, or a ridge penalty"
        )

    def room(self, items: int) -> int:
        """Return how many bytes one replicate takes at most: matrices of products, and what is made on the way."""
        del items
        return 8 * 5 * self.dimensions**2

    def _items(
        self, model: Linear, wanted: Draw, rng: np.random.Generator
    ) -> Float[np.ndarray, "replicates items dimensions_and_label"]:
        """Return inputs and labels, these last.

        A verifier with a taste looks at labels: accepted ones are normal again, and inputs are as they are with them.
        """
        replicates, d = model.coefficients.shape
        inputs = rng.standard_normal((replicates, wanted.size, d))
        outside = (1 - wanted.rule.top_p) / 2
        noise = rng.standard_normal((replicates, wanted.size))
        if outside:
            noise = ndtri(outside + (1 - 2 * outside) * ndtr(noise))
        noise *= (model.noise * np.sqrt(wanted.rule.temperature))[:, None]
        labels = (inputs @ model.coefficients[..., None])[..., 0] + noise
        if wanted.verifier is not None:
            accepted = self._accepted(model, wanted, labels)
            # Inputs given a label: their part along the coefficients moves with it, the rest stays as it is.
            whole = np.sum(model.coefficients**2, axis=1) + model.noise**2 * wanted.rule.temperature
            moved = (accepted - labels) / whole[:, None]
            inputs += moved[..., None] * model.coefficients[:, None, :]
            labels = accepted
        return np.concatenate([inputs, labels[..., None]], axis=2)

    def _accepted(
        self, model: Linear, wanted: Draw, labels: Float[np.ndarray, "replicates items"]
    ) -> Float[np.ndarray, "replicates items"]:
        """Return labels as a verifier would have accepted them, made of the luck of those that it was shown."""
        assert wanted.verifier is not None
        if wanted.rule.top_p < 1:
            raise NotApplicable("a verifier with a taste looks at normal labels, not at those that top-p leaves")
        spread = np.sqrt(self.signal**2 + self.noise**2)
        centre, width = wanted.verifier.centre * spread, wanted.verifier.width * spread
        variance = np.sum(model.coefficients**2, axis=1) + model.noise**2 * wanted.rule.temperature
        precision = 1 / variance + 1 / width**2
        mean = centre / width**2 / precision
        return mean[:, None] + labels / np.sqrt(variance * precision)[:, None]

    def _counted(self, model: Linear, wanted: Draw, rng: np.random.Generator) -> Products:
        """Return the products of items that are drawn one by one, a share of them at a time."""
        share = max(1, _AT_ONCE // model.coefficients.size)
        sizes = [min(share, wanted.size - start) for start in range(0, wanted.size, share)]
        parts = [_products(made_of(self._items(model, wanted._replace(size=size), rng))) for size in sizes]
        size, gram, moment, _ = (np.sum(column, axis=0) for column in zip(*parts, strict=True))
        return Products(size, gram, moment, model.design)

    def _root(
        self, model: Linear, size: int, rng: np.random.Generator
    ) -> Float[np.ndarray, "replicates dimensions columns"]:
        """Return R with R R′ = X′X: lower triangular by Bartlett (1933), or X′ itself if that is smaller."""
        d, replicates = self.dimensions, len(model.noise)
        same = self.design == "same"
        if size < d:
            if same:
                raise NotApplicable(f"inputs that stay the same need batches of at least {d} items, one a dimension")
            return rng.standard_normal((replicates, size, d)).swapaxes(1, 2)
        root = np.tril(model.design if same else rng.standard_normal((replicates, d, d)), -1)
        freedom = size - np.arange(d)
        at = np.arange(d)
        if same:
            # The same luck for batches of any size: the quantiles of chi-squares at the place of a normal number.
            squares = 2 * gammaincinv(freedom / 2, ndtr(model.design[:, at, at]))
        else:
            squares = rng.chisquare(freedom, (replicates, d))
        root[:, at, at] = np.sqrt(squares)
        return root

    def _walk(self, model: Linear, sizes: Sequence[int], rng: np.random.Generator) -> Linear:
        for size in sizes:
            model = self.fit([Part(self.draw(model, Draw(size), rng), 1.0)], rng, None)
        return model


def _moved(
    coefficients: Float[np.ndarray, "replicates dimensions"],
    scale: Float[np.ndarray, " replicates"],
    rng: np.random.Generator,
) -> Float[np.ndarray, "replicates dimensions"]:
    """Return coefficients after a normal error of this scale, turned about the first axis until two are left.

    What the error adds across the rest has a chi-square distribution. Turning changes no length and no angle to the
    truth, and the errors to come are as likely in each direction: the law of both numbers is that of all coefficients.
    """
    replicates, d = coefficients.shape
    along, with_rest = scale * rng.standard_normal((2, replicates))
    across = scale**2 * rng.chisquare(d - 2, replicates)
    rest = np.sqrt(np.einsum("rd,rd->r", coefficients[:, 1:], coefficients[:, 1:]))
    found = np.zeros_like(coefficients)
    found[:, 0] = coefficients[:, 0] + along
    found[:, 1] = np.sqrt((rest + with_rest) ** 2 + across)
    return found


def _turned(
    coefficients: Float[np.ndarray, "replicates dimensions"], rng: np.random.Generator
) -> Float[np.ndarray, "replicates dimensions"]:
    """Return coefficients whose part beside the first axis points anywhere."""
    way = rng.standard_normal((len(coefficients), coefficients.shape[1] - 1))
    way *= (coefficients[:, 1] / np.linalg.norm(way, axis=1))[:, None]
    return np.concatenate([coefficients[:, :1], way], axis=1)


def _products(batch: Products | Items) -> Products:
    if isinstance(batch, Products):
        return batch
    points = batch.filled
    inputs, labels = points[..., :-1], points[..., -1:]
    across = inputs.swapaxes(1, 2)
    none = np.zeros((len(points), 0, 0))
    return Products(np.full(len(points), float(points.shape[1])), across @ inputs, (across @ labels)[..., 0], none)


def _times(
    matrix: Float[np.ndarray, "replicates rows columns"], vector: Float[np.ndarray, "replicates columns"]
) -> Float[np.ndarray, "replicates rows"]:
    return (matrix @ vector[..., None])[..., 0]


linear_regression = learner(LinearRegression, tells="coefficient-error", block=2000)
