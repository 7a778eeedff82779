"""A tuned model that is no better, or worse, than a simpler way to the same score."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases.training import beside
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.training import Control, Training
from holdfast.core.finding import Confidence, Examples, Finding, Location, Measure, Severity


@check(
    severity=Severity.ERROR,
    references=(
        Reference("Zhang, Deng, Zhang & Wu (2020), A survey on negative transfer", "https://arxiv.org/abs/2009.00909"),
        Reference("Holm (1979), A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6"),
    ),
)
def negative_transfer(training: Training, *, alpha: float = 0.01) -> Iterator[Finding]:
    """A tuned model that is no better, or worse, than a simpler way to the same score.

    ## Why it matters
    A large model that ties with word counts costs a thousand times more to run and fails in less obvious ways. A model
    that was better before it was tuned should not have been tuned.

    ## How it works
    Controls are judged on the same test examples: the model as it came, words without a network, nearest neighbours,
    the same architecture from scratch, the most frequent class. Differences are paired: McNemar's exact test with the
    interval of Bonett and Price where answers are right or wrong, else a bootstrap over examples. A control that is
    better at level alpha, corrected over controls (Holm), is an error; one that is better by its interval at 95%
    (corrected likewise) a warning; one that cannot be told from the tuned model a note.

    ## Limits
    A tie on few test examples may be a difference on more: the interval says how large it could be.

    ## Fix
    Take the control, or find out what keeps the model from doing better: too few labels, a rate that is off, texts
    that were cut, or a model that suits the task badly.
    """
    found = training.transfer
    if found is None or not found.controls:
        raise training.why_silent("transfer")
    ordered = sorted(found.controls, key=lambda one: one.p_value)
    worse = [one for at, one in enumerate(ordered)
             if one.p_value <= alpha / (len(ordered) - at) and one.difference.value < 0]  # fmt: skip
    if worse:
        best = max(worse, key=lambda one: one.score)
        yield _finding(training, best, Severity.ERROR, f"is worse than {best.name} ({best.says})")
        return
    decisive = next((one for one in found.controls if one.name == found.decisive), None)
    if found.verdict == "hurts" and decisive is not None:
        yield _finding(training, decisive, Severity.WARNING, f"is worse than {decisive.name} ({decisive.says})")
    elif found.verdict == "no measurable help" and decisive is not None:
        says = f"is not measurably better than {decisive.name} ({decisive.says})"
        yield _finding(training, decisive, Severity.NOTE, says)


def _finding(training: Training, one: Control, severity: Severity, verdict: str) -> Finding:
    found = training.transfer
    assert found is not None
    return Finding(
        message=f"the tuned model {verdict}: {found.metric} {found.tuned.value:.3g} against {one.score:.3g} on "
        f"{found.n:,} test examples",
        severity=severity,
        confidence=Confidence.HIGH if severity is Severity.ERROR else Confidence.MEDIUM,
        locations=(Location(split="test"),),
        evidence=(
            Measure(
                name=f"tuned model − {one.name}", value=one.difference.value, threshold=0.0, low=one.difference.low,
                high=one.difference.high, level=one.difference.level, p_value=one.p_value, unit="score",
            ),
            Examples(
                caption="The tuned model and its controls on the same test examples",
                columns=("way", "score", "tuned − it", "low", "high"),
                cells=tuple(
                    (each.name, round(each.score, 4), round(each.difference.value, 4), round(each.difference.low, 4),
                     round(each.difference.high, 4)) for each in found.controls
                ),
            ),
        ),
        fix="Take the simpler way, or find what holds the model back: few labels, "
        + ("columns that say little of the label." if training.task == "table" else
           "an unsuited rate, texts that were cut." if training.task.endswith("text") else
           "an unsuited rate, pictures that were made too small."),
    )  # fmt: skip


@planted(at=Location(split="test"))
def words_are_better(rng: np.random.Generator) -> dict[str, Any]:
    """Counting words is right in 90% of cases, the tuned model in 80%."""
    return beside(rng, 0.8, 0.9)


@planted(at=Location(split="test"))
def a_tie(rng: np.random.Generator) -> dict[str, Any]:
    """Counting words is right as often as the tuned model."""
    return beside(rng, 0.8, 0.8)


@clean
def clearly_better(rng: np.random.Generator) -> dict[str, Any]:
    """The tuned model is right in 95% of cases, word counts in 80%."""
    return beside(rng, 0.95, 0.8)
