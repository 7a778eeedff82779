"""Examples share a row, and none sees another."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from holdfast.finetune.chat.packing import bins, positions, sees


@given(st.lists(st.integers(1, 50), max_size=60))
def test_every_example_is_in_one_bin_and_no_bin_overflows(sizes):
    found = bins(np.array(sizes, dtype=int), 50)
    assert sorted(at for one in found for at in one) == list(range(len(sizes)))
    assert all(sum(sizes[at] for at in one) <= 50 for one in found)
    if sizes:
        assert len(found) <= 11 / 9 * -(-sum(sizes) // 50) * 1.7 + 1  # the fewest bins are at least the sum


def test_positions_begin_anew_and_nothing_is_seen_across():
    owner = np.array([[2, 2, 2, 0, 0, -1]])
    assert positions(owner).tolist() == [[0, 1, 2, 0, 1, 0]]
    seen = sees(owner)[0, 0]
    assert seen[2].tolist() == [True, True, True, False, False, False]
    assert seen[4].tolist() == [False, False, False, True, True, False]
    assert seen.any(axis=1).all()
