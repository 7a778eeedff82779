from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases import subject, table
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.learning.baselines import LINEAR, Ladder
from holdfast.audit.facts.learning.predictions import Predicted
from holdfast.audit.metrics import Metric, truth_of
from holdfast.audit.scoring import difference, estimate, shown, span, usable
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Finding, Location, Measure, Series, Severity
from holdfast.core.random import Streams


@check(
    severity=Severity.NOTE,
    references=(
        Reference(
            "Hastie, Tibshirani & Friedman (2009), The elements of statistical learning, 2nd ed., section 7.4",
            "https://hastie.su.domains/ElemStatLearn/",
        ),
        Reference(
            "Belkin et al. (2019), Reconciling modern machine-learning practice and the bias-variance trade-off, "
            "PNAS 116(32)",
            "https://doi.org/10.1073/pnas.1903070116",
        ),
    ),
)
def overfit_gap(
    labels: Labels,
    test_predictions: Predicted,
    baselines: Ladder,
    score_metric: Metric,
    streams: Streams,
    *,
    max_gap: float = 0.1,
) -> Iterator[Finding]:
    """Your model does far better on the rows it learnt from than on the test rows.

    ## Why it matters
    A model that has learnt its training rows by heart may be larger than the data allow; a smaller or more regular
    one would often do better on new rows.

    ## How it works
    Your model is fitted to the training rows and scored on both sides. It speaks when the gap of the scores is above
    0.1 by the whole of its interval (a tenth of the test score, for errors without an upper limit). It is a warning
    when, besides, a linear model does clearly better on the test rows: then the larger model has overfitted and not
    only remembered.

    ## Limits
    Forests, nearest neighbours and large networks fit their training rows perfectly and may still do best: alone, a
    gap is a note. A test set from another population makes a gap too (see the drift checks). Only a model that was
    given is judged; stored predictions of the test rows say nothing about training.

    ## Fix
    Compare with a smaller or more strongly regularised model on validation rows; gather more training rows.
    """
    if test_predictions.on_train is None:
        raise NotApplicable("no model given (--model module:factory): the gap of a stand-in says nothing")
    [(name, model)] = test_predictions.models.items()
    metric = usable(score_metric, labels, model, test_predictions.on_train)
    rng = streams("overfit_gap")
    truth = truth_of(labels, test_predictions.rows)
    test = estimate(metric, truth, model, rng)
    train = estimate(metric, truth_of(labels, test_predictions.train_rows), test_predictions.on_train, rng)
    sign = 1.0 if metric.higher_is_better else -1.0
    gap = sign * (train.value - test.value)
    # The two sides are independent; a training score has its own spread, small as it is.
    half = float(np.hypot(train.high - train.low, test.high - test.low)) / 2.0
    scale = span(metric, test.value)
    if (gap - half) / scale <= max_gap:
        return
    linear = baselines.models.get(LINEAR)
    worse = linear is not None and difference(metric, truth, model, linear, rng).high < 0.0
    also = ", and a linear model does clearly better there" if worse else ""
    yield Finding(
        message=f"{test_predictions.said(name)} reaches {shown(train.value)} in {metric.title} on the training rows "
        f"and {shown(test.value)} on the test rows{also}",
        severity=Severity.WARNING if worse else Severity.NOTE,
        confidence=Confidence.HIGH if worse else Confidence.LOW,
        locations=(Location(columns=(labels.column,), split="test"),),
        evidence=(
            Measure(
                name="gap between training and test score",
                value=gap / scale,
                threshold=max_gap,
                low=(gap - half) / scale,
                high=(gap + half) / scale,
                level=test.level,
                unit="score",
            ),
            Series(
                name="score by side",
                x=("training", "test"),
                y=(train.value, test.value),
                low=(train.low, test.low),
                high=(train.high, test.high),
                x_name="rows",
                y_name=metric.title,
                shape="bar",
            ),
        ),
        fix="Compare with a smaller or more strongly regularised model on validation rows; gather more training rows.",
    )


def _learner(kind: str) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.tree import DecisionTreeClassifier

    return DecisionTreeClassifier() if kind == "tree" else LogisticRegression()


def _wide(rng: np.random.Generator, n_train: int, n_test: int) -> Dataset:
    n = n_train + n_test
    columns = rng.normal(size=(12, n))
    y = np.where(columns[:4].sum(axis=0) + 2.0 * rng.normal(size=n) > 0, "yes", "no")
    named = {f"x{i}": values for i, values in enumerate(columns)}
    return subject({**named, "y": y}, split=["train"] * n_train + ["test"] * n_test)


@planted(at=Location(columns=("y",), split="test"))
def full_tree(rng: np.random.Generator) -> dict[str, Any]:
    """A tree grown to the last row, of a label that is mostly noise."""
    return {"dataset": _wide(rng, 300, 300), "estimator": _learner("tree")}


@clean
def linear_model(rng: np.random.Generator) -> dict[str, Any]:
    """A linear model of twelve columns and 300 rows fits both sides alike."""
    return {"dataset": _wide(rng, 300, 300), "estimator": _learner("linear")}


@clean
def no_model(rng: np.random.Generator) -> Dataset:
    """The boosting model that stands in is not judged by its gap."""
    return table(rng)
