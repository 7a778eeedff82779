"""Rare types: strata, one type a document, coverage, and how much samples of real items differ."""

import numpy as np
import pytest

from holdfast.collapse.alarm.coverage import (
    Documents,
    coverage_error,
    coverage_floor,
    drawn_types,
    hits_of,
    present,
    strata_of,
)


def documents(*items):
    sizes = [len(item) for item in items]
    return Documents(
        np.array([one for item in items for one in item], dtype=np.int64), np.concatenate(([0], np.cumsum(sizes)))
    )


def test_some_items_are_taken_in_the_order_given():
    found = documents([1, 2], [], [3], [4, 5, 6]).take(np.array([3, 0, 1]))
    assert found.types.tolist() == [4, 5, 6, 1, 2]
    assert found.starts.tolist() == [0, 3, 5, 5]


def test_strata_go_by_how_often_a_type_is_expected_in_m_items():
    reference = documents(*[[0] for _ in range(60)], *[[1] for _ in range(30)], *[[2] for _ in range(9)], [3])
    assert strata_of(reference, 5, 10).tolist() == [2, 1, 0, -1, -1]


def test_one_type_is_drawn_for_each_document_that_holds_one():
    strata = np.array([0, 0, 1, -1])
    items = documents([0, 1, 2], [3], [1, 3], [])
    counts = np.zeros(4)
    for seed in range(400):
        found = drawn_types(items, strata, 0, np.random.default_rng(seed))
        assert len(found) == 2
        assert found[1] == 1
        counts[found[0]] += 1
    assert counts[:2] == pytest.approx([200, 200], abs=60)


def test_hits_are_types_that_the_generation_still_holds():
    held = present(documents([0, 2], [2]), 4)
    hits, trials = hits_of(documents([0], [1], [2]), held, np.array([0, 0, 1, 2]), np.random.default_rng(0))
    assert hits.tolist() == [1, 1, 0]
    assert trials.tolist() == [2, 1, 0]


def test_the_floor_allows_for_what_samples_of_few_types_differ():
    many, few = np.arange(1_000), np.repeat(np.arange(5), 200)
    assert coverage_error(0.6, many) < 0.001  # no type came up twice: they are more than can be counted
    assert coverage_error(0.6, few) == pytest.approx(np.sqrt((3.5 / 6) * (2.5 / 6) / 5), rel=0.01)
    assert coverage_error(1.0, few) > 0.1
    assert coverage_floor(600, few, 0.01) == 0
    assert 0.55 < coverage_floor(600, many, 0.01) < 0.6


def test_real_samples_cover_as_much_as_the_floor_says():
    rng = np.random.default_rng(3)
    share = np.arange(1, 601.0) ** -1
    share /= share.sum()

    def drawn(n):
        return documents(*rng.choice(600, size=(n, 6), p=share).tolist())

    strata = strata_of(drawn(2_000), 600, 300)
    partner, held = present(drawn(300), 600), drawn(3_000)
    for j in range(3):
        trials = drawn_types(held, strata, j, rng)
        floor = coverage_floor(int(partner[trials].sum()), trials, 0.01)
        others = [present(drawn(300), 600)[trials].mean() for _ in range(20)]
        assert 0.3 * np.mean(others) < floor < min(others)
