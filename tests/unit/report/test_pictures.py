import math

import pytest

from holdfast.core.finding import Series
from holdfast.report.pictures import MOST_BARS, MOST_GROUPS, MOST_MARKS, picture, thinned


def line(n, **more):
    return Series(name="s", x=tuple(range(n)), y=tuple(float(i % 97) for i in range(n)), **more)


@pytest.mark.parametrize("shape", ["line", "bar", "point"])
@pytest.mark.parametrize("n", [0, 1, 1_999, 2_001, 100_000])
def test_no_picture_has_more_marks_than_a_page_can_hold(shape, n):
    assert len(thinned(line(n, shape=shape)).x) <= MOST_MARKS


def test_thinning_keeps_the_peaks():
    series = line(100_000).model_copy(update={"y": (*(0.0,) * 55_555, 9.0, *(0.0,) * 44_443, -9.0)})
    assert {9.0, -9.0} <= set(thinned(series).y)


def test_of_many_names_the_largest_are_drawn_in_their_order():
    names = tuple(f"n{i}" for i in range(60))
    thin = thinned(Series(name="s", x=names, y=tuple(range(60)), shape="bar"))
    assert thin.x == names[-MOST_BARS:]


def test_there_are_never_more_groups_than_colours():
    series = Series(name="s", x=tuple(range(40)), y=(1.0,) * 40, group=tuple(f"g{i % 10}" for i in range(40)))
    assert len(set(thinned(series).group)) == MOST_GROUPS


def test_what_cannot_be_drawn_is_left_out_together_with_its_band():
    series = Series(name="s", x=(1, 2, 3), y=(1.0, math.nan, None), low=(0, 0, 0), high=(2, 2, 2))
    thin = thinned(series)
    assert (thin.x, thin.y, thin.low, thin.high) == ((1,), (1.0,), (0,), (2,))


def test_series_of_unequal_length_are_drawn_as_far_as_they_go():
    assert thinned(Series(name="s", x=(1, 2, 3), y=(1.0, 2.0), group=("a",))).x == (1,)


def test_the_label_states_the_result():
    series = Series(name="Rows by month", x=("jan", "may"), y=(0.1, 0.5), x_name="month", y_name="share", shape="bar")
    assert picture(series).label == "Rows by month: share from 0.100 at month jan to 0.500 at month may (2 points)."
    assert picture(Series(name="s", x=(), y=())).label == "s: nothing to draw."


def test_the_table_holds_what_the_picture_shows():
    series = Series(name="s", x=(1, 2), y=(0.5, None), low=(0.4, None), high=(0.6, None), group=("a", "b"))
    table = picture(series).table
    assert table.head == ("Group", "x", "y", "Low", "High")
    assert table.rows == (("a", "1", "0.500", "0.400", "0.600"), ("b", "2", "—", "—", "—"))
