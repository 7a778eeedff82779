import numpy as np
import pytest
from scipy.stats import binom

from holdfast.collapse.engines.branching import reach
from holdfast.collapse.engines.single_type import binomial, single
from holdfast.collapse.graph import graph
from holdfast.collapse.regimes import PRESETS, Regime
from holdfast.core.errors import NotApplicable

ZIPF = np.arange(1, 301.0) ** -1.2
ZIPF /= ZIPF.sum()


def test_binomial_probabilities():
    p = np.array([0.0, 1e-9, 0.3, 1.0])
    assert binomial(40, p) == pytest.approx(binom.pmf(np.arange(41), 40, p[:, None]), abs=1e-14)


def test_figures_of_a_law_of_zipf():
    # 300 types, M = 500, 30 generations; simulated: 18.25 types alive, 0.42128 of the real mass lost (3,000 histories).
    found = single(ZIPF, graph(PRESETS["replace"], 500, 30), 1000)
    assert found.alive[-1].sum() == pytest.approx(18.125, abs=0.001)
    assert ((1 - found.alive[-1]) * ZIPF).sum() == pytest.approx(0.42144, abs=1e-5)


def test_total_collapse_takes_as_long_as_kimura_and_ohta_say():
    p = np.array([0.5, 0.3, 0.2])
    m = 30
    only = single(p, graph(PRESETS["replace"], m, 900), 1000).only.sum(axis=1)
    mean_time = 1 + (1 - only).sum()
    diffusion = -2 * m * ((1 - p) * np.log1p(-p)).sum()
    assert only[-1] > 1 - 1e-9
    assert mean_time == pytest.approx(44.8, abs=0.01)
    assert mean_time == pytest.approx(diffusion, rel=0.04)


def test_new_real_items_convolved_are_what_simulation_finds():
    rng = np.random.default_rng(0)
    p, m = 0.08, 20
    alive = single(np.array([p, 1 - p]), graph(PRESETS["fresh-real"], m, 4), 1000).alive[:, 0]
    k = rng.binomial(m, p, 200_000)
    for t in range(4):
        assert (k > 0).mean() == pytest.approx(alive[t], abs=0.004)
        k = rng.binomial(m // 2, k / m) + rng.binomial(m // 2, p, 200_000)


def test_it_says_where_it_knows_nothing():
    for name in ("accumulate", "fixed-real", "golden", "accumulate-subsample"):
        with pytest.raises(NotApplicable):
            single(ZIPF, graph(PRESETS[name], 50, 3), 1000)
    with pytest.raises(NotApplicable, match="too large"):
        single(ZIPF, graph(PRESETS["replace"], 5000, 3), 1000)
    growing = Regime.model_validate({"name": "grow", "feeds": [{"name": "a", "of": "model", "growth": 1.5}]})
    with pytest.raises(NotApplicable, match="sizes"):
        single(ZIPF, graph(growing, 50, 3), 1000)


def survival(n):
    s = [1.0]
    while len(s) < n:
        s.append(-np.expm1(-s[-1]))
    return np.array(s)


def test_branching_of_replacement_is_the_classical_recursion():
    assert reach(graph(PRESETS["replace"], 70, 25))[1:] == pytest.approx(70 * survival(25))


def test_branching_late_is_near_two_over_t():
    s = survival(1000)
    assert 1 / s[-1] == pytest.approx(999 / 2 + np.log(999) / 6 + 0.90, abs=0.05)


def test_branching_keeps_all_that_is_kept():
    assert reach(graph(PRESETS["accumulate"], 40, 9))[1:] == pytest.approx(np.full(9, 40.0))
    # The fixed half stays; what was drawn from it beside it adds less and less.
    assert reach(graph(PRESETS["fixed-real"], 40, 60))[-1] == pytest.approx(20, abs=1e-6)


@pytest.mark.parametrize(("share", "memory"), [(0.5, 1.74), (0.2, 2.94), (0.1, 4.00), (0.05, 5.16)])
def test_new_real_items_are_remembered_for_a_while(share, memory):
    feeds = [{"name": "r", "of": "real", "share": share}, {"name": "m", "of": "model", "share": 1 - share}]
    lines = reach(graph(Regime.model_validate({"name": "mix", "feeds": feeds}), 1000, 150))
    assert lines[-1] / (1000 * share) == pytest.approx(memory, abs=0.006)


def test_branching_matches_the_exact_chain_for_rare_types():
    for name in ("replace", "fresh-real"):
        written = graph(PRESETS[name], 400, 20)
        exact = 1 - single(ZIPF, written, 1000).alive[-1]
        assert np.exp(-ZIPF * reach(written)[-1])[100:] == pytest.approx(exact[100:], rel=0.01)
