"""A model that has lost more of what it could do before than its budget allows."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases.training import forgot
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.training import Forgetting, Training
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity


@check(
    severity=Severity.ERROR,
    references=(
        Reference("Wortsman et al. (2021), Robust fine-tuning of zero-shot models", "https://arxiv.org/abs/2109.01903"),
        Reference(
            "Yan et al. (2021), Positive-congruent training: towards regression-free model updates",
            "https://arxiv.org/abs/2011.09161",
        ),
    ),
)
def forgetting(training: Training) -> Iterator[Finding]:
    """A model that has lost more of what it could do before than its budget allows.

    ## Why it matters
    Tuning on one task takes away from others, and the score of the new task never shows it. Who replaces the old model
    by the new one finds out from users.

    ## How it works
    The model as it came and the tuned one answer the same examples of the original task, which neither was chosen by.
    The loss is the difference of their scores: with McNemar's exact p-value and the interval of Bonett and Price where
    answers are right or wrong, else with a bootstrap over examples. It is an error where the whole interval lies above
    the budget, and a warning where only the value does.

    ## Limits
    It speaks of the examples that were given as original data, not of everything the model could do. Without them,
    only the drift from the base model is known, and nothing is judged.

    ## Fix
    Keep interpolation on (`keep = ["interpolate"]`), add original data to the training (`keep = ["interpolate",
    "replay"]`), or lower the rate. The report shows what each share of the tuned weights would have kept.
    """
    found = training.forgetting
    if found is None or found.lost is None:
        raise training.why_silent("forgetting")
    if found.lost.value <= found.budget:
        return
    certain = found.lost.low > found.budget
    flips = f"; {found.flips.value:.1%} of its examples were right before and are wrong now" if found.flips else ""
    yield Finding(
        message=f"the model lost {found.lost.value:.3g} of its {found.metric} on the original task "
        f"({found.before:.3g} before, {found.after:.3g} now), more than the {found.budget:g} allowed{flips}",
        severity=Severity.ERROR if certain else Severity.WARNING,
        confidence=Confidence.HIGH if certain else Confidence.MEDIUM,
        locations=(Location(split="original"),),
        evidence=(
            Measure(
                name="score lost on the original task", value=found.lost.value, threshold=found.budget,
                low=found.lost.low, high=found.lost.high, level=found.lost.level, p_value=found.p_value, unit="score",
            ),
        ),
        fix=_fix(found),
    )  # fmt: skip


def _fix(found: Forgetting) -> str:
    if "replay" not in found.kept_by:
        return 'Add original data to the training: keep = ["interpolate", "replay"]; or lower the rate.'
    return (
        f"Say how much may be lost, and the model goes less far: budget = {found.budget:g}; the report shows what each "
        "share of the way keeps. Or replay more (options.replay.share), or lower the rate."
    )


@planted(at=Location(split="original"))
def a_tenth_is_lost(rng: np.random.Generator) -> dict[str, Any]:
    """One of ten examples that were right is wrong now."""
    return forgot(rng, 0.1)


@clean
def nothing_is_lost(rng: np.random.Generator) -> dict[str, Any]:
    """The model answers the original task as before."""
    return forgot(rng, 0.0)


@clean
def within_the_budget(rng: np.random.Generator) -> dict[str, Any]:
    """Two per cent are lost, and five are allowed."""
    return forgot(rng, 0.02, budget=0.05)
