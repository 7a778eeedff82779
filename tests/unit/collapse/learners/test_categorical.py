import numpy as np
import pytest

from holdfast.collapse.definitions import Draw, Part
from holdfast.collapse.engines.single_type import single
from holdfast.collapse.graph import graph
from holdfast.collapse.lab.experiment import made_learner
from holdfast.collapse.learners.categorical import Categorical
from holdfast.collapse.regimes import PRESETS, Rule, Verifier
from holdfast.collapse.states import frequencies
from holdfast.collapse.states.frequencies import Frequencies, Tally
from holdfast.core.errors import BadInput

RNG = np.random.default_rng


def model(*rows):
    share = np.array(rows, dtype=np.float64)[:, None, :]
    return Frequencies(share, np.ones((len(rows), 1)))


@pytest.mark.parametrize("types", [5, 300])
def test_a_batch_has_the_law_of_a_multinomial(types):
    learner = Categorical(types=types, exponent=0.5)
    batch = learner.draw(learner.truth(4000, RNG(0)), Draw(7), RNG(1))
    assert (batch.counts.sum(axis=(1, 2)) == 7).all()
    p = learner.true_law
    first = batch.counts[:, 0, 0]
    assert abs(first.mean() - 7 * p[0]) < 4 * np.sqrt(7 * p[0] / 4000)
    assert first.var() == pytest.approx(7 * p[0] * (1 - p[0]), rel=0.12)


@pytest.mark.parametrize("types", [4, 400])
def test_a_lost_type_never_comes_back(types):
    share = np.zeros(types)
    share[: types // 2] = 1 / 3  # sums to 1 only after rounding, and the last types are lost
    share /= share.sum()
    batch = Categorical(types=types).draw(model(*[share] * 200), Draw(10_000), RNG(0))
    assert (batch.counts.sum(axis=2) == 10_000).all()
    assert not batch.counts[..., types // 2 :].any()


def test_rounding_cannot_revive_a_type():
    share = np.full(30, 0.1 * (1 - 1e-13))  # what a multinomial would give the rest of to the last type
    share[10:] = 0.0
    counts = Categorical(types=30).draw(model(share), Draw(10**15), RNG(0)).counts
    assert counts.sum() == 10**15
    assert not counts[..., 10:].any()


def test_temperature_and_top_p():
    learner = Categorical(types=4)
    law = (0.5, 0.3, 0.15, 0.05)
    cold = learner.draw(model(law), Draw(200_000, Rule(temperature=0.5)), RNG(0)).counts[0, 0] / 200_000
    assert cold == pytest.approx(np.array(law) ** 2 / np.sum(np.array(law) ** 2), abs=0.005)
    kept = learner.draw(model(law), Draw(200_000, Rule(top_p=0.75)), RNG(0)).counts[0, 0]
    assert kept[2:].sum() == 0
    assert kept[0] / 200_000 == pytest.approx(0.5 / 0.8, abs=0.005)


def test_a_verifier_that_likes_rare_types_draws_more_of_them():
    learner = Categorical(types=50, exponent=1.0)
    truth = learner.truth(1, RNG(0))
    rank = np.arange(50)

    def mean_rank(centre):
        wanted = Draw(20_000, verifier=Verifier(kind="biased", centre=centre, width=1.0))
        return (learner.draw(truth, wanted, RNG(1)).counts[0, 0] * rank).sum() / 20_000

    assert mean_rank(2.0) > (learner.true_law * rank).sum() + 3
    assert mean_rank(-1.0) < (learner.true_law * rank).sum() - 3


def test_a_verifier_whose_taste_is_far_away_still_passes_something():
    learner = Categorical(types=1000)
    alone = np.zeros(1000)
    alone[0] = 1.0
    wanted = Draw(50, verifier=Verifier(kind="biased", centre=40.0, width=0.01))
    assert learner.draw(model(alone), wanted, RNG(0)).counts[0, 0, 0] == 50


def test_a_subsample_is_drawn_without_replacement():
    learner = Categorical(types=3)
    pool = Tally(np.array([[[5, 3, 0]]] * 3000))
    chosen = learner.choose(pool, 4, RNG(0)).counts[:, 0]
    assert (chosen <= [5, 3, 0]).all()
    assert (chosen.sum(axis=1) == 4).all()
    assert chosen[:, 0].mean() == pytest.approx(2.5, abs=0.06)
    assert chosen[:, 0].var() == pytest.approx(4 * 5 / 8 * 3 / 8 * 4 / 7, rel=0.15)  # hypergeometric, not binomial


def test_weights_count_for_the_whole_batch_whatever_its_size():
    learner = Categorical(types=2)
    parts = [Part(Tally(np.array([[[10, 0]]])), 0.25), Part(Tally(np.array([[[0, 1000]]])), 0.75)]
    assert learner.fit(parts, RNG(0), None).share[0, 0] == pytest.approx([0.25, 0.75])


def test_laws():
    geometric = Categorical(types=5, law="geometric", ratio=0.5).true_law
    assert geometric[1:] / geometric[:-1] == pytest.approx(np.full(4, 0.5))
    assert Categorical(types=4, law="uniform").true_law == pytest.approx(np.full(4, 0.25))
    assert Categorical(probabilities=(0.1, 0.9)).true_law == pytest.approx([0.1, 0.9])


@pytest.mark.parametrize("wrong", [(0.5, 0.6), (-0.5, 1.5), (float("nan"), 1.0)])
def test_probabilities_that_are_none_are_refused(wrong):
    with pytest.raises(BadInput, match="sum to"):
        made_learner("categorical", {"probabilities": wrong})


def test_samples_are_counts_of_all_types():
    learner = Categorical(types=6)
    found = learner.samples(learner.truth(3, RNG(0)), 50, RNG(1))
    assert [len(one) for one in found] == [50, 50, 50]
    assert all(one.counts.shape == (6,) for one in found)


@pytest.mark.parametrize("types", [10, 120])
def test_a_leap_has_the_law_of_the_steps(types):
    learner = Categorical(types=types)
    end = learner.leap(learner.truth(1500, RNG(0)), [40] * 25, RNG(1)).share
    assert end.sum(axis=2) == pytest.approx(1)
    alive = (end > 0).sum(axis=(1, 2))
    exact = single(learner.true_law, graph(PRESETS["replace"], 40, 25), 1000).alive[-1].sum()
    assert abs(alive.mean() - exact) < 4 * alive.std() / np.sqrt(1500)


def test_a_leap_goes_through_changing_sizes():
    end = Categorical(types=100).leap(Categorical(types=100).truth(4, RNG(0)), [50, 200, 7], RNG(0)).share
    assert end * 7 == pytest.approx(np.round(end * 7))


def test_a_few_of_thousands_of_millions_are_chosen_without_replacement(monkeypatch):
    learner = Categorical(types=3)
    many = np.array([[[6 * 10**10, 3 * 10**10, 10**10]]] * 400)
    kept = learner.choose(Tally(many), 50, RNG(0)).counts[:, 0]
    assert (kept.sum(axis=1) == 50).all()
    assert kept.mean(axis=0) == pytest.approx([30, 15, 5], abs=0.7)
    assert kept[:, 0].var() == pytest.approx(50 * 0.6 * 0.4, rel=0.25)
    monkeypatch.setattr(frequencies, "_MOST_BY_LAW", 8)
    monkeypatch.setattr(frequencies, "_AT_ONCE", 2)
    few = Tally(np.array([[[6, 4, 0]]] * 500))
    by_place = learner.choose(few, 5, RNG(1)).counts[:, 0]
    assert (by_place.sum(axis=1) == 5).all()
    assert (by_place <= [6, 4, 0]).all()
    assert by_place[:, 1].mean() == pytest.approx(2, abs=0.15)
    assert by_place[:, 1].var() == pytest.approx(2 / 3, rel=0.25)  # n K/N (1 − K/N) (N − n)/(N − 1)
    assert (learner.choose(few, 10, RNG(2)).counts == few.counts).all()
