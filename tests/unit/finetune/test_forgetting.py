"""Forgetting over one step, over many tasks, and of language models: by hand, by brute force, and covered by chance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.audit.metrics import METRICS
from holdfast.audit.models import Predictions
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.random import Streams
from holdfast.finetune.forgetting.language import cross_entropy_rise, divergences, drift
from holdfast.finetune.forgetting.one_step import flips, forgetting, forgetting_of_metric
from holdfast.finetune.forgetting.tasks import average_forgetting, backward_transfer, forward_transfer

STREAMS = Streams(0)


def test_answers_that_turned_wrong_are_counted_and_tested():
    before = np.repeat([True, True, False, False], [70, 12, 3, 15])
    after = np.repeat([True, False, True, False], [70, 12, 3, 15])
    found = forgetting(before, after, STREAMS)
    assert (found.before, found.after) == (0.82, 0.73)
    assert found.lost.difference == pytest.approx(0.09)
    assert found.relative == pytest.approx(0.09 / 0.82)
    assert (found.flips.negative, found.flips.positive) == (12, 3)
    assert found.flips.rate.value == 0.12
    # Wilson's interval of 12 of 100, and the exact test of 12 against 3: 2 · P(X ≤ 3), X ~ Bin(15, ½).
    assert (found.flips.rate.low, found.flips.rate.high) == pytest.approx((0.0700, 0.1981), abs=2e-4)
    assert found.flips.p_value == pytest.approx(2 * (1 + 15 + 105 + 455) / 2**15)
    assert found.lost.p_value == found.flips.p_value


def test_a_budget_is_kept_broken_or_open():
    rng = np.random.default_rng(0)
    score = rng.normal(size=2000)
    assert forgetting(score, score - 0.001 * rng.random(2000), STREAMS).within(0.01) is True
    assert forgetting(score, score - 0.5, STREAMS).within(0.01) is False
    assert forgetting(score, score - 0.01 + rng.normal(size=2000), STREAMS).within(0.01) is None


def test_no_answer_changed_is_not_certainty():
    right = np.arange(50) < 40
    found = forgetting(right, right, STREAMS)
    assert found.lost.difference == 0.0
    assert found.lost.high > 0.01
    assert found.within(0.001) is None


def test_examples_that_belong_together_widen_the_interval():
    rng = np.random.default_rng(1)
    lost = np.repeat(rng.normal(0.1, 0.3, 40), 25)
    clusters = np.repeat(np.arange(40), 25)
    apart = forgetting(lost, np.zeros(1000), STREAMS).lost
    together = forgetting(lost, np.zeros(1000), STREAMS, clusters=clusters).lost
    assert together.high - together.low > 3 * (apart.high - apart.low)


def test_the_interval_covers_and_does_not_depend_on_who_else_draws():
    rng, covered = np.random.default_rng(2), 0
    for seed in range(200):
        base = rng.exponential(size=120)
        found = forgetting(-base, -base - rng.exponential(0.2, 120), Streams(seed)).lost
        covered += found.low <= 0.2 <= found.high
    assert covered >= 178
    score = rng.normal(size=50)
    assert forgetting(score, -score, Streams(3)) == forgetting(score, -score, Streams(3))


def test_errors_count_the_right_way_round():
    truth = np.arange(60.0)
    near, far = (Predictions(truth + off) for off in (1.0, 3.0))
    found = forgetting_of_metric(METRICS["mae"], truth, near, far, STREAMS)
    assert (found.before, found.after, found.lost.difference, found.relative) == (1.0, 3.0, 2.0, 2.0)
    assert found.flips is None


@pytest.mark.parametrize(
    ("before", "after", "error"),
    [
        (np.ones(3), np.ones(4), BadInput),
        (np.ones(0), np.ones(0), NotApplicable),
        (np.ones(3), np.array([1.0, np.nan, 1.0]), NotApplicable),
    ],
)
def test_what_cannot_be_compared(before, after, error):
    with pytest.raises(error):
        forgetting(before, after, STREAMS)


def test_flips_want_the_same_examples():
    with pytest.raises(BadInput):
        flips(np.ones(3, bool), np.ones(2, bool))


# ---- many tasks ------------------------------------------------------------------------------------------------------


def test_three_tasks_by_hand():
    nan = np.nan
    scores = np.array([[0.9, 0.2, 0.1], [0.95, 0.8, 0.3], [0.7, 0.6, 0.85]])
    assert average_forgetting(scores) == pytest.approx(((0.95 - 0.7) + (0.8 - 0.6)) / 2)
    assert backward_transfer(scores) == pytest.approx(((0.7 - 0.9) + (0.6 - 0.8)) / 2)
    assert forward_transfer(scores, np.array([0.1, 0.1, 0.1])) == pytest.approx(((0.2 - 0.1) + (0.3 - 0.1)) / 2)
    unseen = np.array([[0.9, nan, nan], [0.95, 0.8, nan], [0.7, 0.6, 0.85]])
    assert average_forgetting(unseen) == average_forgetting(scores)
    assert np.isnan(forward_transfer(unseen, np.zeros(3)))


@given(st.integers(0, 10_000), st.integers(2, 6))
def test_forgetting_is_never_less_than_minus_backward_transfer(seed, n_tasks):
    # The best score so far is at least the one just after learning.
    scores = np.random.default_rng(seed).random((4, n_tasks, n_tasks))
    assert (average_forgetting(scores) >= -backward_transfer(scores) - 1e-12).all()
    assert average_forgetting(scores).shape == (4,)


def test_matrices_that_are_none():
    for call in (average_forgetting, backward_transfer):
        with pytest.raises(BadInput, match="as many rows as tasks"):
            call(np.ones((2, 3)))
    with pytest.raises(BadInput, match="untrained"):
        forward_transfer(np.ones((3, 3)), np.ones(2))


# ---- language --------------------------------------------------------------------------------------------------------


def test_rise_is_nats_by_tokens_and_draws_documents():
    rng = np.random.default_rng(3)
    tokens = rng.integers(0, 100, 200)
    before = tokens * 2.0
    after = tokens * (2.0 + rng.normal(0.1, 0.02, 200))
    found = cross_entropy_rise(before, after, tokens, STREAMS)
    assert found.difference == pytest.approx((after - before).sum() / tokens.sum())
    assert found.low > 0.08
    with pytest.raises(NotApplicable):
        cross_entropy_rise(before, after, tokens * 0, STREAMS)
    with pytest.raises(BadInput):
        cross_entropy_rise(before, after[1:], tokens, STREAMS)


def test_divergence_is_scipys_and_torchs():
    from scipy.special import softmax
    from scipy.stats import entropy

    base, tuned = np.random.default_rng(4).normal(size=(2, 7, 30)).astype(np.float32) * 3
    wanted = [entropy(p, q) for p, q in zip(softmax(base, axis=1), softmax(tuned, axis=1), strict=True)]
    assert divergences(base, tuned) == pytest.approx(wanted, rel=1e-5)


@given(st.integers(0, 1000), st.floats(-50, 50))
def test_a_shift_of_all_logits_changes_nothing(seed, shift):
    base, tuned = np.random.default_rng(seed).normal(size=(2, 3, 10))
    assert divergences(base + shift, tuned) == pytest.approx(divergences(base, tuned), abs=1e-9)
    assert divergences(base, base + shift) == pytest.approx(np.zeros(3), abs=1e-9)


def test_excluded_tokens():
    base = np.array([[0.0, 0.0, -np.inf]])
    assert divergences(base, np.array([[0.0, 0.0, 5.0]]))[0] == pytest.approx(np.log(2 + np.exp(5)) - np.log(2))
    lost = divergences(np.array([[0.0, 0.0]]), np.array([[0.0, -np.inf]]))
    assert np.isinf(lost[0])
    with pytest.raises(NotApplicable, match="excludes"):
        drift(lost, STREAMS)


def test_drift_of_documents():
    rng = np.random.default_rng(5)
    documents = np.repeat(np.arange(30), 20)
    each = np.repeat(rng.gamma(2.0, 0.05, 30), 20)
    found = drift(each, STREAMS, documents=documents)
    assert found.mean.value == pytest.approx(each.mean())
    assert (found.positions, found.units) == (600, 30)
    assert 0 <= found.mean.low < found.mean.value < found.mean.high
    with pytest.raises(NotApplicable):
        drift(np.empty(0), STREAMS)
