"""The pictures of a record as Altair charts, to restyle in a notebook; below them, Vega-Lite specifications.

    holdfast.charts(run)["waterfall"].properties(width=800)

Reports do not need them: they draw the same series as SVG (`drawing.py`), which works without script.
"""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from holdfast.core.errors import BadInput, MissingExtra
from holdfast.core.finding import Grid, Series
from holdfast.core.record import HonestScore, Run
from holdfast.core.showing import Shown, told
from holdfast.report.document import Waterfall
from holdfast.report.heat import heat_map
from holdfast.report.pictures import finite, numeric, picture
from holdfast.report.waterfall import waterfall
from holdfast.report.words import cell, name, sentence

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
# Six colours that stay apart with any colour vision, after Okabe & Ito (2008), https://jfly.uni-koeln.de/color/
COLOURS = ("#0072b2", "#c04a00", "#007a5a", "#9a3d8f", "#8a6100", "#56616f")
Spec = dict[str, Any]


def charts(record: Any) -> dict[str, Any]:
    """Return the pictures of a run, a plan, or whatever else a notebook shows, as Altair charts by name.

    A run has `waterfall` first, then the pictures of its findings, then those of its sections. Raises MissingExtra
    without Altair, and BadInput for what shows nothing.
    """
    shown = record if isinstance(record, Run) else told(record)
    if not isinstance(shown, Run | Shown):
        raise BadInput(
            f"charts are drawn of what a notebook shows, such as a run or a plan, got {type(record).__name__}"
        )
    try:
        import altair as alt
    except ImportError as error:
        raise MissingExtra.for_package("altair", "notebook", "drawing charts") from error
    return {name: alt.Chart.from_dict(spec) for name, spec in specifications(shown).items()}


def specifications(record: Run | Shown) -> dict[str, Spec]:
    """Return the same pictures as Vega-Lite specifications: plain dictionaries."""
    found: dict[str, Spec] = {}
    drawn = waterfall_chart(record.honest)
    if drawn:
        found["waterfall"] = drawn
    pictures = [(f"{name(one.check)}: ", one.evidence) for one in record.findings]
    pictures += [(f"{sentence(one.title)}: " if one.title else "", one.evidence) for one in record.sections]
    for prefix, evidence in pictures:
        for one in evidence:
            if isinstance(one, Series | Grid):
                drawn = series_chart(one) if isinstance(one, Series) else grid_chart(one)
                found[_free(f"{prefix}{sentence(one.name)}", found)] = drawn
    return found


def _free(wanted: str, taken: Mapping[str, Spec]) -> str:
    """Return a name that no picture has yet."""
    numbers = (wanted if number == 1 else f"{wanted} ({number})" for number in count(1))
    return next(one for one in numbers if one not in taken)


def grid_chart(grid: Grid) -> Spec:
    """Return a grid as a heat map."""
    drawn = heat_map(grid)
    cells = [
        {"line": i + 1, "column": j + 1, "value": one}
        for i, line in enumerate(drawn.grid.values)
        for j, one in enumerate(line)
        if finite(one)
    ]
    return {
        "$schema": SCHEMA,
        "title": drawn.title,
        "description": drawn.label,
        "data": {"values": cells},
        "mark": {"type": "rect", "tooltip": True},
        "encoding": {
            "x": {"field": "column", "type": "ordinal", "title": None},
            "y": {"field": "line", "type": "ordinal", "title": None},
            "color": {"field": "value", "type": "quantitative", "scale": {"scheme": "blues"}, "title": None},
        },
    }


def series_chart(series: Series) -> Spec:
    """Return the specification of a series."""
    shown = picture(series)
    thin = shown.series
    values = _values(thin)
    named = not numeric(thin.x)
    x: Spec = {"field": "x", "type": "nominal" if named else "quantitative", "title": name(series.x_name)}
    y: Spec = {"field": "y", "type": "quantitative", "title": name(series.y_name)}
    if named:
        x["sort"] = None
    groups = list(dict.fromkeys(thin.group))
    told: Spec = {}
    if groups:
        scale = {"domain": [name(one) for one in groups], "range": list(COLOURS[: len(groups)])}
        told = {"color": {"field": "group", "type": "nominal", "title": None, "scale": scale}}
    layers = _layers(thin, x, y, told, named=named)
    return _chart(sentence(series.name), shown.label, values, layers)


def waterfall_chart(honest: HonestScore | None) -> Spec | None:
    """Return the specification of the waterfall, None where there is no honest score."""
    drawn = waterfall(honest)
    if drawn is None:
        return None
    values = [_bar_values(drawn, number) for number in range(len(drawn.bars))]
    order = [one["label"] for one in values]
    down = {"field": "label", "type": "nominal", "sort": order, "title": None}
    along = {
        "field": "start",
        "type": "quantitative",
        "title": drawn.metric,
        "scale": {"domain": [drawn.first, drawn.last]},
    }
    kinds = ["claimed", "loss", "gain", "honest"]
    colour = {
        "field": "kind",
        "type": "nominal",
        "title": None,
        "scale": {"domain": kinds, "range": ["#aab2b8", COLOURS[1], COLOURS[2], COLOURS[0]]},
    }
    layers: list[Spec] = [
        {
            "mark": {"type": "bar", "clip": True},
            "encoding": {"y": down, "x": along, "x2": {"field": "stop"}, "color": colour},
        },
        {
            "mark": {"type": "rule"},
            "transform": [{"filter": "isValid(datum.low)"}],
            "encoding": {"y": down, "x": {**along, "field": "low"}, "x2": {"field": "high"}},
        },
        {
            "mark": {"type": "text", "align": "left", "dx": 6},
            "encoding": {"y": down, "x": {"value": "width"}, "text": {"field": "value"}},
        },
    ]
    return _chart("How much of the score is real", drawn.label, values, layers)


def _bar_values(drawn: Waterfall, number: int) -> Mapping[str, Any]:
    bar = drawn.bars[number]
    return {
        "label": bar.label,
        "kind": bar.kind,
        "start": bar.start,
        "stop": bar.stop,
        "low": bar.low,
        "high": bar.high,
        "value": bar.value,
    }


def _layers(series: Series, x: Spec, y: Spec, told: Spec, *, named: bool) -> list[Spec]:
    band = len(series.low) == len(series.high) == len(series.y) > 0
    ends = {"y": {**y, "field": "low"}, "y2": {"field": "high"}}
    if series.shape == "bar" and named:
        turned = {"y": x, "x": y, **({"yOffset": {"field": "group"}} if told else {})}
        return [{"mark": {"type": "bar", "tooltip": True}, "encoding": {**turned, **told}}]
    if series.shape == "bar":
        return [{"mark": {"type": "bar", "tooltip": True}, "encoding": {"x": x, "y": y, **told}}]
    if series.shape == "point":
        shape = {"shape": {"field": "group", "type": "nominal", "title": None}} if told else {}
        rule = [{"mark": "rule", "encoding": {"x": x, **ends, **told}}] if band else []
        return [
            *rule,
            {"mark": {"type": "point", "filled": True, "tooltip": True}, "encoding": {"x": x, "y": y, **told, **shape}},
        ]
    area = [{"mark": {"type": "area", "opacity": 0.2}, "encoding": {"x": x, **ends, **told}}] if band else []
    dash = {"strokeDash": {"field": "group", "type": "nominal", "title": None}} if told else {}
    points = len(series.x) <= 40
    return [
        *area,
        {"mark": {"type": "line", "point": points, "tooltip": True}, "encoding": {"x": x, "y": y, **told, **dash}},
    ]


def _values(series: Series) -> list[Mapping[str, Any]]:
    """Return a record a point. Fields have our names, so that no name from the data is read as a path."""
    n = len(series.x)
    rows: list[Mapping[str, Any]] = []
    for i in range(n):
        row: dict[str, Any] = {"x": series.x[i] if finite(series.x[i]) else cell(series.x[i]), "y": series.y[i]}
        if len(series.low) == n and len(series.high) == n:
            row["low"], row["high"] = (one if finite(one) else None for one in (series.low[i], series.high[i]))
        if len(series.group) == n:
            row["group"] = name(series.group[i])
        rows.append(row)
    return rows


def _chart(title: str, label: str, values: Sequence[Mapping[str, Any]], layers: Sequence[Spec]) -> Spec:
    return {
        "$schema": SCHEMA,
        "title": title,
        "description": label,
        "width": 520,
        "data": {"values": list(values)},
        "layer": list(layers),
        "config": {"range": {"category": list(COLOURS)}},
    }
