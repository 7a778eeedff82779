from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases import table
from holdfast.audit.cases.predictions import judged, with_predictions
from holdfast.audit.comparison import holm
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.learning.baselines import order_of
from holdfast.audit.facts.learning.predictions import Predicted
from holdfast.audit.metrics import Metric, truth_of
from holdfast.audit.scoring import difference, shown, usable
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Examples, Finding, Location, Measure, Severity
from holdfast.core.random import Streams
from holdfast.core.text import one_line


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Dietterich (1998), Approximate statistical tests for comparing supervised classification learning "
            "algorithms, Neural Computation 10(7)",
            "https://doi.org/10.1162/089976698300017197",
        ),
        Reference(
            "Holm (1979), A simple sequentially rejective multiple test procedure, Scand. J. Statistics 6(2)",
            "https://www.jstor.org/stable/4615733",
        ),
    ),
)
def difference_within_noise(
    dataset: Dataset,
    labels: Labels,
    test_predictions: Predicted,
    score_metric: Metric,
    streams: Streams,
    *,
    significance: float = 0.05,
) -> Iterator[Finding]:
    """The best model's lead over another is no larger than chance in the test rows would make it.

    ## Why it matters
    "Our model is better" rests on a difference of scores. Another test set of the same size would often turn a small
    one round.

    ## How it works
    Needs stored predictions of two models or more. The one with the best score is compared with every other on the
    same rows, with the paired test that suits the metric (McNemar, DeLong, paired t, bootstrap; Diebold–Mariano for
    one series in time), and the p-values are corrected for their number (Holm). It speaks when the runner-up cannot
    be told from the best.

    ## Limits
    Judges these predictions, not the way the models were trained: another seed or training set may move the scores
    further. That two models cannot be told apart does not show that they are equal; the interval says by how much
    they may still differ.

    ## Fix
    Report the interval of the difference; choose by cost or simplicity, or test on more rows.
    """
    if len(test_predictions.models) < 2:
        raise NotApplicable("one model only: there is no difference to judge")
    truth = truth_of(labels, test_predictions.rows)
    metric = usable(score_metric, labels, *test_predictions.models.values())
    rng = streams("difference_within_noise")
    scores = {name: metric.score(truth, item) for name, item in test_predictions.models.items()}
    sign = 1.0 if metric.higher_is_better else -1.0
    best, *others = sorted(scores, key=lambda name: (-sign * scores[name], name))
    order = order_of(dataset, test_predictions.rows)
    models = test_predictions.models
    found = [difference(metric, truth, models[best], models[name], rng, order=order) for name in others]
    adjusted = holm(np.array([item.p_value for item in found]))
    tied = [i for i in range(len(others)) if adjusted[i] > significance]
    if 0 not in tied:
        return
    lead = found[0]
    also = f", and {len(tied) - 1} more are as close" if len(tied) > 1 else ""
    yield Finding(
        message=f"{one_line(best, 40)} ({metric.title} {shown(scores[best])}) cannot be told from "
        f"{one_line(others[0], 40)} ({shown(scores[others[0]])}): the difference is {lead.low:+.3g} to "
        f"{lead.high:+.3g} on {len(truth):,} test rows ({lead.test}, p = {adjusted[0]:.2g}){also}",
        confidence=Confidence.HIGH,
        locations=(Location(columns=(labels.column,), split="test"),),
        evidence=(
            Measure(
                name=f"lead over the runner-up ({lead.test})",
                value=lead.difference,
                threshold=0.0,
                low=lead.low,
                high=lead.high,
                level=lead.level,
                p_value=float(adjusted[0]),
                unit="score",
            ),
            Examples(
                caption="The best model against each other one",
                columns=("model", "score", "lead", "low", "high", "p (Holm)"),
                cells=tuple(
                    (one_line(name, 80), scores[name], item.difference, item.low, item.high, float(p_value))
                    for name, item, p_value in list(zip(others, found, adjusted, strict=True))[:20]
                ),
            ),
        ),
        fix="Report the interval of the difference; choose by cost or simplicity, or test on more rows.",
    )


@planted(at=Location(columns=("y",), split="test"))
def two_alike(rng: np.random.Generator) -> dict[str, Any]:
    """Two models of the same skill, one of which must come out ahead."""
    return judged(rng, {"forest": 0.8, "boosting": 0.8}, n_test=100)


@planted(at=Location(columns=("y",), split="test"))
def two_alike_by_class(rng: np.random.Generator) -> dict[str, Any]:
    """Classes of two models that differ on six of 120 rows, five of them in favour of one."""
    dataset = table(rng, n_train=80, n_test=120)
    truth = np.array(dataset.values("y").to_pylist()[80:])
    other = np.where(truth == "yes", "no", "yes")
    forest, boosting = np.where(np.arange(120) < 30, other, truth), np.where(np.arange(120) < 30, other, truth)
    boosting[115:] = other[115:]
    forest[114] = other[114]
    return with_predictions(dataset, {"forest": forest, "boosting": boosting})


@clean
def one_far_ahead(rng: np.random.Generator) -> dict[str, Any]:
    """One model knows the chance of each row, the other hardly anything."""
    return judged(rng, {"forest": 1.0, "boosting": 0.2}, n_test=400)


@clean
def one_model(rng: np.random.Generator) -> dict[str, Any]:
    """One model: nothing to compare."""
    return judged(rng, {"forest": 1.0})
