"""What scikit-learn is given can be audited as it is: arrays, pairs, columns, records, texts."""

import numpy as np
import pyarrow as pa
import pytest

import holdfast
from holdfast.core.errors import BadInput
from holdfast.data.loading import load

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(40, 3)), np.arange(40) % 2


def roles(dataset):
    return {column.name: column.role for column in dataset.columns}


def test_a_pair_is_features_and_label():
    data = load({"train": (X[:30], Y[:30]), "test": (X[30:], Y[30:])})
    assert roles(data) == {"x0": "feature", "x1": "feature", "x2": "feature", "y": "label", "split": "split"}
    np.testing.assert_array_equal(np.asarray(data.values("x1")), X[:, 1])
    np.testing.assert_array_equal(np.asarray(data.values("y")), Y)


def test_names_of_frames_and_series_are_kept():
    pandas = pytest.importorskip("pandas")
    frame, label = pandas.DataFrame(X, columns=["a", "b", "c"]).sample(frac=1, random_state=0), pandas.Series(Y)
    data = load({"all": (frame, label.rename("ill"))})
    assert roles(data) == {"a": "feature", "b": "feature", "c": "feature", "ill": "label", "split": "split"}


@pytest.mark.parametrize("given", [
    {"a": X[:, 0], "b": list("uv" * 20)},
    [{"a": float(a), "b": b} for a, b in zip(X[:, 0], "uv" * 20, strict=True)],
])  # fmt: skip
def test_columns_and_records_are_tables(given):
    data = load({"all": given}, undivided=True)
    assert {column.name: column.kind for column in data.columns} == {"a": "number", "b": "category"}


def test_texts_are_a_column_of_texts():
    said = [" ".join(RNG.choice(["sea", "rock", "weed", "root", "hold", "fast"], 30)) for _ in range(40)]
    data = load({"all": (said, list(Y))}, undivided=True)
    assert (data["text"].kind, data["y"].role) == ("text", "label")


def test_a_label_of_one_column_is_a_label():
    assert load({"all": (X, Y[:, None])}, undivided=True)["y"].role == "label"


def test_missing_values_of_arrays_stay_missing():
    column = np.array([1.0, np.nan, 3.0] * 10)
    data = load({"all": {"a": column, "b": ["u", None, "v"] * 10}}, undivided=True)
    assert data.nulls("a").sum() == data.nulls("b").sum() == 10


@pytest.mark.parametrize(("given", "said"), [
    (Y, r"shape 40: wanted rows and columns.*\(X, y\)"),
    (np.zeros((2, 2, 2)), "shape 2 × 2 × 2"),
    ((X, Y[:5]), "40 rows, and the label 5"),
    ((pa.table({"y": Y}), Y), "a feature is called 'y'"),
    ((X, np.zeros((40, 2))), "has the shape 40 × 2"),
    ((X, "label"), "cannot read a column from str"),
    ((None, Y), "cannot read features from NoneType"),
    ({"a": [1, 2], "b": [1]}, "cannot be read as a table"),
    ([[1, 2], [3, 4]], "cannot read data from list"),
    (3, "cannot read data from int"),
])  # fmt: skip
def test_what_is_no_table_is_refused_in_a_sentence(given, said):
    with pytest.raises(BadInput, match=said):
        load({"all": given})


def test_a_sparse_matrix_is_refused_with_the_way_out():
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(BadInput, match=r"X\.toarray\(\)"):
        load({"all": (sparse.csr_matrix(X), Y)})


def test_a_frame_that_arrow_cannot_hold_is_refused_in_a_pair_as_alone():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1, "x", b"\0", object()] * 10})
    for given in (frame, (frame, Y), (X, frame["a"])):
        with pytest.raises(BadInput):
            load({"all": given})


def test_labels_that_came_without_their_features_are_told_where_to_go():
    with pytest.raises(BadInput, match=r"as a pair: \(X, y\)"):
        holdfast.audit(X, label=Y)
