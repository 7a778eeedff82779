from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from holdfast.audit.cases import subject, table
from holdfast.audit.comparison import Comparison, holm
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.baselines import CONSTANT, LINEAR, PERSISTENCE, Ladder, in_time
from holdfast.audit.facts.labels import Labels
from holdfast.audit.facts.predictions import Predicted
from holdfast.audit.metrics import Metric, truth_of
from holdfast.audit.models import Predictions
from holdfast.audit.prediction_cases import judged
from holdfast.audit.scoring import difference, shown, usable
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Finding, Location, Measure, Series, Severity
from holdfast.core.random import Streams

LEAST_ROWS = 20  # of the test set: with fewer, no model can show that it is better than anything


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Lones (2024), Avoiding common machine learning pitfalls, Patterns 5(10), "
            "'Do compare your model against a simple baseline'",
            "https://doi.org/10.1016/j.patter.2024.101046",
        ),
        Reference(
            "DeLong, DeLong & Clarke-Pearson (1988), Comparing the areas under two or more correlated ROC curves, "
            "Biometrics 44(3)",
            "https://doi.org/10.2307/2531595",
        ),
    ),
)
def no_better_than_baseline(
    dataset: Dataset,
    labels: Labels,
    test_predictions: Predicted,
    baselines: Ladder,
    score_metric: Metric,
    streams: Streams,
    *,
    alpha: float = 0.001,
) -> Iterator[Finding]:
    """A model that is not clearly better than a constant, a linear model or the value before.

    ## Why it matters
    A score means little by itself. If a constant, a linear model or yesterday's value does as well, the model has
    learnt nothing that pays for it.

    ## How it works
    On the same test rows, each model is compared with a constant learnt from the training labels, a linear model,
    and for one series in time the value before, with the paired test that suits the metric (DeLong, McNemar, paired
    t, Diebold–Mariano, bootstrap). A model worse than a constant beyond chance is an error, with Holm's correction
    over models: its rows are probably in another order. A model not clearly better than a constant is a warning, one
    not better than a richer baseline a note. Without your model, a boosting model fitted here stands in, and only
    a lack of any signal is noted.

    ## Limits
    A small test set cannot show a small gain; the interval says how large a gain is still possible. The linear model
    is fitted to at most 10,000 rows. Fewer than twenty test rows are not judged.

    ## Fix
    Look for better features or more data before a larger model; report the simple model's score beside your own.
    """
    truth = truth_of(labels, test_predictions.rows)
    if len(truth) < LEAST_ROWS:
        raise NotApplicable(f"{len(truth)} test rows are too few to tell a model from a constant")
    metric = usable(score_metric, labels, *test_predictions.models.values())
    rng = streams("no_better_than_baseline")
    order = _in_time(dataset, test_predictions.rows)
    against = {
        step: {
            name: difference(metric, truth, model, rung, rng, order=order)
            for name, model in test_predictions.models.items()
        }
        for step, rung in baselines.models.items()
        if test_predictions.is_own or step == CONSTANT
    }
    p_values = holm(np.array([found.p_value for found in against[CONSTANT].values()]))
    settled = set()
    for (name, found), p_value in zip(against[CONSTANT].items(), p_values, strict=True):
        score, floor = (metric.score(truth, m) for m in (test_predictions.models[name], baselines.models[CONSTANT]))
        facts = _evidence(metric, truth, test_predictions.models[name], baselines, found, level_p=float(p_value))
        who = test_predictions.said(name)
        if test_predictions.is_own and found.difference < 0.0 and p_value <= alpha:
            settled.add(name)
            yield Finding(
                message=f"{who} is worse than a constant: {metric.title} {shown(score)} against {shown(floor)}; "
                "are its predictions in the order of the test rows?",
                severity=Severity.ERROR,
                confidence=Confidence.HIGH,
                locations=(_place(labels),),
                evidence=facts,
                fix="Check that predictions and test rows are in the same order, and that the classes are not swapped.",
            )
        elif found.low <= 0.0:
            settled.add(name)
            yield _no_signal(who, metric, score, floor, found, facts, _place(labels), own=test_predictions.is_own)
    for step, rivals in against.items():
        if step != CONSTANT:
            yield from _not_worth_it(step, rivals, settled, metric, truth, test_predictions, baselines, labels)


def _no_signal(
    who: str,
    metric: Metric,
    score: float,
    floor: float,
    found: Comparison,
    facts: tuple[Measure | Series, ...],
    place: Location,
    *,
    own: bool,
) -> Finding:
    return Finding(
        message=f"{who} is not clearly better than a constant: {metric.title} {shown(score)} against {shown(floor)} "
        f"(difference {found.low:+.3g} to {found.high:+.3g})",
        severity=Severity.WARNING if own else Severity.NOTE,
        confidence=Confidence.HIGH if own else Confidence.MEDIUM,
        locations=(place,),
        evidence=facts,
        fix="Look for features that carry a signal, or gather more test rows: so many cannot show that there is one.",
    )


def _not_worth_it(
    step: str,
    rivals: Mapping[str, Comparison],
    settled: set[str],
    metric: Metric,
    truth: np.ndarray,
    given: Predicted,
    baselines: Ladder,
    labels: Labels,
) -> Iterator[Finding]:
    called = {LINEAR: "a linear model fitted here", PERSISTENCE: "the value before"}[step]
    for name, found in rivals.items():
        if name in settled or found.difference > 0.0:
            continue
        settled.add(name)
        score, rung = metric.score(truth, given.models[name]), metric.score(truth, baselines.models[step])
        clearly = found.high < 0.0
        yield Finding(
            message=f"{called} does {'better than' if clearly else 'as well as'} {given.said(name)}: {metric.title} "
            f"{shown(rung)} against {shown(score)}",
            severity=Severity.WARNING if clearly else Severity.NOTE,
            confidence=Confidence.HIGH if clearly else Confidence.MEDIUM,
            locations=(_place(labels),),
            evidence=_evidence(metric, truth, given.models[name], baselines, found),
            fix=f"Use {called}, or find out what keeps the larger model from doing at least as well.",
        )


def _evidence(
    metric: Metric,
    truth: np.ndarray,
    model: Predictions,
    baselines: Ladder,
    found: Comparison,
    level_p: float | None = None,
) -> tuple[Measure | Series, ...]:
    ladder = {**baselines.models, "model": model}
    return (
        Measure(
            name=f"gain over the baseline ({found.test})",
            value=found.difference,
            threshold=0.0,
            low=found.low,
            high=found.high,
            level=found.level,
            p_value=found.p_value if level_p is None else level_p,
            unit="score",
        ),
        Series(
            name="ladder",
            x=tuple(ladder),
            y=tuple(_finite(metric.score(truth, item)) for item in ladder.values()),
            x_name="predictor",
            y_name=metric.title,
            shape="bar",
        ),
    )


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _place(labels: Labels) -> Location:
    return Location(columns=(labels.column,), split="test")


def _in_time(dataset: Dataset, rows: np.ndarray) -> np.ndarray | None:
    """Return the places of `rows` in the order of time, where the data are one series."""
    order = in_time(dataset)
    if order is None:
        return None
    rank = np.empty(len(dataset), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return np.argsort(rank[rows], kind="stable")


@planted(at=Location(columns=("y",), split="test"))
def stored_noise(rng: np.random.Generator) -> dict[str, Any]:
    """Stored probabilities that have nothing to do with the label."""
    return judged(rng, {"mine": 0.0}, n_test=300)


@planted(at=Location(columns=("y",), split="test"))
def swapped_classes(rng: np.random.Generator) -> dict[str, Any]:
    """Stored probabilities of the other class: far worse than a constant."""
    return judged(rng, {"mine": -1.0}, n_test=300)


@planted(at=Location(columns=("y",), split="test"))
def no_signal(rng: np.random.Generator) -> Dataset:
    """The label is drawn apart from all columns."""
    n = 400
    a, b = rng.normal(size=(2, n))
    y = rng.permutation(np.repeat(["no", "yes"], n // 2))
    return subject({"a": a, "b": b, "y": y}, split=["train"] * 200 + ["test"] * 200)


@clean
def good_probabilities(rng: np.random.Generator) -> dict[str, Any]:
    """Stored probabilities that tell the label well; the linear model sees a blurred column."""
    return judged(rng, {"mine": 1.0}, n_test=400)


@clean
def plain_signal(rng: np.random.Generator) -> Dataset:
    """A label that depends on two of the columns."""
    return table(rng, n_train=400, n_test=200)
