"""What a plan answers, and where it says that nothing would do."""

import math

import numpy as np
import pytest
from pydantic import ValidationError

from holdfast.collapse.engines.lineage import kept_variance
from holdfast.collapse.graph import graph
from holdfast.collapse.planning import plan
from holdfast.collapse.planning.closing import apart, shrunk
from holdfast.collapse.planning.mixing import absent, lost_variance
from holdfast.collapse.regimes import Feed, Regime


def _option(found, name):
    return next(one for one in found.others if one.name == name)


def test_within_variance_is_the_count_of_the_theory():
    assert plan(keep_variance=0.95, synthetic=10**8).real == 10  # (1/e − 1)/2 = 9.5
    assert plan(keep_variance=0.99, synthetic=10**8).real == 50  # 49.5


def test_each_fitted_quantity_wants_its_own_items():
    assert plan(keep_variance=0.95, synthetic=10**9, parameters=100).real == pytest.approx(950, abs=1)


def test_rarest_type_is_the_count_of_the_theory():
    assert plan(rarest=1e-4, synthetic=0).real == math.ceil(math.log(100) / 1e-4)
    tenth = plan(rarest=1e-4, synthetic=9 * 11_520)  # so many that the real share is 0.1: 1.15/p₀
    assert tenth.real == pytest.approx(11_520, rel=2e-3)
    assert tenth.binding.wish == "rarest"


def test_the_wish_that_asks_for_most_binds():
    found = plan(keep_variance=0.95, rarest=1e-3, risk=1e-2, synthetic=10_000)
    asked = {one.wish: one.items for one in found.mix.requirements}
    assert found.real == max(asked.values()) == asked[found.binding.wish]
    assert "A(α)" in found.formula


@pytest.mark.parametrize("wishes", [{"keep_variance": 0.93}, {"rarest": 0.003}, {"risk": 0.004}, {"distance": 0.004}])
def test_one_item_fewer_is_too_few(wishes):
    found = plan(**wishes, synthetic=500)
    short = plan(**wishes, synthetic=500, real_at_most=found.real - 1)
    assert short.real is None
    ((_, value, limit),) = short.achieved
    assert value > limit
    assert plan(**wishes, synthetic=500, real_at_most=found.real).real == found.real


@pytest.mark.parametrize(("real", "synthetic"), [(5, 95), (50, 50), (90, 3)])
@pytest.mark.parametrize("every", ["generation", "once"])
def test_lost_variance_is_that_of_lines_of_descent(real, synthetic, every):
    feeds = [Feed(name="real", of="real", size=real, every=every)]
    feeds.append(Feed(name="model", of="model", size=synthetic))
    kept = kept_variance(graph(Regime(name="mix", feeds=tuple(feeds)), real + synthetic, 12))
    fresh = every == "generation"
    assert [1 - lost_variance(real, synthetic, 1.0, t, fresh=fresh) for t in (1, 2, 12)] == pytest.approx(
        kept[[1, 2, 12]]
    )


def test_synthetic_items_without_sharpening_only_help():
    losses = [lost_variance(20, synthetic, 1.0, None) for synthetic in (0, 1, 10, 1000, 10**6)]
    assert losses == sorted(losses, reverse=True)
    gone = [absent(0.01, 100, synthetic, None) for synthetic in (0, 10, 1000, 10**6)]
    assert gone == sorted(gone, reverse=True)


def test_constant_size_for_a_horizon():
    assert _option(plan(distance=0.02, horizon=50), "constant").items == pytest.approx(3750, abs=2)
    assert _option(plan(shrink=0.1, horizon=20), "constant").items == pytest.approx(2625, rel=0.01)


def test_without_real_items_and_an_end_nothing_holds():
    option = _option(plan(distance=0.02), "constant")
    assert option.items is None
    assert "horizon" in option.reason
    assert _option(plan(distance=0.02), "growing").items == pytest.approx(3.92 / 0.02, rel=0.01)


def test_accumulating_needs_little_and_keeps_what_it_saw():
    assert _option(plan(distance=0.01), "accumulate").items == math.ceil(math.pi**2 / 4 / 0.01)
    assert _option(plan(rarest=1e-3), "accumulate").items == math.ceil(math.log(100) / 1e-3)


def test_sharpening_needs_a_real_share():
    found = plan(risk=0.5, sharpening=1.25, synthetic=80_000)
    stability = next(one for one in found.mix.requirements if one.wish == "stability")
    assert stability.items == pytest.approx(20_000, abs=2)  # α > 1 − 1/1.25 = 0.2
    assert all(_option(found, name).items is None for name in ("constant", "growing", "accumulate"))
    assert "--synthetic" in plan(risk=0.5, sharpening=1.25).mix.reason


def test_verified_items_count_as_real():
    bare, checked = plan(rarest=1e-3, synthetic=4000), plan(rarest=1e-3, synthetic=4000, verified=0.1)
    assert 0.5 * 400 < bare.real - checked.real <= 400


def test_items_that_are_worth_less_are_more():
    assert plan(rarest=1e-3, synthetic=0, effective=0.25).real == math.ceil(4 * math.log(100) / 1e-3)


def test_what_cannot_be_had():
    assert plan(keep_variance=1.0).real is None
    assert plan(rarest=0.0).real is None
    assert plan(risk=0.0).real is None
    with pytest.raises(ValidationError, match="nothing is said"):
        plan()
    with pytest.raises(ValidationError, match="finite"):
        plan(risk=math.inf)


def test_the_cheapest_mix_holds_and_costs_no_more():
    found = plan(keep_variance=0.9, rarest=1e-3, real_cost=1.0, verified_cost=0.3, verifier=0.7, synthetic_cost=0.01)
    best = found.budget.best
    costs = {one.name: one.cost for one in found.budget.mixes}
    assert best.cost == min(costs.values()) < costs["real items alone"] == 4606
    real, synthetic = best.real + 0.7 * best.verified, best.synthetic + 0.3 * best.verified
    assert absent(1e-3, real, synthetic, None) <= 0.01 * (1 + 2e-3)
    # No mix of real and synthetic items on a fine grid is cheaper than the one that was found.
    tried = [
        plan(keep_variance=0.9, rarest=1e-3, synthetic=int(many)).real + 0.01 * int(many)
        for many in np.geomspace(10, 1e5, 60)
    ]
    assert costs["real and synthetic"] <= min(tried) + 1e-9


def test_dear_verifiers_are_not_used():
    found = plan(rarest=1e-3, real_cost=1.0, verified_cost=2.0, verifier=0.7, synthetic_cost=0.01)
    assert all(one.verified == 0 for one in found.budget.mixes)


def test_least_items_of_the_cheapest_mix():
    found = plan(risk=1e-3, real_cost=1.0, synthetic_cost=0.01, items=20_000)
    assert all(one.real + one.verified + one.synthetic >= 20_000 for one in found.budget.mixes)


def test_distance_of_one_fit_is_three_halves_over_its_size():
    assert apart(np.array([1e6]), 1) == pytest.approx(1.5e-6, rel=1e-4)
    assert apart(np.array([9_999.0]), 1) == pytest.approx(apart(np.array([10_001.0]), 1), rel=1e-3)


def test_chance_to_shrink_agrees_with_drawing():
    rng = np.random.default_rng(5)
    variance = np.prod(rng.chisquare(19, (3, 200_000)) / 19, axis=0)
    assert shrunk(0.3, np.array([20.0]), 3) == pytest.approx((np.sqrt(variance) < 0.7).mean(), abs=0.003)
