"""Logistic regression in lock-step, against scikit-learn, linear programmes and rows that are counted."""

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.special import expit
from sklearn.linear_model import LogisticRegression as Reference

from holdfast.collapse.definitions import Draw, Part
from holdfast.collapse.lab.experiment import Experiment, made_learner
from holdfast.collapse.lab.verb import run_experiment
from holdfast.collapse.learners.labelled import labelled
from holdfast.collapse.learners.logistic_regression import Counted, Logistic, LogisticRegression, _same_rows, fitted
from holdfast.collapse.measures.logistic import (
    confidence,
    decisions_changed,
    excess_log_loss,
    log_odds_error,
    separated,
)
from holdfast.collapse.regimes import Rule, Verifier
from holdfast.collapse.states.items import Items, made_of
from holdfast.core.errors import BadInput, NotApplicable

ODDS = LogisticRegression(dimensions=3, signal=1.5)
SAME = ODDS.model_copy(update={"design": "same"})


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def at_once(points: np.ndarray, ridge: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Return fits of items whose last number is the label."""
    inputs, labels = points[..., :-1], points[..., -1]
    return fitted(inputs, np.ones(labels.shape), labels, ridge, np.zeros((len(points), inputs.shape[2])))


@pytest.mark.parametrize("ridge", [0.0, 0.3])
def test_a_weighted_fit_is_that_of_scikit_learn(ridge: float, rng: np.random.Generator) -> None:
    odds = ODDS.model_copy(update={"ridge": ridge})
    truth = odds.truth(4, rng)
    parts = [Part(odds.draw(truth, Draw(60), rng), 0.618), Part(odds.draw(truth, Draw(90), rng), 0.382)]
    model = odds.fit(parts, rng, None)
    each = np.repeat([0.618 * 150 / 60, 0.382 * 150 / 90], [60, 90])
    for i in range(4):
        points = np.concatenate([part.batch.filled[i] for part in parts])
        penalty = {"C": 1 / ridge} if ridge else {"C": np.inf}
        reference = Reference(fit_intercept=False, tol=1e-10, max_iter=1000, **penalty)
        reference.fit(points[:, :-1], points[:, -1], sample_weight=each)
        np.testing.assert_allclose(model.coefficients[i], reference.coef_[0], rtol=1e-4, atol=1e-5)
    assert not model.separated.any()


def test_where_steps_begin_does_not_matter(rng: np.random.Generator) -> None:
    truth = ODDS.truth(50, rng)
    parts = [Part(ODDS.draw(truth, Draw(80), rng), 1.0)]
    cold = ODDS.fit(parts, rng, None)
    far = truth._replace(coefficients=np.full((50, 3), -6.0))
    np.testing.assert_allclose(ODDS.fit(parts, rng, far).coefficients, cold.coefficients, rtol=1e-9, atol=1e-12)
    lost = far._replace(separated=np.ones(50, dtype=bool))
    np.testing.assert_array_equal(ODDS.fit(parts, rng, lost).coefficients, cold.coefficients)


def test_a_slope_of_the_likelihood_is_nought_where_a_fit_is(rng: np.random.Generator) -> None:
    """With large log-odds as well, where Newton's whole steps leave for infinity."""
    inputs = 9.0 * rng.standard_normal((40, 60, 2))
    labels = (rng.random((40, 60)) < expit(0.4 * inputs[..., 0])).astype(float)
    found, divided = at_once(np.concatenate([inputs, labels[..., None]], axis=2))
    chance = expit((inputs @ found[..., None])[..., 0])
    slope = ((labels - chance)[:, None, :] @ inputs)[:, 0]
    assert (~divided).sum() > 20
    assert np.abs(slope[~divided]).max() < 1e-8


def test_no_fit_is_said_to_exist_just_where_a_plane_divides_the_labels(rng: np.random.Generator) -> None:
    """A linear programme decides: is there θ with yₙ x′θ ≥ 1 for all items?"""
    points = rng.standard_normal((200, 9, 4))
    points[..., -1] = points[..., -1] > 0
    _, divided = at_once(points)
    expected = []
    for one in points:
        signs = 2 * one[:, -1] - 1
        done = linprog(np.zeros(3), A_ub=-signs[:, None] * one[:, :3], b_ub=-np.ones(9), bounds=(None, None))
        expected.append(done.status == 0)
    assert 0.1 < np.mean(expected) < 0.9
    np.testing.assert_array_equal(divided, expected)


def test_a_plane_may_go_through_items(rng: np.random.Generator) -> None:
    """A column that is 1 in items of one label only: the rest is not divided, and still no fit exists."""
    points = np.concatenate([np.ones((1, 40, 1)), np.zeros((1, 40, 1)), rng.random((1, 40, 1)) < 0.5], axis=2) * 1.0
    points[0, :5, 1:] = 1.0
    found, divided = at_once(points)
    assert divided.all()
    assert np.linalg.norm(found[0]) == pytest.approx(1.0)
    assert found[0, 1] > 0.99
    penalised, divided = at_once(points, ridge=0.1)
    assert not divided.any()
    assert np.isfinite(penalised).all()


def test_a_small_penalty_finds_its_fit_or_is_refused(rng: np.random.Generator) -> None:
    points = rng.standard_normal((20, 30, 4))
    points[..., -1] = points[..., 0] > 0
    found, divided = at_once(points, ridge=1e-4)
    assert not divided.any()
    chance = expit((points[..., :-1] @ found[..., None])[..., 0])
    slope = ((points[..., -1] - chance)[:, None, :] @ points[..., :-1])[:, 0] - 1e-4 * found
    assert np.abs(slope).max() < 1e-10
    with pytest.raises(BadInput, match="larger"):
        at_once(points, ridge=1e-300)


def test_a_model_without_a_fit_is_certain_and_so_is_who_learns_from_it(rng: np.random.Generator) -> None:
    truth = ODDS.truth(20, rng)
    lost = truth._replace(coefficients=truth.coefficients / 1.5, separated=np.ones(20, dtype=bool))
    batch = ODDS.draw(lost, Draw(30), rng)
    np.testing.assert_array_equal(batch.filled[..., -1], batch.filled[..., 0] > 0)
    after = ODDS.fit([Part(batch, 1.0)], rng, lost)
    assert after.separated.all()
    np.testing.assert_allclose(np.linalg.norm(after.coefficients, axis=1), 1.0)
    assert ODDS.fit([Part(ODDS.draw(truth, Draw(300), rng), 1.0)], rng, lost).separated.sum() == 0
    assert np.isfinite(ODDS.samples(lost, 5, rng)[0].points).all()


def test_labels_have_the_chances_of_the_model(rng: np.random.Generator) -> None:
    truth = ODDS.truth(200, rng)
    for rule, low in ((Rule(), 1.5), (Rule(temperature=2.0), 0.75)):
        points = ODDS.draw(truth, Draw(500, rule), rng).filled.reshape(-1, 4)
        found, _ = at_once(points[None])
        np.testing.assert_allclose(found[0], [low, 0, 0], atol=0.05)
    cut = ODDS.draw(truth, Draw(500, Rule(top_p=0.8)), rng).filled.reshape(-1, 4)
    chance = expit(1.5 * cut[:, 0])
    sure = np.maximum(chance, 1 - chance) >= 0.8
    np.testing.assert_array_equal(cut[sure, -1], chance[sure] > 0.5)
    assert cut[~sure, -1].std() > 0.2


def test_the_same_inputs_are_the_same_and_their_labels_are_counted(rng: np.random.Generator) -> None:
    truth = SAME.truth(6, rng)
    first, second, longer = (SAME.draw(truth, Draw(size), rng) for size in (50, 50, 80))
    rows = _same_rows(tuple(truth.seed.tolist()), 80, SAME)
    np.testing.assert_array_equal(_same_rows(tuple(truth.seed.tolist()), 50, SAME), rows[:, :50])
    assert len(np.unique(rows[:, 0, 0])) == 6
    assert not np.array_equal(first.ones, second.ones)
    pool = SAME.pool([first, second, longer])
    assert isinstance(pool, Counted)
    assert (pool.size == 180).all()
    as_rows = np.concatenate([rows[:, :50], rows[:, :50], rows], axis=1)
    labels = np.concatenate([first.ones, second.ones, longer.ones], axis=1)
    by_row, _ = at_once(np.concatenate([as_rows, labels[..., None]], axis=2))
    model = SAME.fit([Part(pool, 1.0)], rng, None)
    np.testing.assert_allclose(model.coefficients, by_row, rtol=1e-9)
    weighted = SAME.fit([Part(first, 0.3), Part(longer, 0.7)], rng, None)
    points = [
        made_of(np.concatenate([rows[:, :n], one.ones[..., None]], axis=2)) for n, one in ((50, first), (80, longer))
    ]
    apart = ODDS.fit([Part(points[0], 0.3), Part(points[1], 0.7)], rng, None)
    np.testing.assert_allclose(weighted.coefficients, apart.coefficients, rtol=1e-9)


def test_what_cannot_be_drawn_is_said(rng: np.random.Generator) -> None:
    with pytest.raises(NotApplicable, match="0 or 1"):
        ODDS.draw(ODDS.truth(2, rng), Draw(9, verifier=Verifier(kind="biased")), rng)
    with pytest.raises(NotApplicable, match="stay the same"):
        SAME.draw(SAME.truth(2, rng), Draw(9, items=True), rng)


def test_too_few_items_are_refused_with_the_least_that_would_do() -> None:
    assert "fewer than 7 items" in ODDS.refuse(6)
    assert not ODDS.refuse(7)
    assert not ODDS.model_copy(update={"ridge": 0.1}).refuse(1)


def test_measures_are_means_over_items(rng: np.random.Generator) -> None:
    truth = ODDS.truth(2, rng)
    model = truth._replace(coefficients=np.array([[1.0, 2.0, 0.0], [30.0, 0.0, -1.0]]))
    inputs = rng.standard_normal((400_000, 3))
    true = inputs @ truth.coefficients[0]
    for i in range(2):
        own = inputs @ model.coefficients[i]
        loss = np.logaddexp(0, own) - np.logaddexp(0, true) - expit(true) * (own - true)
        assert excess_log_loss.run(model, truth)[i] == pytest.approx(loss.mean(), rel=0.01)
        assert decisions_changed.run(model, truth)[i] == pytest.approx(np.mean((own > 0) != (true > 0)), abs=0.003)
    assert log_odds_error.run(model, truth) == pytest.approx([0.25 + 4, 28.5**2 + 1])
    assert confidence.run(model, truth) == pytest.approx([np.sqrt(5) / 1.5, np.sqrt(901) / 1.5])
    for one in (excess_log_loss, decisions_changed, log_odds_error):
        assert one.run(truth, truth) == pytest.approx([0, 0], abs=1e-7)


def test_measures_that_have_no_bound_are_infinite_where_no_fit_exists() -> None:
    truth = Logistic(
        np.array([[1.0, 0.0]] * 2), np.zeros(2, dtype=bool), np.zeros(2, dtype=np.int64), np.empty((2, 0, 2))
    )
    model = truth._replace(coefficients=np.array([[0.0, 1.0], [1.0, 1.0]]), separated=np.array([True, False]))
    assert separated.run(model).tolist() == [1.0, 0.0]
    for one in (excess_log_loss, log_odds_error, confidence):
        assert np.isposinf(one.run(model, truth)).tolist() == [True, False]
    assert decisions_changed.run(model, truth) == pytest.approx([0.5, 0.25])
    flat = truth._replace(coefficients=np.zeros((2, 2)))
    assert np.isnan(confidence.run(model, flat)).all()
    assert np.isnan(decisions_changed.run(model, flat)).all()


def test_a_history_that_comes_to_no_fit_is_told_and_the_others_keep_their_quantiles() -> None:
    record, curves = run_experiment(
        Experiment(
            learner="logistic-regression", samples=24, generations=8, replicates=100, regimes=("replace", "accumulate")
        )
    )
    by_name = {(curve.arm.name, curve.measure.name): curve for curve in curves}
    lost = by_name["replace", "separated"]
    assert (np.diff(lost.mean) >= 0).all(), "who is certain stays certain"
    assert 0.5 < lost.mean[-1] <= 1
    error = by_name["replace", "log-odds-error"]
    assert np.isposinf(error.mean[-1])
    assert np.isposinf(error.median[-1])
    assert "∞ in replace" in record.says
    assert np.isfinite(error.low[1:5]).all()
    kept = by_name["accumulate", "log-odds-error"]
    assert np.isfinite(kept.median).all()


def test_new_inputs_and_the_same_ones_leave_as_much_error() -> None:
    ends = []
    for design in ("fresh", "same"):
        _, (curve,) = run_experiment(
            Experiment(
                learner="logistic-regression", samples=600, generations=2, replicates=400, regimes=("accumulate",),
                options={"dimensions": 2, "design": design}, measures=("log-odds-error",),
            )
        )  # fmt: skip
        ends.append((curve.mean[-1], curve.error[-1]))
    (fresh, fe), (same, se) = ends
    assert abs(fresh - same) < 4 * np.hypot(fe, se)


def test_items_are_chosen_and_pooled(rng: np.random.Generator) -> None:
    truth = ODDS.truth(2, rng)
    both = ODDS.pool([ODDS.draw(truth, Draw(5, items=True), rng), ODDS.draw(truth, Draw(7, items=True), rng)])
    assert isinstance(both, Items)
    assert both.filled.shape == (2, 12, 4)
    assert ODDS.choose(both, 6, rng).filled.shape == (2, 6, 4)


@pytest.fixture
def table(tmp_path: Path, rng: np.random.Generator) -> LogisticRegression:
    """A learner on a table whose inputs are neither normal nor alike."""
    size = np.round(rng.exponential(3.0, 400), 3)
    age = np.round(40 + 9 * rng.standard_normal(400), 3)
    told = np.where(rng.random(400) < expit(0.5 * size - 2 + 0.05 * (age - 40)), "yes", "no")
    lines = [f"{a},{b},{c},x{i}" for i, (a, b, c) in enumerate(zip(size, age, told, strict=True))]
    path = tmp_path / "people.csv"
    path.write_text("\n".join(["size,age,answer,name", *lines]) + "\n")
    return LogisticRegression(file=str(path), label="answer", inputs=("size", "age"))


def test_the_truth_of_a_table_is_the_fit_to_all_of_it(table: LogisticRegression, rng: np.random.Generator) -> None:
    rows = table.table
    np.testing.assert_allclose(rows.mean(axis=0), [1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(rows.std(axis=0), [0, 1, 1])
    labels = labelled(str(table.file), "answer", ("size", "age")).labels
    reference = Reference(fit_intercept=False, C=np.inf, tol=1e-10, max_iter=1000).fit(rows, labels)
    truth = table.truth(3, rng)
    np.testing.assert_allclose(truth.coefficients, np.tile(reference.coef_, (3, 1)), rtol=1e-4)
    batch = table.draw(truth, Draw(20_000), rng).filled
    assert {row.tobytes() for row in batch[0, :, :-1]} == {row.tobytes() for row in rows}
    found, _ = at_once(batch)
    np.testing.assert_allclose(found, truth.coefficients, atol=0.12)
    assert table.refuse(6)
    assert not table.refuse(7)


def test_rows_of_a_table_may_stay_the_same(table: LogisticRegression, rng: np.random.Generator) -> None:
    same = table.model_copy(update={"design": "same"})
    truth = same.truth(3, rng)
    seeds = tuple(truth.seed.tolist())
    np.testing.assert_array_equal(_same_rows(seeds, 50, same), _same_rows(seeds, 80, same)[:, :50])
    model = same.fit([Part(same.draw(truth, Draw(5000), rng), 1.0)], rng, None)
    np.testing.assert_allclose(model.coefficients, truth.coefficients, atol=0.25)


def test_measures_of_a_table_are_means_over_its_rows(table: LogisticRegression, rng: np.random.Generator) -> None:
    truth = table.truth(2, rng)
    model = truth._replace(coefficients=np.array([[1.0, -1.0, 0.3], [0.0, 2.0, 0.0]]))
    rows = table.table
    true, own = rows @ truth.coefficients[0], rows @ model.coefficients.T
    chance = expit(true)
    loss = -(chance[:, None] * np.log(expit(own)) + (1 - chance[:, None]) * np.log(expit(-own)))
    least = -(chance * np.log(chance) + (1 - chance) * np.log(1 - chance))
    np.testing.assert_allclose(excess_log_loss.run(model, truth), loss.mean(axis=0) - least.mean())
    changed = ((own > 0) != (true > 0)[:, None]).mean(axis=0)
    np.testing.assert_allclose(decisions_changed.run(model, truth), changed)


TOLD = "a,b,c,d,y,z\n" + "".join(
    f"{i % 7},{i % 5},{2 * (i % 5)},{'' if i == 3 else i},{i % 2},{i % 3}\n" for i in range(60)
)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"label": "y", "inputs": ["a", "d"]}, "'d' is missing in 1 of 60 rows"),
        ({"label": "z"}, "3 values; wanted 2"),
        ({"label": "w"}, "no column 'w'"),
        ({"label": "y", "inputs": ["a", "b", "c"]}, "one of a, b, c says nothing"),
        ({"label": "y", "inputs": ["y"]}, "without an error"),
        ({"label": "y", "dimensions": 3}, "dimensions: not with a file"),
        ({"file": None, "label": "y"}, "give a file"),
        ({}, "needs a label"),
        ({"label": "y", "file": "nowhere.csv"}, "no file or folder nowhere.csv"),
    ],
)
def test_a_table_that_cannot_be_learnt_from_is_refused(options: dict[str, object], said: str, tmp_path: Path) -> None:
    path = tmp_path / "told.csv"
    path.write_text(TOLD)
    with pytest.raises(BadInput, match=said):
        made_learner("logistic-regression", {"file": str(path), **options})[1].truth(1, np.random.default_rng(0))


def test_columns_that_are_no_numbers_have_to_be_left_out_by_name(table: LogisticRegression) -> None:
    with pytest.raises(BadInput, match=r"no numbers \(name\).*options.inputs = \['size', 'age'\]"):
        table.model_copy(update={"inputs": ()}).truth(1, np.random.default_rng(0))
