from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases.origin import made
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.origin.arrivals import Arrivals
from holdfast.audit.facts.origin.trend import Trend, trend_of
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Series, Severity
from holdfast.core.random import Streams
from holdfast.core.text import one_line
from holdfast.data.origin import ORIGIN


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Alemohammad et al. (2024), Self-consuming generative models go MAD, ICLR",
            "https://arxiv.org/abs/2307.01850",
        ),
        Reference(
            "Hothorn, Hornik, van de Wiel & Zeileis (2006), A Lego system for conditional inference, The American "
            "Statistician 60(3)",
            "https://doi.org/10.1198/000313006X118430",
        ),
    ),
)
def fresh_human_share_falling(
    arrivals: Arrivals, streams: Streams, *, alpha: float = 0.001, min_fall: float = 0.1
) -> Iterator[Finding]:
    """Among new records, the share that people made falls from period to period.

    ## Why it matters
    A store can be rich in people's records and still run dry: what keeps generations safe is new ones, in every
    generation. The share in the whole falls long after the share among the new.

    ## How it works
    Periods are versions of a store that added records, or up to twelve periods of `_made` with as many records each. A
    line through the shares (weighted; a period of many records counts as twenty independent ones at most, since records
    come in batches) gives the fall with its interval. The p-value counts the orders of the periods whose line falls as
    steeply (Hothorn et al. 2006): exact, whatever the sizes and the spread of periods, if their order means nothing.

    ## Limits
    Speaks from seven periods on; with fewer, no order is rare enough. A share that wanders from period to period, each
    like the one before, can look like a fall. Records of unknown origin are not people's: where more of the new ones
    are unknown, the share falls as well. A fall by less than a tenth is not reported.

    ## Fix
    Bring in new records by people, and say in a policy how many each training set must have (`human.minimum`).
    """
    found = trend_of(arrivals, streams("fresh_human_share_falling"), alpha)
    if found.p_value > alpha or found.fall < min_fall:
        return
    yield _finding(arrivals, found, alpha, min_fall)


def _finding(arrivals: Arrivals, found: Trend, alpha: float, min_fall: float) -> Finding:
    first, last = one_line(arrivals.names[0], 40), one_line(arrivals.names[-1], 40)
    shares = arrivals.people / arrivals.records
    return Finding(
        message=f"the share of people's records among new ones falls by {100 * found.fall:.0f} points (95% interval "
        f"{100 * found.low:.0f} to {100 * found.high:.0f}) over {len(arrivals.names)} {arrivals.by}s, from "
        f"{found.first:.0%} ({first}) to {found.last:.0%} ({last}); p = {found.p_value:.2g}",
        confidence=Confidence.HIGH,
        locations=(Location(columns=(ORIGIN, *arrivals.columns)),),
        evidence=(
            Measure(
                name="fall of the share", value=found.fall, threshold=min_fall, low=found.low, high=found.high,
                level=0.95, p_value=found.p_value, unit="share",
            ),
            Measure(name="p-value of the order of periods", value=found.p_value, threshold=alpha),
            Series(
                name="People's records among new ones",
                x=tuple(one_line(name, 40) for name in arrivals.names),
                y=tuple(float(one) for one in shares),
                x_name=arrivals.by,
                y_name="share of people's records",
            ),
        ),
        fix="Bring in new records by people, and say in a policy how many each training set must have "
        "(`human.minimum`).",
    )  # fmt: skip


def _versions(rng: np.random.Generator, shares: list[float] | np.ndarray, n: int = 200) -> dict[str, Any]:
    records = rng.integers(n // 2, 2 * n, len(shares))
    people = rng.binomial(records, np.clip(shares, 0, 1))
    names = tuple(f"version {i + 1}" for i in range(len(shares)))
    return {"arrivals": Arrivals(names, records, people, "version")}


@planted(at=Location(columns=("_origin",)))
def versions_fill_with_synthetic(rng: np.random.Generator) -> dict[str, Any]:
    """Ten versions bring nine people's records of ten at first and two of ten at last."""
    return _versions(rng, np.linspace(0.9, 0.2, 10))


@planted(at=Location(columns=("_origin", "_made")))
def years_go_by(rng: np.random.Generator) -> Dataset:
    """In one table, the later records were made, the fewer of them by people."""
    days = rng.permutation(600)
    origin = np.where(rng.random(600) < 0.95 - 0.8 * days / 600, "human", "synthetic")
    return made(
        rng, [str(one) for one in origin], made=np.datetime64("2020-01-01", "us") + days * np.timedelta64(1, "D")
    )


@clean
def batches_differ(rng: np.random.Generator) -> dict[str, Any]:
    """Each version has a share of its own, all from one distribution: much spread, and no trend."""
    return _versions(rng, rng.permutation(np.linspace(0.1, 0.9, 12))[np.argsort(np.sin(np.arange(12) * 2.4))])


@clean
def only_fewer(rng: np.random.Generator) -> Dataset:
    """The share stays, in a store that has seen better times."""
    days = np.sort(rng.integers(0, 600, 500))
    origin = rng.permutation(["human"] * 300 + ["synthetic"] * 200)
    return made(
        rng, [str(one) for one in origin], made=np.datetime64("2020-01-01", "us") + days * np.timedelta64(1, "D")
    )


@clean
def a_small_fall(rng: np.random.Generator) -> dict[str, Any]:
    """A fall by five points, in large versions: real, and too small to be told."""
    return _versions(rng, np.linspace(0.6, 0.55, 12), n=100_000)


@clean
def more_by_people(rng: np.random.Generator) -> dict[str, Any]:
    """The share rises."""
    return _versions(rng, np.linspace(0.2, 0.9, 10))
