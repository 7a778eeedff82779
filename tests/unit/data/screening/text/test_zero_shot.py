import numpy as np
import pytest

from holdfast.data.screening.text.zero_shot import binoculars, curvature, log_softmax


def drawn(rng, logits):
    p = np.exp(log_softmax(logits))
    return np.array([rng.choice(len(row), p=row / row.sum()) for row in p])


def test_curvature_is_standard_on_what_the_model_wrote():
    rng = np.random.default_rng(0)
    scores = []
    for _ in range(300):
        logits = 2 * rng.standard_normal((60, 12))
        scores.append(curvature(logits, drawn(rng, logits)))
    assert np.mean(scores) == pytest.approx(0, abs=0.2)
    assert np.std(scores) == pytest.approx(1, abs=0.15)


def test_curvature_is_low_on_words_that_the_model_did_not_choose():
    rng = np.random.default_rng(1)
    logits = 2 * rng.standard_normal((200, 12))
    assert curvature(logits, rng.integers(12, size=200)) < -5


def test_curvature_by_hand():
    logits, tokens = np.log(np.array([[0.7, 0.3], [0.2, 0.8]])), np.array([0, 1])
    mean = [0.7 * np.log(0.7) + 0.3 * np.log(0.3), 0.2 * np.log(0.2) + 0.8 * np.log(0.8)]
    square = [0.7 * np.log(0.7) ** 2 + 0.3 * np.log(0.3) ** 2, 0.2 * np.log(0.2) ** 2 + 0.8 * np.log(0.8) ** 2]
    spread = np.sqrt(sum(s - m**2 for s, m in zip(square, mean, strict=True)))
    assert curvature(logits, tokens) == pytest.approx((np.log(0.7) + np.log(0.8) - sum(mean)) / spread)


def test_binoculars_by_hand():
    first, second = np.log(np.array([[0.7, 0.3], [0.2, 0.8]])), np.log(np.array([[0.5, 0.5], [0.4, 0.6]]))
    surprise = -(np.log(0.7) + np.log(0.8)) / 2
    crossed = -(np.log(0.5) + 0.2 * np.log(0.4) + 0.8 * np.log(0.6)) / 2
    assert binoculars(first, second, np.array([0, 1])) == pytest.approx(-surprise / crossed)


def test_one_token_says_nothing():
    assert np.isnan(curvature(np.zeros((1, 4)), np.array([0])))
    assert np.isnan(binoculars(np.zeros((1, 4)), np.zeros((1, 4)), np.array([0])))


def test_impossible_tokens_stay_finite():
    logits = np.array([[0.0, -np.inf], [0.0, 0.0]])
    assert np.isfinite(curvature(logits, np.array([0, 1])))
