import numpy as np
import pytest

from holdfast.data.screening.share.mixtures import LEVEL, habits_test, one_each

COLUMNS = 12
APART = np.r_[np.full(3, 0.8), np.zeros(COLUMNS - 3)]  # from people to the labelled machine
STRANGE = np.r_[np.zeros(3), np.full(3, 0.9), np.zeros(COLUMNS - 6)]  # from people to what nobody labelled


def rows(rng, n, away=0.0):
    return rng.normal(0, 1, (n, COLUMNS)) + away


def habits(human, machine, asked):
    return habits_test([human, machine], asked)[0]


def refusals(repeats, asked, machines=90):
    rng = np.random.default_rng(1)
    return sum(
        habits(rows(rng, 120), rows(rng, machines, APART), asked(rng)).refuses for _ in range(repeats)
    )  # fmt: skip


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_mixtures_of_the_labelled_kinds_are_refused_as_often_as_it_says(share):
    k = round(80 * share)
    refused = refusals(300, lambda rng: np.concatenate([rows(rng, 80 - k), rows(rng, k, APART)]))
    assert refused <= 300 * LEVEL + 3 * np.sqrt(300 * LEVEL)  # a true level of 0.03 exceeds it once in 500 times


@pytest.mark.parametrize("machines", [90, 0])
def test_a_stranger_who_writes_half_is_noticed_with_and_without_labelled_machines(machines):
    assert refusals(40, lambda rng: np.concatenate([rows(rng, 60), rows(rng, 60, STRANGE)]), machines) >= 36


def test_power_grows_with_the_corpus():
    def noticed(n):
        return refusals(60, lambda rng: np.concatenate([rows(rng, 3 * n // 4), rows(rng, n // 4, STRANGE)]))

    assert noticed(40) + 10 < noticed(160)


def test_copies_are_no_evidence():
    rng = np.random.default_rng(2)
    human, machine, few = rows(rng, 120), rows(rng, 90, APART), rows(rng, 30)
    copied, family = np.repeat(few, 40, axis=0), np.repeat(np.arange(30), 40)
    assert habits(human, machine, copied).refuses
    once = habits(human, machine, one_each(copied, family))
    assert once.p_value == pytest.approx(habits(human, machine, few).p_value)
    assert not once.refuses


def test_columns_without_numbers_or_without_spread_say_nothing():
    rng = np.random.default_rng(3)
    sides = [rows(rng, 100), rows(rng, 80, APART), rows(rng, 60)]
    bare = habits(*sides)
    padded = [np.column_stack([side, np.full(len(side), 7.0)]) for side in sides]
    assert habits(*padded) == bare
    gaps = [np.column_stack([side, np.where(rng.random(len(side)) < 0.3, np.nan, rng.normal(size=len(side)))])
            for side in sides]  # fmt: skip
    assert 0.001 < habits(*gaps).p_value <= 1
    assert np.isnan(one_each(np.array([[np.nan], [np.nan], [2.0]]), np.array([0, 0, 1]))[0, 0])


def test_generators_may_have_written_other_parts_than_labelled():
    rng = np.random.default_rng(4)
    human, one, other = rows(rng, 150), rows(rng, 100, APART), rows(rng, 100, STRANGE)
    asked = np.concatenate([rows(rng, 90), rows(rng, 60, STRANGE)])
    test, shares = habits_test([human, one, other], asked)
    assert not test.refuses
    assert habits_test([human, np.concatenate([one, other])], asked)[0].refuses
    assert shares.sum() == pytest.approx(1)
    assert shares[2] == pytest.approx(0.4, abs=0.12)
    assert shares[1] < 0.1
