"""Which examples each step learns from: a pure function of seed and step, so that a killed run goes on exactly."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Int

from holdfast.core.random import Streams

Examples = Int[np.ndarray, " examples"]


@dataclass(frozen=True, slots=True)
class Order:
    """Epochs of shuffled examples, cut into steps of `accumulate` batches of at most `batch` examples.

    The last step of an epoch is smaller where the numbers do not come out even; its gradient is divided by what it
    holds, so that none of its examples counts less.
    """

    n: int
    batch: int
    accumulate: int
    seed: int

    @property
    def steps_per_epoch(self) -> int:
        """How many steps go through all examples once."""
        return -(-self.n // (self.batch * self.accumulate))

    def window(self, step: int) -> list[Examples]:
        """Return the batches of one step, each an array of example numbers."""
        epoch, at = divmod(step, self.steps_per_epoch)
        size = self.batch * self.accumulate
        rows = _shuffled(self.n, self.seed, epoch)[at * size : (at + 1) * size]
        return [rows[start : start + self.batch] for start in range(0, len(rows), self.batch)]

    def examples(self, step: int) -> int:
        """Return how many examples the first `step` steps learnt from."""
        epochs, at = divmod(step, self.steps_per_epoch)
        return epochs * self.n + min(self.n, at * self.batch * self.accumulate)


@lru_cache(maxsize=2)
def _shuffled(n: int, seed: int, epoch: int) -> Examples:
    order = Streams(seed)("order", epoch).permutation(n)
    order.flags.writeable = False
    return order
