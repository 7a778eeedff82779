"""Keys meet as often as theory says, whatever the length of texts; sets are compared exactly, long ones by a sample."""

import numpy as np
import pyarrow as pa
import pytest

from holdfast.data.bulk.bits import finished
from holdfast.data.bulk.jaccard import jaccard
from holdfast.data.bulk.minhash import BANDS, band_keys
from holdfast.data.bulk.reading import SAMPLED_RUNS, limit
from holdfast.data.bulk.telling import recall


def pairs_of_sets(rng, n, size, alike):
    """Return runs and starts of 2n sets of `size` hashes: set 2k and set 2k+1 share so many that their index is it."""
    shared = round(2 * alike * size / (1 + alike))
    runs = rng.integers(2**64, size=(n, 2, size), dtype=np.uint64)
    runs[:, 1, :shared] = runs[:, 0, :shared]
    return runs.reshape(-1), np.arange(0, 2 * n * size + 1, size), shared / (2 * size - shared)


@pytest.mark.parametrize(("size", "alike"), [(12, 0.7), (100, 0.7), (100, 0.5), (2000, 0.6)])
def test_pairs_meet_as_often_as_theory_says(size, alike):
    n = 1000 if size < 1000 else 150
    runs, starts, alike = pairs_of_sets(np.random.default_rng(size), n, size, alike)
    keys = band_keys(runs, starts)
    met = (keys[::2] == keys[1::2]).any(axis=1).mean()
    expected = recall(alike)
    error = 4 * np.sqrt(expected * (1 - expected) / n) + (0.06 if size < 50 else 0.03)  # bins of short texts depend
    assert met == pytest.approx(expected, abs=error)


def test_unlike_sets_hardly_meet_and_equal_ones_always():
    rng = np.random.default_rng(0)
    runs, starts, _ = pairs_of_sets(rng, 500, 40, 0.0)
    keys = band_keys(runs, starts)
    assert (keys[::2] == keys[1::2]).sum() == 0
    assert len(np.unique(keys)) == keys.size
    shuffled = runs.reshape(-1, 40)[:, ::-1].reshape(-1)
    assert (band_keys(shuffled, starts) == keys).all()


def test_single_runs_and_empty_texts():
    keys = band_keys(finished(np.array([5, 5, 6], dtype=np.uint64)), np.array([0, 1, 1, 2, 3]))
    assert keys.shape == (4, BANDS)
    assert (keys[0] == keys[2]).all()
    assert (keys[0] != keys[3]).all()
    assert band_keys(np.empty(0, np.uint64), np.zeros(1, np.int64)).shape == (0, BANDS)


def lists(*sets):
    return pa.array([np.sort(np.array(list(s), np.uint64)).view(np.int64).tolist() for s in sets], pa.list_(pa.int64()))


def test_index_of_sets():
    one, other = lists({1, 2, 3}, {2**63, 1}, set()), lists({2, 3, 4}, {2**63, 1}, set())
    counts = pa.array([3, 2, 0]), pa.array([3, 2, 0])
    assert jaccard(*counts, one, other).tolist() == [0.5, 1.0, 0.0]


def test_index_of_long_sets_comes_from_what_both_kept():
    rng = np.random.default_rng(1)
    n = 40_000
    every = rng.integers(2**64, size=n, dtype=np.uint64)
    a, b = every[:30_000], every[10_000:]
    kept = [x[x <= limit(np.array([len(x)]))[0]] for x in (a, b)]
    assert SAMPLED_RUNS <= len(kept[0]) < 2 * SAMPLED_RUNS * 1.05
    found = jaccard(pa.array([len(a)]), pa.array([len(b)]), lists(kept[0].tolist()), lists(kept[1].tolist()))
    assert found[0] == pytest.approx(0.5, abs=4 * 0.006)
