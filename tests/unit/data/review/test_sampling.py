"""Samples depend on content and seed alone, and draw with the chances that they state."""

import numpy as np
import pyarrow as pa
import pytest

from holdfast.core.errors import BadInput
from holdfast.data.review.sampling import by_size, draws, simple, stratified


@pytest.fixture(scope="module")
def names():
    rng = np.random.default_rng(0)
    return pa.array([rng.bytes(16).hex() for _ in range(2000)], pa.large_string())


def test_the_order_of_rows_changes_nothing(names):
    order = np.random.default_rng(1).permutation(len(names))
    moved = names.take(pa.array(order))
    sizes = np.random.default_rng(2).random(len(names))
    groups = np.arange(len(names)) % 4
    for one, two in (
        (simple(names, 50, 3), simple(moved, 50, 3)),
        (by_size(names, sizes, 50, 3, by="s"), by_size(moved, sizes[order], 50, 3, by="s")),
        (
            stratified(names, groups, list("abcd"), 50, 3, by="g"),
            stratified(moved, groups[order], list("abcd"), 50, 3, by="g"),
        ),
    ):
        assert set(names.take(pa.array(one.rows)).to_pylist()) == set(moved.take(pa.array(two.rows)).to_pylist())


def test_another_seed_draws_others(names):
    assert set(simple(names, 50, 0).rows) != set(simple(names, 50, 1).rows)


def test_draws_are_even(names):
    numbers = np.concatenate([draws(names, seed) for seed in range(5)])
    counts = np.histogram(numbers, 20, (0, 1))[0]
    assert ((counts - 500.0) ** 2 / 500.0).sum() < 50  # chi-square with 19 degrees: 43.8 at 0.001


def test_every_record_is_drawn_as_often_as_stated(names):
    part = names.slice(0, 60)
    sizes = np.linspace(0.0, 1.0, 60)
    times, stated = np.zeros(60), None
    for seed in range(600):
        sample = by_size(part, sizes, 12, seed, by="s")
        times[sample.rows] += 1
        stated = np.full(60, np.nan) if stated is None else stated
        stated[sample.rows] = sample.chances
    z = (times - 600 * stated) / np.sqrt(600 * stated * (1 - stated))
    assert np.abs(z).max() < 4.5
    assert np.nansum(stated) == pytest.approx(12, abs=0.01)


def test_strata_get_their_part_and_at_least_two(names):
    groups = np.array([0] * 1900 + [1] * 95 + [2] * 5)
    sample = stratified(names, groups, ["big", "small", "tiny"], 100, 0, by="g")
    drawn = {one.name: (one.drawn, one.rows) for one in sample.design.strata}
    assert drawn == {"big": (95, 1900), "small": (5, 95), "tiny": (2, 5)}
    equal = stratified(names, groups, ["big", "small", "tiny"], 99, 0, by="g", equal=True)
    assert [one.drawn for one in equal.design.strata] == [33, 33, 5]
    for place, name in enumerate(("big", "small", "tiny")):
        inside = np.array([one == name for one in sample.strata])
        assert (groups[sample.rows[inside]] == place).all()
        assert sample.chances[inside] == pytest.approx(drawn[name][0] / drawn[name][1])


def test_more_than_there_are_is_all(names):
    assert sorted(simple(names.slice(0, 5), 100, 0).rows) == [0, 1, 2, 3, 4]


def test_sizes_that_are_no_chances_are_refused(names):
    with pytest.raises(BadInput, match="cannot be a chance"):
        by_size(names.slice(0, 3), np.array([1.0, -1.0, 2.0]), 2, 0, by="s")
    with pytest.raises(BadInput, match="too many for strata"):
        stratified(names, np.arange(2000), [str(i) for i in range(2000)], 100, 0, by="id")
