"""Layer B: ranks under exchangeability, the martingale, what it sees, and what does not matter to it."""

import numpy as np
import pytest
from scipy.stats import kstest

from holdfast.collapse.alarm.drift import conformal_ranks, drift_path, strangeness


def ranks_of(controls, generations, seed=0, side="both"):
    return conformal_ranks(controls, generations, np.random.default_rng(seed), side)


def test_ranks_of_exchangeable_sets_are_uniform_and_independent():
    rng = np.random.default_rng(0)
    found = ranks_of(rng.normal(size=(10, 3_000, 3)), rng.normal(size=(5, 3_000, 3)))
    assert kstest(found.reshape(-1), "uniform").pvalue > 0.001
    assert np.abs(np.corrcoef(found) - np.eye(5)).max() < 0.08


def test_ties_are_broken_at_random():
    found = ranks_of(np.zeros((10, 4_000, 1)), np.zeros((2, 4_000, 1)))
    assert kstest(found.reshape(-1), "uniform").pvalue > 0.001


def test_the_evidence_is_a_martingale_and_seldom_crosses():
    rng = np.random.default_rng(2)
    path = drift_path(ranks_of(rng.normal(size=(12, 4_000, 2)), rng.normal(size=(40, 4_000, 2))))
    assert (path.max(axis=0) >= np.log(20)).mean() <= 0.05


def test_what_moves_on_is_seen_in_either_direction():
    rng = np.random.default_rng(3)
    moves = 0.5 * np.arange(1, 41)[:, None, None]
    for sign in (1, -1):
        path = drift_path(ranks_of(rng.normal(size=(12, 200, 1)), sign * moves + rng.normal(size=(40, 200, 1))))
        assert (path.max(axis=0) >= np.log(20)).mean() > 0.95


def test_units_do_not_matter_and_neither_does_the_order_of_the_sets():
    rng = np.random.default_rng(4)
    values = rng.normal(size=(15, 3))
    strange = strangeness(values, "both")
    assert strangeness(values * [1.0, 1e6, 1e-6] + [0.0, 5.0, 1.0], "both") == pytest.approx(strange)
    order = rng.permutation(15)
    assert strangeness(values[order], "both") == pytest.approx(strange[order])


def test_a_measure_that_never_varies_and_one_that_is_missing():
    controls = np.zeros((10, 2))
    generations = np.array([[0.0, 0.0], [np.inf, 0.0]])
    strange = strangeness(np.concatenate([controls, generations]), "both")
    assert strange[-1] == np.inf
    assert (strange[:-1] == 0).all()
    most = strangeness(np.array([[np.inf], [np.inf], [np.inf], [1.0]]), "both")
    assert most[-1] > most[0]


def test_a_later_generation_changes_no_earlier_rank():
    rng = np.random.default_rng(5)
    controls, generations = rng.normal(size=(10, 2)), rng.normal(size=(6, 2))
    assert ranks_of(controls, generations)[:4] == pytest.approx(ranks_of(controls, generations[:4]))
