from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases import table
from holdfast.audit.cases.predictions import judged
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.learning.predictions import Predicted
from holdfast.audit.metrics import Metric, truth_of
from holdfast.audit.scoring import estimate, shown, span, usable
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity
from holdfast.core.random import Streams


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Wilson (1927), Probable inference, the law of succession, and statistical inference, JASA 22(158)",
            "https://doi.org/10.1080/01621459.1927.10502953",
        ),
        Reference(
            "Varoquaux (2018), Cross-validation failure: small sample sizes lead to large error bars, NeuroImage 180",
            "https://doi.org/10.1016/j.neuroimage.2017.06.061",
        ),
    ),
)
def tiny_test_set(
    labels: Labels,
    test_predictions: Predicted,
    score_metric: Metric,
    streams: Streams,
    *,
    max_half_width: float = 0.1,
    noted_half_width: float = 0.06,
) -> Iterator[Finding]:
    """So few test rows that the score is hardly known.

    ## Why it matters
    With 100 test rows an accuracy of 0.80 may be 0.71 or 0.87. Models cannot be told apart, and a lucky split is
    reported as progress.

    ## How it works
    Computes the 95% interval of the score over test rows: Wilson's for accuracy, DeLong's for the area under the
    ROC curve, the delta method or a bootstrap for others. Half its width above 0.1 is a warning, above 0.06 a note;
    for errors without an upper limit, a tenth and six hundredths of the score. Without your model one that is
    fitted here shows how wide the interval is.

    ## Limits
    Takes rows as independent: with several rows a person, or rows in time, the score is known less well still. Very
    large data are judged by 20,000 of their test rows, which are enough for any interval. A stand-in that is worse
    than the mean is not judged.

    ## Fix
    Use repeated cross-validation with the corrected interval of Nadeau & Bengio, or gather more test rows.
    """
    if len(test_predictions.models) > 1:
        raise NotApplicable("several models: their intervals are in the comparison of models")
    [(name, model)] = test_predictions.models.items()
    truth = truth_of(labels, test_predictions.rows)
    metric = usable(score_metric, labels, model)
    found = estimate(metric, truth, model, streams("tiny_test_set"))
    if not test_predictions.is_own and metric.name == "r2" and found.value < 0.0:
        raise NotApplicable("the model that stands in is worse than the mean, so its score tells nothing")
    half = (found.high - found.low) / 2.0 / span(metric, found.value)
    if half <= noted_half_width:
        return
    yield Finding(
        message=f"with {len(truth):,} test rows the {metric.title} of {test_predictions.said(name)} is known to lie "
        f"between {shown(found.low)} and {shown(found.high)} only",
        severity=Severity.WARNING if half > max_half_width else Severity.NOTE,
        confidence=Confidence.HIGH,
        locations=(Location(columns=(labels.column,), split="test"),),
        evidence=(
            Measure(
                name=metric.title, value=found.value, low=found.low, high=found.high, level=found.level, unit="score"
            ),
            Measure(name="half the width of the interval", value=half, threshold=noted_half_width),
        ),
        fix="Use repeated cross-validation with a corrected interval, or gather more test rows.",
    )


@planted(at=Location(columns=("y",), split="test"))
def twenty_test_rows(rng: np.random.Generator) -> Dataset:
    """Twenty test rows for a label that is hard to tell."""
    return table(rng, n_train=200, n_test=20)


@planted(at=Location(columns=("y",), split="test"))
def forty_stored_predictions(rng: np.random.Generator) -> dict[str, Any]:
    """Stored classes for forty test rows."""
    return judged(rng, {"mine": 0.8}, n_test=40, as_classes=True)


@clean
def enough_test_rows(rng: np.random.Generator) -> Dataset:
    """A thousand test rows."""
    return table(rng, n_train=300, n_test=1_000)
