"""How long a type that was drawn once lives on."""

import math

import pytest

from holdfast.collapse.planning.memory import memory, memory_of_growth


@pytest.mark.parametrize(("real_share", "total"), [(1, 1.0), (0.5, 1.74), (0.1, 4.00), (0.01, 8.13), (0.001, 12.6)])
def test_memory_for_ever(real_share, total):
    assert memory(1 - real_share, None).total == pytest.approx(total, abs=0.06)


@pytest.mark.parametrize("share", [1.0, 0.9999, 0.99])
def test_long_memories_agree_with_going_step_by_step(share):
    total, s, last = 0.0, 1.0, 1.0
    for _ in range(20_000):
        total, last = total + s, s
        s = -math.expm1(-share * s)
    found = memory(share, 20_000)
    assert found.total == pytest.approx(total, rel=1e-4)
    assert found.last == pytest.approx(last, rel=1e-3)


def test_without_real_items_memory_has_no_end():
    assert memory(1.0, None).total == math.inf


def test_a_constant_size_is_growth_by_nothing():
    assert memory_of_growth(0.0, 30) == pytest.approx(memory(1.0, 30).last)


def test_growing_batches_keep_a_type_for_ever():
    assert memory_of_growth(1.5, None) == pytest.approx(memory_of_growth(1.5, 200_000), rel=2e-3)
