"""Real items to learn from, pictures or points, and what networks need to know of them."""

from collections.abc import Callable
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from jaxtyping import Float

from holdfast.collapse.samples import SampleSet

_HELD_OUT = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Real:
    """Real items as they are stored, a part to learn from and a part held out. `mark` tells them from others."""

    learn: np.ndarray  # learn × item
    held_out: np.ndarray  # held × item
    mark: int
    bounded: bool  # whether networks see numbers between 0 and 1; else of mean 0 and variance 1
    numbers: Callable[[np.ndarray], Float[np.ndarray, "n width"]]  # of stored items, for networks
    items: Callable[[Float[np.ndarray, "n width"]], np.ndarray]  # the other way
    seen: Callable[[np.ndarray], SampleSet]  # stored items as measures look at them

    @property
    def width(self) -> int:
        """How many numbers an item has."""
        return int(np.prod(self.learn.shape[1:]))

    def some(self, size: int, rng: np.random.Generator, *, held_out: bool = False) -> np.ndarray:
        """Return some of them, each at most once while there are enough."""
        whole = self.held_out if held_out else self.learn
        return whole[rng.choice(len(whole), size, replace=size > len(whole))]


def parted(found: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Return items to learn from, items held out, and their mark."""
    cut = round(len(found) * (1 - _HELD_OUT))
    return found[:cut], found[cut:], crc32(found.tobytes())
