"""What learners of pictures share: states, and the way of batches from source and models into training."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from holdfast.collapse.definitions import Draw, Part
from holdfast.collapse.learners.pictures import dense
from holdfast.collapse.learners.pictures.source import Source, as_numbers
from holdfast.collapse.samples import Images
from holdfast.core.errors import BadInput, NotApplicable


class Painters(NamedTuple):
    """Models of pictures; the truth has no weights."""

    weights: Float[np.ndarray, "replicates weights"]
    mark: Int[np.ndarray, " replicates"]  # of the real pictures at the beginning
    real: Bool[np.ndarray, " replicates"]


class Pictures(NamedTuple):
    """Pictures, as they are stored: 8 bits."""

    pixels: UInt8[np.ndarray, "replicates items side side"]


Paint = Callable[[np.ndarray, int, float, np.random.Generator], np.ndarray]  # weights, how many, temperature


def truth(real: Source, replicates: int) -> Painters:
    """Return the real pictures as a state."""
    mark = np.full(replicates, real.mark, dtype=np.int64)
    return Painters(np.zeros((replicates, 0), np.float32), mark, np.ones(replicates, dtype=np.bool_))


def drawn(real: Source, model: Painters, wanted: Draw, paint: Paint, rng: np.random.Generator) -> Pictures:
    """Return a batch. Raises NotApplicable for what pictures cannot do, BadInput where the real ones have changed."""
    if wanted.verifier is not None:
        raise NotApplicable("a verifier with a taste needs items that are numbers, these are pictures")
    if wanted.rule.top_p < 1:
        raise BadInput(f"top_p {wanted.rule.top_p:g} is for learners with a list of likely items; use temperature")
    if (model.mark != real.mark).any():
        raise BadInput("options.file no longer holds the pictures that the models before learnt from; put them back")
    found = [
        real.pictures(wanted.size, rng) if is_real else paint(weights, wanted.size, wanted.rule.temperature, rng)
        for weights, is_real in zip(model.weights, model.real, strict=True)
    ]
    return Pictures(np.stack(found))


def pooled(batches: Sequence[Pictures]) -> Pictures:
    """Return batches as one."""
    return Pictures(np.concatenate([batch.pixels for batch in batches], axis=1))


def chosen(batch: Pictures, size: int, rng: np.random.Generator) -> Pictures:
    """Return some of the pictures, without replacement."""
    return Pictures(np.stack([one[rng.permutation(len(one))[:size]] for one in batch.pixels]))


def fitted(
    real: Source,
    widths: Sequence[Sequence[int]],
    parts: Sequence[Part],
    warm: Painters | None,
    loss: dense.Loss,
    course: dense.Course,
    rng: np.random.Generator,
) -> Painters:
    """Return models trained on weighted batches, one after the other, from the weights of `warm` or from new ones."""
    found = []
    for i in range(len(parts[0].batch.pixels)):
        start = dense.fresh(widths, rng) if warm is None else warm.weights[i]
        found.append(dense.trained(widths, start, fed(parts, i, rng), loss, course))
    return truth(real, len(found))._replace(weights=np.stack(found), real=np.zeros(len(found), dtype=np.bool_))


def fed(parts: Sequence[Part], i: int, rng: np.random.Generator) -> Callable[[int], np.ndarray]:
    """Return what gives batches of a replicate's pictures to learn from; a part comes as often as its weight says."""
    shares = np.array([part.weight for part in parts])
    shares = shares / shares.sum()

    def batch(n: int) -> np.ndarray:
        counts = rng.multinomial(n, shares)
        picked = [part.batch.pixels[i][rng.integers(part.batch.pixels.shape[1], size=k)]
                  for part, k in zip(parts, counts, strict=True)]  # fmt: skip
        return as_numbers(np.concatenate(picked)).reshape(n, -1)

    return batch


def steps(fixed: int, epochs: float | None, batch: int, parts: Sequence[Part]) -> int:
    """Return how many steps to train: a fixed number, or so that all that is fed in is seen so often."""
    items = sum(part.batch.pixels.shape[1] for part in parts)
    return fixed if epochs is None else max(1, round(epochs * items / batch))


def samples(real: Source, model: Painters, size: int, paint: Paint, rng: np.random.Generator) -> list[Images]:
    """Return pictures as measures look at them; of the truth, held-out ones."""
    found: list[np.ndarray] = [
        real.pictures(size, rng, held_out=True) if is_real else paint(weights, size, 1.0, rng)
        for weights, is_real in zip(model.weights, model.real, strict=True)
    ]
    return [_looked_at(one) for one in found]


def held_out(real: Source, most: int) -> Images:
    """Return held-out pictures, each once."""
    return _looked_at(real.held_out[:most])


def _looked_at(pixels: UInt8[np.ndarray, "items side side"]) -> Images:
    return Images(pixels[..., None] / 255.0)
