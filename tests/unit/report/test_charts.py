import sys

import altair as alt
import pytest

from holdfast.collapse import plan
from holdfast.core.errors import BadInput, MissingExtra
from holdfast.core.finding import Series
from holdfast.report.charts import COLOURS, charts, series_chart, specifications, waterfall_chart
from report_runs import ALL, hostile, realistic


def test_every_picture_of_a_run_is_there():
    assert list(charts(realistic())) == [
        "waterfall",
        "label-in-disguise: Share of yes by duration",
        "column-drift: Rows by month",
        "label-errors: Confidence in the label against the distance",
        "missingness-tells-label: Missing values per thousand rows",
    ]


@pytest.mark.parametrize("name", ["realistic", "hostile", "holds_up"])
def test_specifications_are_valid_vega_lite(name):
    for chart in charts(ALL[name]()).values():
        chart.to_dict()  # raises for what the schema forbids


@pytest.mark.parametrize("shape", ["line", "bar", "point"])
@pytest.mark.parametrize("x", [(1, 2), ("a", "b")])
@pytest.mark.parametrize("group", [(), ("g", "h")])
@pytest.mark.parametrize("band", [False, True])
def test_each_form_of_a_series_is_valid(shape, x, group, band):
    ends = {"low": (0.0, 0.5), "high": (2.0, 2.5)} if band else {}
    spec = series_chart(Series(name="s", x=x, y=(1.0, 2.0), group=group, shape=shape, **ends))
    alt.Chart.from_dict(spec).to_dict()


def test_names_from_data_are_never_read_as_paths_or_expressions():
    for spec in specifications(hostile()).values():
        layers = spec.get("layer", [spec])  # a heat map has one
        fields = {one.get("field") for layer in layers for one in layer["encoding"].values()}
        known = {"x", "y", "low", "high", "group", "label", "start", "stop", "kind", "value", "line", "column", None}
        assert fields <= known


def test_charts_are_altair_s_and_can_be_restyled():
    chart = charts(realistic())["waterfall"].properties(width=800)
    assert isinstance(chart, alt.LayerChart)
    assert chart.to_dict()["width"] == 800


def test_records_other_than_runs_have_charts_as_well():
    assert list(charts(plan(keep_variance=0.95, synthetic=1000)))


def test_what_no_notebook_shows_has_no_charts():
    with pytest.raises(BadInput, match="got int"):
        charts(3)


def test_without_altair_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "altair", None)
    with pytest.raises(MissingExtra, match=r"holdfast\[notebook\]"):
        charts(realistic())


def test_there_is_no_waterfall_without_a_score():
    assert waterfall_chart(None) is None


def _linear(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def test_colours_stand_out_from_white():
    for colour in COLOURS:
        red, green, blue = _linear(colour)
        assert 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) >= 4.5
