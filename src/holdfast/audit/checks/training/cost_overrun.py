"""A training that took far more time or memory than was foretold before its first step."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases.training import cost
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.training import Training
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity

_LEAST = {"seconds": 60.0, "bytes": 256e6}  # beyond the forecast; less disturbs nobody
_NAMES = ("time in all", "memory")


@check(
    severity=Severity.NOTE,
    references=(
        Reference("Mattson et al. (2020), MLPerf training benchmark, MLSys", "https://arxiv.org/abs/1910.01500"),
    ),
)
def cost_overrun(training: Training, *, times: float = 1.5) -> Iterator[Finding]:
    """A training that took far more time or memory than was foretold before its first step.

    ## Why it matters
    Whoever planned by the forecast waits, pays or runs out of memory; and something ran otherwise than in the steps it
    was made of, such as another program on the machine or batches that differ.

    ## How it works
    Before the first step a few steps at the longest batch are timed, counted and undone. Afterwards the actual time
    and peak of memory are held against the upper end of the forecast: more than `times` as much is reported, if it is
    also a minute or 256 MB more.

    ## Limits
    Wall time counts what other programs do. The peak of memory is that of the process since the forecast.

    ## Fix
    Train on a machine that is free, or set `micro` to hold fewer examples at once. The record has every item beside
    its forecast.
    """
    if training.cost is None:
        raise training.why_silent("cost")
    for item in training.cost.items:
        if item.name not in _NAMES or item.predicted is None or item.actual is None:
            continue
        high = item.predicted.high
        if item.actual <= times * high or item.actual - high <= _LEAST[item.unit]:
            continue
        yield Finding(
            message=f"{item.name}: {_told(item.actual, item.unit)}, where {_told(item.predicted.value, item.unit)} "
            f"(to {_told(high, item.unit)}) were foretold: {item.actual / high:.1f} times the upper end",
            severity=Severity.NOTE,
            confidence=Confidence.CERTAIN,
            locations=(Location(split="train"),),
            evidence=(
                Measure(
                    name=f"{item.name}, actual over foretold", value=item.actual / item.predicted.value,
                    threshold=times * high / item.predicted.value,
                ),
            ),
            fix="Train on a machine that is free, or with a smaller micro where memory is short.",
        )  # fmt: skip


def _told(value: float, unit: str) -> str:
    if unit == "bytes":
        return f"{value / 1e9:.2f} GB"
    return f"{value:.0f} s" if value < 90 else f"{value / 60:.0f} min"


@planted(at=Location(split="train"))
def three_times_as_long(rng: np.random.Generator) -> dict[str, Any]:
    """Half an hour, where ten minutes were foretold."""
    return cost(rng, 3.0)


@planted(at=Location(split="train"))
def twice_the_memory(rng: np.random.Generator) -> dict[str, Any]:
    """4 GB, where 2 GB were foretold."""
    return cost(rng, 1.0, memory=2.0)


@clean
def as_foretold(rng: np.random.Generator) -> dict[str, Any]:
    """A fifth more than was foretold."""
    return cost(rng, 1.2, memory=1.1)


@clean
def a_few_seconds(rng: np.random.Generator) -> dict[str, Any]:
    """Three times as long, which is twenty seconds."""
    return cost(rng, 3.0, seconds=10.0)


@clean
def stopped_early(rng: np.random.Generator) -> dict[str, Any]:
    """A third of what was foretold."""
    return cost(rng, 0.33)
