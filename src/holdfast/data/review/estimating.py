"""From a reviewed sample to a rate of all records, with an interval that covers.

simple       k / n, with the exact interval of a finite population
stratified   sum of W_h p_h over strata, W_h = N_h / N; variance sum of W_h² (1 − f_h) p_h (1 − p_h) / (n_h − 1)
poisson      Hájek's ratio: (sum of y / π) / (sum of 1 / π); variance sum of (1 − π) ((y − p) / π)² / N̂²
             (Horvitz & Thompson 1952, JASA 47:663; Hájek 1971; Särndal, Swensson & Wretman 1992, chapter 5)
difference   mean score of all records + weighted mean of (y − score) in the sample: the difference estimator, which
             prediction-powered inference is for a simple sample (Angelopoulos et al. 2023, Science 382:669)

Nothing here takes a flagged or an uncertain record into account: those were picked, not drawn.
"""

from dataclasses import dataclass, field
from math import sqrt

import numpy as np
from jaxtyping import Float

from holdfast.data.intervals import LEVEL, Interval, exact, more_needed, weighted
from holdfast.data.review.sampled import ReviewedSample

FEWEST = 10  # judged records, below which an interval would say nothing
FEWEST_EACH_WAY = 10  # cases and others that the interval of the difference estimator rests on


@dataclass(frozen=True)
class RateEstimate:
    """A rate with its interval; or why there is none."""

    method: str
    interval: Interval | None = None
    judged: int = 0
    cases: int = 0
    rows: int = 0
    effect: float = 1.0  # variance over that of a simple sample of the same size
    reason: str = ""
    notes: tuple[str, ...] = ()
    strata: tuple[tuple[str, int, int, Interval], ...] = field(default=())  # name, judged, cases, interval

    def needed(self, half: float) -> int | None:
        """Return how many more reviews bring half the interval's width down to `half`; None if not estimable."""
        if self.interval is None:
            return None
        return more_needed(self.interval.value, self.judged, half, of=self.rows, effect=self.effect)


def estimated(sample: ReviewedSample, *, level: float = LEVEL) -> RateEstimate:
    """Return the rate of cases among all records that the sample was drawn from."""
    why = _too_little(sample)
    if why:
        return RateEstimate(sample.design.kind, judged=len(sample), rows=sample.rows, reason=why)
    kind = sample.design.kind
    n, k = len(sample), int(sample.cases.sum())
    if kind == "simple":
        return RateEstimate(kind, exact(k, n, level=level, of=sample.rows), n, k, sample.rows)
    if kind == "stratified":
        p, variance, heaviest = _stratified(sample, sample.cases.astype(float))
    else:
        p, variance, heaviest = _hajek(sample)
    plain = p * (1 - p) / n
    return RateEstimate(
        kind,
        weighted(p, variance, heaviest, level=level),
        n,
        k,
        sample.rows,
        effect=variance / plain if plain > 0 else 1.0,
        strata=_strata(sample, level) if kind == "stratified" else (),
    )


def with_scores(sample: ReviewedSample, mean_score: float, *, level: float = LEVEL) -> RateEstimate:
    """Return the rate by the difference estimator: what the scores say of all records, put right by the sample.

    `mean_score` is the mean over all records that the sample was drawn from. The scores may be as wrong as they like:
    wrong ones make the interval wider, never false. The interval is Student's, with as many degrees of freedom as there
    are records of the rarer sort, less one; below ten of them there is none.
    """
    from scipy.special import stdtrit

    base = RateEstimate("difference", judged=len(sample), rows=sample.rows, cases=int(sample.cases.sum()))
    why = _too_little(sample) or ("" if sample.scores is not None else "the records have no scores")
    k = int(sample.cases.sum())
    if not why and min(k, len(sample) - k) < FEWEST_EACH_WAY:
        rarer = min(k, len(sample) - k)
        why = f"the sample has {rarer:,} of the rarer sort, and its interval needs at least {FEWEST_EACH_WAY}"
    if why or sample.scores is None:
        return RateEstimate(base.method, judged=base.judged, rows=base.rows, cases=base.cases, reason=why)
    residual = sample.cases.astype(float) - sample.scores
    if sample.design.kind == "poisson":
        shift, variance, _ = _ratio(sample, residual)
    else:
        shift, variance, _ = _stratified(sample, residual)
    value = mean_score + shift
    half = float(stdtrit(min(k, len(sample) - k) - 1, (1 + level) / 2)) * sqrt(variance)
    clipped = min(1.0, max(0.0, value))
    interval = Interval(clipped, min(clipped, max(0.0, value - half)), max(clipped, min(1.0, value + half)), level)
    plain = clipped * (1 - clipped) / len(sample)
    return RateEstimate(
        base.method, interval, base.judged, base.cases, base.rows, effect=variance / plain if plain > 0 else 1.0
    )


def bounds(sample: ReviewedSample, estimate: RateEstimate) -> tuple[float, float] | None:
    """Return the rates that the unclear records allow if none, or all, of them are cases; None where all are clear."""
    if estimate.interval is None or not sample.unclear:
        return None
    total = len(sample) + sample.unclear
    share = len(sample) / total
    return estimate.interval.value * share, estimate.interval.value * share + (1 - share)


def _too_little(sample: ReviewedSample) -> str:
    if len(sample) < FEWEST:
        return f"{len(sample):,} records of the sample are judged, and at least {FEWEST} are needed"
    if sample.design.kind == "stratified" and sample.skipped_strata:
        some = ", ".join(sample.skipped_strata[:3])
        return f"of {len(sample.skipped_strata):,} strata no record is judged yet, such as {some}"
    return ""


def _stratified(sample: ReviewedSample, values: Float[np.ndarray, " judged"]) -> tuple[float, float, float]:
    """Return the mean, its variance, and the largest part that one record has in it. One stratum is a simple sample."""
    weights = sample.sizes / sample.sizes.sum()
    n = np.bincount(sample.strata, minlength=len(sample.sizes)).astype(float)
    mean = np.bincount(sample.strata, values, minlength=len(sample.sizes)) / n
    squares = np.bincount(sample.strata, (values - mean[sample.strata]) ** 2, minlength=len(sample.sizes))
    # A stratum with one judged record tells no spread: a share has at most that of a coin.
    spread = np.where(n > 1, squares / np.maximum(n - 1, 1), 0.25)
    variance = float((weights**2 * np.maximum(0.0, 1 - n / sample.sizes) * spread / n).sum())
    return float(weights @ mean), variance, float((weights / n * (n < sample.sizes)).max())


def _hajek(sample: ReviewedSample) -> tuple[float, float, float]:
    return _ratio(sample, sample.cases.astype(float))


def _ratio(sample: ReviewedSample, values: Float[np.ndarray, " judged"]) -> tuple[float, float, float]:
    inverse = 1.0 / sample.chances
    total = inverse.sum()
    mean = float(inverse @ values / total)
    variance = float(((1 - sample.chances) * (inverse * (values - mean)) ** 2).sum() / total**2)
    return mean, variance, float(inverse.max() / total)


def _strata(sample: ReviewedSample, level: float) -> tuple[tuple[str, int, int, Interval], ...]:
    told = []
    for number, (name, size) in enumerate(zip(sample.names, sample.sizes.tolist(), strict=True)):
        inside = sample.cases[sample.strata == number]
        told.append((name, len(inside), int(inside.sum()), exact(int(inside.sum()), len(inside), level=level, of=size)))
    return tuple(told)
