"""A table as lines of a terminal: columns side by side where they fit, one value a line where they do not."""

from collections.abc import Iterator

from rich.cells import cell_len, set_cell_size

from holdfast.report.document import Table
from holdfast.report.languages import ENGLISH, said

MOST_ROWS = 12
MOST_STACKED = 3
_GAP = "  "


def columns(table: Table, width: int, language: str = ENGLISH) -> Iterator[str]:
    """Yield the lines of a table, without its caption; what is left out is said last."""
    shown = table.rows[:MOST_ROWS]
    left = len(table.rows) - MOST_ROWS
    widths = [max(cell_len(row[i]) for row in (table.head, *shown)) for i in range(len(table.head))]
    if sum(widths) + len(_GAP) * (len(widths) - 1) <= width:
        for row in (table.head, *shown):
            cells = [_placed(row[i], widths[i], right=_numeric(table, i)) for i in range(len(row))]
            yield _GAP.join(cells).rstrip()
    else:
        yield from _stacked(table, shown[:MOST_STACKED])
        left = len(table.rows) - MOST_STACKED
    if left > 0:
        yield said(f"and {left:,} more in the report", language)


def _stacked(table: Table, shown: tuple[tuple[str, ...], ...]) -> Iterator[str]:
    label = max((cell_len(name) for name in table.head[1:]), default=0)
    for row in shown:
        yield row[0]
        for name, value in zip(table.head[1:], row[1:], strict=True):
            if value and value != "—":
                yield f"  {set_cell_size(name, label)}{_GAP}{value}"


def _placed(text: str, width: int, *, right: bool) -> str:
    return " " * (width - cell_len(text)) + text if right else set_cell_size(text, width)


def _numeric(table: Table, column: int) -> bool:
    return bool(table.numeric) and table.numeric[column]
