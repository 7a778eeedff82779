"""Copies across versions are found where equal rows prove something, and only there."""

import numpy as np

from holdfast.audit.drifting.copies import added_rows


def hashes(*values):
    return np.array(values, dtype=np.uint64)


def test_rows_that_were_there_are_left_out():
    found = added_rows(hashes(*range(100)), hashes(*range(50, 120)))
    assert found.rows.tolist() == list(range(50, 70))
    assert (found.equal, found.copies) == (50, 50)


def test_rows_that_repeat_by_chance_are_no_copies():
    rng = np.random.default_rng(0)
    found = added_rows(hashes(*rng.integers(0, 20, 500)), hashes(*rng.integers(0, 20, 300)))
    assert len(found.rows) == 300
    assert found.copies == 0
    assert found.by_chance > 0.9


def test_a_version_that_was_added_to_holds_what_is_beyond_it():
    rng = np.random.default_rng(1)
    before = hashes(*rng.integers(0, 300, 500))
    more = hashes(*rng.integers(1_000, 1_300, 400))
    found = added_rows(before, np.concatenate([before, more]))
    assert found.copies == 500
    assert found.rows.tolist() == [*range(500, 900)]


def test_nothing_in_common():
    found = added_rows(hashes(1, 2, 3), hashes(4, 5))
    assert found.rows.tolist() == [0, 1]
    assert found.equal == 0
