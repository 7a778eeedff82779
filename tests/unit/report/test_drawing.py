import math
import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from holdfast.core.finding import Series
from holdfast.report.drawing import plot, waterfall_bar
from holdfast.report.pictures import thinned
from holdfast.report.waterfall import waterfall
from report_runs import holds_up, honest


def drawn(series):
    return ET.fromstring(f"<div>{plot(thinned(series))}</div>")


def percents(root, attribute):
    return [float(one.get(attribute).rstrip("%")) for one in root.iter() if one.get(attribute, "").endswith("%")]


@pytest.mark.parametrize("shape", ["line", "bar", "point"])
@pytest.mark.parametrize("x", [(1, 2, 3), ("a", "b", "c"), ("a", 2, None), (5, 5, 5)])
@pytest.mark.parametrize("y", [(1.0, 2.0, 3.0), (0.0, 0.0, 0.0), (-1.0, 1.0, -1e300), (1e-300, 2e-300, 0.0)])
def test_any_series_is_drawn_inside_its_frame(shape, x, y):
    for band in ({}, {"low": y, "high": y}):
        for group in ((), ("g", "h", "g")):
            root = drawn(Series(name="s", x=x, y=y, shape=shape, group=group, **band))
            for attribute in ("x", "x1", "x2", "width", "y", "y1", "y2", "height"):
                assert all(0 <= one <= 100 for one in percents(root, attribute))
            for path in root.iter("path"):
                numbers = [float(one) for one in re.findall(r"-?[\d.]+", path.get("d").replace("h0", ""))]
                assert all(math.isfinite(one) and 0 <= one <= 1000 for one in numbers)


def test_nothing_to_draw_is_said():
    assert "Nothing to draw" in plot(Series(name="s", x=(1,), y=(math.nan,)))


def test_longer_bars_stand_for_more():
    root = drawn(Series(name="s", x=("a", "b"), y=(1.0, 2.0), shape="bar"))
    small, large = percents(root, "width")
    assert large == pytest.approx(2 * small)


def test_groups_differ_by_more_than_colour():
    names = tuple("ababab")
    points = drawn(Series(name="s", x=tuple(range(6)), y=tuple(range(6)), group=names, shape="point"))
    assert {one.text for one in points.iter("text") if "mark" in one.get("class", "")} == {"●", "▲"}
    legend = drawn(Series(name="s", x=tuple(range(6)), y=tuple(range(6)), group=names, shape="bar"))
    assert [one.text for one in legend.iter("span") if "mark" in one.get("class", "")][:2] == ["●", "▲"]


def test_names_from_data_stay_text():
    attack = "<img src=x onerror=alert(1)>"
    for shape in ("line", "bar", "point"):
        svg = plot(
            Series(
                name=attack, x=(attack, "b"), y=(1, 2), group=(attack, "b"), x_name=attack, y_name=attack, shape=shape
            )
        )
        assert "<img" not in svg


def test_waterfall_bars_meet_end_to_end():
    picture = waterfall(honest())
    bars = [ET.fromstring(waterfall_bar(bar, picture)) for bar in picture.bars]
    ends = [[one for one in bar.iter("line") if one.get("class") == "thread"] for bar in bars]
    for above, below in pairwise(ends):
        assert float(above[-1].get("x1")[:-1]) == pytest.approx(float(below[0].get("x1")[:-1]), abs=0.02)


def test_a_scale_that_does_not_begin_at_zero_is_broken_where_it_shows():
    picture = waterfall(holds_up().honest)
    assert 'class="gap"' in waterfall_bar(picture.bars[0], picture)
    full = waterfall(honest())
    assert 'class="gap"' not in waterfall_bar(full.bars[0], full)


@pytest.mark.parametrize("shape", ["line", "point"])
def test_generations_are_told_in_whole_numbers_and_times_are_not(shape):
    def told(x):
        drawn = plot(Series(name="n", x=x, y=(1.0, 2.0, 4.0, 3.0), x_name="x", y_name="y", shape=shape))
        along = re.search(r'class="x-axis".*?</svg>', drawn).group()
        return re.findall(r">([\d.]+)<", along)

    assert told((0, 1, 2, 3)) == ["0", "1", "2", "3"]
    assert told((0.0, 1.0, 2.0, 3.0)) == ["0", "0.5", "1.0", "1.5", "2.0", "2.5", "3.0"]
