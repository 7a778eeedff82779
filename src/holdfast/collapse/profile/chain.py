"""Which step of a chain of generations loses the tail: an exact sum of logarithms."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from holdfast.collapse.profile.real import DRAWS, Counts, Real
from holdfast.core.random import Streams

Kind = Literal["drawing", "model", "data"]


@dataclass(frozen=True, slots=True)
class Step:
    """What one step does to the logarithm of the covered tail; the steps of a chain add up to the whole loss.

    drawing  what is lost by writing so many items from what was learnt, whatever the model
    model    what the model adds to that, lost or gained
    data     from what was written to what the next generation learns from: filters, real items
    """

    generation: int
    kind: Kind
    change: float


def steps(
    learnt: Sequence[Counts], wrote: Sequence[Counts], real: Real, *, seed: int = 0, draws: int = DRAWS
) -> tuple[Step, ...]:
    """Return the steps from what generation 1 learnt from to what the last one wrote.

    ln cov(wrote_n) − ln cov(learnt_1) = Σ ln E cov(D*)/cov(learnt) + ln cov(wrote)/E cov(D*) + ln cov(next)/cov(wrote),
    D* being draws from what was learnt. Where nothing of the tail is left, a step is −∞ and the sum ends there.
    """
    tail, streams = real.tail, Streams(seed)
    found: list[Step] = []
    for t, (given, out) in enumerate(zip(learnt, wrote, strict=True), start=1):
        before, after = real.covered(given, tail), real.covered(out, tail)
        share = given / given.sum() * (1 - 1e-12)
        drawn = [real.covered(streams(t, i).multinomial(out.sum(), share), tail) for i in range(draws)]
        found.append(Step(t, "drawing", _log(float(np.mean(drawn)), before)))
        found.append(Step(t, "model", _log(after, float(np.mean(drawn)))))
        if t < len(learnt):
            found.append(Step(t, "data", _log(real.covered(learnt[t], tail), after)))
    return tuple(found)


def _log(after: float, before: float) -> float:
    if before <= 0:
        return 0.0
    return math.log(after / before) if after > 0 else -math.inf
