"""Columns as numbers: learnt from training rows alone, kept as JSON, and the same for rows that come later."""

import json

import numpy as np
import pyarrow as pa
import pytest

from holdfast.core.errors import BadInput
from holdfast.data.loading import load
from holdfast.finetune.tables.columns import Encoder, columns_of, encoder_of

ROWS = """a,b,flag,when,city,y
1,2.5,True,2024-01-05,Rom,1
2,,False,2024-02-05,Paris,0
3,1.5,True,,Rom,1
4,2.5,,2024-01-09,,0
5,inf,True,2024-01-09,Oslo,0
"""


def table(tmp_path, content=ROWS, **kinds):
    path = tmp_path / f"rows{len(list(tmp_path.iterdir()))}.csv"
    path.write_text(content)
    roles = {"y": "label"} if "y" in content.partition("\n")[0].split(",") else {}
    return load({"all": path}, roles=roles, kinds=kinds, undivided=True)


def encoded(tmp_path, native, rows=(0, 1, 2, 3), names=("a", "b", "flag", "when", "city")):
    data = table(tmp_path)
    encoder = encoder_of(data, names, np.array(rows), native=native)
    return data, Encoder.model_validate(json.loads(encoder.model_dump_json()))  # as it is kept


def test_codes_and_gaps_stay_as_they_are_where_an_estimator_takes_them(tmp_path):
    data, encoder = encoded(tmp_path, native=True)
    found = encoder.matrix(data, np.arange(5))
    assert found[:, 0].tolist() == [1, 2, 3, 4, 5]
    assert np.isnan(found[1, 1])
    assert found[4, 1] == np.finfo(np.float32).max
    assert found[:3, 2].tolist() == [1, 0, 1]  # false, true in sorted order
    assert np.isnan(found[3, 2])
    assert found[0, 3] == 19727.0  # days from 1970 to 2024-01-05
    assert encoder.columns[4].values == ("Paris", "Rom")
    assert np.isnan(found[[3, 4], 4]).all()  # Oslo was never seen: like a missing one
    assert encoder.categorical.tolist() == [False, False, True, False, True]


def test_lines_get_scaled_numbers_marks_for_gaps_and_a_column_for_each_value(tmp_path):
    data, encoder = encoded(tmp_path, native=False, names=("a", "b", "city"))
    found = encoder.matrix(data, np.arange(5))
    assert found.shape == (5, 1 + 2 + 3)
    assert found[:4, 0].mean() == pytest.approx(0)
    assert found[:4, 0].std() == pytest.approx(1)
    assert found[:, 2].tolist() == [0, 1, 0, 0, 0]  # b is missing
    assert found[1, 1] == found[0, 1]  # the median of 2.5, 1.5, 2.5 stands for it
    assert found[:, 3:].tolist() == [[0, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]]
    assert np.isfinite(found).all()


def test_what_test_rows_hold_changes_nothing(tmp_path):
    data = table(tmp_path)
    one = encoder_of(data, ("a", "city"), np.array([0, 1, 2]), native=False)
    other = table(tmp_path, ROWS.replace("4,2.5", "400,2.5").replace("Oslo", "Rom"))
    assert encoder_of(other, ("a", "city"), np.array([0, 1, 2]), native=False) == one


def test_rare_values_share_a_code(tmp_path):
    lines = ["c,y", *(f"v{at % 60:02d},{at % 2}" for at in range(600)), "rare,0", "other,1"]
    data = table(tmp_path, "\n".join(lines) + "\n", c="category")
    encoder = encoder_of(data, ("c",), np.arange(len(data)), native=False)
    assert encoder.columns[0].rest
    found = encoder.matrix(data, np.array([0, 600, 601]))
    assert found.shape == (3, 51)
    assert found[1:].argmax(axis=1).tolist() == [50, 50]
    later = table(tmp_path, "c\nnever\n", c="category")
    assert encoder.matrix(later, np.array([0]))[0].argmax() == 50


@pytest.mark.parametrize("stored", ["text", "bool", "int"])
def test_categories_are_the_same_however_they_are_stored(tmp_path, stored):
    data = table(
        tmp_path, "c,y\n1,0\n0,1\n1,1\n" if stored == "int" else "c,y\ntrue,0\nfalse,1\ntrue,1\n", c="category"
    )
    encoder = encoder_of(data, ("c",), np.arange(3), native=True)
    values = {"text": ["True", "false"], "bool": [True, False], "int": [1.0, 0.0]}[stored]
    from holdfast.core.dataset import Column, Dataset
    from holdfast.data.canonical import STRING

    column = pa.chunked_array([pa.array(values, STRING if stored == "text" else None)])
    later = Dataset("later", pa.table({"c": column}), (Column("c", "category", "feature"),))
    assert encoder.matrix(later, np.arange(2))[:, 0].tolist() == [1.0, 0.0]


def test_a_column_that_holds_nothing_is_left_out(tmp_path):
    data = table(tmp_path, "a,b,y\n1,,0\n2,,1\n3,4,1\n")
    assert encoder_of(data, ("a", "b"), np.array([0, 1]), native=True).names == ("a",)
    with pytest.raises(BadInput, match=r"no column of .* holds a value"):
        encoder_of(data, ("b",), np.array([0, 1]), native=True)


def test_texts_are_refused_with_what_to_do(tmp_path):
    lines = "\n".join(f'{at % 7},"the quick brown fox number {at} jumps over it",{at % 2}' for at in range(40))
    data = table(tmp_path, "a,review,y\n" + lines + "\n", review="text")
    with pytest.raises(BadInput, match=r"'review' holds text.*language model.*inputs = \[\"a\"\]"):
        columns_of(data, ())
    assert columns_of(data, ("a",)) == ("a",)
    with pytest.raises(BadInput, match="names the label"):
        columns_of(data, ("a", "y"))
    with pytest.raises(BadInput, match="'b'"):
        columns_of(data, ("b",))


def test_a_number_that_became_text_is_told(tmp_path):
    data, encoder = encoded(tmp_path, native=True, names=("a",))
    later = table(tmp_path, "a\nmany\nfew\nmany\n")
    with pytest.raises(BadInput, match="held numbers when the model learnt"):
        encoder.matrix(later, np.array([0]))
    del data
