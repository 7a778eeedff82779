"""Named random streams: what one check draws never depends on which others ran before it."""

from dataclasses import dataclass
from zlib import crc32

import numpy as np


@dataclass(frozen=True, slots=True)
class Streams:
    """Generators derived from one seed and a name; the same name gives the same numbers every time."""

    seed: int = 0

    def __call__(self, *names: str | int) -> np.random.Generator:
        """Return a fresh generator for `names`, such as `streams("neighbours", 3)`."""
        key = [crc32(str(name).encode()) for name in names]
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))

    def integer(self, *names: str | int) -> int:
        """Return a seed in [0, 2**31) for libraries that take an integer."""
        return int(self(*names).integers(2**31))
