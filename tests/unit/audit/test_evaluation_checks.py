"""What the checks of scores say beyond their cases: size on true chances, sides of a threshold, odd input."""

import numpy as np
import pytest

from holdfast.audit import catalogue
from holdfast.audit.cases import subject
from holdfast.audit.cases.predictions import judged, with_predictions
from holdfast.audit.checks.evaluation.miscalibrated import reliability
from holdfast.audit.runner import Facts, run_check
from holdfast.core.finding import Severity
from holdfast.core.record import Status


def found(name, given, **options):
    result = run_check(catalogue.checks()[name], Facts(given), options)
    assert result.status is not Status.CRASHED, result.trace
    return result.findings


def test_equal_probabilities_stay_in_one_bin():
    came_true = np.random.default_rng(0).random(1_000) < 0.5
    bins = reliability(np.full(1_000, 0.5), came_true.astype(float))
    assert bins.n.tolist() == [1_000.0]
    assert bins.error < 0.05


def test_true_chances_are_called_wrong_no_more_often_than_announced():
    rng = np.random.default_rng(1)
    false = sum(
        bool(found("miscalibrated", judged(rng, {"m": 1.0}, n_test=300), alpha=0.05, max_error=0.0)) for _ in range(40)
    )
    assert false <= 7  # 2 expected, and more than 7 with chance 0.001


def test_a_swapped_class_is_an_error_and_noise_a_warning():
    rng = np.random.default_rng(2)
    [swapped] = found("no-better-than-baseline", judged(rng, {"m": -1.0}))
    [noise] = found("no-better-than-baseline", judged(rng, {"m": 0.0}))
    assert swapped.severity is Severity.ERROR
    assert "order" in swapped.message
    assert noise.severity is Severity.WARNING


def test_useless_models_are_called_worse_than_a_constant_no_more_often_than_announced():
    rng = np.random.default_rng(3)
    errors = 0
    for _ in range(40):
        findings = found("no-better-than-baseline", judged(rng, {"m": 0.0}, n_test=200), alpha=0.05)
        errors += any(item.severity is Severity.ERROR for item in findings)
    assert errors <= 5  # 1 expected: half of the two-sided level


def test_a_linear_model_that_does_as_well_is_a_note():
    rng = np.random.default_rng(4)
    a = rng.normal(size=600)
    y = 2.0 * a + rng.normal(size=600)
    dataset = subject({"a": a, "y": y}, split=["train"] * 300 + ["test"] * 300)
    given = with_predictions(dataset, {"mine": 2.0 * a[300:] + 0.4 * rng.normal(size=300)})
    [item] = found("no-better-than-baseline", given)
    assert "linear" in item.message


def test_predictions_in_another_order_are_an_error_for_numbers_too():
    rng = np.random.default_rng(5)
    a = rng.normal(size=400)
    dataset = subject({"a": a, "y": a}, split=["train"] * 200 + ["test"] * 200)
    [item] = found("no-better-than-baseline", with_predictions(dataset, {"mine": a[200:][::-1]}))
    assert item.severity is Severity.ERROR


def test_many_models_are_compared_at_once():
    rng = np.random.default_rng(6)
    given = judged(rng, {f"m{i}": 0.7 for i in range(30)}, n_test=300)
    [item] = found("uncorrected-comparisons", given)
    assert "best of 30" in item.message
    [item] = found("difference-within-noise", given)
    assert "more are as close" in item.message


@pytest.mark.parametrize("metric", ["accuracy", "f1", "log_loss", "average_precision", "matthews_corrcoef"])
def test_every_check_bears_every_metric(metric):
    given = {**judged(np.random.default_rng(7), {"a": 0.9, "b": 0.5, "c": 0.7}), "metric_wanted": metric}
    for item in catalogue.selected(("evaluation",)):
        found(item.name, given)


@pytest.mark.parametrize("metric", ["r2", "mae", "rmse", "mape"])
def test_every_check_bears_every_metric_of_numbers(metric):
    rng = np.random.default_rng(8)
    y = rng.normal(size=300)
    dataset = subject({"a": y + rng.normal(size=300), "y": y}, split=["train"] * 100 + ["test"] * 200)
    columns = {name: y[100:] + rng.normal(size=200) for name in "abc"}
    for item in catalogue.selected(("evaluation",)):
        found(item.name, {**with_predictions(dataset, columns), "metric_wanted": metric})


def test_an_unknown_metric_is_a_reason():
    given = {**judged(np.random.default_rng(9), {"a": 0.9}), "metric_wanted": "beauty"}
    result = run_check(catalogue.checks()["tiny-test-set"], Facts(given))
    assert result.status is Status.SKIPPED
    assert "beauty" in result.reason
