import numpy as np
import pytest
from scipy.stats import ks_2samp, kstest

from holdfast.collapse.definitions import Draw, Part
from holdfast.collapse.lab.experiment import Experiment, arms, chosen_measures
from holdfast.collapse.lab.keeping import Keeper
from holdfast.collapse.lab.loop import Block, Recorder, begun, generations
from holdfast.collapse.lab.verb import run_experiment
from holdfast.collapse.learners.gaussian import Gaussian, Moments, Normal
from holdfast.collapse.regimes import Rule, Verifier
from holdfast.core.random import Streams


def rng(seed=0):
    return np.random.default_rng(seed)


def fitted_on_items(learner, model, size, seed, **draw):
    batch = learner.draw(model, Draw(size, items=True, **draw), rng(seed))
    return learner.fit([Part(batch, 1.0)], rng(), None)


@pytest.mark.parametrize("variance", ["unbiased", "mle"])
def test_moments_have_the_law_of_items(variance):
    learner = Gaussian(mean=1.0, sd=2.0, variance=variance)
    truth = learner.truth(4000, rng())
    short = learner.fit([Part(learner.draw(truth, Draw(7), rng(1)), 1.0)], rng(), None)
    long = fitted_on_items(learner, truth, 7, 2)
    assert ks_2samp(short.mean, long.mean).pvalue > 0.01
    assert ks_2samp(short.log_variance, long.log_variance).pvalue > 0.01


def test_a_fit_is_the_mean_and_variance_of_the_items():
    learner = Gaussian()
    batch = learner.draw(learner.truth(3, rng()), Draw(11, items=True), rng(1))
    model = learner.fit([Part(batch, 1.0)], rng(), None)
    assert np.allclose(model.mean, batch.filled.mean(axis=1))
    assert np.allclose(model.variance, batch.filled.var(axis=1, ddof=1))


def test_weights_count_as_often_as_the_items_they_stand_for():
    learner = Gaussian(variance="mle")
    a, b = (learner.draw(learner.truth(3, rng()), Draw(5, items=True), rng(seed)) for seed in (1, 2))
    model = learner.fit([Part(a, 0.25), Part(b, 0.75)], rng(), None)
    whole = np.concatenate([a.filled, *[b.filled] * 3], axis=1)
    assert np.allclose(model.mean, whole.mean(axis=1))
    assert np.allclose(model.variance, whole.var(axis=1))


def test_a_variance_too_small_for_a_number_still_has_a_logarithm():
    learner = Gaussian()
    model = Normal(np.full(50, 0.3), np.full(50, -3000.0))
    for wanted in (Draw(10), Draw(10, rule=Rule(top_p=0.5))):
        after = learner.fit([Part(learner.draw(model, wanted, rng()), 1.0)], rng(), None)
        assert np.isfinite(after.log_variance).all()
        assert np.allclose(after.log_variance, -3000, atol=8)
    mixed = [Part(learner.draw(model, Draw(10), rng(i)), 0.5) for i in range(2)]
    assert np.allclose(learner.fit(mixed, rng(), None).log_variance, -3000, atol=8)


def test_a_long_history_ends_in_numbers():
    said = Experiment(
        samples=3, generations=3000, replicates=2000, regimes=("replace",), at=(3000,), measures=("log-variance",)
    )
    _, (curve,) = run_experiment(said)
    assert curve.mean[-1] < -1500
    assert all(overlay.worst < 4 for overlay in curve.overlays)
    assert {overlay.theory.statistic for overlay in curve.overlays} == {"mean", "variance", "median", "low", "high"}


@pytest.mark.parametrize("variance", ["unbiased", "mle"])
def test_a_leap_has_the_law_of_its_steps(variance):
    learner, sizes = Gaussian(variance=variance), [4, 9, 6, 5]
    truth = learner.truth(5000, rng())
    leapt = learner.leap(truth, sizes, rng(1))
    stepped = truth
    for i, size in enumerate(sizes):
        stepped = learner.fit([Part(learner.draw(stepped, Draw(size), rng(2 + i)), 1.0)], rng(), None)
    assert ks_2samp(leapt.log_variance, stepped.log_variance).pvalue > 0.01
    assert ks_2samp(leapt.mean, stepped.mean).pvalue > 0.01
    # Mean and variance of a history belong together: wide ones have gone further.
    assert ks_2samp(leapt.mean**2 / leapt.variance, stepped.mean**2 / stepped.variance).pvalue > 0.01


def test_a_history_that_leaps_goes_on_exactly_where_it_was_kept(tmp_path):
    said = Experiment(samples=10, generations=170, replicates=8, regimes=("replace",), at=(3, 110, 170))
    (arm,) = arms(said)
    measures = chosen_measures(said, arm.kind, Normal, ())
    block, streams, keeper = Block(0, 8), Streams(0), Keeper(tmp_path)

    def history(moment, values=None):
        recorder = Recorder(arm, block, streams, measures, said.recorded(), 10)
        recorder.values.update(values or {})
        seen = []
        for after in generations(arm, block, streams, moment, recorder, said.recorded()):
            keeper.keep(0, after.generation, after._replace(values=recorder.values))
            seen.append(after.generation)
        return seen, recorder.values

    seen, whole = history(begun(arm, block, streams))
    assert seen[:4] == [1, 2, 3, 53]
    assert 110 in seen
    assert seen[-1] == 170
    for t in (2, 53, 110):
        kept = keeper.moment(0, t, arm.learner)
        _, again = history(kept, kept.values)
        assert all(np.array_equal(again[name], whole[name]) for name in whole)


def test_the_likely_part_is_all_within_reach():
    learner = Gaussian()
    values = learner.draw(learner.truth(1, rng()), Draw(20_000, rule=Rule(top_p=0.8), items=True), rng(1)).filled
    assert abs(values).max() <= 1.2816
    assert kstest(values[0], lambda x: (np.clip(x, -1.2816, 1.2816) + 1.2816) / 2.5631).pvalue < 1e-6, "not flat"
    assert values.var() == pytest.approx(1 - 2 * 1.28155 * 0.17550 / 0.8, rel=0.03)


def test_temperature_widens_by_its_root():
    learner = Gaussian()
    values = learner.draw(learner.truth(1, rng()), Draw(20_000, rule=Rule(temperature=4.0), items=True), rng(1)).filled
    assert values.std() == pytest.approx(2.0, rel=0.03)


def test_a_verifier_with_a_taste_keeps_what_it_would_have_kept():
    learner = Gaussian(mean=1.0, sd=2.0)
    truth = learner.truth(1, rng())
    taste = Verifier(kind="biased", centre=0.5, width=1.5)
    kept = learner.draw(truth, Draw(5000, verifier=taste, items=True), rng(1)).filled[0]
    items = learner.draw(truth, Draw(40_000, items=True), rng(2)).filled[0]
    accepted = items[rng(3).random(len(items)) < np.exp(-((items - 2.0) ** 2) / (2 * 3.0**2))]
    assert ks_2samp(kept, accepted).pvalue > 0.01


def test_a_batch_of_one_has_no_spread_and_can_be_pooled():
    learner = Gaussian()
    one = learner.draw(learner.truth(2, rng()), Draw(1), rng(1))
    assert isinstance(one, Moments)
    assert (one.log_spread == -np.inf).all()
    both = learner.pool([one, learner.draw(learner.truth(2, rng()), Draw(1), rng(2))])
    assert np.isfinite(both.log_spread).all()
