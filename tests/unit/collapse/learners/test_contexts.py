import numpy as np
import pytest

from holdfast.collapse.definitions import Draw, Part
from holdfast.collapse.learners.contexts import Contexts

RNG = np.random.default_rng


def test_fixed_counts_give_each_context_its_share():
    learner = Contexts(contexts=3, types=4, context_exponent=1.0)
    batch = learner.draw(learner.truth(2, RNG(0)), Draw(11), RNG(1))
    assert batch.counts.sum(axis=2).tolist() == [[6, 3, 2]] * 2


def test_random_counts_sum_to_the_size():
    learner = Contexts(contexts=3, types=4, counts="random")
    counts = learner.draw(learner.truth(500, RNG(0)), Draw(9), RNG(1)).counts.sum(axis=2)
    assert (counts.sum(axis=1) == 9).all()
    assert counts[:, 0].std() == pytest.approx(np.sqrt(9 * 2 / 9), rel=0.15)


def test_contexts_have_laws_of_their_own_with_the_same_ranks():
    law = Contexts(contexts=3, types=5).true_law
    assert law.argmax(axis=1).tolist() == [0, 1, 2]
    assert np.sort(law, axis=1) == pytest.approx(np.sort(law[:1], axis=1).repeat(3, axis=0))


def test_a_context_without_items_is_uniform():
    learner = Contexts(contexts=2, types=4, counts="random")
    batch = learner.draw(learner.truth(1, RNG(0)), Draw(3), RNG(0))
    only = batch._replace(counts=np.array([[[3, 0, 0, 0], [0, 0, 0, 0]]]))
    assert learner.fit([Part(only, 1.0)], RNG(0), None).share[0].tolist() == [[1, 0, 0, 0], [0.25] * 4]


def test_a_subsample_takes_from_each_context_its_share():
    learner = Contexts(contexts=2, types=3)
    pool = learner.draw(learner.truth(50, RNG(0)), Draw(40), RNG(1))
    chosen = learner.choose(pool, 10, RNG(2))
    assert (chosen.counts.sum(axis=2) == 5).all()
    assert (chosen.counts <= pool.counts).all()


def test_too_few_items_for_all_contexts_are_refused():
    assert "would get none" in Contexts(contexts=10).refuse(9)
    assert not Contexts(contexts=10).refuse(10)
    assert not Contexts(contexts=10, counts="random").refuse(1)
