"""Which step loses the tail."""

import math

import numpy as np
import pytest

from holdfast.collapse.profile import Real, steps

SHARE = np.arange(1, 501.0) ** -1.0
SHARE /= SHARE.sum()
REAL = Real.of_law(SHARE)


def draw(rng, share, size=4000):
    return rng.multinomial(size, share / share.sum() * (1 - 1e-12))


def test_steps_add_up_exactly_and_blame_drawing_in_a_plain_chain():
    rng = np.random.default_rng(1)
    learnt, wrote = [draw(rng, SHARE)], []
    for t in range(4):
        wrote.append(draw(rng, learnt[-1]))
        if t < 3:
            learnt.append(wrote[-1])
    found = steps(learnt, wrote, REAL, draws=50)
    whole = math.log(REAL.covered(wrote[-1], REAL.tail) / REAL.covered(learnt[0], REAL.tail))
    assert sum(one.change for one in found) == pytest.approx(whole)
    sums = {kind: sum(one.change for one in found if one.kind == kind) for kind in ("drawing", "model", "data")}
    assert sums["data"] == 0
    assert sums["drawing"] < 3 * sums["model"] < 0 or abs(sums["model"]) < 0.2 < -sums["drawing"]


def test_a_model_that_narrows_and_real_items_that_mend():
    rng = np.random.default_rng(2)
    learnt = draw(rng, SHARE)
    cut = np.where(learnt < 6, 0, learnt)
    wrote = draw(rng, cut)
    mended = draw(rng, wrote, 2000) + draw(rng, SHARE, 2000)
    drawing, model, data, *_ = steps([learnt, mended], [wrote, draw(rng, mended)], REAL, draws=50)
    assert model.change < drawing.change < 0 < data.change


def test_an_empty_tail_ends_the_sum():
    nothing = np.zeros(500, dtype=np.int64)
    nothing[0] = 4000
    found = steps([draw(np.random.default_rng(3), SHARE)], [nothing], REAL, draws=10)
    assert found[-1].change == -math.inf
