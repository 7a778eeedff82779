"""Courses of the learning rate: exact ends, no update at a rate of zero, and the same as PyTorch's where it has one."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.core.errors import BadInput
from holdfast.finetune.schedules import Constant, Cosine, Linear, OneCycle, schedule_named

TOTAL = st.integers(2, 5000)


def course(schedule, total):
    return [schedule.factor(step, total) for step in range(total + 1)]


@pytest.mark.parametrize("made", [Constant, Linear, Cosine])
def test_a_warm_up_rises_in_a_line_to_the_full_rate(made):
    factors = course(made(warmup=4), 20)
    assert factors[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert factors[4] == 1.0


@pytest.mark.parametrize("made", [Linear, Cosine])
def test_a_decay_ends_exactly_and_is_half_way_in_the_middle(made):
    factors = course(made(final=0.1), 10)
    assert factors[0] == 1.0
    assert factors[10] == 0.1
    assert factors[5] == pytest.approx(0.55)
    assert all(a > b for a, b in itertools.pairwise(factors))


def test_constant_stays():
    assert course(Constant(), 5) == [1.0] * 6


@given(total=TOTAL, share=st.floats(0.0, 0.99), final=st.floats(0.0, 1.0))
def test_every_update_has_a_rate_above_zero_and_none_above_one(total, share, final):
    warmup = int(share * total)
    for schedule in (Constant(warmup), Linear(warmup, final), Cosine(warmup, final), OneCycle()):
        for step in (0, warmup, total // 2, total - 1):
            assert 0.0 < schedule.factor(step, total) <= 1.0
        assert schedule.factor(warmup, total) == 1.0 or isinstance(schedule, OneCycle)


def test_cosine_is_pytorchs():
    torch = pytest.importorskip("torch")
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=17, eta_min=0.05)
    for step in range(17):
        assert Cosine(final=0.05).factor(step, 17) == pytest.approx(optimizer.param_groups[0]["lr"])
        optimizer.step()
        theirs.step()


def test_one_cycle_peaks_where_told_and_its_momentum_goes_the_other_way():
    one = OneCycle()
    assert one.factor(0, 100) == pytest.approx(1 / 25)
    assert one.factor(30, 100) == 1.0
    assert one.factor(100, 100) == 1 / (25 * 1e4)
    assert (one.momentum(0, 100), one.momentum(30, 100), one.momentum(100, 100)) == pytest.approx((0.95, 0.85, 0.95))
    assert one.factor(15, 100) == pytest.approx((1 + 1 / 25) / 2)


def test_schedules_by_name():
    assert schedule_named("linear", 100) == Linear(6)
    assert schedule_named("cosine", 100, warmup=0, final=0.1) == Cosine(0, 0.1)
    assert schedule_named("one_cycle", 100) == OneCycle()
    assert schedule_named("constant", 1) == Constant(0)
    assert math.isclose(schedule_named("cosine", 1).factor(0, 1), 1.0)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: schedule_named("cosin", 10), "cosine"),
        (lambda: schedule_named("linear", 10, warmup=10), "fewer than 10"),
        (lambda: schedule_named("one-cycle", 10, warmup=2), "rises by itself"),
        (lambda: schedule_named("linear", 0), "1 update at least"),
        (lambda: Linear().factor(11, 10), "no step 11"),
        (lambda: Linear(final=2.0).factor(0, 10), "from 0 to 1"),
        (lambda: OneCycle(rise=1.0).factor(0, 10), "0 < rise < 1"),
    ],
)
def test_what_cannot_be_is_said(call, text):
    with pytest.raises(BadInput, match=text):
        call()
