"""What learners on dense networks share: states, and the way of items from real ones and models into training."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from holdfast.collapse.definitions import Draw, Part
from holdfast.collapse.learners.networks import dense
from holdfast.collapse.learners.networks.real import Real
from holdfast.collapse.samples import SampleSet
from holdfast.core.errors import BadInput, NotApplicable


class Makers(NamedTuple):
    """Models that make items; the truth has no weights."""

    weights: Float[np.ndarray, "replicates weights"]
    mark: Int[np.ndarray, " replicates"]  # of the real items at the beginning
    real: Bool[np.ndarray, " replicates"]


class Made(NamedTuple):
    """Items as they are stored: pictures as bytes, points as numbers."""

    items: Shaped[np.ndarray, "replicates items *item"]


Make = Callable[[np.ndarray, int, float, np.random.Generator], np.ndarray]  # weights, how many, temperature


def truth(real: Real, replicates: int) -> Makers:
    """Return the real world as a state."""
    mark = np.full(replicates, real.mark, dtype=np.int64)
    return Makers(np.zeros((replicates, 0), np.float32), mark, np.ones(replicates, dtype=np.bool_))


def drawn(real: Real, model: Makers, wanted: Draw, make: Make, rng: np.random.Generator) -> Made:
    """Return a batch. Raises NotApplicable for what such items cannot do, BadInput where the real ones have changed."""
    if wanted.verifier is not None:
        raise NotApplicable("a verifier with a taste needs items that are single numbers, these are pictures or points")
    if wanted.rule.top_p < 1:
        raise BadInput(f"top_p {wanted.rule.top_p:g} is for learners with a list of likely items; use temperature")
    if (model.mark != real.mark).any():
        raise BadInput("options.file no longer holds what the models before learnt from; put it back")
    return Made(np.stack(_items(real, model, wanted.size, wanted.rule.temperature, make, rng, held_out=False)))


def pooled(batches: Sequence[Made]) -> Made:
    """Return batches as one."""
    return Made(np.concatenate([batch.items for batch in batches], axis=1))


def chosen(batch: Made, size: int, rng: np.random.Generator) -> Made:
    """Return some of the items, without replacement."""
    return Made(np.stack([one[rng.permutation(len(one))[:size]] for one in batch.items]))


def fitted(
    real: Real,
    widths: Sequence[Sequence[int]],
    parts: Sequence[Part],
    warm: Makers | None,
    loss: dense.Loss,
    course: dense.Course,
    rng: np.random.Generator,
) -> Makers:
    """Return models trained on weighted batches, one after the other, from the weights of `warm` or from new ones."""
    found = []
    for i in range(len(parts[0].batch.items)):
        start = dense.fresh(widths, rng) if warm is None else warm.weights[i]
        found.append(dense.trained(widths, start, fed(real, parts, i, rng), loss, course))
    return truth(real, len(found))._replace(weights=np.stack(found), real=np.zeros(len(found), dtype=np.bool_))


def fed(real: Real, parts: Sequence[Part], i: int, rng: np.random.Generator) -> Callable[[int], np.ndarray]:
    """Return what gives batches of a replicate's items to learn from; a part comes as often as its weight says."""
    shares = np.array([part.weight for part in parts])
    shares = shares / shares.sum()

    def batch(n: int) -> np.ndarray:
        counts = rng.multinomial(n, shares)
        picked = [part.batch.items[i][rng.integers(part.batch.items.shape[1], size=k)]
                  for part, k in zip(parts, counts, strict=True)]  # fmt: skip
        return real.numbers(np.concatenate(picked))

    return batch


def steps(fixed: int, epochs: float | None, batch: int, parts: Sequence[Part]) -> int:
    """Return how many steps to train: a fixed number, or so that all that is fed in is seen so often."""
    items = sum(part.batch.items.shape[1] for part in parts)
    return fixed if epochs is None else max(1, round(epochs * items / batch))


def samples(real: Real, model: Makers, size: int, make: Make, rng: np.random.Generator) -> list[SampleSet]:
    """Return items as measures look at them; of the truth, held-out ones."""
    return [real.seen(one) for one in _items(real, model, size, 1.0, make, rng, held_out=True)]


def _items(
    real: Real, model: Makers, size: int, temperature: float, make: Make, rng: np.random.Generator, *, held_out: bool
) -> list[np.ndarray]:
    """Return items of each replicate: real ones of the truth, those that a model makes of a model."""
    return [
        real.some(size, rng, held_out=held_out) if is_real else real.items(make(weights, size, temperature, rng))
        for weights, is_real in zip(model.weights, model.real, strict=True)
    ]
