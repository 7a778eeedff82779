"""Spread, dispersion, Vendi, neighbours, and distances between samples."""

import numpy as np
import pytest
from scipy.linalg import sqrtm
from scipy.stats import wasserstein_distance

from holdfast.collapse.measures.dispersion import dispersion, vendi
from holdfast.collapse.measures.frechet import frechet_distance
from holdfast.collapse.measures.frontier import area, frontier_area, frontier_interval
from holdfast.collapse.measures.kernel import kernel_distance
from holdfast.collapse.measures.neighbours import among, coverage, density, precision, recall
from holdfast.collapse.measures.sliced import sliced_wasserstein
from holdfast.collapse.measures.spread import effective_directions, sampled_variance
from holdfast.collapse.samples import Points
from holdfast.core.errors import BadInput, NotApplicable


def cloud(n, d, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)) * np.linspace(1, 2, d) + 0.3


def units(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


@pytest.mark.parametrize("shape", [(30, 5), (5, 30)])
def test_dispersion_is_the_mean_over_all_pairs(shape):
    x = cloud(*shape)
    cosines = units(x) @ units(x).T
    n = len(x)
    assert dispersion.run(Points(x)) == pytest.approx(1 - cosines[~np.eye(n, dtype=bool)].mean(), abs=1e-14)


@pytest.mark.parametrize("shape", [(40, 6), (6, 40)])
@pytest.mark.parametrize("order", [0.5, 1.0, 2.0, np.inf])
def test_vendi_is_that_of_the_matrix_of_all_pairs(shape, order):
    x = cloud(*shape)
    values = np.linalg.eigvalsh(units(x) @ units(x).T / len(x))
    values = values[values > 1e-12]
    expected = {
        1.0: np.exp(-(values * np.log(values)).sum()),
        np.inf: 1 / values.max(),
    }.get(order, (values**order).sum() ** (1 / (1 - order)) if order not in {1.0, np.inf} else 0)
    assert vendi.run(Points(x), order=order) == pytest.approx(expected, rel=1e-9)


def test_vendi_counts_what_is_different():
    assert vendi.run(Points(np.ones((20, 3)))) == pytest.approx(1.0)
    assert vendi.run(Points(np.tile(np.eye(4), (5, 1)))) == pytest.approx(4.0)


def test_huge_and_tiny_points_have_directions():
    x = cloud(20, 4)
    scaled = x * np.where(np.arange(20) % 2, 1e200, 1e-200)[:, None]
    assert vendi.run(Points(scaled)) == pytest.approx(vendi.run(Points(x)))


def test_points_at_nought_have_none():
    with pytest.raises(NotApplicable, match="away from 0"):
        dispersion.run(Points(np.zeros((5, 3))))


def test_variance_and_directions():
    x = cloud(50, 4)
    assert sampled_variance.run(Points(x * 0.5), Points(x)) == pytest.approx(0.25)
    square = np.array([[1, 0], [-1, 0], [0, 1], [0, -1.0]])
    assert effective_directions.run(Points(square)) == pytest.approx(2.0)
    assert effective_directions.run(Points(square * [1, 0])) == pytest.approx(1.0)


def naive_neighbours(some, real, k):
    def apart(a, b):
        return np.linalg.norm(a[:, None] - b[None], axis=2)

    real_ball = np.sort(apart(real, real), axis=1)[:, k]
    some_ball = np.sort(apart(some, some), axis=1)[:, k]
    between = apart(real, some)
    inside = between <= real_ball[:, None]
    return inside.any(0).mean(), (between <= some_ball).any(1).mean(), inside.sum(0).mean() / k, inside.any(1).mean()


def test_neighbours_are_those_of_the_definition():
    some, real = cloud(40, 3, 1) * 1.3, cloud(60, 3, 2)
    found = [one.run(Points(some), Points(real), k=4) for one in (precision, recall, density, coverage)]
    assert found == pytest.approx(naive_neighbours(some, real, 4))
    both = among(Points(some), Points(real), 4, "all")
    assert [both.precise.mean(), both.recalled.mean()] == pytest.approx(found[:2])


def test_neighbours_need_more_points_than_neighbours():
    with pytest.raises(NotApplicable, match="fewer than 6"):
        coverage.run(Points(np.ones((5, 2))), Points(np.ones((50, 2))))


def test_frechet_is_the_closed_form():
    one, two = cloud(80, 5, 1) * 1.4, cloud(70, 5, 2)
    s, t = np.cov(one.T), np.cov(two.T)
    apart = one.mean(0) - two.mean(0)
    expected = apart @ apart + np.trace(s + t - 2 * sqrtm(s @ t).real)
    assert frechet_distance.run(Points(one), Points(two)) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("n", [5, 12])
def test_frechet_with_fewer_points_than_dimensions_is_the_same_thing(n):
    # Dimensions that nothing lies in change nothing.
    one, two = cloud(n, 4, 1), cloud(n + 3, 4, 2)
    wide = [np.hstack([x, np.zeros((len(x), 20))]) for x in (one, two)]
    turned = np.linalg.qr(np.random.default_rng(0).standard_normal((24, 24)))[0]
    expected = frechet_distance.run(Points(one), Points(two))
    assert frechet_distance.run(*(Points(x @ turned) for x in wide)) == pytest.approx(expected, rel=1e-8)


def test_frechet_with_a_dimension_that_does_not_vary():
    one, two = cloud(50, 4, 1), cloud(60, 4, 2)
    flat = [np.hstack([x, np.zeros((len(x), 1))]) for x in (one, two)]
    expected = frechet_distance.run(Points(one), Points(two))
    assert frechet_distance.run(*map(Points, flat)) == pytest.approx(expected, rel=1e-8)


def test_frechet_in_one_dimension():
    x = np.random.default_rng(0).standard_normal((100, 1))
    s = x.std(ddof=1)
    assert frechet_distance.run(Points(2 * x + 1), Points(x)) == pytest.approx(s**2 + (1 + x.mean()) ** 2)


def test_kernel_distance_is_the_mean_over_pairs_of_different_points():
    one, two = cloud(12, 4, 1), cloud(15, 4, 2)

    def k(a, b):
        return (a @ b / 4 + 1) ** 3

    within = [np.mean([k(x[i], x[j]) for i in range(len(x)) for j in range(len(x)) if i != j]) for x in (one, two)]
    between = np.mean([k(a, b) for a in one for b in two])
    assert kernel_distance.run(Points(one), Points(two)) == pytest.approx(sum(within) - 2 * between)


def test_kernel_distance_of_real_samples_is_nought_on_average():
    found = [kernel_distance.run(Points(cloud(20, 3, 2 * i)), Points(cloud(25, 3, 2 * i + 1))) for i in range(400)]
    assert abs(np.mean(found)) < 4 * np.std(found) / np.sqrt(len(found))


def test_wasserstein_along_one_dimension():
    rng = np.random.default_rng(0)
    one, two = rng.standard_normal(60), rng.standard_normal(60) + 2.0
    paired = np.sqrt(((np.sort(one) - np.sort(two)) ** 2).mean())
    assert sliced_wasserstein.run(Points(one[:, None]), Points(two[:, None])) == pytest.approx(paired)
    # A shift moves all points by the same: then all Wasserstein distances are the shift.
    assert sliced_wasserstein.run(Points(one[:, None] + 3), Points(one[:, None])) == pytest.approx(3.0)
    assert wasserstein_distance(one + 3, one) == pytest.approx(3.0)


def test_wasserstein_of_unequal_sizes_is_that_of_repeated_points():
    rng = np.random.default_rng(0)
    one, two = rng.standard_normal((6, 1)), rng.standard_normal((4, 1))
    repeated = sliced_wasserstein.run(Points(np.repeat(one, 2, axis=0)), Points(np.repeat(two, 3, axis=0)))
    assert sliced_wasserstein.run(Points(one), Points(two)) == pytest.approx(repeated)


def test_sliced_wasserstein_of_a_shift():
    x = cloud(200, 8)
    # A direction sees |θ·shift|, whose mean square is |shift|²/d.
    shift = np.full(8, 2.0)
    assert sliced_wasserstein.run(Points(x + shift), Points(x)) == pytest.approx(2.0, rel=0.25)


def test_the_frontier_of_equal_and_of_distant_samples():
    x, y = cloud(400, 4, 1), cloud(400, 4, 2)
    assert frontier_area.run(Points(x), Points(y)) > 0.95
    assert frontier_area.run(Points(x + 100), Points(y)) < 0.02


def test_the_frontier_sees_a_lost_half_and_an_added_place():
    x, y = cloud(400, 4, 1), cloud(400, 4, 2)
    whole = frontier_area.run(Points(x), Points(y))
    half = frontier_area.run(Points(x[x[:, 0] > 0.3]), Points(y))
    added = frontier_area.run(Points(np.vstack([x, x + 100])), Points(y))
    assert half < 0.9 * whole
    assert added < 0.9 * whole


def test_the_area_of_equal_counts_is_one_and_symmetric():
    assert area(np.array([5, 3, 9]), np.array([5, 3, 9])) == pytest.approx(1.0)
    one, two = np.array([9, 1, 4]), np.array([1, 8, 2])
    assert area(one, two) == pytest.approx(area(two, one))


def test_the_interval_of_the_frontier_holds_its_value():
    rng = np.random.default_rng(0)
    x, y = Points(cloud(400, 4, 1) * 0.6), Points(cloud(400, 4, 2))
    low, high = frontier_interval(x, y, rng)
    assert 0 <= low < frontier_area.run(x, y) < high + 0.05
    assert high - low < 0.4


def test_spaces_of_different_dimensions_are_refused():
    with pytest.raises(BadInput, match="3 dimensions and the real one 2"):
        frechet_distance.run(Points(np.ones((9, 3))), Points(np.ones((9, 2))))
