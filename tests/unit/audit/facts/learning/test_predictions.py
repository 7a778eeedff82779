"""Facts about predictions: whose they are, for which rows, and what simpler predictors say."""

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from holdfast.audit.cases import subject, table
from holdfast.audit.cases.predictions import judged, with_predictions
from holdfast.audit.facts.learning import baselines
from holdfast.audit.runner import Facts
from holdfast.core.errors import NotApplicable


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def rung(dataset, name):
    """Return the rows that predictions are about, and those of one simple predictor."""
    facts = Facts({"dataset": dataset})
    return facts["test_predictions"].rows, facts["baselines"].models[name]


def test_stored_predictions_come_first(rng):
    given = judged(rng, {"mine": 1.0}, n_test=50)
    found = Facts({**given, "estimator": DecisionTreeClassifier()})["test_predictions"]
    assert found.source == "stored"
    assert list(found.models) == ["mine"]
    assert found.rows.tolist() == list(range(100, 150))
    assert found.said("mine") == "the model mine"


def test_then_the_persons_model(rng):
    found = Facts({"dataset": table(rng), "estimator": DecisionTreeClassifier()})["test_predictions"]
    assert found.source == "fitted"
    assert found.is_own
    assert len(found.on_train.values) == 80


def test_then_a_model_that_stands_in(rng):
    found = Facts({"dataset": table(rng)})["test_predictions"]
    assert found.source == "default"
    assert not found.is_own
    assert found.on_train is None
    assert found.said("boosting") == "a boosting model fitted here"


def test_a_missing_prediction_is_left_out_and_counted(rng):
    given = with_predictions(table(rng), {"mine": ["yes", None] + ["no"] * 18})
    found = Facts(given)["test_predictions"]
    assert found.missing == 1
    assert found.said("predictions") == "your model"
    assert 81 not in found.rows


def test_a_model_that_fails_is_a_reason_not_a_crash(rng):
    class Broken(DecisionTreeClassifier):
        def fit(self, *_):
            raise ValueError("no")

    with pytest.raises(NotApplicable, match="failed to fit"):
        Facts({"dataset": table(rng), "estimator": Broken()})["test_predictions"]


def test_rows_are_sampled_and_it_is_said(rng):
    facts = Facts({"dataset": table(rng, 300, 100)}, {"train_test": {"most_train": 50, "most_test": 40}})
    found = facts["test_predictions"]
    assert len(found.rows) == 40
    assert (found.sampled.rows, found.sampled.of) == (90, 400)


def test_the_constant_knows_the_training_labels_only():
    y = ["no"] * 7 + ["yes"] * 3 + ["yes"] * 10
    dataset = subject({"a": np.arange(20.0), "y": y}, split=["train"] * 10 + ["test"] * 10)
    constant = Facts({"dataset": dataset})["baselines"].models[baselines.CONSTANT]
    assert set(constant.values) == {0.0}
    assert constant.probabilities[0].tolist() == [0.7, 0.3]


def test_the_linear_model_learns_a_line_and_a_category(rng):
    a, b = rng.normal(size=(2, 400))
    colour = rng.choice(["red", "green"], size=400)
    y = 3.0 * a - 2.0 * b + np.where(colour == "red", 5.0, 0.0)
    dataset = subject({"a": a, "b": b, "colour": colour, "y": y}, split=["train"] * 300 + ["test"] * 100)
    rows, found = rung(dataset, baselines.LINEAR)
    assert np.corrcoef(found.values, y[rows])[0, 1] > 0.999


def test_the_linear_model_bears_what_is_missing_infinite_or_far_out(rng):
    a = rng.normal(size=200)
    y = np.where(a > 0, "yes", "no")
    a[:3] = [np.inf, -1e300, np.nan]
    empty = [None] * 200
    dataset = subject({"a": a, "b": np.zeros(200), "c": empty, "y": y}, split=["train"] * 150 + ["test"] * 50)
    rows, found = rung(dataset, baselines.LINEAR)
    assert np.isfinite(found.probabilities).all()
    assert np.mean(found.values == (y[rows] == "yes")) > 0.9


def test_persistence_is_the_value_before_in_time_not_in_the_file(rng):
    time = rng.permutation(30)
    dataset = subject(
        {"when": time, "a": rng.normal(size=30), "y": time * 1.5}, split=["train"] * 20 + ["test"] * 10, when="time"
    )
    rows, found = rung(dataset, baselines.PERSISTENCE)
    assert found.values.tolist() == np.maximum(0.0, time[rows] * 1.5 - 1.5).tolist()


def test_no_persistence_where_a_time_occurs_twice(rng):
    dataset = subject(
        {"when": np.arange(30) // 2, "a": rng.normal(size=30), "y": rng.normal(size=30)},
        split=["train"] * 20 + ["test"] * 10,
        when="time",
    )
    assert baselines.PERSISTENCE not in Facts({"dataset": dataset})["baselines"].models


def test_many_columns_are_bearable(rng):
    wide = {f"x{i}": rng.normal(size=60) for i in range(500)}
    dataset = subject({**wide, "y": rng.choice(["a", "b"], size=60)}, split=["train"] * 40 + ["test"] * 20)
    assert set(Facts({"dataset": dataset})["baselines"].models) == {baselines.CONSTANT, baselines.LINEAR}
