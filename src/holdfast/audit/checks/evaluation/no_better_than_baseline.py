from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from holdfast.audit.cases import subject, table
from holdfast.audit.cases.predictions import judged
from holdfast.audit.comparison import Comparison, holm
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.learning.baselines import CONSTANT, Ladder, order_of
from holdfast.audit.facts.learning.predictions import Predicted
from holdfast.audit.metrics import Metric, truth_of
from holdfast.audit.models import Predictions
from holdfast.audit.scoring import difference, shown, usable
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Finding, Location, Measure, Series, Severity
from holdfast.core.random import Streams
from holdfast.core.text import one_line

_MOST_BARS = 20
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
    On the same test rows, each model is compared with a constant learnt from the training labels, and the best of
    them with a linear model and, for one series in time, the value before; with the paired test that suits the metric
    (DeLong, McNemar, paired t, Diebold–Mariano, bootstrap). A model worse than a constant beyond chance is an error,
    with Holm's correction over models: its rows are probably in another order. One not clearly better than a
    constant is a warning; a best one not better than a richer predictor a note, or a warning where it is clearly
    worse. Without your model one fitted here stands in, and only a lack of any signal is noted.

    ## Limits
    A small test set cannot show a small gain; the interval says how large a gain is still possible. The linear model
    is fitted to at most 10,000 rows; for texts and images it is one of words and of simple features. Fewer than twenty
    test rows are not judged.

    ## Fix
    Look for better features or more data before a larger model; report the simple model's score beside your own.
    """
    truth = truth_of(labels, test_predictions.rows)
    if len(truth) < LEAST_ROWS:
        raise NotApplicable(f"{len(truth)} test rows are too few to tell a model from a constant")
    models = test_predictions.models
    metric = usable(score_metric, labels, *models.values())
    ladder = baselines.models
    scores = {name: metric.score(truth, item) for name, item in {**ladder, **models}.items()}
    rng, order = streams("no_better_than_baseline"), order_of(dataset, test_predictions.rows)
    found = {name: difference(metric, truth, item, ladder[CONSTANT], rng, order=order) for name, item in models.items()}
    p_values = dict(zip(found, holm(np.array([item.p_value for item in found.values()])), strict=True))
    worse = [n for n in found if test_predictions.is_own and found[n].difference < 0.0 and p_values[n] <= alpha]
    unclear = [n for n in found if n not in worse and found[n].low <= 0.0]
    place, own = Location(columns=(labels.column,), split="test"), test_predictions.is_own
    floor = f"{shown(scores[CONSTANT])}"
    if worse:
        name = worse[0]
        yield Finding(
            message=f"{_called(worse, test_predictions)} worse than a constant: {metric.title} {shown(scores[name])} "
            f"against {floor}; are the predictions in the order of the test rows?",
            severity=Severity.ERROR,
            confidence=Confidence.HIGH,
            locations=(place,),
            evidence=_evidence(metric, found[name], scores, p_values[name]),
            fix="Check that predictions and test rows are in the same order, and that the classes are not swapped.",
        )
    if unclear:
        name = unclear[0]
        yield Finding(
            message=f"{_called(unclear, test_predictions)} not clearly better than a constant: {metric.title} "
            f"{shown(scores[name])} against {floor} (difference {found[name].low:+.3g} to {found[name].high:+.3g})",
            severity=Severity.WARNING if own else Severity.NOTE,
            confidence=Confidence.HIGH if own else Confidence.MEDIUM,
            locations=(place,),
            evidence=_evidence(metric, found[name], scores, p_values[name]),
            fix="Look for features that carry a signal, or gather more test rows: these cannot show that there is one.",
        )
    if own and not worse and len(unclear) < len(models):
        yield from _richer(metric, truth, test_predictions, ladder, scores, rng, order, place)


def _richer(
    metric: Metric,
    truth: np.ndarray,
    given: Predicted,
    ladder: Mapping[str, Predictions],
    scores: Mapping[str, float],
    rng: np.random.Generator,
    order: np.ndarray | None,
    place: Location,
) -> Iterator[Finding]:
    """Compare the best of the models with the richer predictors; one finding, about the best of these."""
    sign = 1.0 if metric.higher_is_better else -1.0
    name = max(given.models, key=lambda one: (sign * scores[one], one))
    steps = [step for step in ladder if step != CONSTANT and np.isfinite(scores[step])]
    if not steps:
        return
    step = max(steps, key=lambda one: sign * scores[one])
    found = difference(metric, truth, given.models[name], ladder[step], rng, order=order)
    if found.difference > 0.0:
        return
    clearly = found.high < 0.0
    yield Finding(
        message=f"{step} does {'better than' if clearly else 'as well as'} {given.said(name)}: {metric.title} "
        f"{shown(scores[step])} against {shown(scores[name])}",
        severity=Severity.WARNING if clearly else Severity.NOTE,
        confidence=Confidence.HIGH if clearly else Confidence.MEDIUM,
        locations=(place,),
        evidence=_evidence(metric, found, scores, found.p_value),
        fix="Use the simpler predictor, or find out what keeps the larger model from doing at least as well.",
    )


def _called(names: list[str], given: Predicted) -> str:
    first = given.said(one_line(names[0], 60))
    return f"{first} is" if len(names) == 1 else f"{first} and {len(names) - 1} more are"


def _evidence(
    metric: Metric, found: Comparison, scores: Mapping[str, float], p_value: float
) -> tuple[Measure | Series, ...]:
    shown_scores = dict(list(scores.items())[:_MOST_BARS])
    return (
        Measure(
            name=f"gain over the simpler predictor ({found.test})",
            value=found.difference,
            threshold=0.0,
            low=found.low,
            high=found.high,
            level=found.level,
            p_value=float(p_value),
            unit="score",
        ),
        Series(
            name="ladder",
            x=tuple(one_line(name, 60) for name in shown_scores),
            y=tuple(float(value) if np.isfinite(value) else None for value in shown_scores.values()),
            x_name="predictor",
            y_name=metric.title,
            shape="bar",
        ),
    )


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
