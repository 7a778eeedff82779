"""Verdicts against controls, scores of representations, robustness: against definitions and known answers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.audit.metrics import METRICS
from holdfast.audit.models import Predictions
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.random import Streams
from holdfast.finetune.transfer.representations import h_score, leep, logme
from holdfast.finetune.transfer.robustness import robustness
from holdfast.finetune.transfer.verdict import transfer, transfer_of_metric

STREAMS = Streams(0)


def right(share, n=400, seed=0):
    return np.random.default_rng(seed).random(n) < share


def test_better_than_every_control_helps():
    found = transfer(right(0.95), {"base": right(0.5, seed=1), "linear probe": right(0.8, seed=2)}, STREAMS)
    assert found.verdict == "helps"
    assert found.decisive.control == "linear probe"
    assert [one.control for one in found.against] == ["linear probe", "base"]
    assert "is better than linear probe" in found.reason


def test_one_control_as_good_is_no_measurable_help():
    found = transfer(right(0.8), {"base": right(0.3, seed=1), "TF-IDF": right(0.79, seed=2)}, STREAMS)
    assert found.verdict == "no measurable help"
    assert found.decisive.control == "TF-IDF"


def test_one_control_clearly_better_hurts():
    found = transfer(right(0.6), {"base": right(0.3, seed=1), "scratch": right(0.8, seed=2)}, STREAMS)
    assert found.verdict == "hurts"
    assert found.decisive.control == "scratch"
    assert found.decisive.together.high < 0


def test_losses_are_scores_the_other_way_round():
    rng = np.random.default_rng(0)
    loss = rng.gamma(2.0, 0.5, 300)
    found = transfer(-loss, {"base": -loss - 0.2 * rng.random(300)}, STREAMS)
    assert found.verdict == "helps"


def test_many_controls_that_are_as_good_seldom_make_it_hurt():
    rng = np.random.default_rng(1)
    verdicts = []
    for seed in range(80):
        difficulty = rng.random(200)
        scores = [(difficulty + 0.3 * rng.normal(size=200) < 0.7).astype(float) for _ in range(7)]
        controls = {f"c{i}": each.astype(bool) for i, each in enumerate(scores[1:])}
        verdicts.append(transfer(scores[0].astype(bool), controls, Streams(seed)).verdict)
    # 0.05 at most by design; a bound that it exceeds with chance below 1e-4
    assert np.mean([one == "hurts" for one in verdicts]) <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 80)
    assert np.mean([one == "helps" for one in verdicts]) <= 0.05  # all six at once: far below 0.05 by design


def test_an_error_is_better_when_less():
    truth = np.arange(80.0)
    wobble = np.tile([0.9, 1.1], 40)
    models = {"base": Predictions(truth + 2 * wobble), "mean": Predictions(truth + 5 * wobble)}
    found = transfer_of_metric(METRICS["mae"], truth, Predictions(truth + wobble), models, STREAMS)
    assert found.verdict == "helps"
    assert (found.tuned, found.decisive.control, found.decisive.score) == (pytest.approx(1), "base", pytest.approx(2))


@pytest.mark.parametrize(
    ("tuned", "controls", "error"),
    [
        (right(0.5), {}, NotApplicable),
        (right(0.5), {"base": right(0.5, 10)}, BadInput),
        (np.ones(0), {"base": np.ones(0)}, NotApplicable),
        (np.ones(4), {"base": np.array([1.0, np.inf, 0, 0])}, NotApplicable),
    ],
)
def test_what_cannot_be_judged(tuned, controls, error):
    with pytest.raises(error):
        transfer(tuned, controls, STREAMS)


# ---- representations -------------------------------------------------------------------------------------------------


def classes(seed, n, dimensions, apart):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    return rng.normal(size=(n, dimensions)) + apart * np.eye(3, dimensions)[y], y


def evidence(features, target, alpha, beta):
    """Return the log evidence as it is defined, with the whole matrix."""
    n, d = features.shape
    a = alpha * np.eye(d) + beta * features.T @ features
    m = beta * np.linalg.solve(a, features.T @ target)
    return (
        n / 2 * np.log(beta) + d / 2 * np.log(alpha) - n / 2 * np.log(2 * np.pi)
        - beta / 2 * np.sum((features @ m - target) ** 2) - alpha / 2 * m @ m - np.linalg.slogdet(a)[1] / 2
    )  # fmt: skip


@pytest.mark.parametrize(("n", "dimensions"), [(90, 5), (30, 60)])
def test_logme_is_the_greatest_evidence(n, dimensions):
    from scipy.optimize import minimize

    features, y = classes(0, n, dimensions, 1.5)
    each = []
    for one in range(3):
        target = (y == one).astype(float)
        best = minimize(lambda at, t=target: -evidence(features, t, *np.exp(at)), [0.0, 0.0], method="Nelder-Mead",
                        options={"xatol": 1e-6, "fatol": 1e-8})  # fmt: skip
        each.append(-best.fun)
    assert logme(features, y) == pytest.approx(np.mean(each) / n, abs=1e-4)


@pytest.mark.parametrize("score", [logme, h_score])
def test_representations_that_separate_score_higher(score):
    scores = [score(*classes(1, 300, 20, apart)) for apart in (0.0, 1.0, 3.0)]
    assert scores == sorted(scores)
    assert scores[2] > scores[0]


def test_h_score_with_many_examples_is_the_plain_form():
    features, y = classes(2, 60_000, 4, 1.0)
    means = np.stack([features[y == one].mean(axis=0) for one in range(3)])[y]
    plain = np.trace(np.linalg.solve(np.cov(features.T, bias=True), np.cov(means.T, bias=True)))
    assert h_score(features, y) == pytest.approx(plain, rel=1e-2)


def test_h_score_stands_more_dimensions_than_examples():
    noise, signal = (h_score(*classes(3, 40, 200, apart)) for apart in (0.0, 4.0))
    assert 0.0 <= noise < signal < 2.5


def test_leep_is_its_definition_and_at_most_zero():
    rng = np.random.default_rng(4)
    source = rng.dirichlet(np.ones(5), 50)
    y = rng.integers(0, 3, 50)
    joint = np.array([[source[y == label, z].sum() for z in range(5)] for label in range(3)]) / 50
    wanted = np.mean(
        [np.log(sum(joint[y[i], z] / joint[:, z].sum() * source[i, z] for z in range(5))) for i in range(50)]
    )
    assert leep(source, y) == pytest.approx(wanted)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_leep_of_a_base_that_knows_the_classes_is_near_zero(seed):
    y = np.arange(60) % 4
    sure = np.eye(4)[np.random.default_rng(seed).permutation(4)[y]]
    assert leep(sure, y) == pytest.approx(0.0, abs=1e-12)


def test_features_that_are_none():
    for score in (logme, h_score):
        with pytest.raises(BadInput, match="do not fit"):
            score(np.ones((3, 2)), np.ones(4))
        with pytest.raises(BadInput, match="finite"):
            score(np.array([[np.nan], [1.0]]), np.array([0, 1]))
        with pytest.raises(NotApplicable, match="two classes"):
            score(np.ones((3, 2)), np.ones(3))
    with pytest.raises(BadInput, match="sum 1"):
        leep(np.ones((4, 3)), np.arange(4))


def test_features_that_say_all_or_nothing_give_a_number():
    y = np.arange(20) % 2
    assert np.isfinite(logme(np.eye(2)[y], y))
    assert np.isfinite(logme(np.zeros((20, 3)), y))


# ---- robustness ------------------------------------------------------------------------------------------------------


def on_line(accuracy, slope=0.9, drop=0.8):
    logit = np.log(accuracy / (1 - accuracy))
    return 1 / (1 + np.exp(-(slope * logit - drop)))


def test_models_on_the_line_have_no_effective_robustness():
    known = np.linspace(0.5, 0.9, 8)
    references = np.stack([known, on_line(known)], axis=1)
    found = robustness((0.7, on_line(0.7)), (0.8, on_line(0.8)), references)
    assert found.relative == pytest.approx(on_line(0.8) - on_line(0.7))
    assert found.effective.value == pytest.approx(0.0, abs=1e-9)
    above = robustness((0.7, on_line(0.7)), (0.8, on_line(0.8) + 0.1), references)
    assert above.effective.value == pytest.approx(0.1)
    assert above.effective.low > 0


def test_few_references_tell_the_relative_one_only():
    found = robustness((0.7, 0.5), (0.8, 0.55), np.full((4, 2), 0.5))
    assert found.relative == pytest.approx(0.05)
    assert found.effective is None
    assert "wanted 5" in found.reason
    assert robustness((0.7, 0.5), (0.8, 0.55), np.full((9, 2), 0.5)).effective is None


def test_the_prediction_interval_covers():
    rng, covered = np.random.default_rng(5), 0
    for _ in range(300):
        x = rng.normal(1.0, 0.6, 12)
        y = 0.9 * x - 0.8 + 0.1 * rng.normal(size=12)
        accuracies = 1 / (1 + np.exp(-np.stack([x, y], axis=1)))
        effective = robustness((0.5, 0.5), tuple(accuracies[0]), accuracies[1:]).effective
        covered += effective.low <= 0.0 <= effective.high
    assert covered >= 270


def test_a_line_that_is_extended_says_so():
    known = np.linspace(0.5, 0.7, 8)
    found = robustness((0.6, 0.5), (0.9, 0.8), np.stack([known, on_line(known)], axis=1))
    assert "extended" in found.reason
    with pytest.raises(BadInput):
        robustness((1.6, 0.5), (0.9, 0.8), np.ones((5, 2)))
