"""An experiment as checks judge it: how far each simulated measure is from every exact statement about it.

A standard error is worth as much as the histories that carry it. Where the middle 90% of histories spread much less
than their variance says, a few rare ones carry the mean, and simulation misses them. A measure whose standard deviation
is r times that of a normal distribution with the same middle 90% counts as n / r⁴ histories (r is 1 for a normal
distribution; the error of a variance grows with fourth powers).
"""

from collections.abc import Iterator, Sequence

import numpy as np

from holdfast.audit import catalogue
from holdfast.audit.generations import Distance, Generations
from holdfast.audit.runner import Facts, run_checks
from holdfast.collapse.lab.curves import Curve
from holdfast.core.progress import Progress
from holdfast.core.record import CheckResult

FAMILY = "generations"
_LAYERS = ("tails", "drift")
_ALARMS = ("tail-lost", "generations-drift")
_MOST = 1e9  # times the variance of the middle 90%: nothing carries such a mean
_NORMAL = 3.2897072539029435  # standard deviations between the 5th and 95th percentile of a normal distribution


def judged(
    generations: Generations,
    *,
    alpha: float | None = None,
    select: Sequence[str] = (FAMILY,),
    progress: Progress | None = None,
) -> tuple[CheckResult, ...]:
    """Return what checks of the family `generations` say; `alpha` is of each layer of an alarm."""
    facts = Facts({"generations": generations, **({"progress": progress} if progress else {})})
    chosen = catalogue.selected(tuple(select))
    return run_checks(chosen, facts, options={} if alpha is None else {name: {"alpha": alpha} for name in _ALARMS})


def generations_of(drawn: Sequence[Curve]) -> Generations:
    """Return what checks of generations read of an experiment."""
    silent = dict.fromkeys(_LAYERS, "an experiment is compared with theory; `holdfast collapse watch` watches it")
    if not any(curve.overlays for curve in drawn):
        silent["theory"] = "no theory speaks about these histories"
    return Generations(distances=tuple(distances(drawn)), silent=silent)


def distances(drawn: Sequence[Curve]) -> Iterator[Distance]:
    """Yield the largest distance of every exact theory from its curve, in standard errors."""
    for curve in drawn:
        carried = _carried(curve)
        for one in curve.overlays:
            known = np.isfinite(one.deviations)
            if not one.theory.exact or not known.any():
                continue
            at = int(np.where(known, np.abs(one.deviations), -1.0).argmax())
            simulated = curve.simulated(one.theory.statistic)
            yield Distance(
                history=curve.arm.name,
                measure=curve.measure.name,
                theory=one.theory.name,
                statistic=one.theory.statistic,
                formula=one.theory.formula,
                compared=int(known.sum()),
                replicates=curve.replicates,
                effective=float(carried[at]),
                worst=float(one.deviations[at]),
                generation=curve.at[at],
                simulated=float(simulated[at]),
                predicted=float(one.values[at]),
            )


def _carried(curve: Curve) -> np.ndarray:
    """Return how many histories carry each mean."""
    with np.errstate(divide="ignore", invalid="ignore"):
        usual = ((curve.high - curve.low) / _NORMAL) ** 2
        ratio = np.where(usual > 0, curve.variance / usual, _MOST)
    return np.asarray(curve.replicates / np.clip(np.nan_to_num(ratio, nan=_MOST), 1.0, _MOST) ** 2)
