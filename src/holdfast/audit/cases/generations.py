"""Rows of generations for cases and tests: one stratum whose rate falls or does not, a measure that drifts or not."""

from typing import Any

import numpy as np

from holdfast.audit.generations import Alarm, Distance, Generations, Part

REAL, TOLERATED, BET = 0.05, 0.1, 0.5
_SPENT = 0.005


def tails(rng: np.random.Generator, rates: list[float], items: int = 2_000) -> dict[str, Any]:
    """Return generations in which two tails of `x` have these rates, the left one always its real one.

    Each tail is bet on as in `holdfast.collapse.alarm.tails`, with one bet and all generations at which a loss may
    have begun.
    """
    least = (1 - TOLERATED) * REAL
    hits = rng.binomial(items, np.column_stack([np.full(len(rates), REAL), rates]))
    steps = hits * np.log(BET) + (items - hits) * np.log((1 - BET * least) / (1 - least))
    sums, logs = np.full(2, -np.inf), np.empty(hits.shape)
    for t, one in enumerate(steps, start=1):
        sums = one + np.logaddexp(sums, -np.log(t * (t + 1)))
        logs[t - 1] = np.logaddexp(sums, -np.log(t + 1))
    names = tuple(f"gen{t}" for t in range(1, len(rates) + 1))
    parts = tuple(
        Part(f"{side} tail of x", logs[:, j], 0.5, hits[:, j] / items, REAL, least, (items,) * len(rates), "x")
        for j, side in enumerate(("left", "right"))
    )
    together = np.logaddexp(*logs.T) - np.log(2)
    return {"generations": Generations((Alarm("tails", together, parts, names, spent=_SPENT),))}


def drifting(rng: np.random.Generator, step: float, generations: int = 40) -> dict[str, Any]:
    """Return generations in which a measure moves on by `step` standard deviations each time, with its evidence."""
    controls = rng.standard_normal(20)
    values = rng.standard_normal(generations) + step * np.arange(1, generations + 1)
    seen = np.concatenate([controls, values])
    ranks = np.array([(seen[: 21 + t] >= seen[20 + t]).mean() for t in range(generations)])
    logs = np.cumsum(np.log(0.3) - 0.7 * np.log(ranks))
    names = tuple(f"gen{t}" for t in range(1, generations + 1))
    part = Part("spread of x", logs, 1.0, values, float(np.median(controls)))
    return {"generations": Generations((Alarm("drift", logs, (part,), names, against="20 fits on real data"),))}


def compared(rng: np.random.Generator, off: float, *, replicates: int = 1_000, heavy: bool = False) -> dict[str, Any]:
    """Return means simulated over 50 generations beside a theory that is `off` standard errors away."""
    z = rng.standard_normal(50) + off
    worst = int(np.abs(z).argmax())
    found = Distance(
        history="replace", measure="variance", theory="variance-kept", statistic="mean", formula="1", compared=50,
        replicates=replicates, effective=replicates / (1 + 200.0 * heavy), worst=float(z[worst]), generation=worst + 1,
        simulated=1.0 + 0.01 * float(z[worst]), predicted=1.0,
    )  # fmt: skip
    return {"generations": Generations(distances=(found,))}
