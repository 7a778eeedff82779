"""Generations that move away from what they were compared with."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases.generations import drifting
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.generations import Alarm, Generations, threshold
from holdfast.core.finding import Confidence, Examples, Finding, Location, Measure, Series, Severity
from holdfast.core.text import one_line

_LOG10 = float(np.log(10.0))


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Vovk, Nouretdinov & Gammerman (2003), Testing exchangeability on-line, Proceedings of the 20th "
            "International Conference on Machine Learning",
        ),
        Reference(
            "Choe & Ramdas (2024), Combining evidence across filtrations using adjusters",
            "https://arxiv.org/abs/2402.09698",
        ),
    ),
)
def generations_drift(generations: Generations, *, alpha: float = 0.025) -> Iterator[Finding]:
    """Generations drift away from real data, or from models that were fitted on real data.

    ## Why it matters
    If training on its own output changed nothing, a later generation could not be told from an early one. What can be
    told has begun to move, whichever measure shows it, and such movement adds up.

    ## How it works
    Each generation gets a rank among at least ten controls and the generations before it: how far it is, in its
    strangest measure, from the middle of them all. If generations are exchangeable with controls these ranks are
    uniform and independent, and bets on small ranks (a conformal test martingale, holdfast.collapse.alarm.drift) reach
    their threshold with a chance of at most alpha, over any number of generations.

    ## Limits
    Assumption-free and therefore slow: a dozen generations is usual. Where the controls are samples of real data, and
    not models fitted on real data, a model that always differs from real data drifts as well in this sense. Which
    measure moved is told by how far it is from its controls, without a guarantee of its own.

    ## Fix
    Look at the measure that moved; keep real data in every generation, or go back to the last generation before it.
    """
    for alarm, at, each in generations.raised("drift", alpha):
        yield _finding(alarm, at, each)


def _finding(alarm: Alarm, at: int, alpha: float) -> Finding:
    limit = threshold(alpha, alarm.spent)
    ordered = sorted(alarm.parts, key=lambda part: -part.logs[at])
    value, worst, where = (
        float(alarm.logs[at] / _LOG10),
        ordered[0],
        f"{one_line(alarm.where, 60)}: " * bool(alarm.where),
    )
    return Finding(
        message=f"{where}generations drift away from {alarm.against}: {one_line(worst.name, 80)} is "
        f"{worst.seen[at]:.4g} in {one_line(alarm.names[at], 60)} and {worst.real:.4g} there; evidence 10^{value:.1f} "
        f"against a threshold of {limit:,.0f}",
        confidence=Confidence.HIGH,
        locations=(Location(split=alarm.where or None, steps=(at + 1,)),),
        evidence=(
            Measure(name="evidence, as a power of ten", value=round(value, 3), threshold=float(np.log10(limit))),
            Series(
                name="Evidence of drift, as a power of ten, and where the alarm sounds",
                x=alarm.names * 2,
                y=(*(round(float(one / _LOG10), 4) for one in alarm.logs), *[float(np.log10(limit))] * len(alarm.logs)),
                group=("evidence",) * len(alarm.logs) + ("alarm",) * len(alarm.logs),
                x_name="generation",
                y_name="power of ten",
            ),
            Examples(
                caption=f"Measures in {one_line(alarm.names[at], 60)}, those that moved most first",
                columns=("measure", "controls (median)", "this generation"),
                cells=tuple((one.name, _short(one.real), _short(float(one.seen[at]))) for one in ordered[:10]),
            ),
        ),
        fix="Look at the measure that moved; keep real data in every generation, or go back to the last generation "
        "before it.",
    )


def _short(value: float) -> float | None:
    return float(f"{value:.5g}") if np.isfinite(value) else None


@planted(at=Location())
def moves_on(rng: np.random.Generator) -> dict[str, Any]:
    """A measure moves on by half a standard deviation with each generation."""
    return drifting(rng, 0.5)


@clean
def stays(rng: np.random.Generator) -> dict[str, Any]:
    """A measure varies as among the controls."""
    return drifting(rng, 0.0)
