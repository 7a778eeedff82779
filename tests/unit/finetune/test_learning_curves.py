"""Learning curves: fits that recover what drew them, intervals that cover, targets that are refused, subsets."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.random import Streams
from holdfast.finetune.learning_curves.families import grids, inverse, shape
from holdfast.finetune.learning_curves.fitting import fitted
from holdfast.finetune.learning_curves.forecast import error_at, learning_curve, needed_for
from holdfast.finetune.learning_curves.sizes import curve_sizes, subsets

SIZES = np.unique(np.geomspace(50, 1600, 7).astype(int))
STREAMS = Streams(0)


def drawn(seed, noise=0.005, a=2.0, c=0.5, b=0.05, resamples=3):
    """Return runs of a power law with a floor; errors scatter less with more examples."""
    rng = np.random.default_rng(seed)
    n = np.repeat(SIZES, resamples)
    return n, np.maximum(b + a * n**-c + noise * np.sqrt(400 / n) * rng.normal(size=len(n)), 0.0)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.2, 5.0), st.floats(0.1, 1.5), st.floats(0.0, 0.3))
def test_a_curve_without_noise_is_recovered(a, c, b):
    n = SIZES.astype(float)
    errors = b + a * n**-c
    for grid in grids(n).values():
        fit = fitted(grid, n, errors[None, :], np.ones(len(n)))
        if grid.family == "pow4":
            continue  # its grid leaves out the shift of 0, which pow3 has
        assert fit.at(n)[0] == pytest.approx(errors, abs=0.01 * np.ptp(errors) + 1e-9)
        assert fit.at(4 * n[-1:])[0, 0] == pytest.approx(b + a * (4 * n[-1]) ** -c, abs=0.03 * np.ptp(errors) + 1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_the_closed_form_is_bounded_least_squares(seed):
    from scipy.optimize import lsq_linear

    rng = np.random.default_rng(seed)
    n = SIZES.astype(float)
    errors, weights = np.sort(rng.random(len(n)))[:: rng.choice([-1, 1])], rng.uniform(0.1, 5.0, len(n))
    grid = grids(n)["mmf4"]
    fit = fitted(grid, n, errors[None, :], weights)
    design = np.stack([np.ones(len(n)), shape("mmf4", fit.exponent[0], fit.place[0], n)], axis=1)
    root = np.sqrt(weights)
    best = lsq_linear(design * root[:, None], errors * root, (0, np.inf), method="bvls")
    assert fit.misfit[0] == pytest.approx(2 * best.cost, rel=1e-6, abs=1e-9)
    assert fit.floor[0] >= 0
    assert fit.amplitude[0] >= 0


@given(st.sampled_from(["pow3", "pow4", "mmf4"]), st.floats(0.1, 2.0), st.floats(1.0, 500.0), st.floats(10.0, 1e6))
def test_the_inverse_takes_the_shape_back(family, exponent, place, n):
    place = 0.0 if family == "pow3" else place
    left = shape(family, np.array([exponent]), np.array([place]), np.array([n]))
    assert inverse(family, np.array([exponent]), np.array([place]), left)[0] == pytest.approx(n, rel=1e-6)
    assert np.isinf(inverse(family, np.array([exponent]), np.array([place]), np.array([0.0])))[0]


def test_the_interval_covers_what_comes():
    covered, width = 0, []
    for seed in range(40):
        curve = learning_curve(*drawn(seed), Streams(seed))
        found = error_at(curve, 6 * 1600)
        covered += found.low <= 0.05 + 2.0 * (6 * 1600) ** -0.5 <= found.high
        width.append(found.high - found.low)
    assert covered >= 32  # 80% of 40
    assert np.mean(width) < 0.08


def test_examples_needed_are_found_with_their_interval():
    told = [
        needed_for(learning_curve(*drawn(seed, noise=0.002), Streams(seed)), 0.05 + 2.0 * 4800**-0.5).examples
        for seed in range(20)
    ]
    told = [found for found in told if found]
    assert len(told) >= 16
    assert sum(found.low <= 4800 <= found.high for found in told) >= 0.8 * len(told)
    assert np.median([found.value for found in told]) == pytest.approx(4800, rel=0.5)


def test_a_target_below_the_floor_is_not_reachable():
    curve = learning_curve(*drawn(0, noise=0.0005, c=1.0, a=10.0, b=0.2), STREAMS)
    found = needed_for(curve, 0.1)
    assert found.reach == "not reachable"
    assert found.examples is None
    assert "change the model" in found.reason


def test_a_target_that_is_reached_and_one_that_is_too_far():
    curve = learning_curve(*drawn(1, b=0.0, c=0.2, a=1.0), STREAMS)
    assert needed_for(curve, 0.5).reach == "reached already"
    far = needed_for(curve, 0.05)
    assert far.reach == "beyond the forecast"
    assert "12,800" in far.reason


def test_a_flat_curve_says_that_nothing_tells():
    found = needed_for(learning_curve(*drawn(2, a=0.0, b=0.3, noise=0.02), STREAMS), 0.25)
    assert found.reach == "beyond the forecast"
    assert "does not fall clearly" in found.reason


def test_too_far_is_refused():
    curve = learning_curve(*drawn(3), STREAMS)
    error_at(curve, 8 * 1600)
    with pytest.raises(NotApplicable, match="times the largest"):
        error_at(curve, 9 * 1600)
    with pytest.raises(BadInput, match="begins at 50"):
        error_at(curve, 10)


def test_a_shared_test_set_widens_the_interval():
    plain, shared = (error_at(learning_curve(*drawn(4), STREAMS, test_error=e), 6400) for e in (0.0, 0.05))
    assert shared.high - shared.low > plain.high - plain.low + 0.05


def test_subsets_that_overlap_count_for_less():
    runs = drawn(5)
    apart, overlapping = (learning_curve(*runs, STREAMS, pool=pool) for pool in (None, 1600))
    assert (overlapping.spread[3:] > apart.spread[3:]).all()


def test_order_of_runs_does_not_matter_and_draws_repeat():
    n, errors = drawn(6)
    order = np.random.default_rng(0).permutation(len(n))
    a, b = (error_at(learning_curve(*runs, Streams(3)), 6400) for runs in ((n, errors), (n[order], errors[order])))
    assert a.value == pytest.approx(b.value, rel=1e-9)
    assert (a.low, a.high) == pytest.approx((b.low, b.high), rel=1e-9)


@pytest.mark.parametrize(
    ("sizes", "errors", "error"),
    [
        (np.repeat([10, 20, 40], 3), np.full(9, 0.1), NotApplicable),
        (np.array([10, 20, 40, 80, 160]), np.full(5, 0.1), NotApplicable),
        (np.array([10, 20]), np.full(3, 0.1), BadInput),
        (np.repeat([10, 20, 40, 80, 160], 3), np.full(15, -0.1), BadInput),
        (np.repeat([10, 20, 40, 80, 160], 3), np.full(15, np.nan), BadInput),
        (np.array([], dtype=int), np.array([]), NotApplicable),
    ],
)
def test_what_is_no_curve(sizes, errors, error):
    with pytest.raises(error):
        learning_curve(sizes, errors, STREAMS)


def test_errors_that_do_not_scatter_give_a_curve():
    found = error_at(learning_curve(np.repeat(SIZES, 3), np.zeros(21), STREAMS), 6400)
    assert found.value == pytest.approx(0.0, abs=1e-6)


def test_sizes_and_nested_subsets():
    sizes = curve_sizes(5000)
    assert (len(sizes), sizes[-1]) == (7, 5000)
    assert np.ptp(np.diff(np.log(sizes))) < 0.02
    with pytest.raises(NotApplicable):
        curve_sizes(70)
    labels = np.append(np.zeros(4990), np.arange(1, 11))
    drawn_ones = {(size, resample): chosen for size, resample, chosen in subsets(labels, sizes, 3, STREAMS)}
    assert len(drawn_ones) == 21
    for (size, resample), chosen in drawn_ones.items():
        assert len(np.unique(chosen)) == size
        assert len(np.unique(labels[chosen])) == 11
        assert set(chosen) <= set(drawn_ones[5000, resample])
    assert set(drawn_ones[sizes[0], 0]) != set(drawn_ones[sizes[0], 1])


@pytest.mark.slow
def test_the_benchmark_runs():
    script = Path(__file__).parents[3] / "benchmarks" / "detection" / "learning_curves.py"
    assert importlib.util.spec_from_file_location("learning_curves", script)
    done = subprocess.run([sys.executable, script, "--short"], capture_output=True, text=True, timeout=250, check=True)
    assert "6 curves" in done.stdout
