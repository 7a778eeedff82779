"""Heat maps: a number for each cell of a grid, drawn in steps of one colour."""

from markupsafe import Markup

from holdfast.core.finding import Grid, Number
from holdfast.report.document import HeatMap, Table
from holdfast.report.galleries import source
from holdfast.report.pictures import finite, value
from holdfast.report.words import name, number, sentence

STEPS = 7  # shades that an eye tells apart
MOST_CELLS = 1024
MOST_IN_TABLE = 16  # lines and columns written out as numbers; the record has all
_CELL = 20  # of the inner coordinates
_IMAGE = Markup('<image href="{}" width="{}" height="{}" preserveAspectRatio="none"/>')
_SHAPE = Markup('<rect class="h{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>')


def heat_map(grid: Grid) -> HeatMap:
    """Return what is drawn for a grid."""
    thin = _thinned(grid)
    return HeatMap(sentence(grid.name), _label(thin), thin, _table(thin))


def drawn(picture: HeatMap) -> Markup:
    """Return a grid as SVG; shades are classes, so that they follow light, dark and print."""
    grid = picture.grid
    cells = [(i, j, value(one)) for i, line in enumerate(grid.values) for j, one in enumerate(line) if finite(one)]
    if not cells:
        return Markup('<p class="quiet">Nothing to draw.</p>')
    low, high = _ends(grid)
    height, width = len(grid.values), max(len(line) for line in grid.values)
    below = source(grid.picture)
    parts = []
    if below:
        parts.append(_IMAGE.format(below, width * _CELL, height * _CELL))
    for i, j, one in cells:
        shade = round((min(max(one, low), high) - low) / ((high - low) or 1.0) * (STEPS - 1))
        said = f"{_row(grid, i)}, {_column(grid, j)}: {number(one)}"
        parts.append(_SHAPE.format(shade, j * _CELL, i * _CELL, _CELL, _CELL, said))
    kind = "heat over" if below else "heat"
    body = Markup('<svg class="{}" viewBox="0 0 {} {}" aria-hidden="true">{}</svg>').format(
        kind, width * _CELL, height * _CELL, Markup().join(parts)
    )
    shades = Markup().join(Markup('<i class="h{}"></i>').format(step) for step in range(STEPS))
    key = Markup('<p class="heat-key" aria-hidden="true"><span>{}</span>{}<span>{}</span></p>')
    return body + key.format(number(low), shades, number(high))


def _ends(grid: Grid) -> tuple[float, float]:
    known = [value(one) for line in grid.values for one in line if finite(one)]
    low = value(grid.low) if finite(grid.low) else min(known)
    high = value(grid.high) if finite(grid.high) else max(known)
    return low, high


def _thinned(grid: Grid) -> Grid:
    """Return a grid of at most MOST_CELLS cells: of each block the value that is largest."""
    height, width = len(grid.values), max((len(line) for line in grid.values), default=0)
    step = 1
    while -(-height // step) * -(-width // step) > MOST_CELLS:
        step += 1
    if step == 1:
        return grid
    lines = tuple(tuple(_largest(grid, i, j, step) for j in range(0, width, step)) for i in range(0, height, step))
    rows, columns = grid.row_names[::step], grid.column_names[::step]
    return grid.model_copy(update={"values": lines, "row_names": rows, "column_names": columns})


def _largest(grid: Grid, i: int, j: int, step: int) -> Number | None:
    block = [value(one) for line in grid.values[i : i + step] for one in line[j : j + step] if finite(one)]
    return max(block) if block else None


def _label(grid: Grid) -> str:
    title = sentence(grid.name).rstrip(".")
    cells = [(value(one), i, j) for i, line in enumerate(grid.values) for j, one in enumerate(line) if finite(one)]
    if not cells:
        return f"{title}: nothing to draw."
    (low, _, _), (high, i, j) = min(cells), max(cells)
    return f"{title}: from {number(low)} to {number(high)}, which is at {_row(grid, i)}, {_column(grid, j)}."


def _row(grid: Grid, i: int) -> str:
    return name(grid.row_names[i]) if i < len(grid.row_names) else f"line {i + 1}"


def _column(grid: Grid, j: int) -> str:
    return name(grid.column_names[j]) if j < len(grid.column_names) else f"column {j + 1}"


def _table(grid: Grid) -> Table:
    width = min(max((len(line) for line in grid.values), default=0), MOST_IN_TABLE)
    rows = tuple(
        (_row(grid, i), *(number(value(one)) if finite(one) else "—" for one in line[:width]))
        for i, line in enumerate(grid.values[:MOST_IN_TABLE])
    )
    cut = len(grid.values) > MOST_IN_TABLE or any(len(line) > width for line in grid.values)
    return Table(
        "Data",
        ("", *(_column(grid, j) for j in range(width))),
        rows,
        "The record has all cells." if cut else "",
        (False, *(True,) * width),
    )
