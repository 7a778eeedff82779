"""Row numbers of the data set as places a person can open: file and line."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from holdfast.core.finding import Location
from holdfast.core.record import InputRecord
from holdfast.core.rows import Rows
from holdfast.report.document import Place
from holdfast.report.words import listed, name, number

MOST_RUNS = 6  # pieces such as `12–15` that are written out for one file


class InFile(NamedTuple):
    """Rows that stand in one input, by the numbers that they have there."""

    source: InputRecord | None
    lines: np.ndarray


def by_file(rows: Rows, inputs: Sequence[InputRecord]) -> Iterator[InFile]:
    """Yield the rows of each input that has any; rows of no known input come last, counted from 0."""
    values = np.asarray(rows)
    covered = 0
    for source in sorted(inputs, key=lambda one: one.start):
        first, stop = np.searchsorted(values, [source.start, source.stop])
        if stop > first:
            covered += int(stop - first)
            yield InFile(source, values[first:stop] - source.start + source.first_row)
    if covered < len(values):
        known = np.zeros(len(values), dtype=bool)
        for source in inputs:
            known |= (values >= source.start) & (values < source.stop)
        yield InFile(None, values[~known])


def line_of(row: int, inputs: Sequence[InputRecord]) -> str:
    """Return `file:line` for one row."""
    for source in inputs:
        if source.start <= row < source.stop:
            return f"{name(source.name)}:{row - source.start + source.first_row}"
    return f"row {row}"


def runs(lines: np.ndarray, most: int = MOST_RUNS) -> str:
    """Return line numbers as runs, `12–15, 40 and 1,021 more`."""
    if not lines.size:
        return ""
    breaks = np.flatnonzero(np.diff(lines) != 1) + 1
    starts = np.concatenate(([0], breaks))[:most]
    stops = np.concatenate((breaks, [lines.size]))[:most]
    shown = [str(lines[a]) if b - a == 1 else f"{lines[a]}–{lines[b - 1]}" for a, b in zip(starts, stops, strict=True)]
    rest = len(lines) - int(stops[-1])
    return ", ".join(shown) + (f" and {rest:,} more" if rest else "")


def places(locations: Sequence[Location], inputs: Sequence[InputRecord]) -> tuple[Place, ...]:
    """Return the locations of a finding as words."""
    found: list[Place] = []
    for location in locations:
        for part in by_file(location.rows, inputs):
            count = f"{len(part.lines):,} row{'' if len(part.lines) == 1 else 's'}"
            if part.source is None:
                found.append(Place("Rows", f"{count}: number {runs(part.lines)} of the data set"))
                continue
            side = f" of {name(part.source.split)}" if part.source.split else ""
            found.append(Place("Rows", f"{count}{side} · {name(part.source.name)}:{runs(part.lines)}"))
        if location.columns:
            what = "Column" if len(location.columns) == 1 else "Columns"
            found.append(Place(what, listed([name(one) for one in location.columns], 8)))
        if location.split and not len(location.rows):
            found.append(Place("Split", name(location.split)))
        if location.file is not None:
            cell = f", cell {location.cell}" if location.cell is not None else ""
            line = f":{location.line}" if location.line is not None else ""
            found.append(Place("Code", f"{name(location.file)}{cell}{line}"))
        if location.steps:
            steps = location.steps
            found.append(
                Place("Steps", number(steps[0]) if len(steps) == 1 else f"{number(min(steps))} to {number(max(steps))}")
            )
    return tuple(dict.fromkeys(found))
