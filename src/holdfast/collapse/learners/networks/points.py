"""Real points: numbers of a file, two moons or eight Gaussians in the plane."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from jaxtyping import Float

from holdfast.collapse.learners.networks.real import Real, parted
from holdfast.collapse.reading.sets import SampleItems
from holdfast.collapse.samples import Points
from holdfast.core.errors import BadInput
from holdfast.core.random import Streams
from holdfast.core.text import one_line

_MOST = 100_000  # points that are learnt from or held out, chosen at random
_FEWEST = 50
_MADE = 50_000
_NOISE = 0.1  # standard deviation about a moon or a centre, whose radius is 1

Rows = Float[np.ndarray, "n dimensions"]


def points(found: Rows) -> Real:
    """Return points as real items; networks see each dimension with mean 0 and variance 1."""
    stored = found.astype(np.float32)
    learn, held_out, mark = parted(stored)
    centre = learn.mean(axis=0, dtype=np.float64)
    spread = learn.std(axis=0, dtype=np.float64)
    scale = np.where(spread > 0, spread, 1.0)
    return Real(
        learn, held_out, mark, bounded=False,
        numbers=lambda items: ((items - centre) / scale).astype(np.float32),
        items=lambda values: (values * scale + centre).astype(np.float32),
        seen=lambda items: Points(items.astype(np.float64)),
    )  # fmt: skip


def of_file(found: SampleItems) -> Rows:
    """Return the numbers of a sample set. Raises BadInput."""
    name = one_line(found.name)
    if found.points is None:
        raise BadInput(f"{name} holds {' and '.join(found.holds) or 'nothing'}; wanted pictures, or columns of numbers")
    if found.notes:
        raise BadInput(f"{name}: {'; '.join(found.notes)}; fill them in, or give a file without that column")
    if len(found) < _FEWEST:
        raise BadInput(f"{name} holds {len(found)} points; a model needs {_FEWEST} at the least")
    return found.points[Streams(0)("points").permutation(len(found))[:_MOST]]


def two_moons(n: int, rng: np.random.Generator) -> Rows:
    """Return points about two half circles that reach into one another."""
    turn, second = rng.uniform(0, np.pi, n), rng.random(n) < 0.5
    x = np.where(second, 1 - np.cos(turn), np.cos(turn))
    y = np.where(second, 0.5 - np.sin(turn), np.sin(turn))
    return np.stack([x, y], axis=1) + _NOISE * rng.standard_normal((n, 2))


def eight_gaussians(n: int, rng: np.random.Generator) -> Rows:
    """Return points of eight round normal distributions, equally often, with centres on a circle."""
    turn = rng.integers(8, size=n) * (np.pi / 4)
    return np.stack([np.cos(turn), np.sin(turn)], axis=1) + _NOISE * rng.standard_normal((n, 2))


_SHAPES: Mapping[str, Callable[[int, np.random.Generator], Rows]] = MappingProxyType(
    {"two-moons": two_moons, "eight-gaussians": eight_gaussians}
)


def made_up(name: str) -> Rows:
    """Return points of a known shape."""
    return _SHAPES[name](_MADE, Streams(0)(name))
