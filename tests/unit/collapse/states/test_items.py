import numpy as np
import pytest
from scipy.stats import chisquare

from holdfast.collapse.states.items import chosen, distinct, made_of, pooled, weighted_places


@pytest.mark.parametrize(("of", "size"), [(6, 3), (40, 5), (1000, 30)])
def test_numbers_are_distinct_and_in_range(of, size):
    found = distinct(200, of, size, np.random.default_rng(0))
    assert found.shape == (200, size)
    assert found.min() >= 0
    assert found.max() < of
    assert all(len(set(row)) == size for row in found.tolist())


@pytest.mark.parametrize("of", [5, 9])  # shuffled whole, and drawn with what is there already skipped
def test_every_set_is_as_likely(of):
    found = np.sort(distinct(40_000, of, 2, np.random.default_rng(1)), axis=1)
    counts = np.bincount(found[:, 0] * of + found[:, 1], minlength=of * of).reshape(of, of)
    assert chisquare(counts[np.triu_indices(of, 1)]).pvalue > 1e-3


def test_a_pool_grows_without_forgetting():
    batches = [made_of(np.full((2, 3), float(i))) for i in range(20)]
    whole = batches[0]
    for batch in batches[1:]:
        whole = pooled([whole, batch])
    assert np.array_equal(whole.filled, np.repeat(np.arange(20.0), 3)[None].repeat(2, axis=0))
    assert whole.values.shape[1] < 1.6 * whole.size[0]


def test_what_was_pooled_stays_readable():
    first = pooled([made_of(np.zeros((1, 4))), made_of(np.ones((1, 4)))])
    before = first.filled.copy()
    pooled([first, made_of(np.full((1, 4), 2.0))])
    assert np.array_equal(first.filled, before)


def test_vectors_are_chosen_whole():
    items = made_of(np.arange(60.0).reshape(2, 10, 3))
    found = chosen(items, 2, np.random.default_rng(0)).filled
    assert found.shape == (2, 2, 3)
    for mine, theirs in zip(found, items.filled, strict=True):
        assert all(any(np.array_equal(row, one) for one in theirs) for row in mine)


def test_more_than_there_are_means_all():
    items = made_of(np.arange(6.0).reshape(2, 3))
    assert np.array_equal(chosen(items, 9, np.random.default_rng(0)).filled, items.filled)


def test_places_come_as_often_as_their_weights_say():
    weights = np.array([[0.5, 0.0, 0.2, 0.3], [0.0, 1.0, 0.0, 0.0]])
    found = weighted_places(weights, 100_000, np.random.default_rng(0))
    assert (found[1] == 1).all()
    share = np.bincount(found[0], minlength=4) / 100_000
    assert share[1] == 0
    assert np.allclose(share, weights[0], atol=0.006)
