from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.core.dataset import Column, Dataset, Source
from holdfast.core.errors import BadInput
from holdfast.data.inference import canonical, describe

values = st.lists(st.one_of(st.none(), st.text(max_size=5), st.just("a")), min_size=1, max_size=30)
floats = st.lists(st.one_of(st.none(), st.floats(allow_nan=False)), min_size=1, max_size=30)


def one_column(array):
    table = canonical(pa.table({"x": array}))
    return Dataset("t", table, (Column("x", "category"),))


@given(values, st.integers(0, 30))
def test_digest_does_not_know_chunks_or_string_types(content, cut):
    whole = pa.array(content, pa.string())
    parts = pa.chunked_array([whole[:cut], whole[cut:]], pa.string())
    dictionary = whole.dictionary_encode()
    assert one_column(whole).digest == one_column(parts).digest == one_column(dictionary).digest


@given(floats, floats)
def test_digest_tells_different_content_apart(first, second):
    same = repr(first) == repr(second)
    assert (
        one_column(pa.array(first, pa.float64())).digest == one_column(pa.array(second, pa.float64())).digest
    ) == same


def test_digest_ignores_what_lies_under_a_null():
    hidden = pa.Array.from_buffers(pa.int64(), 2, [pa.py_buffer(b"\x01"), pa.py_buffer(np.array([1, 99]).tobytes())])
    plain = pa.array([1, None], pa.int64())
    assert one_column(hidden).digest == one_column(plain).digest


def test_strings_are_told_apart_where_they_meet():
    assert one_column(pa.array(["ab", "c"])).digest != one_column(pa.array(["a", "bc"])).digest


def test_numbers():
    dataset = describe("t", pa.table({"n": [1, None, 3], "b": [True, False, None], "s": ["a", "b", "c"]}))
    np.testing.assert_array_equal(dataset.numbers("n"), [1, np.nan, 3])
    np.testing.assert_array_equal(dataset.numbers("b"), [1, 0, np.nan])
    with pytest.raises(BadInput, match="holds text"):
        dataset.numbers("s")


def test_codes():
    codes, names = describe("t", pa.table({"s": ["b", None, "a", "b"]})).codes("s")
    assert codes.tolist() == [0, -1, 1, 0]
    assert names == ("b", "a")


def test_unknown_column_has_a_hint():
    dataset = describe("churn.csv", pa.table({"label": [1]}))
    with pytest.raises(BadInput, match=r"no column 'lable' in churn.csv; known are label. Did you mean 'label'\?"):
        dataset["lable"]


def test_column_names_must_be_unique_and_fit():
    table = pa.table({"a": [1]})
    with pytest.raises(BadInput, match="do not describe"):
        Dataset("t", table, (Column("b", "number"),))


def test_rows_in_another_order_do_not_claim_the_places_of_others():
    dataset = replace(describe("t", pa.table({"a": [1, 2, 3]})), sources=(Source("a.csv", 0, 3),))
    assert dataset.take(np.array([2, 0, 1])).sources == ()


def test_derive_remembers_what_was_done():
    dataset = describe("t", pa.table({"a": [1, 2, 3]}))
    fewer = dataset.take(np.array([2, 0]), op="drop-rows", check="x")
    assert fewer.table["a"].to_pylist() == [3, 1]
    assert [(step.op, step.params) for step in fewer.history] == [("drop-rows", {"check": "x"})]
