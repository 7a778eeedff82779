"""The share of the tuned weights that is taken: within the budget, near the best, no further than it needs to be."""

import numpy as np
import pytest
import torch

from holdfast.finetune.interpolation import KEPT_GAIN, SHARES, sweep
from holdfast.finetune.tasks.definitions import Judged

RNG = np.random.default_rng(0)
WOBBLE = RNG.normal(size=200)


def chosen(gain, lost, budget=None, noise=1e-3):
    """Return the sweep where the share s gains `gain(s)` on the new task and loses `lost(s)` of the original one."""
    module = torch.nn.Linear(1, 1, bias=False)
    base, tuned = {"weight": torch.zeros(1, 1)}, {"weight": torch.ones(1, 1)}

    def judge(of, sign):
        def judged(one):
            share = one.weight.item()
            score = sign * of(share) + share * noise * WOBBLE
            return Judged(score, -score, np.ones(len(score)))

        return judged

    found = sweep(module, base, tuned, judge(gain, 1), judge(lost, -1) if lost else None, budget)
    assert module.weight.item() == pytest.approx(found.chosen)
    return found


def bent(share):
    return 1 - (1 - share) ** 2


def test_the_last_steps_are_not_taken_where_they_bring_little():
    found = chosen(bent, None)
    assert found.chosen == min(share for share in SHARES if bent(share) >= KEPT_GAIN)
    assert "keeps 99% of the gain" in found.reason
    assert chosen(lambda share: share, None).chosen == 1.0


def test_among_shares_that_keep_the_gain_the_one_that_forgets_least_is_taken():
    assert chosen(bent, lambda share: share).chosen == min(share for share in SHARES if bent(share) >= KEPT_GAIN)
    assert chosen(bent, lambda share: -share).chosen == 1.0  # it got better at the original task too


def test_a_budget_is_kept_to_whatever_it_costs():
    found = chosen(bent, lambda share: share, budget=0.55)
    assert found.chosen == 0.5
    assert "5 of 8 shares clearly lose more than 0.55 of the original score" in found.reason
    assert chosen(bent, lambda share: share, budget=0.0).chosen == 0.0


def test_without_a_budget_no_more_is_lost_than_gained():
    found = chosen(lambda share: 0.1 * share * (2 - share), lambda share: 0.3 * share**2)
    assert 0.0 < found.chosen <= 0.5
    assert "shares clearly lose more than they gain" in found.reason


def test_where_nothing_is_gained_the_model_stays_as_it_began():
    found = chosen(lambda share: 1e-4 * share, None, noise=1.0)
    assert found.chosen == 0.0
    assert "measurably better" in found.reason
