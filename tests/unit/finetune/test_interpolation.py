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


def kept_of_replays(noisy, draws=60):
    """Return what is kept of the gain on average, where right-or-wrong answers of 200 examples tell."""
    rng, kept = np.random.default_rng(1), []
    for _ in range(draws):
        hardness, flips = rng.uniform(size=200), rng.uniform(size=(200, 3)) - 0.5

        def gain(share, hardness=hardness, flips=flips):
            wave = flips[:, 0] * np.sin(9 * share) + flips[:, 1] * np.sin(17 * share) + flips[:, 2] * np.sin(31 * share)
            return (hardness < 0.3 + 0.3 * bent(share) + (0.2 * wave if noisy else 0.0)).astype(float)

        kept.append(bent(chosen(gain, None, noise=0.0).chosen))
    return np.mean(kept)


def test_a_share_is_not_taken_for_scoring_best_by_chance():
    assert kept_of_replays(noisy=True) > 0.97


def test_scores_that_a_curve_would_miss_are_taken_as_they_are():
    steep = {0.0: 0.0, 0.25: 0.9, 0.5: 1.0, 0.6: 0.2, 0.7: 0.2, 0.8: 0.2, 0.9: 0.2, 1.0: 0.99}
    assert chosen(lambda share: steep[round(share, 2)], None).chosen == 0.5
