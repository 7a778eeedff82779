import altair as alt
import pytest

from holdfast.core.finding import Series
from holdfast.report.charts import COLOURS, charts, series_chart, waterfall_chart
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
    for spec in charts(ALL[name]()).values():
        alt.Chart.from_dict(spec).to_dict()  # raises for what the schema forbids


@pytest.mark.parametrize("shape", ["line", "bar", "point"])
@pytest.mark.parametrize("x", [(1, 2), ("a", "b")])
@pytest.mark.parametrize("group", [(), ("g", "h")])
@pytest.mark.parametrize("band", [False, True])
def test_each_form_of_a_series_is_valid(shape, x, group, band):
    ends = {"low": (0.0, 0.5), "high": (2.0, 2.5)} if band else {}
    spec = series_chart(Series(name="s", x=x, y=(1.0, 2.0), group=group, shape=shape, **ends))
    alt.Chart.from_dict(spec).to_dict()


def test_names_from_data_are_never_read_as_paths_or_expressions():
    for spec in charts(hostile()).values():
        fields = {one.get("field") for layer in spec["layer"] for one in layer["encoding"].values()}
        assert fields <= {"x", "y", "low", "high", "group", "label", "start", "stop", "kind", "value", None}


def test_there_is_no_waterfall_without_a_score():
    assert waterfall_chart(None) is None


def _linear(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def test_colours_stand_out_from_white():
    for colour in COLOURS:
        red, green, blue = _linear(colour)
        assert 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) >= 4.5
