"""How long a rare type that was drawn once lives on in the generations after it.

A type is copied on as a branching process: each item of a type has, in the next generation, a Poisson number of copies
with mean β, the share that the model before has in the training set. An item's line is alive after j generations with
probability s_j, s₀ = 1, s_{j+1} = 1 − exp(−β s_j). Real data of one generation therefore count for A = Σ s_j
generations. The Poisson limit is meant for types that are rare among many items.
"""

import math
from typing import NamedTuple

_EXACT = 2_000  # generations that are gone through one by one; after them s_j is small, and known in closed form


class Memory(NamedTuple):
    """`total` is s₀ + … + s_{n−1}, `last` is s_{n−1}."""

    total: float
    last: float


def memory(share: float, generations: int | None) -> Memory:
    """Return how well `generations` remember, where `share` of each training set comes from the model before.

    None is for ever; with a share of 1 the total then has no end.
    """
    total, s = 1.0, 1.0
    steps = _EXACT if generations is None else min(_EXACT, generations - 1)
    for _ in range(steps):
        s = -math.expm1(-share * s)
        total += s
        if s < 1e-15:
            return Memory(total, 0.0)
    if generations is not None and generations - 1 <= _EXACT:
        return Memory(total, s)
    rest, last = _later(share, s, None if generations is None else generations - 1 - steps)
    return Memory(total + rest, last)


def _later(share: float, s: float, steps: int | None) -> tuple[float, float]:
    """Return the sum of the next `steps` values after `s`, and the last of them.

    For small s, y = 1/s goes up as y → y/β + 1/2, so y_j = (y₀ + c) exp(g j) − c with g = −ln β, c = 1/(2(1/β − 1)).
    The sum is the integral with half of the ends added (Euler–Maclaurin).
    """
    y = 1 / s
    if share >= 1:
        if steps is None:
            return math.inf, 0.0
        last = 1 / (y + steps / 2)
        return 2 * math.log1p(steps / (2 * y)) + (last - s) / 2, last
    g = -math.log(share)
    c = 0.5 / (1 / share - 1)
    fallen = 0.0 if steps is None else math.exp(-g * steps)
    last = 0.0 if steps is None else fallen / (y + c - c * fallen)
    area = math.log1p(c * (1 - fallen) / y) / (g * c)
    return area + (last - s) / 2, last


def memory_of_growth(power: float, generations: int | None) -> float:
    """Return the chance that a line of the first generation is alive, batches having sizes that grow as t^power.

    It is gone through backwards. For ever, it begins where s is small: 1/(M s) is then half the sum of 1/M to come.
    """
    n = 20_000 if generations is None else generations
    s = (power - 1) * 2 / n if generations is None else 1.0
    for t in range(n - 1, 0, -1):
        s = -math.expm1(-(((t + 1) / t) ** power) * s)
    return s
