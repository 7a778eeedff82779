"""What an experiment came to: each measure over the generations, and theory beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from holdfast.collapse import catalogue
from holdfast.collapse.definitions import Measure, Statistic, Theory
from holdfast.collapse.lab.experiment import Arm
from holdfast.collapse.lab.loop import Values
from holdfast.collapse.measuring.protocol import Band
from holdfast.core.errors import NotApplicable
from holdfast.core.showing import shows

Line = Float[np.ndarray, " recorded"]
BAND = (0.05, 0.95)
PLACES = {"low": BAND[0], "median": 0.5, "high": BAND[1]}  # quantiles, by name
_ROUNDING = 1e-13  # relative: what varies by less varies only because sums are rounded, as at generation 0
_SKEWED = 0.1  # skewness of the terms over √replicates: below that, errors of the mean are normal enough
_OFTEN = 5.0  # expected events and non-events, from which on a binomial count is normal enough


@dataclass(frozen=True, slots=True)
class Overlay:
    """A theory drawn over a curve. `deviations` are (simulation − theory) in standard errors, NaN where unknown."""

    theory: Theory
    values: Line
    deviations: Line

    @property
    def worst(self) -> float:
        """The largest deviation, in standard errors."""
        known = np.abs(self.deviations[np.isfinite(self.deviations)])
        return float(known.max()) if len(known) else float("nan")

    @property
    def compared(self) -> int:
        """In how many generations they were compared."""
        return int(np.isfinite(self.deviations).sum())


@shows("holdfast.collapse.lab.telling:shown")
@dataclass(frozen=True, slots=True)
class Curve:
    """A measure over the generations, over all replicates. `silent` says which theories do not speak, and why.

    `null` is the interval of real samples beside a measure of samples, or why it is not estimable; None of models.
    """

    arm: Arm
    measure: Measure
    at: tuple[int, ...]
    replicates: int
    mean: Line
    error: Line  # standard error of the mean
    variance: Line  # over the replicates
    low: Line
    median: Line
    high: Line
    overlays: tuple[Overlay, ...]
    silent: tuple[tuple[str, str], ...]
    null: Band | str | None = None

    def simulated(self, statistic: Statistic) -> Line:
        """Return what a theory about a statistic is compared with; statistics are called as their fields are."""
        line: Line = getattr(self, statistic)
        return line


def curves(
    arm: Arm,
    values: Values,
    measures: Sequence[Measure],
    at: tuple[int, ...],
    nulls: Mapping[str, Band | str] | None = None,
) -> tuple[Curve, ...]:
    """Return a curve for each measure of an arm, with theories that hold there and intervals of real samples."""
    at = tuple(t for t in at if t <= arm.generations)
    setting = arm.setting()
    found = []
    for one in measures:
        taken = values[one.name]
        if np.isnan(taken).all():
            continue
        overlays, silent = [], []
        for theory in catalogue.theories().values():
            if theory.measure != one.name:
                continue
            try:
                predicted = theory.run(setting)[list(at)]
            except NotApplicable as error:
                silent.append((theory.name, str(error)))
                continue
            apart = deviations(taken, predicted, theory.statistic)
            if theory.checkable is not None:
                apart[~theory.checkable(setting)[list(at)]] = np.nan
            overlays.append(Overlay(theory, predicted, apart))
        curve = _curve(arm, one, at, taken, tuple(overlays), tuple(silent))
        found.append(replace(curve, null=(nulls or {}).get(one.name)))
    return tuple(found)


def _curve(
    arm: Arm,
    measure: Measure,
    at: tuple[int, ...],
    taken: Float[np.ndarray, "recorded replicates"],
    overlays: tuple[Overlay, ...],
    silent: tuple[tuple[str, str], ...],
) -> Curve:
    low, median, high = _quantiles(taken)
    with np.errstate(invalid="ignore"):  # of infinite values, as where no fit exists, there is no error and no variance
        error = _error_of_mean(taken)
        variance = np.nanvar(taken, axis=1, ddof=1) if taken.shape[1] > 1 else np.full(len(taken), np.nan)
    return Curve(
        arm=arm,
        measure=measure,
        at=at,
        replicates=taken.shape[1],
        mean=np.nanmean(taken, axis=1),
        error=error,
        variance=variance,
        low=low,
        median=median,
        high=high,
        overlays=overlays,
        silent=silent,
    )


def _quantiles(taken: Float[np.ndarray, "recorded replicates"]) -> Float[np.ndarray, "low_median_high recorded"]:
    """Return the quantiles that bound the band, and the median; infinite where that many values are."""
    places = [BAND[0], 0.5, BAND[1]]
    with np.errstate(invalid="ignore"):  # NumPy takes a weighted mean of two values, which of infinite ones is none
        found = np.nanquantile(taken, places, axis=1)
    lost = np.isnan(found) & np.isinf(taken).any(axis=1)
    if lost.any():
        found[lost] = np.nanquantile(taken, places, axis=1, method="higher")[lost]
    return np.asarray(found)


def deviations(taken: Float[np.ndarray, "recorded replicates"], predicted: Line, statistic: Statistic) -> Line:
    """Return (simulation − theory) in standard errors for each recorded generation.

    For a quantile, the share of histories below the prediction is compared with the binomial law that it has if theory
    is right: that needs no estimate of a density. A mean or variance that a few rare histories carry has no standard
    error that means anything. NaN there, where nothing varies, and where theory is silent.
    """
    if taken.shape[1] < 2:
        return np.full(len(predicted), np.nan)
    if statistic in PLACES:
        return _quantile_deviations(taken, predicted, PLACES[statistic])
    terms, seen = taken, taken.mean(axis=1)
    if statistic == "mean" and np.isin(taken, (0.0, 1.0)).all():  # how often something happened
        with np.errstate(divide="ignore", invalid="ignore"):
            expected = taken.shape[1] * predicted * (1 - predicted)
            return np.where(expected >= _OFTEN, (seen - predicted) * taken.shape[1] / np.sqrt(expected), np.nan)
    if statistic == "variance":
        terms = (taken - seen[:, None]) ** 2 * taken.shape[1] / (taken.shape[1] - 1)
        seen = terms.mean(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = _error_of_mean(terms)
        skewness = ((terms - seen[:, None]) ** 3).mean(axis=1) / (error * np.sqrt(taken.shape[1])) ** 3
        sound = (error > np.abs(terms).max(axis=1) * _ROUNDING) & (
            np.abs(skewness) <= _SKEWED * np.sqrt(taken.shape[1])
        )
        return np.where(sound, (seen - predicted) / error, np.nan)


def _quantile_deviations(taken: Float[np.ndarray, "recorded replicates"], predicted: Line, place: float) -> Line:
    rounding = np.abs(taken).max(axis=1, keepdims=True) * _ROUNDING
    below = (taken < predicted[:, None] - rounding).mean(axis=1)
    reached = (taken <= predicted[:, None] + rounding).mean(axis=1)
    # Where many histories have the very value that is predicted, any share between the two agrees with it.
    apart = np.where(place < below, place - below, np.where(place > reached, place - reached, 0.0))
    known = (taken.std(axis=1) > rounding[:, 0]) & np.isfinite(predicted)
    return np.where(known, apart / np.sqrt(place * (1 - place) / taken.shape[1]), np.nan)


def _error_of_mean(taken: Float[np.ndarray, "recorded replicates"]) -> Line:
    if taken.shape[1] < 2:
        return np.full(len(taken), np.nan)
    return np.asarray(np.nanstd(taken, axis=1, ddof=1) / np.sqrt(taken.shape[1]))
