"""Reviewers err: a rate put right by what they make of records whose truth is known.

Rogan & Gladen 1978 (American Journal of Epidemiology 107:71): p = (p̂ + specificity − 1) / (sensitivity + specificity −
1). All three are estimates, so that the interval comes from their confidence distributions, melded as Fay, Proschan &
Brittain 2015 (Biometrics 71:146) do for two: the rate rises with p̂ and with the specificity, and falls with the
sensitivity, so that each end takes each of the three from the side that moves it outward.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from holdfast.core.random import Streams
from holdfast.data.intervals import LEVEL, Interval, exact
from holdfast.data.review.consensus import opinions
from holdfast.data.review.estimating import RateEstimate
from holdfast.data.review.queue import Queue
from holdfast.data.review.sampled import RATES, Rate, is_case

FEWEST_GOLD = 10  # known cases, and known others
_DRAWS = 20_000


@dataclass(frozen=True)
class Skill:
    """How often reviewers find a case, and how often they leave alone what is none, on records of known truth."""

    found: int
    cases: int
    spared: int
    others: int

    @property
    def sensitivity(self) -> Interval:
        """Share of the cases that were found."""
        return exact(self.found, self.cases)

    @property
    def specificity(self) -> Interval:
        """Share of the others that were left alone."""
        return exact(self.spared, self.others)


def skill(queue: Queue, rate: Rate, truth: Mapping[str, str]) -> Skill:
    """Return what reviewers made of records whose right answer is in `truth`, by record."""
    found = cases = spared = others = 0
    for record, opinion in opinions(queue, RATES[rate][0]).items():
        if record not in truth:
            continue
        item = queue.by_record[record]
        is_one, said = is_case(rate, truth[record], item), is_case(rate, opinion.value, item)
        if is_one is None or said is None:
            continue
        cases, others = cases + is_one, others + (not is_one)
        found, spared = found + (is_one and said), spared + (not is_one and not said)
    return Skill(found, cases, spared, others)


def corrected(estimate: RateEstimate, known: Skill, *, seed: int = 0, level: float = LEVEL) -> RateEstimate:
    """Return a rate put right for reviewers who err as they did on the records whose truth is known."""
    base = RateEstimate("corrected", judged=estimate.judged, cases=estimate.cases, rows=estimate.rows)
    if estimate.interval is None:
        return replace(base, reason=estimate.reason)
    if min(known.cases, known.others) < FEWEST_GOLD:
        counted = f"{known.cases:,} known cases and {known.others:,} known others were judged"
        return replace(base, reason=f"{counted}, and at least {FEWEST_GOLD} of each are needed")
    p, sure, spare = estimate.interval.value, known.found / known.cases, known.spared / known.others
    if known.sensitivity.low + known.specificity.low <= 1:
        why = "reviewers did not tell cases from others better than chance on the known records"
        return replace(base, reason=why)
    draw = Streams(seed)("review", "imperfect").uniform(size=(3, _DRAWS))
    ends = []
    for up in (False, True):
        rates = _ends(_effective(estimate), draw[0], up=up)
        finds = _beta(known.found, known.cases, draw[1], up=not up)
        spares = _beta(known.spared, known.others, draw[2], up=up)
        skilled = np.maximum(finds + spares - 1, 1e-6)
        values = np.clip((rates + spares - 1) / skilled, 0, 1)
        ends.append(float(np.quantile(values, (1 + level) / 2 if up else (1 - level) / 2)))
    value = min(1.0, max(0.0, (p + spare - 1) / (sure + spare - 1)))
    return replace(base, interval=Interval(value, min(value, ends[0]), max(value, ends[1]), level))


def _effective(estimate: RateEstimate) -> tuple[float, float]:
    """Return cases and records of a simple sample that would tell as much as this one."""
    interval = estimate.interval
    n = estimate.judged / max(estimate.effect, 1e-6)
    return (interval.value if interval is not None else 0.0) * n, n


def _ends(counted: tuple[float, float], draw: Float[np.ndarray, " draws"], *, up: bool) -> Float[np.ndarray, " draws"]:
    return _beta(counted[0], counted[1], draw, up=up)


def _beta(k: float, n: float, draw: Float[np.ndarray, " draws"], *, up: bool) -> Float[np.ndarray, " draws"]:
    """Return draws from the distribution whose quantiles are Clopper and Pearson's upper (or lower) bounds."""
    from scipy.special import betaincinv

    a, b = (k + 1, n - k) if up else (k, n - k + 1)
    if a <= 0:
        return np.zeros(len(draw))
    if b <= 0:
        return np.ones(len(draw))
    return np.asarray(betaincinv(a, b, draw))
