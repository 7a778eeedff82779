"""A learning rate so high that a little more of it spoils the training."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases.training import rates
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.training import Sensitivity, Training
from holdfast.core.finding import Confidence, Finding, Location, Measure, Series, Severity


@check(
    severity=Severity.WARNING,
    references=(
        Reference("Sivaprasad et al. (2020), Optimizer benchmarking needs to account for hyperparameter tuning, ICML",
                  "https://arxiv.org/abs/1910.11758"),
        Reference("Dodge et al. (2019), Show your work: improved reporting of experimental results, EMNLP",
                  "https://arxiv.org/abs/1909.03004"),
    ),
)  # fmt: skip
def rate_sensitive(training: Training) -> Iterator[Finding]:
    """A learning rate so high that a little more of it spoils the training.

    ## Why it matters
    A result at the edge of what trains at all does not survive another seed, batch size or data set.

    ## How it works
    Short trainings at 0.3, 1 and 3 times the rate are judged on the same validation examples. Reported is a higher
    rate at which the loss is no number any more, or whose score is lower by more than the tolerance (0.02) with its
    whole 95% interval.

    ## Limits
    The trainings are short: a lower rate that is behind after a tenth of the steps may catch up, so only a full-length
    one (`options.sensitivity.share = 1`) is held against a lower rate. They share one seed.

    ## Fix
    Take a third of the rate, and look whether the score holds; or a longer warm-up, or a larger batch.
    """
    found = training.sensitivity
    if found is None:
        raise training.why_silent("sensitivity")
    for rate, score, lost in zip(found.rates, found.scores, found.lost, strict=True):
        if rate == found.used or (rate < found.used and found.share < 1.0):
            continue
        if math.isnan(score):
            measure = Measure(name="rates tried at which the loss is no number", value=1, threshold=0)
            yield _finding(found, rate, "the loss is no number any more", measure)
            return
        if lost is not None and lost.low > found.tolerance:
            says = f"{found.metric} is lower by {lost.value:.3g} ({lost.low:.3g} to {lost.high:.3g})"
            measure = Measure(
                name=f"score lost at {rate / found.used:.2g} times the rate", value=lost.value,
                threshold=found.tolerance, low=lost.low, high=lost.high, level=lost.level, unit="score",
            )  # fmt: skip
            yield _finding(found, rate, says, measure)
            return


def _finding(found: Sensitivity, rate: float, says: str, measure: Measure) -> Finding:
    scores = Series(
        name=f"Scores by {found.what}", x=tuple(f"{one:.2g}" for one in found.rates),
        y=tuple(None if math.isnan(one) else round(one, 4) for one in found.scores),
        x_name=found.what, y_name=found.metric, shape="point",
    )  # fmt: skip
    after = f" after {found.steps:,} steps" if found.steps else ""
    return Finding(
        message=f"at {rate / found.used:.2g} times the {found.what} of {found.used:.2g}, {says}{after}: the "
        f"{found.what.rpartition(' ')[2]} is at the edge of what trains",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH if found.share == 1.0 else Confidence.MEDIUM,
        locations=(Location(split="train"),),
        evidence=(measure, scores),
        fix=f"Try rate = {found.used / 3:.1g}, a longer warm-up, or a larger batch."
        if found.steps
        else f"Try options.estimator.{found.what} = {found.used / 3:.1g}, or let a search find it (search = …).",
    )


@planted(at=Location(split="train"))
def bursts_above(rng: np.random.Generator) -> dict[str, Any]:
    """At three times the rate the loss is no number."""
    return rates(rng, 0.0, float("nan"))


@planted(at=Location(split="train"))
def loses_above(rng: np.random.Generator) -> dict[str, Any]:
    """At three times the rate a fifth of the accuracy is gone."""
    return rates(rng, 0.0, 0.2)


@clean
def steady(rng: np.random.Generator) -> dict[str, Any]:
    """Half a point is lost at either end."""
    return rates(rng, 0.005, 0.005)


@clean
def slow_below(rng: np.random.Generator) -> dict[str, Any]:
    """At 0.3 times the rate a short training is a fifth behind, which tells nothing of a whole one."""
    return rates(rng, 0.2, 0.005)
