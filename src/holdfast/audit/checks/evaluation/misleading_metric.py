from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.audit.metrics import Metric
from holdfast.audit.models import Predictions
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Finding, Location, Measure, Series, Severity
from holdfast.core.text import one_line

_MOST_BARS = 12


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Lones (2024), Avoiding common machine learning pitfalls, Patterns 5(10), 'Do choose metrics carefully'",
            "https://doi.org/10.1016/j.patter.2024.101046",
        ),
        Reference(
            "Hyndman & Koehler (2006), Another look at measures of forecast accuracy, "
            "International Journal of Forecasting 22(4)",
            "https://doi.org/10.1016/j.ijforecast.2006.03.001",
        ),
    ),
)
def misleading_metric(
    labels: Labels, split_of: SplitOf, score_metric: Metric, metric_wanted: str, *, max_majority: float = 0.75
) -> Iterator[Finding]:
    """The metric rewards a model for knowing the majority, or is not defined for part of the labels.

    ## Why it matters
    Where 95% of the rows are of one class, a model that always names it is 95% accurate and useless. Percentage
    errors divide by the label: rows near zero then decide the score alone.

    ## How it works
    Looks at the metric that was named. For accuracy and weighted F1: the share of the most frequent class among the
    test rows. For percentage errors: the share of test labels that are zero.

    ## Limits
    Says nothing when no metric was named, and nothing about a metric that is defined but not what the application
    pays for. Accuracy at a high majority share can still be the right metric if it is read against that share.

    ## Fix
    Report balanced accuracy, the area under the ROC or precision-recall curve, or the Matthews correlation; for
    percentage errors the mean absolute error, or one scaled by a naive forecast.
    """
    del metric_wanted  # its absence is what skips this check
    test = np.flatnonzero(split_of.test & labels.known)
    if not len(test):
        raise NotApplicable("no test row has a label")
    place = Location(columns=(labels.column,), split="test")
    if score_metric.name in {"accuracy", "f1_weighted"}:
        counts = np.bincount(labels.codes[test], minlength=len(labels.classes))
        share = float(counts.max()) / len(test)
        if share <= max_majority or np.count_nonzero(counts) < 2:
            return
        majority = one_line(labels.classes[int(counts.argmax())], 40)
        always = Predictions(np.full(len(test), float(counts.argmax())), labels.classes)
        score = score_metric.score(labels.codes[test], always)
        yield Finding(
            message=f"always answering {majority!r} already scores {score:.3f} in {score_metric.title}, "
            f"because {share:.1%} of the test rows are {majority!r}",
            confidence=Confidence.CERTAIN,
            locations=(place,),
            evidence=(
                Measure(name="share of the most frequent class", value=share, threshold=max_majority, unit="share"),
                _bars(labels, counts),
            ),
            fix="Report balanced accuracy, ROC AUC, average precision or the Matthews correlation beside it.",
        )
    elif score_metric.name == "mape":
        zeros = float(np.mean(labels.values[test] == 0.0))
        if zeros > 0.0:
            yield Finding(
                message=f"the percentage error is not defined for {zeros:.1%} of the test rows, whose label is zero",
                confidence=Confidence.CERTAIN,
                locations=(place,),
                evidence=(Measure(name="test labels that are zero", value=zeros, threshold=0.0, unit="share"),),
                fix="Use the mean absolute error, or one scaled by the error of a naive forecast.",
            )


def _bars(labels: Labels, counts: np.ndarray) -> Series:
    order = np.argsort(-counts, kind="stable")[:_MOST_BARS]
    return Series(
        name="test rows per class",
        x=tuple(one_line(labels.classes[i], 40) for i in order),
        y=tuple(int(counts[i]) for i in order),
        x_name="class",
        y_name="rows",
        shape="bar",
    )


def _subject(rng: np.random.Generator, share: float, metric: str) -> dict[str, Any]:
    y = np.where(np.arange(200) % 100 < 100 * share, "no", "yes")
    dataset = subject({"a": rng.normal(size=200), "y": y}, split=["train"] * 100 + ["test"] * 100)
    return {"dataset": dataset, "metric_wanted": metric}


@planted(at=Location(columns=("y",), split="test"))
def accuracy_at_95_percent(rng: np.random.Generator) -> dict[str, Any]:
    """Accuracy is the metric, and 95% of the test rows are of one class."""
    return _subject(rng, 0.95, "accuracy")


@planted(at=Location(columns=("y",), split="test"))
def percentage_error_of_zeros(rng: np.random.Generator) -> dict[str, Any]:
    """Counts with zeros are judged by the mean absolute percentage error."""
    y = rng.poisson(3.0, size=200) + rng.choice([0.0, 0.5], size=200)
    y[150:160] = 0.0
    dataset = subject({"a": rng.normal(size=200), "y": y}, split=["train"] * 100 + ["test"] * 100)
    return {"dataset": dataset, "metric_wanted": "mape"}


@clean
def accuracy_of_even_classes(rng: np.random.Generator) -> dict[str, Any]:
    """Accuracy of two classes that are nearly as frequent."""
    return _subject(rng, 0.6, "accuracy")


@clean
def balanced_accuracy_at_95_percent(rng: np.random.Generator) -> dict[str, Any]:
    """Balanced accuracy does not reward the majority."""
    return _subject(rng, 0.95, "balanced_accuracy")
