import numpy as np
import pytest

from holdfast.collapse.measures import frequencies as m
from holdfast.collapse.states.frequencies import Frequencies
from holdfast.collapse.states.tail import in_tail


def state(*rows):
    share = np.array(rows, dtype=np.float64)[:, None, :]
    return Frequencies(share, np.ones((len(rows), 1)))


LAW = (0.6, 0.3, 0.06, 0.04)
TRUTH = state(LAW, LAW)
MODEL = state((0.5, 0.5, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))


def test_diversity():
    assert m.heterozygosity.run(MODEL) == pytest.approx([0.5, 0.0])
    assert m.entropy.run(MODEL) == pytest.approx([np.log(2), 0.0])
    assert m.types_alive.run(MODEL).tolist() == [2, 1]
    assert m.winner_share.run(MODEL).tolist() == [0.5, 1.0]
    assert m.totally_collapsed.run(MODEL).tolist() == [0, 1]


def test_against_the_truth():
    assert m.lost_mass.run(MODEL, TRUTH) == pytest.approx([0.1, 0.96])
    assert m.divergence.run(MODEL, TRUTH) == pytest.approx([0.5 * np.log(0.25 / 0.18), -np.log(0.04)])
    assert m.total_variation.run(MODEL, TRUTH) == pytest.approx([0.2, 0.96])
    assert m.commonest_share.run(MODEL, TRUTH).tolist() == [0.5, 0.0]
    assert m.none_lost.run(MODEL, TRUTH).tolist() == [0, 0]
    assert m.none_lost.run(TRUTH, TRUTH).tolist() == [1, 1]


def test_tail_mass_stays_where_coverage_falls():
    # The tail is the last two types, 0.1 in all; the second history keeps one of them, ten times as common.
    models = state(LAW, (0.6, 0.3, 0.1, 0.0))
    assert m.tail_mass.run(models, TRUTH) == pytest.approx([1, 1])
    coverage = m.tail_coverage.run(models, TRUTH)
    assert coverage == pytest.approx([1, 0.6], abs=1e-12)


def test_coverage_is_the_chance_to_be_among_the_draws():
    models = state(LAW, (0.9, 0.0, 0.08, 0.02))
    found = m.tail_coverage.run(models, TRUTH, draws=10)[1]
    real = 0.06 * (1 - 0.94**10) + 0.04 * (1 - 0.96**10)
    assert found == pytest.approx((0.06 * (1 - 0.92**10) + 0.04 * (1 - 0.98**10)) / real)


def test_a_single_type_has_no_tail():
    one = state((1.0,))
    assert np.isnan(m.tail_mass.run(one, one)).all()
    assert np.isnan(m.tail_coverage.run(one, one)).all()
    assert m.divergence.run(one, one).tolist() == [0.0]


def test_contexts_are_averaged_as_they_come():
    share = np.array([[[1.0, 0.0], [0.5, 0.5]]])
    model = Frequencies(share, np.array([[0.75, 0.25]]))
    assert m.heterozygosity.run(model) == pytest.approx([0.125])
    assert m.types_alive.run(model).tolist() == [3]
    assert m.totally_collapsed.run(model).tolist() == [0.5]


def test_the_tail_of_a_law():
    assert in_tail(np.array(LAW), 0.1).tolist() == [False, False, True, True]
    assert in_tail(np.array([0.5, 0.5]), 0.1).tolist() == [False, True]  # the rarest one, if all are common
    assert in_tail(np.array([0.25] * 4), 0.5).tolist() == [False, False, True, True]
    assert in_tail(np.array([1.0, 0.0]), 0.5).tolist() == [False, False]
