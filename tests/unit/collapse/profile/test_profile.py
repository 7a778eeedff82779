"""The four ways to fail are told apart, and several at once are all said."""

import numpy as np
import pytest

from holdfast.collapse.profile import Generation, Real, profile
from holdfast.core.errors import BadInput

TYPES, ITEMS = 800, 6000
SHARE = np.repeat(np.arange(1, TYPES // 2 + 1.0) ** -1.0, 2)
SHARE /= SHARE.sum()
DOMAIN = np.tile([0, 1], TYPES // 2)
REAL = Real.of_law(SHARE, DOMAIN)


def draw(rng, share, size=ITEMS):
    return rng.multinomial(size, share / share.sum() * (1 - 1e-12))


def cut(share, mass):
    order = np.argsort(-share)
    found = share.copy()
    found[order[np.cumsum(share[order]) > mass]] = 0
    return found


def healthy(rng):
    learnt = draw(rng, SHARE)
    return Generation(learnt, draw(rng, learnt))


def collapsed(rng, generations=8):
    learnt = draw(rng, SHARE)
    for _ in range(generations):
        learnt = draw(rng, learnt)
    return Generation(learnt, draw(rng, learnt))


def narrowed(rng):
    learnt = draw(rng, SHARE)
    return Generation(learnt, draw(rng, cut(learnt / ITEMS, 0.75)))


def forgot(rng):
    learnt = draw(rng, np.where(DOMAIN == 1, SHARE, 0))
    return Generation(learnt, draw(rng, learnt))


def both(rng):
    before = collapsed(rng)
    return Generation(before.learnt, draw(rng, cut(before.learnt / ITEMS, 0.75)))


@pytest.mark.parametrize(
    ("scene", "found"),
    [
        (healthy, ()),
        (collapsed, ("collapse",)),
        (narrowed, ("mode collapse",)),
        (forgot, ("forgetting",)),
        (both, ("collapse", "mode collapse")),
    ],
)
def test_each_way_to_fail_is_named(scene, found):
    for seed in range(4):
        assert profile(scene(np.random.default_rng(seed)), REAL, draws=60).found == found


def test_overfitting_is_a_gap_above_that_of_healthy_models():
    rng = np.random.default_rng(1)
    seen = healthy(rng)
    own, new = rng.gamma(2, 1, 3000), rng.gamma(2, 1, 3000)
    fine = Generation(seen.learnt, seen.wrote, own, new + 0.1)
    bad = Generation(seen.learnt, seen.wrote, own, new + 0.9)
    gaps = [0.08, 0.1, 0.13]
    assert profile(fine, REAL, healthy_gaps=gaps, draws=40).found == ()
    assert profile(bad, REAL, healthy_gaps=gaps, draws=40).found == ("overfitting",)
    assert profile(seen, REAL, draws=40).verdicts["overfitting"] is None
    assert "convention" in profile(bad, REAL, draws=40).notes[0]


def test_early_and_late_collapse():
    rng = np.random.default_rng(2)
    assert profile(collapsed(rng, 1), REAL, draws=60).stage == "early"
    assert profile(collapsed(rng, 60), REAL, draws=60).stage == "late"
    assert profile(healthy(rng), REAL, draws=60).stage == ""


def test_a_loss_spread_over_domains_is_a_collapse_also_where_it_does_not_go_by_rarity():
    """As of autoencoders, which lose what is hard to draw; without domains it cannot be told from forgetting."""
    rng = np.random.default_rng(8)
    hard = np.repeat(rng.random(TYPES // 2) < 0.4, 2)  # of each domain alike
    learnt = draw(rng, np.where(hard, 0, SHARE))
    seen = Generation(learnt, draw(rng, learnt))
    found = profile(seen, REAL, draws=60)
    assert found.ratios["rarity"].value < 0.5
    assert found.ratios["domain"].value > 0.8
    assert found.found == ("collapse",)
    unknown = profile(seen, Real.of_law(SHARE), draws=60)
    assert unknown.found == ()
    assert "which chance does not do" in unknown.notes[0]


def test_forgetting_without_domains_is_at_least_no_collapse():
    found = profile(forgot(np.random.default_rng(3)), Real.of_law(SHARE), draws=40)
    assert not found.verdicts["collapse"]
    assert found.verdicts["forgetting"] is None
    assert "which domain" in found.notes[0]
    assert found.ratios["rarity"].value < 0.5


def test_what_two_domains_share_does_not_hide_that_one_is_forgotten():
    rng = np.random.default_rng(6)
    shared = np.arange(TYPES) % 4 < 2  # every second pair of types is in both domains
    learnt = draw(rng, np.where((DOMAIN == 1) | shared, SHARE, 0))
    seen = Generation(learnt, draw(rng, learnt))
    own = profile(seen, Real.of_law(SHARE, np.where(shared, -1, DOMAIN)), draws=60)
    mixed = profile(seen, Real.of_law(SHARE, DOMAIN), draws=60)
    assert "forgetting" in own.found
    assert own.ratios["domain"].value < 0.1 < mixed.ratios["domain"].value


def test_surprise_at_real_items():
    rng = np.random.default_rng(4)
    seen = healthy(rng)
    real = rng.gamma(2, 1, 2000)
    worse = Generation(seen.learnt, seen.wrote, surprise_real=real + 1, before=real + 0.1 * rng.standard_normal(2000))
    assert profile(worse, REAL, draws=40).ratios["surprise"].above


def test_two_real_samples_stand_for_the_real_world():
    rng = np.random.default_rng(5)
    real = Real.of_counts(draw(rng, SHARE, 60_000), draw(rng, SHARE, 60_000), DOMAIN)
    assert profile(healthy(rng), real, draws=60).found == ()
    assert profile(collapsed(rng), real, draws=60).found == ("collapse",)
    with pytest.raises(BadInput, match="two real samples"):
        Real.of_counts(np.zeros(3, dtype=int), np.ones(3, dtype=int))


def test_nothing_that_is_left_does_not_crash():
    one = np.zeros(TYPES, dtype=np.int64)
    one[0] = ITEMS
    found = profile(Generation(one, one), REAL, draws=20)
    assert found.verdicts["collapse"]
    assert found.stage == "late"
