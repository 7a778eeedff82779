"""Series made fit to draw: few enough marks, a sentence that states the result, and the data as a table."""

import math
from collections.abc import Sequence

from holdfast.core.finding import Cell, Series
from holdfast.report.document import Picture, Table
from holdfast.report.words import cell, name, number, plural, sentence

MOST_MARKS = 2000
MOST_BARS = 24  # a person compares no more names at a glance
MOST_GROUPS = 6  # as many as there are colours that everybody can tell apart
MOST_IN_TABLE = 50


def picture(series: Series) -> Picture:
    """Return what is drawn for a series."""
    thin = thinned(series)
    return Picture(sentence(series.name), _label(series), thin, _table(series))


def thinned(series: Series) -> Series:
    """Return a series with at most MOST_MARKS marks and MOST_GROUPS groups: bars keep the largest, others are spread.

    Points that cannot be drawn (missing or infinite) are dropped.
    """
    n = min(len(series.x), len(series.y))
    kept = [i for i in range(n) if finite(series.y[i])]
    if series.group:
        first = list(dict.fromkeys(series.group[i] for i in kept if i < len(series.group)))[:MOST_GROUPS]
        kept = [i for i in kept if i < len(series.group) and series.group[i] in first]
    if series.shape == "bar" and not numeric(series.x):
        largest = sorted(kept, key=lambda i: -abs(value(series.y[i])))[:MOST_BARS]
        kept = sorted(largest)
    elif len(kept) > MOST_MARKS:
        kept = _spread(kept, [value(series.y[i]) for i in kept])
    return series.model_copy(
        update={
            "x": tuple(series.x[i] for i in kept),
            "y": tuple(series.y[i] for i in kept),
            "low": tuple(series.low[i] for i in kept) if len(series.low) == n else (),
            "high": tuple(series.high[i] for i in kept) if len(series.high) == n else (),
            "group": tuple(series.group[i] for i in kept) if series.group else (),
        }
    )


def _spread(kept: Sequence[int], heights: Sequence[float]) -> list[int]:
    """Return of each of MOST_MARKS / 2 stretches the lowest and the highest point: peaks survive, in any order."""
    pieces = MOST_MARKS // 2
    chosen: list[int] = []
    for piece in range(pieces):
        a, b = piece * len(kept) // pieces, (piece + 1) * len(kept) // pieces
        if b > a:
            low = min(range(a, b), key=heights.__getitem__)
            high = max(range(a, b), key=heights.__getitem__)
            chosen += sorted({kept[low], kept[high]})
    return chosen


def finite(one: Cell) -> bool:
    """Return whether a value can be drawn."""
    return isinstance(one, int | float) and not isinstance(one, bool) and abs(one) < 1e300 and math.isfinite(one)


def value(one: Cell) -> float:
    """Return a finite value as a float."""
    return float(one) if isinstance(one, int | float) else 0.0


def numeric(values: Sequence[Cell]) -> bool:
    """Return whether all of `values` can stand on a scale."""
    return bool(values) and all(finite(one) for one in values)


def _label(series: Series) -> str:
    title = sentence(series.name).rstrip(".")
    points = [i for i in range(min(len(series.x), len(series.y))) if finite(series.y[i])]
    if not points:
        return f"{title}: nothing to draw."
    low = min(points, key=lambda i: value(series.y[i]))
    high = max(points, key=lambda i: value(series.y[i]))
    y_name = name(series.y_name)
    at = [f"{_shown(series.y[i])} at {name(series.x_name)} {_shown(series.x[i])}" for i in (low, high)]
    left = plural(len(points), "point")
    return f"{title}: {y_name} from {at[0]} to {at[1]} ({left})."


def _shown(one: Cell) -> str:
    return number(one) if isinstance(one, int | float) and not isinstance(one, bool) else cell(one)


def _table(series: Series) -> Table:
    n = min(len(series.x), len(series.y))
    band = len(series.low) == n and len(series.high) == n and n > 0
    groups = len(series.group) == n and n > 0
    head = (
        *(("Group",) if groups else ()),
        name(series.x_name),
        name(series.y_name),
        *(("Low", "High") if band else ()),
    )
    rows = tuple(
        (
            *((name(series.group[i]),) if groups else ()),
            _shown(series.x[i]),
            _shown(series.y[i]),
            *((_shown(series.low[i]), _shown(series.high[i])) if band else ()),
        )
        for i in range(min(n, MOST_IN_TABLE))
    )
    more = f"{plural(n - MOST_IN_TABLE, 'more point')} in the record." if n > MOST_IN_TABLE else ""
    return Table("Data", head, rows, more, (False,) * groups + (True,) * (len(head) - groups))
