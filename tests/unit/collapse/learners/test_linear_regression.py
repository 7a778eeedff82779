"""Linear regression by its sufficient statistics, against rows of numbers."""

import numpy as np
import pytest

from holdfast.collapse.definitions import Draw, Part
from holdfast.collapse.learners.linear_regression import Found, Linear, LinearRegression, Products
from holdfast.collapse.measures.regression import coefficient_error, prediction_error, signal_left
from holdfast.collapse.regimes import Rule, Verifier
from holdfast.core.errors import NotApplicable

RUNS = 4000
LINE = LinearRegression(dimensions=3, noise=0.5)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def by_rows(size: int, rng: np.random.Generator, ridge: float = 0.0) -> np.ndarray:
    """Return coefficients of fits on rows, the slow way."""
    inputs = rng.standard_normal((RUNS, size, 3))
    labels = inputs[..., 0] + 0.5 * rng.standard_normal((RUNS, size))
    gram = inputs.swapaxes(1, 2) @ inputs + ridge * np.eye(3)
    return np.linalg.solve(gram, inputs.swapaxes(1, 2) @ labels[..., None])[..., 0]


def same_law(one: np.ndarray, other: np.ndarray) -> bool:
    """Return whether two samples of numbers may have one law, by Kolmogorov and Smirnov."""
    from scipy.stats import ks_2samp

    return ks_2samp(one, other).pvalue > 1e-3


@pytest.mark.parametrize(("ridge", "alone"), [(0.0, True), (0.0, False), (4.0, False)])
def test_a_fit_has_the_law_of_a_fit_on_rows(ridge: float, alone: bool, rng: np.random.Generator) -> None:
    line = LINE.model_copy(update={"ridge": ridge})
    truth = line.truth(RUNS, rng)
    batch = line.draw(truth, Draw(9, alone=alone), rng)
    assert isinstance(batch, Found if alone else Products)
    model = line.fit([Part(batch, 1.0)], rng, None)
    slow = by_rows(9, rng, ridge)
    for axis in range(3):
        assert same_law(model.coefficients[:, axis], slow[:, axis])
    error = coefficient_error.run(model, truth)
    assert same_law(error, np.sum((slow - np.eye(3)[0]) ** 2, axis=1))


def test_in_many_dimensions_two_numbers_of_a_model_have_the_law_of_fits_on_rows(rng: np.random.Generator) -> None:
    """Three generations, each from the one before: of the error, its part along the truth, and the whole of it."""
    line = LinearRegression(dimensions=8, noise=0.5)
    truth = line.truth(RUNS, rng)
    model, slow = truth, truth.coefficients
    for _ in range(3):
        model = line.fit([Part(line.draw(model, Draw(14, alone=True), rng), 1.0)], rng, None)
        inputs = rng.standard_normal((RUNS, 14, 8))
        labels = (inputs @ slow[..., None])[..., 0] + 0.5 * rng.standard_normal((RUNS, 14))
        gram = inputs.swapaxes(1, 2) @ inputs
        slow = np.linalg.solve(gram, inputs.swapaxes(1, 2) @ labels[..., None])[..., 0]
        by_rows = truth._replace(coefficients=slow)
        for measured in (coefficient_error, prediction_error, signal_left):
            assert same_law(measured.run(model, truth), measured.run(by_rows, truth))
    together = np.corrcoef(coefficient_error.run(model, truth), signal_left.run(model, truth))[0, 1]
    assert together == pytest.approx(
        np.corrcoef(coefficient_error.run(by_rows, truth), signal_left.run(by_rows, truth))[0, 1], abs=0.1
    )


def test_samples_of_a_model_whose_direction_was_not_kept_point_anywhere(rng: np.random.Generator) -> None:
    line = LinearRegression(dimensions=8, noise=0.01)
    coefficients = np.zeros((400, 8))
    coefficients[:, :2] = 1.0, 2.0
    model = Linear(coefficients, np.full(400, 0.01), np.zeros((400, 0, 0)))
    found = []
    for one in line.samples(model, 30, rng):
        points = one.points
        found.append(np.linalg.lstsq(points[:, :-1], points[:, -1], rcond=None)[0])
    fits = np.array(found)
    np.testing.assert_allclose(fits[:, 0], 1.0, atol=0.02)
    np.testing.assert_allclose(np.linalg.norm(fits[:, 1:], axis=1), 2.0, atol=0.05)
    assert np.abs(fits[:, 1:].mean(axis=0)).max() < 4 * 2 / np.sqrt(7 * 400)
    assert fits[:, 1:].var(axis=0) == pytest.approx(np.full(7, 4 / 7), rel=0.25)


def test_a_leap_has_the_law_of_its_steps(rng: np.random.Generator) -> None:
    truth = LINE.truth(RUNS, rng)
    leapt = LINE.leap(truth, [9, 10, 12], rng)
    walked = truth
    for size in (9, 10, 12):
        walked = LINE.fit([Part(LINE.draw(walked, Draw(size, alone=True), rng), 1.0)], rng, walked)
    assert same_law(coefficient_error.run(leapt, truth), coefficient_error.run(walked, truth))


@pytest.mark.parametrize("options", [{"ridge": 1.0}, {"design": "same"}])
def test_a_leap_that_cannot_be_one_goes_step_by_step(options: dict[str, object], rng: np.random.Generator) -> None:
    line = LinearRegression(dimensions=3, **options)
    model = line.leap(line.truth(50, rng), [9, 9], rng)
    assert np.isfinite(model.coefficients).all()


def test_the_same_inputs_are_the_same(rng: np.random.Generator) -> None:
    line = LinearRegression(dimensions=3, design="same")
    truth = line.truth(RUNS, rng)
    first, second = line.draw(truth, Draw(9), rng), line.draw(truth, Draw(9), rng)
    assert isinstance(first, Products)
    assert isinstance(second, Products)
    np.testing.assert_array_equal(first.gram, second.gram)
    assert np.abs(first.moment - second.moment).min() > 0
    model = line.fit([Part(first, 1.0)], rng, None)
    again = line.draw(model, Draw(9), rng)
    assert isinstance(again, Products)
    np.testing.assert_array_equal(again.gram, first.gram)
    assert np.trace(first.gram, axis1=1, axis2=2).mean() == pytest.approx(27, rel=0.02)


def test_weights_are_those_of_batches_not_of_items(rng: np.random.Generator) -> None:
    truth = LINE.truth(1, rng)
    far = truth._replace(coefficients=truth.coefficients + 10.0)
    near, off = LINE.draw(truth, Draw(4000), rng), LINE.draw(far, Draw(400), rng)
    model = LINE.fit([Part(near, 0.3), Part(off, 0.7)], rng, None)
    np.testing.assert_allclose(model.coefficients[0], np.eye(3)[0] + 7.0, atol=0.5)


def test_pooling_is_adding_rows(rng: np.random.Generator) -> None:
    truth = LINE.truth(2, rng)
    one, two = LINE.draw(truth, Draw(5, items=True), rng), LINE.draw(truth, Draw(7, items=True), rng)
    both = LINE.pool([one, two])
    assert both.filled.shape == (2, 12, 4)
    separate = LINE.fit([Part(one, 5 / 12), Part(two, 7 / 12)], rng, None)
    together = LINE.fit([Part(both, 1.0)], rng, None)
    np.testing.assert_allclose(separate.coefficients, together.coefficients, rtol=1e-9)
    assert LINE.choose(both, 6, rng).filled.shape == (2, 6, 4)


def test_batches_smaller_than_the_dimension_may_be_pooled(rng: np.random.Generator) -> None:
    truth = LINE.truth(RUNS, rng)
    parts = [LINE.draw(truth, Draw(2), rng) for _ in range(5)]
    model = LINE.fit([Part(LINE.pool(parts), 1.0)], rng, None)
    assert same_law(model.coefficients[:, 0], by_rows(10, rng)[:, 0])


def test_wider_noise_and_cut_noise(rng: np.random.Generator) -> None:
    truth = LINE.truth(300, rng)
    hot = LINE.samples(truth, 50, rng)[0].points
    assert hot.shape == (50, 4)

    def residual(rule: Rule) -> float:
        points = LINE.draw(truth, Draw(50, rule, items=True), rng).filled
        return float(np.std(points[..., 3] - points[..., 0]))

    assert residual(Rule()) == pytest.approx(0.5, rel=0.03)
    assert residual(Rule(temperature=4.0)) == pytest.approx(1.0, rel=0.03)
    assert residual(Rule(top_p=0.5)) == pytest.approx(0.5 * 0.378, rel=0.03)


def test_a_verifier_with_a_taste_weighs_labels(rng: np.random.Generator) -> None:
    """Against items that are accepted one by one."""
    truth = LINE.truth(400, rng)
    taste = Verifier(kind="biased", centre=1.0, width=0.8)
    found = LINE.draw(truth, Draw(40, verifier=taste, items=True), rng).filled.reshape(-1, 4)
    shown = LINE.draw(truth, Draw(200, items=True), rng).filled.reshape(-1, 4)
    spread = np.sqrt(1.25)
    chance = np.exp(-((shown[:, 3] / spread - 1.0) ** 2) / (2 * 0.64))
    accepted = shown[rng.random(len(shown)) < chance]
    for axis in (0, 1, 3):
        assert found[:, axis].mean() == pytest.approx(accepted[:, axis].mean(), abs=0.03)
        assert found[:, axis].std() == pytest.approx(accepted[:, axis].std(), rel=0.03)
    products = LINE.draw(truth, Draw(40, verifier=taste), rng)
    assert isinstance(products, Products)
    assert products.moment[:, 0].mean() / 40 == pytest.approx(np.mean(accepted[:, 3] * accepted[:, 0]), rel=0.05)


@pytest.mark.parametrize("wanted", [Draw(9, items=True), Draw(9, Rule(top_p=0.9)), Draw(2)])
def test_what_the_same_inputs_cannot_do_is_said(wanted: Draw, rng: np.random.Generator) -> None:
    line = LinearRegression(dimensions=3, design="same")
    with pytest.raises(NotApplicable, match="stay the same"):
        line.draw(line.truth(2, rng), wanted, rng)


def test_too_few_items_are_refused_with_the_least_that_would_do() -> None:
    line = LinearRegression(dimensions=10)
    assert "at least 12" in line.refuse(11)
    assert not line.refuse(12)
    assert not line.model_copy(update={"ridge": 0.1}).refuse(1)


def test_measures_of_a_line() -> None:
    truth = Linear(np.array([[1.0, 0.0]]), np.array([2.0]), np.zeros((1, 0, 0)))
    model = truth._replace(coefficients=np.array([[0.5, 1.0]]))
    assert coefficient_error.run(model, truth) == pytest.approx([1.25])
    assert prediction_error.run(model, truth) == pytest.approx([1 + 1.25 / 4])
    assert signal_left.run(model, truth) == pytest.approx([0.5])
    assert np.isnan(signal_left.run(model, truth._replace(coefficients=np.zeros((1, 2)))))[0]
