"""Generations that no longer produce what real data have in a tail."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases.generations import REAL, tails
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.generations import Alarm, Generations, Part, threshold
from holdfast.core.finding import Confidence, Examples, Finding, Location, Measure, Series, Severity
from holdfast.core.text import one_line

_MOST_NAMED = 3
_LOG10 = float(np.log(10.0))


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Shumailov, Shumaylov, Zhao, Papernot, Anderson & Gal (2024), AI models collapse when trained on "
            "recursively generated data, Nature 631",
            "https://doi.org/10.1038/s41586-024-07566-y",
        ),
        Reference(
            "Ramdas, Grünwald, Vovk & Shafer (2023), Game-theoretic statistics and safe anytime-valid inference, "
            "Statistical Science 38(4)",
            "https://doi.org/10.1214/23-STS894",
        ),
    ),
)
def tail_lost(generations: Generations, *, alpha: float = 0.025) -> Iterator[Finding]:
    """A generation no longer produces what real data have in a tail.

    ## Why it matters
    Models that learn from what models wrote lose rare things first. Averages and most quality scores do not show it
    until much later, and what is gone from the training set does not come back.

    ## How it works
    Real data are cut into strata: both tails of each number, clusters, rare types. For each stratum a lower bound of
    its real rate comes from real items that were held out. Every generation bets against "at least 90% of that rate is
    still there" (an e-process, holdfast.collapse.alarm.tails). The average over strata reaches its threshold in a
    healthy row of generations with a chance of at most alpha, however many generations there are and however often
    one looks. Strata are named by closed testing at the same level.

    ## Limits
    Items must be independent given the model: documents, not words or sentences of the same document. A stratum that
    real data hardly fill says nothing. Silence means that no loss was shown, not that there is none: small generations
    show large losses only.

    ## Fix
    Train the next generation on fresh real data as well; `holdfast collapse plan` says how much is enough.
    """
    for alarm, at, each in generations.raised("tails", alpha):
        yield _finding(alarm, at, each)


def _finding(alarm: Alarm, at: int, alpha: float) -> Finding:
    lost, limit = alarm.lost(at, alpha), threshold(alpha, alarm.spent)
    worst, name = lost[0], one_line(alarm.names[at], 60)
    more = f" and {len(lost) - 1} more of {len(alarm.parts)} strata" if len(lost) > 1 else ""
    seen = f"{worst.seen[at]:.2%} there and" if np.isfinite(worst.seen[at]) else "not asked there,"
    the = "" if worst.name.startswith("cluster") else "the "
    where = f"{one_line(alarm.where, 60)}: " if alarm.where else ""
    value = float(alarm.logs[at] / _LOG10)
    return Finding(
        message=f"{where}generation {at + 1}, {name}, has lost {the}{one_line(worst.name, 100)}{more}: "
        f"{seen} {worst.real:.2%} in real data; evidence 10^{value:.1f} against a threshold of {limit:,.0f}",
        confidence=Confidence.HIGH,
        locations=tuple(_places(alarm, at, lost)),
        evidence=(
            Measure(name="evidence, as a power of ten", value=round(value, 3), threshold=float(np.log10(limit))),
            Measure(
                name=f"rate of the {one_line(worst.name, 80)}",
                value=_number(worst.seen[at]),
                threshold=worst.least,
                unit="share",
            ),
            _path(alarm, limit),
            Examples(
                caption="Strata with the strongest evidence",
                columns=("stratum", "real rate", "tolerated", "rate now", "evidence (power of ten)"),
                cells=tuple(
                    (one.name, round(one.real, 5), round(one.least, 5), _number(one.seen[at]),
                     round(float(one.logs[at] / _LOG10), 2))
                    for one in sorted(alarm.parts, key=lambda one: -one.logs[at])[:10]
                ),
            ),
        ),
        fix="Train the next generation on fresh real data as well; `holdfast collapse plan` says how much is enough.",
    )  # fmt: skip


def _places(alarm: Alarm, at: int, lost: tuple[Part, ...]) -> Iterator[Location]:
    columns = tuple(dict.fromkeys(part.column for part in lost if part.column))
    yield Location(columns=columns[:_MOST_NAMED], split=alarm.where or None, steps=(at + 1,))


def _path(alarm: Alarm, limit: float) -> Series:
    return Series(
        name="Evidence of a lost tail, as a power of ten, and where the alarm sounds",
        x=alarm.names * 2,
        y=(*(round(float(one / _LOG10), 4) for one in alarm.logs), *[float(np.log10(limit))] * len(alarm.logs)),
        group=("evidence",) * len(alarm.logs) + ("alarm",) * len(alarm.logs),
        x_name="generation",
        y_name="power of ten",
    )  # fmt: skip


def _number(value: float) -> float:
    return round(float(value), 6) if np.isfinite(value) else 0.0


@planted(at=Location(columns=("x",)))
def right_tail_shrinks(rng: np.random.Generator) -> dict[str, Any]:
    """The right tail loses a fifth of its rate in each generation."""
    return tails(rng, [REAL * 0.8**t for t in range(1, 11)])


@planted(at=Location(columns=("x",)))
def half_is_gone_at_once(rng: np.random.Generator) -> dict[str, Any]:
    """From the fifth generation on, half of the right tail is missing."""
    return tails(rng, [REAL] * 4 + [REAL / 2] * 3)


@clean
def rates_stay(rng: np.random.Generator) -> dict[str, Any]:
    """A hundred generations with the rates of real data."""
    return tails(rng, [REAL] * 100)


@clean
def a_tolerated_loss(rng: np.random.Generator) -> dict[str, Any]:
    """The right tail holds five per cent less than in real data, half of what is tolerated."""
    return tails(rng, [REAL * 0.95] * 60)
