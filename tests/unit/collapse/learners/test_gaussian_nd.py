import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import ks_2samp

from holdfast.collapse.definitions import Draw, Part
from holdfast.collapse.learners.gaussian_nd import GaussianNd
from holdfast.collapse.regimes import Rule, Verifier

SPECTRUM = (4.0, 1.0, 0.25)


def rng(seed=0):
    return np.random.default_rng(seed)


def covariance(model):
    return model.root @ model.root.transpose(0, 2, 1)


def test_moments_have_the_law_of_items():
    learner = GaussianNd(eigenvalues=SPECTRUM)
    truth = learner.truth(3000, rng())
    short = learner.fit([Part(learner.draw(truth, Draw(9), rng(1)), 1.0)], rng(), None)
    long = learner.fit([Part(learner.draw(truth, Draw(9, items=True), rng(2)), 1.0)], rng(), None)
    for see in (
        lambda m: m.mean[:, 1],
        lambda m: covariance(m)[:, 0, 2],
        lambda m: np.linalg.slogdet(covariance(m))[1],
        lambda m: covariance(m).trace(axis1=1, axis2=2),
    ):
        assert ks_2samp(see(short), see(long)).pvalue > 0.01


def test_a_fit_is_the_covariance_of_the_items():
    learner = GaussianNd(eigenvalues=SPECTRUM)
    batch = learner.draw(learner.truth(2, rng()), Draw(8, items=True), rng(1))
    model = learner.fit([Part(batch, 1.0)], rng(), None)
    for found, items in zip(covariance(model), batch.filled, strict=True):
        assert np.allclose(found, np.cov(items, rowvar=False))
    assert (np.diagonal(model.root, axis1=1, axis2=2) > 0).all()
    assert np.allclose(model.root, np.tril(model.root))


def test_a_batch_smaller_than_the_dimensions_adds_what_it_knows():
    learner = GaussianNd(dimensions=3, variance="mle")
    truth = learner.truth(2, rng())
    few, many = learner.draw(truth, Draw(2, items=True), rng(1)), learner.draw(truth, Draw(9, items=True), rng(2))
    model = learner.fit([Part(few, 2 / 11), Part(many, 9 / 11)], rng(), None)
    for i in range(2):
        whole = np.concatenate([few.filled[i], many.filled[i]])
        assert np.allclose(covariance(model)[i], np.cov(whole, rowvar=False, ddof=0))


def test_directions_that_are_nearly_lost_are_still_exact():
    learner = GaussianNd(dimensions=3)
    model = learner.truth(200, rng())
    pivots = np.zeros((200, 3))
    for t in range(300):
        model = learner.fit([Part(learner.draw(model, Draw(6), rng(t)), 1.0)], rng(), None)
    pivots = 2 * np.log(np.diagonal(model.root, axis1=1, axis2=2))
    from scipy.special import digamma

    expected = 300 * (digamma((6 - np.arange(1, 4)) / 2) - np.log(2.5))
    assert np.allclose(pivots.mean(axis=0), expected, rtol=0.02)
    assert np.isfinite(pivots).all()


def test_a_verifier_with_a_taste_keeps_what_it_would_have_kept():
    learner = GaussianNd(eigenvalues=(4.0, 1.0))
    taste = Verifier(kind="biased", centre=0.5, width=1.5)
    kept = learner.draw(learner.truth(1, rng()), Draw(4000, verifier=taste, items=True), rng(1)).filled[0]
    items = learner.draw(learner.truth(1, rng()), Draw(40_000, items=True), rng(2)).filled[0]
    away = (items - 0.5 * np.array([2.0, 1.0])) / (1.5 * np.array([2.0, 1.0]))
    accepted = items[rng(3).random(len(items)) < np.exp(-(away**2).sum(axis=1) / 2)]
    for axis in range(2):
        assert ks_2samp(kept[:, axis], accepted[:, axis]).pvalue > 0.01


def test_the_likely_part_is_a_ball_that_holds_it():
    learner = GaussianNd(dimensions=2)
    items = learner.draw(learner.truth(1, rng()), Draw(5000, rule=Rule(top_p=0.5), items=True), rng(1)).filled[0]
    length = (items**2).sum(axis=1)
    assert length.max() <= -2 * np.log(0.5) + 1e-9
    uniform = (1 - np.exp(-length / 2)) / 0.5
    assert uniform.mean() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(
    "options",
    [{"eigenvalues": (1.0, -2.0)}, {"eigenvalues": (1.0, 2.0), "dimensions": 3}, {"dimensions": 0}],
)
def test_options_that_make_no_covariance_are_refused(options):
    with pytest.raises(ValidationError):
        GaussianNd(**options)


def test_eigenvalues_say_how_many_dimensions_there_are():
    assert GaussianNd(eigenvalues=(1.0, 2.0)).dimensions == 2
