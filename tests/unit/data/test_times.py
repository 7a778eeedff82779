from datetime import datetime

import pyarrow as pa
import pytest

from holdfast.data.text_types import Judge
from holdfast.data.times import compact_dates, plausible


def at(year, month, day):
    return datetime(year, month, day)  # noqa: DTZ001 times of a table have no zone


def read(*texts):
    judge = Judge("c")
    array = pa.array(texts, pa.string())
    judge.see(array, textual=True)
    return judge.convert(array, textual=True).to_pylist(), " ".join(judge.notes())


@pytest.mark.parametrize(
    "text",
    [
        "2020-03-05",
        "2020-03-05 00:00:00",
        "2020-03-05T00:00",
        "2020-03-05T00:00:00.000000000",
        "2020-03-05T00:00:00Z",
        "2020-03-05 02:00:00+02:00",
        "2020/3/5",
        "2020-3-5",
        "5.3.2020",
        "05.03.2020 00:00",
        "3/5/2020",
        "03/05/2020 00:00:00",
        "3/5/20",
        "3/5/2020 12:00 AM",
        "5-Mar-2020",
        "5 March 2020",
        "Mar 5, 2020",
    ],
)
def test_ways_of_writing_a_time(text):
    assert read(text, "")[0] == [at(2020, 3, 5), None]


def test_a_month_is_its_first_day():
    assert read("1949-01", "1949-12")[0] == [at(1949, 1, 1), at(1949, 12, 1)]


def test_a_day_above_twelve_settles_which_comes_first():
    assert read("01/02/2020", "13/02/2020")[0] == [at(2020, 2, 1), at(2020, 2, 13)]
    assert read("01/02/2020", "02/13/2020") == ([at(2020, 1, 2), at(2020, 2, 13)], "")


def test_dates_that_could_be_either_way_are_said():
    values, note = read("01/02/2020")
    assert values == [at(2020, 1, 2)]
    assert "month before day, as nothing in it says otherwise" in note


@pytest.mark.parametrize(
    "texts", [("2020-02-30",), ("30.2.2020",), ("2020-13-01",), ("2020-01-01", "soon"), ("12:30:00",), ("1-2-3",)]
)
def test_what_is_no_date_stays_text(texts):
    assert read(*texts)[0] == list(texts)


@pytest.mark.parametrize("text", ["", "abc", "x" * 10_000, "1.5", "10.0.0.1", "2020", "A-1-2"])
def test_what_looks_like_no_time(text):
    assert plausible(text) == ()


def test_compact_dates_need_a_name_that_says_so():
    values = pa.chunked_array([[20110101, 20111231, None]])
    assert compact_dates("dteday", values).to_pylist() == [at(2011, 1, 1), at(2011, 12, 31), None]
    assert compact_dates("start_date", values) is not None
    assert compact_dates("price", values) is None
    assert compact_dates("date", pa.chunked_array([[20110230]])) is None
    assert compact_dates("date", pa.chunked_array([[1, 2]])) is None
