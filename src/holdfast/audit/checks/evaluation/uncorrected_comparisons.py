from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases.predictions import judged
from holdfast.audit.comparison import benjamini_hochberg, holm, optimism_of_best
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.learning.predictions import Predicted
from holdfast.audit.metrics import Metric, truth_of
from holdfast.audit.scoring import joint, shown, usable
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Finding, Location, Measure, Series, Severity
from holdfast.core.random import Streams
from holdfast.core.text import one_line

LEAST_MODELS = 3
_MOST_BARS = 30


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Cawley & Talbot (2010), On over-fitting in model selection and subsequent selection bias in performance "
            "evaluation, JMLR 11",
            "https://www.jmlr.org/papers/v11/cawley10a.html",
        ),
        Reference("Holm (1979), A simple sequentially rejective multiple test procedure, Scand. J. Statistics 6(2)"),
        Reference(
            "Benjamini & Hochberg (1995), Controlling the false discovery rate, J. R. Statist. Soc. B 57(1)",
            "https://doi.org/10.1111/j.2517-6161.1995.tb02031.x",
        ),
    ),
)
def uncorrected_comparisons(
    labels: Labels,
    test_predictions: Predicted,
    score_metric: Metric,
    streams: Streams,
    *,
    significance: float = 0.05,
    max_optimism: float = 0.5,
) -> Iterator[Finding]:
    """The best of several models was picked on the test rows, so its score there is too high.

    ## Why it matters
    The best of twenty equally good models looks nearly two standard errors better than it is. A report of the best
    alone, or of every pair whose p-value is below 0.05, finds something where there is nothing.

    ## How it works
    Needs stored predictions of three models or more. The scores and their covariance over test rows (DeLong for areas
    under the ROC curve, else by rows or bootstrap) say how often another model would have come out best, and by how
    much the winner's score is too high on average. All pairs are tested, without a correction, with Holm's (any false
    difference) and with Benjamini & Hochberg's (their share). It
    speaks when the optimism is above half a standard error of the best score, or when pairs are significant only
    without the correction.

    ## Limits
    Counts the models in the file, not those tried and thrown away, so the true optimism is larger. If the choice was
    made on other rows, such as a validation set, there is no optimism here.

    ## Fix
    Choose on validation rows and score the one chosen once; else report all models, with corrected comparisons.
    """
    names = sorted(test_predictions.models)
    if len(names) < LEAST_MODELS:
        raise NotApplicable(f"{len(names)} model{'s' * (len(names) > 1)}: the best of so few needs no correction")
    models = [test_predictions.models[name] for name in names]
    truth = truth_of(labels, test_predictions.rows)
    metric = usable(score_metric, labels, *models)
    rng = streams("uncorrected_comparisons")
    scores, covariance = joint(metric, truth, models, rng)
    sign = 1.0 if metric.higher_is_better else -1.0
    optimism = optimism_of_best(sign * scores, covariance, rng)
    best = int(np.argmax(sign * scores))
    error = float(np.sqrt(covariance[best, best]))
    plain = _pairs(scores, covariance)
    n_plain, n_corrected = int(np.sum(plain <= significance)), int(np.sum(holm(plain) <= significance))
    relative = optimism / error if error else 0.0
    if relative <= max_optimism and n_plain == n_corrected:
        return
    picked = relative > max_optimism
    kept = f"{n_plain} of {len(plain)} differences have p ≤ {significance:g}, {n_corrected} after Holm's correction"
    yield Finding(
        message=f"{one_line(names[best], 40)} is the best of {len(names)} models on the test rows; picked there, its "
        f"{metric.title} of {shown(float(scores[best]))} is about {optimism:.2g} too "
        f"{'high' if sign > 0 else 'low'}, and {kept}"
        if picked
        else f"{len(names)} models are compared on the same test rows: {kept}",
        severity=Severity.WARNING if picked else Severity.NOTE,
        confidence=Confidence.MEDIUM,
        locations=(Location(columns=(labels.column,), split="test"),),
        evidence=(
            Measure(name="optimism in standard errors of the best score", value=relative, threshold=max_optimism),
            Measure(name="optimism of the best score", value=optimism, unit="score"),
            Measure(name="differences significant without correction", value=n_plain, threshold=n_corrected),
            Measure(name="differences left by Holm's correction", value=n_corrected),
            Measure(
                name="differences left by Benjamini & Hochberg's",
                value=int(np.sum(benjamini_hochberg(plain) <= significance)),
            ),
            _bars(names, scores, covariance, metric),
        ),
        fix="Choose on validation rows and score the one chosen once; else report all models, with corrected "
        "comparisons.",
    )


def _pairs(scores: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Return the two-sided p-value of every pair of models."""
    from scipy.stats import norm

    a, b = np.triu_indices(len(scores), 1)
    variance = covariance[a, a] + covariance[b, b] - 2.0 * covariance[a, b]
    apart = np.abs(scores[a] - scores[b])
    # Two models that answer alike have a difference of zero without any spread.
    z = np.divide(apart, np.sqrt(np.maximum(variance, 0.0)), out=np.zeros_like(apart), where=variance > 1e-18)
    return np.asarray(2.0 * norm.sf(z))


def _bars(names: list[str], scores: np.ndarray, covariance: np.ndarray, metric: Metric) -> Series:
    half = 1.96 * np.sqrt(np.diag(covariance))
    order = np.argsort(-scores if metric.higher_is_better else scores, kind="stable")[:_MOST_BARS]
    return Series(
        name="scores with 95% intervals",
        x=tuple(one_line(names[i], 80) for i in order),
        y=tuple(float(scores[i]) for i in order),
        low=tuple(float(scores[i] - half[i]) for i in order),
        high=tuple(float(scores[i] + half[i]) for i in order),
        x_name="model",
        y_name=metric.title,
        shape="point",
    )


@planted(at=Location(columns=("y",), split="test"))
def best_of_twelve_alike(rng: np.random.Generator) -> dict[str, Any]:
    """Twelve models of the same skill; one of them comes out ahead."""
    return judged(rng, {f"run{i}": 0.7 for i in range(12)}, n_test=200)


@planted(at=Location(columns=("y",), split="test"))
def best_of_eight_by_class(rng: np.random.Generator) -> dict[str, Any]:
    """The same with classes only."""
    return judged(rng, {f"run{i}": 0.7 for i in range(8)}, n_test=200, as_classes=True)


@clean
def one_far_ahead_of_two(rng: np.random.Generator) -> dict[str, Any]:
    """One model is so far ahead, and the others so far apart, that no choice was needed."""
    return judged(rng, {"a": 1.0, "b": 0.6, "c": 0.1}, n_test=1_500)


@clean
def two_models(rng: np.random.Generator) -> dict[str, Any]:
    """Two models make one comparison."""
    return judged(rng, {"a": 0.8, "b": 0.8})
