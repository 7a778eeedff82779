import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from holdfast.core.rows import Rows

numbers = st.lists(st.integers(0, 10_000), max_size=200)


@given(numbers)
def test_text_and_back(values):
    rows = Rows(values)
    assert Rows.parse(str(rows)) == rows
    assert list(rows) == sorted(set(values))


@given(numbers, st.integers(0, 10_000))
def test_membership(values, wanted):
    assert (wanted in Rows(values)) == (wanted in values)


def test_runs_are_joined():
    assert str(Rows([5, 3, 4, 9, 9])) == "3-5,9"


def test_negative_rows_are_refused():
    with pytest.raises(ValueError, match="count from 0, got -1"):
        Rows([2, -1])


def test_a_hostile_range_does_not_fill_memory():
    with pytest.raises(ValueError, match="more than 1,000 rows"):
        Rows.parse("0-999999999999", most=1000)


def test_unwritable():
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(Rows([1, 2]))[0] = 7


def test_in_a_record():
    class Record(BaseModel):
        rows: Rows

    record = Record(rows=np.array([3, 1, 2]))
    assert record.model_dump_json() == '{"rows":"1-3"}'
    assert Record.model_validate_json('{"rows":"1-3"}') == record


def test_the_givers_array_stays_writable():
    given_array = np.array([1, 2, 3])
    Rows(given_array)
    given_array[0] = 9
