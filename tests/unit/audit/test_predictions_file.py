"""Stored predictions are read, matched to rows, and understood."""

import numpy as np
import pyarrow as pa
import pytest

from holdfast.audit import predictions_file
from holdfast.audit.cases import subject
from holdfast.audit.facts.labels.labels import labels as labels_fact
from holdfast.core.errors import BadInput


@pytest.fixture
def data():
    y = np.array(["cat", "dog", "cat", "cat", "dog", "cat"])
    return subject(
        {"a": np.arange(6), "key": [f"k{i}" for i in range(6)], "y": y}, split=["train"] * 2 + ["test"] * 4, key="id"
    )


@pytest.fixture
def numbers():
    return subject({"a": np.arange(6), "y": np.linspace(0.5, 3.0, 6)}, split=["train"] * 2 + ["test"] * 4)


def understood(columns, dataset):
    given = predictions_file.stored(pa.table(columns), dataset)
    return given, predictions_file.understood(given, labels_fact.run(dataset))


def test_one_row_for_each_test_row(data):
    given, models = understood({"pred": ["cat", "dog", "dog", "cat"]}, data)
    assert given.rows.tolist() == [2, 3, 4, 5]
    assert list(models) == ["predictions"]
    assert models["predictions"].values.tolist() == [0, 1, 1, 0]
    assert models["predictions"].scores is None


def test_one_row_for_every_row(data):
    given, models = understood({"forest": ["dog", "dog", "cat", "dog", "dog", "cat"]}, data)
    assert given.rows.tolist() == [2, 3, 4, 5]
    assert models["forest"].values.tolist() == [0, 1, 1, 0]


def test_rows_are_matched_by_id(data):
    given, models = understood({"key": ["k5", "k3", "k4"], "pred": ["cat", "dog", "cat"]}, data)
    assert given.rows.tolist() == [3, 4, 5]
    assert models["predictions"].values.tolist() == [1, 0, 0]


def test_a_score_for_each_class(data):
    cat = [0.9, 0.2, 0.4, 0.5]
    _, models = understood({"proba_cat": cat, "proba_dog": [1 - p for p in cat]}, data)
    found = models["predictions"]
    assert found.values.tolist() == [0, 1, 1, 0]
    assert found.probabilities[:, 0].tolist() == cat


def test_one_column_of_probabilities_is_that_of_the_second_class(data):
    _, models = understood({"forest_score": [0.9, 0.2, 0.4, 0.5]}, data)
    assert models["forest"].probabilities[:, 1].tolist() == [0.9, 0.2, 0.4, 0.5]
    assert models["forest"].values.tolist() == [1, 0, 0, 0]


def test_margins_are_no_probabilities(data):
    _, models = understood({"svm": [-2.0, 3.0, 0.5, -0.1]}, data)
    assert models["svm"].probabilities is None
    assert models["svm"].values.tolist() == [0, 1, 1, 0]


def test_classes_and_probabilities_of_one_model_belong_together(data):
    _, models = understood(
        {"pred": ["cat", "dog", "dog", "cat"], "proba_dog": [0.1, 0.8, 0.4, 0.2], "tree": ["cat"] * 4}, data
    )
    assert list(models) == ["predictions", "tree"]
    assert models["predictions"].values.tolist() == [0, 1, 1, 0]  # as said, not as scored: a threshold of its own
    assert models["predictions"].probabilities[:, 1].tolist() == [0.1, 0.8, 0.4, 0.2]


def test_classes_written_as_numbers():
    dataset = subject({"a": np.arange(6), "y": [0, 1, 0, 1, 1, 0]}, split=["train"] * 2 + ["test"] * 4)
    _, models = understood({"one": [0.0, 1.0, 1.0, 0.0], "two": ["0", "1", "1", "0"], "three": [0, 1, 1, 1]}, dataset)
    assert models["one"].values.tolist() == models["two"].values.tolist() == [0, 1, 1, 0]
    assert list(models) == ["one", "two", "three"]


def test_names_that_end_in_a_number_are_no_scores_of_a_class():
    dataset = subject({"a": np.arange(6), "y": [0, 1, 0, 1, 1, 0]}, split=["train"] * 2 + ["test"] * 4)
    _, models = understood({"net_0": [0, 1, 1, 0], "net_1": [0, 1, 0, 0], "net_2": [1, 1, 1, 0]}, dataset)
    assert list(models) == ["net_0", "net_1", "net_2"]
    _, models = understood({"net_0": [0.2, 0.6, 0.7, 0.1], "net_1": [0.3, 0.6, 0.2, 0.4]}, dataset)
    assert [item.probabilities[0, 1] for item in models.values()] == [0.2, 0.3]
    _, models = understood({"p_0": [0.2, 0.6, 0.7, 0.1], "p_1": [0.8, 0.4, 0.3, 0.9]}, dataset)
    assert [item.probabilities[0, 1] for item in models.values()] == [0.8]


def test_two_columns_without_a_name_keep_theirs(data):
    _, models = understood({"score": [0.2, 0.6, 0.7, 0.1], "y_score": [0.3, 0.6, 0.2, 0.4]}, data)
    assert list(models) == ["predictions", "y_score"]


def test_truth_values_and_their_spellings():
    dataset = subject({"a": np.arange(4), "y": [True, False, True, False]}, split=["train", "train", "test", "test"])
    _, models = understood({"one": [True, False], "two": ["true", "False"]}, dataset)
    assert models["one"].values.tolist() == models["two"].values.tolist() == [1, 0]


def test_a_missing_prediction_is_nan(data):
    _, models = understood({"pred": ["cat", None, "dog", "cat"]}, data)
    assert np.isnan(models["predictions"].values).tolist() == [False, True, False, False]


def test_numbers_for_a_number(numbers):
    _, models = understood({"": [0, 1, 2, 3], "forest": [1.0, 2.0, 2.5, 3.0], "note": list("abcd")}, numbers)
    assert list(models) == ["forest"]  # the first only counts rows


def test_a_file_in_another_order_is_noticed(data):
    with pytest.raises(BadInput, match="differs from the data in 2 of 4 rows"):
        predictions_file.stored(pa.table({"pred": ["cat"] * 4, "y": ["dog", "cat", "cat", "cat"]}), data)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"pred": ["cat"] * 3}, "holds 3 rows, wanted one for each of the 4 test rows"),
        ({"y": ["cat", "cat", "dog", "cat"]}, "no column of predictions"),
        ({"key": ["x"] * 4, "pred": ["cat"] * 4}, "no value of 'key' is the id of a test row"),
    ],
)
def test_what_does_not_fit_is_refused(data, columns, message):
    with pytest.raises(BadInput, match=message):
        predictions_file.stored(pa.table(columns), data)


def test_columns_that_say_nothing_about_the_label_are_refused(data):
    with pytest.raises(BadInput, match="no column holds classes of the label 'y' \\('cat', 'dog'\\)"):
        understood({"comment": ["good", "bad", "ugly", "fine"]}, data)


def test_a_file_and_its_digest(tmp_path, data):
    path = tmp_path / "predictions.csv"
    path.write_text("pred\ncat\ndog\ndog\ncat\n")
    first = predictions_file.read_predictions(path, data)
    assert list(first.columns) == ["pred"]
    assert (
        first.digest == predictions_file.read_predictions(pa.table({"pred": ["cat", "dog", "dog", "cat"]}), data).digest
    )
    assert (
        first.digest != predictions_file.read_predictions(pa.table({"pred": ["cat", "dog", "dog", "dog"]}), data).digest
    )
    assert predictions_file.read_predictions(first, data) is first
