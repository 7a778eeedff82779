"""What one wish comes to in one regime: a number that falls as batches grow, and the formula behind it.

A law gives the number for a size; the wish is held where it is not above a limit. `solve` turns it around.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from holdfast.collapse.planning.wishes import Wishes

MOST_ITEMS = 10**15  # an answer above this is none
_TOLERANCE = 1e-12  # of a comparison between a value and its limit


@dataclass(frozen=True, slots=True)
class Law:
    """How far a wish is held with batches of a size; `never` says why no size holds it, or why no law is known."""

    wish: str
    limit: float
    formula: str
    value: Callable[[float], float] = field(default=lambda _: math.nan, repr=False)
    never: str = ""
    known: bool = True  # False: theory is silent, which does not stop a plan but is told

    def holds(self, size: float) -> bool:
        """Return whether batches of this size are enough."""
        return self.value(size) <= self.limit * (1 + _TOLERANCE)


@dataclass(frozen=True, slots=True)
class Requirement:
    """The least items that a law asks for, None where no number is enough; `reason` says why."""

    wish: str
    formula: str
    limit: float
    items: int | None
    value: float | None = None  # at so many items
    reason: str = ""
    known: bool = True


def solve(law: Law) -> Requirement:
    """Return the least items for which a law holds."""
    if law.never:
        return Requirement(law.wish, law.formula, law.limit, None, reason=law.never, known=law.known)
    if law.limit <= 0:
        reason = "no finite number of items leaves nothing to chance"
        return Requirement(law.wish, law.formula, law.limit, None, reason=reason)
    least = smallest(law.holds)
    if least is None:
        reason = f"even {MOST_ITEMS:.0e} items a generation are too few"
        return Requirement(law.wish, law.formula, law.limit, None, reason=reason)
    return Requirement(law.wish, law.formula, law.limit, least, law.value(least))


def smallest(holds: Callable[[float], bool]) -> int | None:
    """Return the least number for which something holds that goes on holding above it; None if none below the most."""
    high = 1
    while not holds(high):
        high *= 2
        if high > MOST_ITEMS:
            return None
    low = high // 2  # does not hold, or is 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def absent_limit(wishes: Wishes) -> float:
    """Return with what chance a rare type may be absent."""
    return 1 - wishes.chance


def rare_never(wishes: Wishes) -> str:
    """Return why no number of items can keep a rare type, empty if one can."""
    if wishes.rarest == 0:
        return "a type of probability 0 is not there to begin with"
    return ""
