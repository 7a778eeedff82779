"""How many rows are equal by chance is told from what was copied."""

import numpy as np
import pytest

from holdfast.audit.cases import subject
from holdfast.audit.runner import Facts


def _agreement(columns):
    facts = Facts({"dataset": subject(columns)})
    n = len(next(iter(columns.values())))
    return facts["collisions"].within(facts["row_groups"], np.ones(n, dtype=bool))


def _integers(rng, n):
    return {name: rng.integers(0, top, n) for name, top in {"a": 100, "b": 20, "c": 5, "d": 2}.items()}


def _dependent(rng, n):
    hidden = rng.integers(0, 2, n)
    return {f"x{i}": np.where(rng.random(n) < 0.2, rng.integers(0, 2, n), hidden) for i in range(12)}


def _rounded(rng, n):
    hidden = rng.normal(size=n)
    return {f"x{i}": np.round(hidden + 0.3 * rng.normal(size=n), 1) for i in range(3)}


def _repeated_column(rng, n):
    columns = _integers(rng, n)
    return columns | {"a_again": columns["a"] * 2 + 1}


@pytest.mark.parametrize("make", [_integers, _dependent, _rounded, _repeated_column])
@pytest.mark.parametrize("seed", range(3))
def test_expectation_is_near_what_chance_did(make, seed):
    seen = _agreement(make(np.random.default_rng(seed), 4000))
    assert seen.pairs > 100
    assert 0.7 < seen.expected / seen.pairs < 1.5


@pytest.mark.parametrize("seed", range(3))
def test_copies_do_not_raise_the_expectation(seed):
    columns = _integers(np.random.default_rng(seed), 4000)
    before = _agreement(columns)
    for values in columns.values():
        values[3000:] = values[:1000]
    after = _agreement(columns)
    assert after.pairs > before.pairs + 900
    assert after.expected < 3 * before.expected
    assert after.by_chance < 0.6


@pytest.mark.parametrize("n", [30, 300])
def test_one_copy_among_fine_numbers_is_no_chance(n):
    rng = np.random.default_rng(0)
    columns = {f"x{i}": rng.normal(size=n) for i in range(3)}
    for values in columns.values():
        values[-1] = values[0]
    seen = _agreement(columns)
    assert seen.pairs == 1
    assert seen.p_value < 1e-3


def test_no_equal_rows_are_all_chance():
    seen = _agreement({"a": np.arange(20.0)})
    assert (seen.pairs, seen.by_chance, seen.p_value) == (0.0, 1.0, 1.0)


def test_a_part_expects_its_share():
    facts = Facts({"dataset": subject(_integers(np.random.default_rng(0), 2000))})
    collisions, groups = facts["collisions"], facts["row_groups"]
    half = np.arange(2000) < 1000
    both = collisions.within(groups, half).expected + collisions.within(groups, ~half).expected
    across = collisions.between(groups, half, ~half).expected
    assert both + across == pytest.approx(collisions.expected, rel=1e-9)
