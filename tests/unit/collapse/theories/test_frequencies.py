import numpy as np
import pytest

from holdfast.collapse.engines.lineage import kept_variance
from holdfast.collapse.graph import graph
from holdfast.collapse.lab.experiment import Experiment, arms
from holdfast.collapse.regimes import Regime
from holdfast.collapse.theories import (
    frequencies_beta,
    frequencies_exact,
    frequencies_stationary,
    types_branching,
    zipf_tails,
)
from holdfast.core.errors import NotApplicable


def setting(**said):
    return arms(Experiment.model_validate({"learner": "categorical", **said}))[0].setting()


def zipf(b, samples, generations, types=200_000):
    return setting(
        samples=samples, generations=generations, regimes=("replace",), options={"types": types, "exponent": b}
    )


@pytest.mark.parametrize(
    ("b", "generations", "closed", "summed"), [(2, 100, 0.0494, 0.0494), (1.5, 10, 0.0786, 0.0769)]
)
def test_what_a_law_of_zipf_has_lost(b, generations, closed, summed):
    one = zipf(b, 10_000, generations)
    assert zipf_tails.zipf_lost_mass.run(one)[-1] == pytest.approx(closed, abs=0.002)
    assert types_branching.lost_mass_by_branching.run(one)[-1] == pytest.approx(summed, abs=0.001)


def test_losses_grow_by_a_power_below_one():
    late = zipf_tails.tale_of_tails.run(zipf(2, 10_000, 80))
    assert late[80] / late[40] == pytest.approx(2**0.5)
    assert np.isnan(late[:20]).all()


def test_a_law_that_ends_early_is_no_law_of_zipf():
    with pytest.raises(NotApplicable, match="ends too early"):
        zipf_tails.zipf_lost_mass.run(zipf(1.5, 10_000, 3, types=300))
    with pytest.raises(NotApplicable, match="above 1"):
        zipf_tails.zipf_lost_mass.run(zipf(1.0, 100, 3))


@pytest.mark.parametrize(("real", "synthetic"), [(200, 800), (5, 95), (30, 30)])
def test_the_level_beside_fixed_real_items_is_where_descent_ends(real, synthetic):
    feeds = [
        {"name": "r", "of": "real", "size": real, "every": "once"},
        {"name": "m", "of": "model", "size": synthetic},
    ]
    end = kept_variance(graph(Regime.model_validate({"name": "fixed", "feeds": feeds}), 100, 400))[-1]
    assert end == pytest.approx((1 - 1 / real) * (1 - frequencies_stationary.kappa(real, synthetic)), abs=1e-9)


@pytest.mark.parametrize(("share", "memory"), [(1, 1.0), (0.5, 1.74), (0.1, 4.0), (0.01, 8.13), (0.001, 12.6)])
def test_how_many_generations_of_real_items_are_remembered(share, memory):
    assert frequencies_stationary.lines_of(share) == pytest.approx(memory, abs=0.05)


def test_the_number_of_new_real_items_counts_and_not_their_share():
    def entropy(samples, share):
        feeds = [{"name": "r", "of": "real", "share": share}, {"name": "m", "of": "model", "share": 1 - share}]
        one = setting(
            samples=samples, generations=600, regimes=(), regime={"mix": {"feeds": feeds}}, options={"types": 6}
        )
        return frequencies_beta.entropy_near_beta.run(one)[-1]

    assert entropy(100, 0.1) == pytest.approx(entropy(1000, 0.01), rel=0.02)
    assert entropy(100, 0.1) < entropy(1000, 0.1) - 0.05


def test_divergence_is_what_entropy_loses():
    one = setting(samples=30, generations=5, regimes=("fresh-real",), options={"types": 8})
    entropy, divergence = frequencies_exact.entropy_exactly.run(one), frequencies_exact.divergence_exactly.run(one)
    assert entropy + divergence == pytest.approx(np.full(6, entropy[0]))
