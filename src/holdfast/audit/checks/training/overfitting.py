"""A model that knows the examples it learnt from far better than others."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases.training import knows
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.training import Training
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity


@check(
    severity=Severity.WARNING,
    references=(
        Reference("Prechelt (1998), Early stopping – but when?, Neural Networks: Tricks of the Trade"),
        Reference("Zhang et al. (2017), Understanding deep learning requires rethinking generalization",
                  "https://arxiv.org/abs/1611.03530"),
    ),
)  # fmt: skip
def overfitting(training: Training, *, share: float = 0.5, floor: float = 0.05) -> Iterator[Finding]:
    """A model that knows the examples it learnt from far better than others.

    ## Why it matters
    What was learnt by heart does not carry over: such a model is too sure of itself, answers worse than its training
    loss promises, and may give training examples away.

    ## How it works
    The weights that are kept are judged on validation examples and on as many training examples, in evaluation mode.
    The gap is the validation loss less the training loss, with a bootstrap interval of both samples. It is reported
    where its whole interval lies above `share` of what the training seems to have gained, and above `floor` (nats, or
    the loss's own unit): where more than half of the gain on training examples is not there on others. The gain is the
    training loss less than that of who knows the shares of the classes only; for text, of the model as it came.
    Measured by `benchmarks/detection/overfitting.py --splits 6` on 42 paths of boosting over seven data sets: of 509
    states up to the best round none was reported, of 65 whose loss was half as high again as at the best 75%; where
    there was nothing to learn, none too early. Half of the validation loss, as before, reported 2% of the sound
    states, 10% of those on digits, and as many of the others.

    ## Limits
    The gap is one of losses, which also measure how sure a model is; its answers may be as good. Validation examples
    chose the state that is kept, so that their loss is a little too low.

    ## Fix
    Train for fewer epochs or at a lower rate, let less of the model learn (`adapt = "lora"` or `"head"`), add labels,
    or keep interpolation on.
    """
    gap = training.gap
    if gap is None:
        raise training.why_silent("overfitting")
    bound = gap.bound(share, floor)
    if not gap.difference.low > bound:
        return
    yield Finding(
        message=f"the model's loss is {gap.valid:.3g} on validation examples and {gap.train:.3g} on those it learnt "
        f"from: a gap of {gap.difference.value:.3g} ({gap.difference.low:.3g} to {gap.difference.high:.3g}), more than "
        + (f"{share:.0%} of the loss" if gap.base is None else f"{share:.0%} of what it seems to have gained"),
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        locations=(Location(split="train"),),
        evidence=(
            Measure(
                name="validation loss − training loss", value=gap.difference.value, threshold=bound,
                low=gap.difference.low, high=gap.difference.high, level=gap.difference.level, unit="nats",
            ),
        ),
        fix='Fewer epochs, a lower rate, less that learns (adapt = "lora" or "head"), or more labels.',
    )  # fmt: skip


@planted(at=Location(split="train"))
def learnt_by_heart(rng: np.random.Generator) -> dict[str, Any]:
    """The loss is 0.05 on training examples and 0.9 on others."""
    return knows(rng, 0.05, 0.9)


@planted(at=Location(split="train"))
def a_language_model_by_heart(rng: np.random.Generator) -> dict[str, Any]:
    """A language model came with 2.7 nats a token, and has 1.9 where it learnt and 2.6 elsewhere."""
    return knows(rng, 1.9, 2.6, n=4_000, base=2.7)


@planted(at=Location(split="train"))
def nothing_to_learn(rng: np.random.Generator) -> dict[str, Any]:
    """The loss on others is higher than of who knows the shares of the classes only."""
    return knows(rng, 0.3, 1.3)


@clean
def nothing_known_without_it(rng: np.random.Generator) -> dict[str, Any]:
    """What the loss would be without the training is not known, and the gap is a quarter of the loss."""
    return knows(rng, 0.45, 0.6, base=None)


@clean
def some_gap(rng: np.random.Generator) -> dict[str, Any]:
    """The loss is 0.45 on training examples and 0.6 on others, as in most good trainings."""
    return knows(rng, 0.45, 0.6)


@clean
def nearly_perfect_on_both(rng: np.random.Generator) -> dict[str, Any]:
    """The loss is ten times as high on others, and next to nothing on both."""
    return knows(rng, 0.005, 0.05)


@clean
def too_few_to_tell(rng: np.random.Generator) -> dict[str, Any]:
    """The same losses as of a model that learnt by heart, a little less apart, on ten examples."""
    return knows(rng, 0.3, 0.6, n=10)
