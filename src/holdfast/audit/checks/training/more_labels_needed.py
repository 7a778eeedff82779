"""Labels too few: more of them would bring a clearly better score, or the target is out of their reach."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases.training import curve
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.training import Need, Training
from holdfast.core.finding import Confidence, Finding, Location, Measure, Series, Severity


@check(
    severity=Severity.NOTE,
    references=(
        Reference("Mahmood et al. (2022), How much more data do I need?, CVPR", "https://arxiv.org/abs/2207.01725"),
        Reference("Viering & Loog (2023), The shape of learning curves: a review", "https://arxiv.org/abs/2103.10948"),
    ),
)
def more_labels_needed(training: Training, *, gain: float = 0.02) -> Iterator[Finding]:
    """Labels too few: more of them would bring a clearly better score, or the target is out of their reach.

    ## Why it matters
    Where the curve still rises, a week of labelling beats a week of tuning. Where it is flat, labels are wasted.

    ## How it works
    A head is fitted on what the untouched model sees, on seven sizes of training set, three subsets each, and judged on
    the test examples. Power laws and a Hill curve are fitted and taken further, with an interval from a bootstrap over
    fits and families. With a target (`options.need.target`), it is reported where the labels at hand do not reach it;
    without one, where twice the labels bring more than `gain` by the whole interval.

    ## Limits
    The curve is that of a head alone; the tuned model's may lie higher and bend earlier. A forecast holds for labels of
    the same kind, and is not made beyond eight times the largest size.

    ## Fix
    Label as many as the upper end of the interval says, in rounds, and forecast again; where the target is not
    reachable, change the model, the features or the labels' quality.
    """
    found = training.need
    if found is None:
        raise training.why_silent("need")
    if found.target is not None:
        if found.now < found.target and (found.reachable is False or found.needed is not None):
            yield _towards(found, found.target)
        return
    if found.doubled is not None and found.doubled.low - found.now > gain:
        yield _finding(
            found, Severity.NOTE,
            f"twice the labels would bring {found.model} from {found.metric} {found.now:.3g} to "
            f"{found.doubled.value:.3g} ({found.doubled.low:.3g} to {found.doubled.high:.3g})",
            found.now + gain, f"Label {found.sizes[-1]:,} more, in rounds, and forecast again.",
        )  # fmt: skip


def _towards(found: Need, target: float) -> Finding:
    if found.reachable is False:
        return _finding(
            found, Severity.WARNING,
            f"{found.metric} {target:.3g} is out of reach with more labels of this kind: {found.model} has "
            f"{found.now:.3g} with {found.sizes[-1]:,}",
            target, "Change the model, the features or the labels' quality; more of the same does not get there.",
        )  # fmt: skip
    needed = found.needed
    assert needed is not None
    high = f"{needed.high:,.0f}" if np.isfinite(needed.high) else "more than can be told"
    return _finding(
        found, Severity.NOTE,
        f"{found.metric} {target:.3g} takes about {needed.value:,.0f} labels ({needed.low:,.0f} to {high}) for "
        f"{found.model}, and there are {found.sizes[-1]:,}",
        target, "Label up to the upper end of the interval, in rounds, and forecast again.",
    )  # fmt: skip


def _finding(found: Need, severity: Severity, says: str, threshold: float, fix: str) -> Finding:
    later = found.doubled
    measures = () if later is None else (
        Measure(
            name="score with twice the labels", value=later.value, threshold=threshold, low=later.low, high=later.high,
            level=later.level, unit="score",
        ),
    )  # fmt: skip
    line = Series(
        name="Score by number of labels", x=found.sizes, y=tuple(round(one, 4) for one in found.scores),
        x_name="labels", y_name=found.metric,
    )  # fmt: skip
    return Finding(
        message=says,
        severity=severity,
        confidence=Confidence.MEDIUM,
        locations=(Location(split="train"),),
        evidence=(*measures, line),
        fix=fix,
    )


@planted(at=Location(split="train"))
def still_rising(rng: np.random.Generator) -> dict[str, Any]:
    """Twice the labels bring six points."""
    return curve(rng, 0.8, 0.86)


@planted(at=Location(split="train"))
def target_further_on(rng: np.random.Generator) -> dict[str, Any]:
    """The target takes three times the labels."""
    return curve(rng, 0.8, 0.83, target=0.85, reachable=True)


@planted(at=Location(split="train"))
def target_out_of_reach(rng: np.random.Generator) -> dict[str, Any]:
    """No number of labels reaches the target."""
    return curve(rng, 0.8, 0.81, target=0.99, reachable=False)


@clean
def flat(rng: np.random.Generator) -> dict[str, Any]:
    """Twice the labels bring one point."""
    return curve(rng, 0.9, 0.91)


@clean
def target_reached(rng: np.random.Generator) -> dict[str, Any]:
    """The labels at hand reach the target; more would bring still more."""
    return curve(rng, 0.9, 0.95, target=0.85, reachable=True)
