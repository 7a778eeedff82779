"""Near-copies are found where chance cannot explain them, and nowhere else."""

import numpy as np
import pytest

from holdfast.audit.cases import subject
from holdfast.audit.facts.rows import neighbours as near
from holdfast.audit.runner import Facts
from holdfast.core.errors import NotApplicable


def _columns(values):
    return {f"x{i}": values[:, i] for i in range(values.shape[1])}


def _derived(columns, split=None):
    facts = Facts({"dataset": subject(columns, split=split)})
    return facts["neighbours"], facts


def _planted(make, n_train=4000, n_test=1000, n_copies=100, noise=1e-3, seed=0):
    rng = np.random.default_rng(seed)
    values = make(rng, n_train + n_test)
    copies = n_train + rng.choice(n_test, n_copies, replace=False)
    values[copies] = values[rng.choice(n_train, n_copies, replace=False)]
    values[copies] += noise * values.std(axis=0) * rng.normal(size=(n_copies, values.shape[1]))
    found, facts = _derived(_columns(values), ["train"] * n_train + ["test"] * n_test)
    split = facts["split_of"]
    rows = np.flatnonzero(split.test)
    partners = found.partners(facts["row_groups"], rows, split.train)
    return set(rows[partners >= 0].tolist()), set(copies.tolist())


@pytest.mark.parametrize(
    "make",
    [
        lambda rng, n: rng.normal(size=(n, 30)),
        lambda rng, n: rng.standard_t(2, size=(n, 20)),
        lambda rng, n: np.exp(rng.normal(size=(n, 12))),
        lambda rng, n: np.round(rng.normal(size=(n, 12)) * 10),
        lambda rng, n: rng.normal(size=(n, 6)) @ rng.normal(size=(6, 20)),
    ],
    ids=["normal", "heavy tails", "skewed", "whole numbers", "dependent"],
)
def test_finds_every_planted_copy_and_nothing_else(make):
    found, planted = _planted(make)
    assert len(found & planted) >= 0.99 * len(planted)
    assert len(found - planted) <= 0.01 * len(planted)


def _walk(rng, n):
    return np.cumsum(rng.normal(size=(n, 4)), axis=0)


@pytest.mark.parametrize(
    "make",
    [
        lambda rng, n: rng.normal(size=(n, 1)),
        lambda rng, n: rng.normal(size=(n, 2)) @ rng.normal(size=(2, 10)),
        lambda rng, n: rng.standard_cauchy(size=(n, 3)),
        lambda rng, n: np.round(rng.pareto(1, size=(n, 4)) * 100),
        lambda rng, n: np.where(rng.random((n, 5)) < 0.8, 0.0, np.exp(2 * rng.normal(size=(n, 5)))),
        lambda rng, n: rng.integers(0, 10, size=(n, 5)).astype(float),
        _walk,
        lambda rng, n: np.sin(np.arange(n)[:, None] / np.array([50.0, 90.0, 130.0])),
        lambda rng, n: rng.choice(np.sort(rng.pareto(1, 30)) * 50, size=(n, 4)),
    ],
    ids=["line", "plane", "cauchy", "pareto", "zeros", "integers", "walk", "curve", "ladder"],
)
@pytest.mark.parametrize("n", [60, 1500])
def test_silent_where_nothing_was_copied(make, n):
    for seed in range(3):
        found, _ = _derived(_columns(make(np.random.default_rng(seed), n)))
        assert len(found.left) == 0


def test_too_few_columns_to_tell_says_how_many_lay_near():
    rng = np.random.default_rng(0)
    values = rng.normal(size=2000)
    found, _ = _derived({"a": np.concatenate([values, values[:50] + 1e-3])})
    assert len(found.left) == 0


def test_another_category_is_another_record():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(400, 6))
    values[200:220] = values[:20] + 1e-4
    color = np.array(["red"] * 400)
    assert len(_derived(_columns(values) | {"color": color})[0].left) == 20
    color[200:220] = "blue"
    assert len(_derived(_columns(values) | {"color": color})[0].left) == 0


def test_missing_and_infinite_cells_must_agree():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(400, 6))
    values[:20, 0] = np.nan
    values[20:40, 1] = np.inf
    values[200:240] = values[:40] + 1e-4
    assert len(_derived(_columns(values))[0].left) == 40
    values[200:220, 0] = 0.0
    values[220:240, 1] = -np.inf
    assert len(_derived(_columns(values))[0].left) == 0


def test_order_of_rows_does_not_matter():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(600, 8))
    values[300:330] = values[:30] + 1e-3 * rng.normal(size=(30, 8))
    order = rng.permutation(600)

    def pairs(rows):
        found, facts = _derived(_columns(values[rows]))
        first = facts["row_groups"].first(np.ones(600, dtype=bool))
        return {frozenset((rows[first[a]], rows[first[b]])) for a, b in zip(found.left, found.right, strict=True)}

    assert pairs(np.arange(600)) == pairs(order)
    assert len(pairs(order)) == 30


def test_cost_of_one_full_cell_stays_bounded():
    key = np.zeros(20_000, dtype=np.uint64)
    pairs, reach = near._in_cells(key, np.arange(20_000, dtype=np.float32))
    assert len(pairs) <= near.WINDOW * len(key)
    assert np.isfinite(reach).all()


@pytest.mark.parametrize(
    "columns",
    [{"color": ["a", "b"] * 20}, {"a": [1.0] * 40, "b": np.arange(40) // 20}, {"a": np.arange(5.0)}],
    ids=["no number", "few records", "few rows"],
)
def test_not_applicable_says_why(columns):
    with pytest.raises(NotApplicable, match=r"numeric|records"):
        _derived(columns)


def test_huge_and_extreme_numbers_do_not_crash():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(200, 4)) * np.array([1e307, 1e-307, 1.0, 1e15])
    found, _ = _derived(_columns(values) | {"big": rng.integers(-(2**62), 2**62, size=200)})
    assert len(found.left) == 0
