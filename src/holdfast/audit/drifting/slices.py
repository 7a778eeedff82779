"""Rows in slices that follow each other: what each version added, or periods of time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Int

from holdfast.core.dataset import Dataset

EARLIER = "earlier rows"
NEW = "new rows of "  # a version, where most of it was there before
FEWEST = 10  # rows of a slice that can be compared at all


@dataclass(frozen=True, slots=True)
class Whole:
    """A version as a whole, of which a slice may be a part: its rows, by origin where that is known."""

    name: str
    rows: int
    origins: tuple[tuple[str, int], ...] = ()
    added: int = 0
    removed: int = 0


@dataclass(frozen=True)
class Slices:
    """Rows of one data set in slices. `codes` is the slice of each row, in the order of `names`; −1 is none.

    `first` and `names` say how sides are called in sentences; `notes` what was found out on the way.
    """

    dataset: Dataset
    names: tuple[str, ...]
    codes: Int[np.ndarray, " rows"]
    unit: Literal["version", "period"]
    wholes: tuple[Whole, ...]
    notes: tuple[str, ...] = ()
    came: tuple[str, ...] = ()  # columns that only later versions have
    went: tuple[str, ...] = ()  # columns that only earlier ones have
    share: float = 1.0  # of the last version's rows that are new in it

    def steps(self, against: Literal["before", "first"]) -> Iterator["Pair"]:
        """Yield each slice with what it is compared with."""
        order = np.argsort(self.codes, kind="stable")
        bounds = np.searchsorted(self.codes[order], np.arange(len(self.names) + 1))
        start = bounds[0]
        for t in range(1, len(self.names)):
            new = order[bounds[t] : bounds[t + 1]]
            old = order[start : bounds[t if against == "before" else 1]]
            if min(len(old), len(new)) >= FEWEST:
                many = against == "before" and t > 1
                yield Pair(t, old, new, EARLIER if many else self.names[0], self.names[t])


@dataclass(frozen=True, slots=True)
class Pair:
    """Rows of a slice and of what it is compared with; `step` is the place of the slice."""

    step: int
    old: Int[np.ndarray, " old"]
    new: Int[np.ndarray, " new"]
    old_name: str
    new_name: str
