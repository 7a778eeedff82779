"""The error of a parameter from the graph, against the sum over all noises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.collapse.engines.risk import parameter_risk
from holdfast.collapse.graph import Graph, graph
from holdfast.collapse.regimes import PRESETS, Feed, Regime, Rule, Verifier, golden_weight


def summed_over_noises(written: Graph, gain: float = 1.0) -> np.ndarray:
    """Return the risk from the weight with which every batch's noise arrives in every model."""
    n = len(written.batches)
    arrives = np.zeros((written.generations + 1, n))
    for t, fit in enumerate(written.fits, start=1):
        for k, weight in zip(fit.batches, fit.weights, strict=True):
            arrives[t, k] += weight
            parent = written.batches[k].parent
            arrives[t] += weight * (gain if parent else 1.0) * arrives[parent]
    return arrives**2 @ (1 / written.sizes())


@st.composite
def regimes(draw: st.DrawFn) -> Regime:
    feeds = tuple(
        Feed(
            name=f"feed {number}",
            of=draw(st.sampled_from(["real", "model", "model"])),
            size=draw(st.integers(1, 9)),
            every=draw(st.sampled_from(["generation", "once"])),
            keep=draw(st.sampled_from(["last", "all"])),
            growth=draw(st.sampled_from([1.0, 1.3])),
            lag=draw(st.integers(1, 3)),
        )
        for number in range(draw(st.integers(1, 3)))
    )
    return Regime(name="drawn", feeds=feeds)


@given(regimes(), st.integers(1, 9))
@settings(max_examples=80, deadline=None)
def test_agrees_with_the_sum_over_noises(regime: Regime, generations: int) -> None:
    written = graph(regime, 10, generations)
    np.testing.assert_allclose(parameter_risk(written), summed_over_noises(written), rtol=1e-10)


def test_bias_of_sampling_multiplies_what_is_handed_on() -> None:
    hot = Regime(name="hot", feeds=(Feed(name="r", of="real"), Feed(name="a", of="model", rule=Rule(temperature=2))))
    written = graph(hot, 10, 12)
    found = parameter_risk(written, bias=lambda rule: 0.7 if rule.temperature == 2 else 1.0)
    np.testing.assert_allclose(found, summed_over_noises(written, 0.7), rtol=1e-12)


def test_replace_grows_by_one_fit_a_generation_and_accumulate_stays_below_pi_squared_over_six() -> None:
    np.testing.assert_allclose(parameter_risk(graph(PRESETS["replace"], 25, 30)), np.arange(31) / 25)
    kept = parameter_risk(graph(PRESETS["accumulate"], 25, 400)) * 25
    np.testing.assert_allclose(kept[1:], np.cumsum(1 / np.arange(1, 401.0) ** 2))
    assert kept[-1] < np.pi**2 / 6


@given(st.lists(st.integers(1, 400), min_size=1, max_size=40))
@settings(max_examples=200, deadline=None)
def test_keeping_everything_costs_less_than_a_factor_two_whatever_the_sizes(sizes: list[int]) -> None:
    total = np.cumsum(sizes)
    assert np.sum(np.array(sizes) / total**2) < 2 / sizes[0]


@pytest.mark.parametrize(("growth", "factor"), [(1.0, 1.64), (1.3, 1.53), (2.0, 1.37), (10.0, 1.09)])
def test_growing_batches_cost_less(growth: float, factor: float) -> None:
    mine = Regime(name="mine", feeds=(Feed(name="a", of="model", keep="all", growth=growth),))
    generations = {1.0: 400, 10.0: 6}.get(growth, 25)
    assert parameter_risk(graph(mine, 100, generations))[-1] * 100 == pytest.approx(factor, abs=0.01)


@pytest.mark.parametrize("ratio", [0.1, 0.5, 1.0, 2.0])
def test_the_golden_weight_is_the_best_one_and_leaves_its_own_share(ratio: float) -> None:
    def late(weight: float) -> float:
        feeds = (
            Feed(name="r", of="real", size=round(100 * ratio), weight=weight),
            Feed(name="s", of="model", size=100, weight=1 - weight),
        )
        return parameter_risk(graph(Regime(name="mine", feeds=feeds), 10, 400))[-1] * round(100 * ratio)

    best = golden_weight(ratio)
    assert late(best) == pytest.approx(best, rel=1e-6)
    assert late(best) < min(late(best * 0.97), late(best * 1.03))
    assert late(best) < late(ratio / (1 + ratio)) == pytest.approx((1 + ratio) / (2 + ratio), rel=1e-6)


def test_ideal_verification_is_fresh_real_data() -> None:
    verified = Regime(name="v", feeds=(Feed(name="s", of="model", size=10, verifier=Verifier(share=0.4)),))
    fresh = Regime(name="f", feeds=(Feed(name="r", of="real", size=4), Feed(name="s", of="model", size=6)))
    np.testing.assert_allclose(parameter_risk(graph(verified, 10, 9))[1:], parameter_risk(graph(fresh, 10, 9))[1:])


def test_choosing_from_what_was_kept_costs_more_each_time() -> None:
    """Pool mean and choice are uncorrelated; checked against draws of a mean with known variance."""
    written = graph(PRESETS["accumulate-subsample"], 4, 5)
    rng, runs = np.random.default_rng(0), 60_000
    pool, mean = np.zeros((runs, 0)), np.zeros(runs)
    for _ in range(5):
        pool = np.concatenate([pool, mean[:, None] + rng.standard_normal((runs, 4))], axis=1)
        chosen = rng.random(pool.shape).argsort(axis=1)[:, :4]
        mean = np.take_along_axis(pool, chosen, axis=1).mean(axis=1)
    # The pool's own variance is a little above 1 because its means wander: first order, from below.
    assert parameter_risk(written)[-1] == pytest.approx(np.mean(mean**2), rel=0.1)
