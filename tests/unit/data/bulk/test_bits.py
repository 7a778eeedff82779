import numpy as np

from holdfast.data.bulk.bits import GOLDEN, finished, folds_by_number


def test_steps_of_the_golden_number_give_splitmix64():
    # The first numbers of the reference implementation (Vigna, 2015) from seed 0.
    steps = np.arange(1, 4, dtype=np.uint64) * GOLDEN
    assert [hex(one) for one in finished(steps)] == ["0xe220a8397b1dcdaf", "0x6e789e6aa1b965f4", "0x6c45d188009454f"]
    assert finished(np.zeros(1, dtype=np.uint64))[0] == 0


def test_equal_numbers_share_a_fold_wherever_they_stand():
    numbers = np.random.default_rng(0).integers(0, 50, 400)
    order = np.random.default_rng(1).permutation(400)
    folds = folds_by_number(numbers, 4)
    assert np.array_equal(folds_by_number(numbers[order], 4), folds[order])
    assert all(len(set(folds[numbers == one])) == 1 for one in np.unique(numbers))


def test_folds_are_about_equal_for_numbers_in_steps():
    for step in (1, 2, 4, 1024):
        sizes = np.bincount(folds_by_number(np.arange(4000) * step, 4), minlength=4)
        assert sizes.min() > 800, step
