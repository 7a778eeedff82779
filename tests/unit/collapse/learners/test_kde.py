import numpy as np
import pytest
from scipy.stats import ks_2samp

from holdfast.collapse.definitions import Draw, Part
from holdfast.collapse.learners.kde import Kde, moments
from holdfast.collapse.regimes import Verifier
from holdfast.collapse.states.items import made_of


def rng(seed=0):
    return np.random.default_rng(seed)


def test_the_truth_is_the_normal_distribution():
    learner = Kde(mean=1.0, sd=2.0)
    truth = learner.truth(1, rng())
    items = learner.draw(truth, Draw(4000), rng(1)).filled[0]
    assert ks_2samp(items, rng(2).normal(1.0, 2.0, 4000)).pvalue > 0.01
    assert [float(one[0]) for one in moments(truth)] == [1.0, 4.0]


def test_silverman_rule_by_hand():
    items = np.array([[0.0, 1.0, 2.0, 5.0]])
    model = Kde().fit([Part(made_of(items), 1.0)], rng(), None)
    assert model.width[0] == pytest.approx(1.06 * items.std(ddof=1) * 4**-0.2)


def test_drawn_items_are_points_and_noise():
    learner = Kde(bandwidth=0.01)
    model = learner.fit([Part(made_of(np.array([[-5.0, 0.0, 7.0]])), 1.0)], rng(), None)
    items = learner.draw(model, Draw(6000), rng(1)).filled[0]
    near = np.abs(items[:, None] - [-5.0, 0.0, 7.0]).argmin(axis=1)
    assert np.abs(items - np.array([-5.0, 0.0, 7.0])[near]).std() < 0.02
    assert np.allclose(np.bincount(near) / 6000, 1 / 3, atol=0.03)


def test_weights_are_drawn_by():
    learner = Kde(bandwidth=0.01)
    model = learner.fit([Part(made_of(np.zeros((1, 4))), 0.2), Part(made_of(np.ones((1, 2))), 0.8)], rng(), None)
    assert (learner.draw(model, Draw(5000), rng(1)).filled[0] > 0.5).mean() == pytest.approx(0.8, abs=0.02)
    assert moments(model)[0][0] == pytest.approx(0.8)


def test_a_verifier_with_a_taste_keeps_what_it_would_have_kept():
    learner = Kde(bandwidth=0.5)
    model = learner.fit([Part(made_of(np.array([[-2.0, 0.0, 3.0]])), 1.0)], rng(), None)
    taste = Verifier(kind="biased", centre=1.0, width=1.2)
    kept = learner.draw(model, Draw(4000, verifier=taste), rng(1)).filled[0]
    items = learner.draw(model, Draw(60_000), rng(2)).filled[0]
    accepted = items[rng(3).random(len(items)) < np.exp(-((items - 1.0) ** 2) / (2 * 1.2**2))]
    assert ks_2samp(kept, accepted).pvalue > 0.01
