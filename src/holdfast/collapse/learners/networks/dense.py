"""Dense networks in one vector of weights, and how they are trained."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from holdfast.collapse.learners.torch_use import torch_for

_PURPOSE = "a model on dense networks"
_CLIP = 1.0  # longest gradient


class Course(NamedTuple):
    """How a network is trained."""

    steps: int
    batch: int
    rate: float


def fresh(widths: Sequence[Sequence[int]], rng: np.random.Generator) -> Float[np.ndarray, " weights"]:
    """Return new weights of networks with layers of these widths (He et al. 2015)."""
    parts = []
    for given, wanted in _layers(widths):
        parts += [rng.standard_normal(given * wanted) * math.sqrt(2 / given), np.zeros(wanted)]
    return np.concatenate(parts).astype(np.float32)


def networks(widths: Sequence[Sequence[int]], flat: Any) -> list[Callable[[Any], Any]]:
    """Return the networks that the weights in a vector make: linear layers with SiLU between."""
    silu = torch_for(_PURPOSE).nn.functional.silu
    sizes = [n for given, wanted in _layers(widths) for n in (given * wanted, wanted)]
    pieces = list(flat.split(sizes))
    found: list[Callable[[Any], Any]] = []
    for one in widths:
        layers = []
        for given, wanted in pairwise(one):
            layers.append((pieces.pop(0).view(given, wanted), pieces.pop(0)))

        def run(x: Any, layers: list[tuple[Any, Any]] = layers) -> Any:
            for place, (weight, shift) in enumerate(layers):
                x = x @ weight + shift
                x = silu(x) if place + 1 < len(layers) else x
            return x

        found.append(run)
    return found


Loss = Callable[[list[Callable[[Any], Any]], Any], Any]


def trained(
    widths: Sequence[Sequence[int]],
    start: Float[np.ndarray, " weights"],
    batches: Callable[[int], Float[np.ndarray, "batch width"]],
    loss: Loss,
    course: Course,
) -> Float[np.ndarray, " weights"]:
    """Return weights after training from `start`; the rate falls along a cosine."""
    torch = torch_for(_PURPOSE)
    flat = torch.tensor(start, requires_grad=True)
    rule = torch.optim.Adam([flat], lr=course.rate)
    for step in range(course.steps):
        rule.param_groups[0]["lr"] = course.rate * (0.55 + 0.45 * math.cos(math.pi * step / course.steps))
        found = loss(networks(widths, flat), torch.from_numpy(batches(course.batch)))
        flat.grad = None
        found.backward()
        torch.nn.utils.clip_grad_norm_([flat], _CLIP)
        rule.step()
    return flat.detach().numpy().copy()


def _layers(widths: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    return [pair for one in widths for pair in pairwise(one)]
