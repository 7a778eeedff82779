import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import ks_2samp

from holdfast.collapse.definitions import Draw, Part
from holdfast.collapse.learners.mixture import _LEAST_SHARE, GaussianMixture, Mixture, _em_step
from holdfast.collapse.measures.mixture import mixture_variance, modes_kept, rarest_mode
from holdfast.collapse.regimes import Verifier
from holdfast.collapse.states.items import made_of

FOUR = ((-6.0, -6.0), (-6.0, 6.0), (6.0, -6.0), (6.0, 6.0))


def rng(seed=0):
    return np.random.default_rng(seed)


def fitted(learner, size, replicates=4, previous=None):
    batch = learner.draw(learner.truth(replicates, rng()), Draw(size), rng(1))
    return learner.fit([Part(batch, 1.0)], rng(2), previous), batch


def test_components_are_found_again():
    learner = GaussianMixture(centres=FOUR)
    model, _ = fitted(learner, 400)
    for means, weights in zip(model.means, model.weights, strict=True):
        order = np.lexsort(np.round(means).T[::-1])
        assert np.allclose(means[order], FOUR, atol=0.6)
        assert np.allclose(weights, 0.25, atol=0.08)
    truth = learner.truth(4, rng())
    assert (modes_kept.run(model, truth) == 1).all()
    assert np.allclose(mixture_variance.run(model, truth), 1, atol=0.1)


def test_the_likelihood_never_falls():
    learner = GaussianMixture()
    _, batch = fitted(learner, 60, 20)
    items, weights = batch.filled, np.full(60, 1 / 60)
    model = learner._started(items, weights, rng())
    before = np.full(20, -np.inf)
    for _ in range(30):
        model, likelihood = _em_step(model, items, weights)
        assert (likelihood >= before - 1e-9).all()
        before = likelihood


def test_a_step_is_the_textbook_one():
    items = rng().normal(size=(1, 9, 2))
    model = Mixture(np.array([[0.3, 0.7]]), rng(1).normal(size=(1, 2, 2)), rng(2).uniform(0.5, 2, (1, 2, 2)))
    after, likelihood = _em_step(model, items, np.full(9, 1 / 9))
    z = (items[0][:, None] - model.means[0]) / np.sqrt(model.variances[0])
    density = (
        model.weights[0] * np.exp(-(z**2).sum(axis=2) / 2) / (2 * np.pi * np.sqrt(model.variances[0].prod(axis=1)))
    )
    share = density / density.sum(axis=1, keepdims=True)
    assert likelihood[0] == pytest.approx(np.log(density.sum(axis=1)).mean())
    assert np.allclose(after.weights[0], share.mean(axis=0))
    means = share.T @ items[0] / share.sum(axis=0)[:, None]
    assert np.allclose(after.means[0], means)
    apart = (items[0][:, None] - means) ** 2
    variances = (share[..., None] * apart).sum(axis=0) / share.sum(axis=0)[:, None]
    assert variances.min() > _LEAST_SHARE
    assert np.allclose(after.variances[0], variances)


def test_units_do_not_matter():
    learner = GaussianMixture(centres=FOUR)
    items = learner.draw(learner.truth(3, rng()), Draw(200), rng(1)).filled
    here = learner.fit([Part(made_of(items), 1.0)], rng(2), None)
    there = learner.fit([Part(made_of(1e-6 * items + 40), 1.0)], rng(2), None)
    assert np.allclose(there.means, 1e-6 * here.means + 40, atol=1e-9)
    assert np.allclose(there.variances, 1e-12 * here.variances, rtol=1e-4)


def test_a_replicate_does_not_depend_on_its_neighbours():
    learner = GaussianMixture()
    model, batch = fitted(learner, 80, 6)
    warm = GaussianMixture(start="warm")
    together = warm.fit([Part(batch, 1.0)], rng(3), model)
    alone = warm.fit([Part(made_of(batch.filled[2:3]), 1.0)], rng(3), Mixture(*(one[2:3] for one in model)))
    assert all(np.allclose(one[2:3], other) for one, other in zip(together, alone, strict=True))


def test_a_warm_start_goes_on_from_the_model_before():
    learner = GaussianMixture(start="warm", steps=1, centres=FOUR)
    truth = learner.truth(4, rng())
    model, _ = fitted(learner, 2000, 4, truth)
    assert np.allclose(model.means, truth.means, atol=0.2), "one step from the truth stays beside it"


def test_a_component_that_is_not_there_is_lost():
    truth = GaussianMixture().truth(2, rng())
    model = Mixture(np.array([[1.0, 0.0], [0.5, 0.5]]), truth.means, truth.variances)
    assert modes_kept.run(model, truth).tolist() == [0.5, 1.0]
    assert rarest_mode.run(model, truth)[0] < 0.05


def test_identical_items_still_make_a_model():
    model = GaussianMixture().fit([Part(made_of(np.ones((2, 6, 1))), 1.0)], rng(), None)
    assert all(np.isfinite(one).all() for one in model)


def test_a_verifier_with_a_taste_keeps_what_it_would_have_kept():
    learner = GaussianMixture()
    truth = learner.truth(1, rng())
    taste = Verifier(kind="biased", centre=0.5, width=1.0)
    kept = learner.draw(truth, Draw(4000, verifier=taste), rng(1)).filled[0, :, 0]
    items = learner.draw(truth, Draw(60_000), rng(2)).filled[0, :, 0]
    sd = np.sqrt(5)
    accepted = items[rng(3).random(len(items)) < np.exp(-((items - 0.5 * sd) ** 2) / (2 * sd**2))]
    assert ks_2samp(kept, accepted).pvalue > 0.01


@pytest.mark.parametrize(
    "options",
    [
        {"centres": ()},
        {"centres": ((0.0,), (1.0, 2.0))},
        {"sds": (1.0,)},
        {"shares": (0.5, 0.6)},
        {"sds": (1.0, -1.0)},
        {"centres": ((float("nan"),),)},
    ],
)
def test_options_that_make_no_mixture_are_refused(options):
    with pytest.raises(ValidationError):
        GaussianMixture(**options)
