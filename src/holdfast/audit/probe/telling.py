"""What a probe found, in words, places and evidence."""

import linecache
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from holdfast.audit.evidence import MOST_SHOWN, cell
from holdfast.audit.probe.bench import Bench, Effect
from holdfast.audit.probe.changing import SAID
from holdfast.audit.probe.comparing import EXACT, Culprit, Moved, Trail
from holdfast.audit.probe.narrowing import Narrowed
from holdfast.audit.probe.pipeline import Answer
from holdfast.core.finding import Evidence, Examples, Location, Measure
from holdfast.core.text import and_more, one_line

_MOST_NAMED = 4


def answers_are(bench: Bench) -> str:
    """Return what the code's answers are called."""
    return "features" if bench.about.form == "features" else "predictions"


def places(bench: Bench, narrow: Narrowed, culprit: Culprit | None, split: str | None) -> tuple[Location, ...]:
    """Return the columns and row that interfere, and the line of code at which it first shows."""
    rows = () if narrow.row is None else (narrow.row,)
    data = Location(rows=rows, columns=narrow.columns, split=split)
    file, line = (culprit.file, culprit.line) if culprit else (bench.about.file, bench.about.line)
    return (data, Location(file=shown_file(file), line=line)) if file else (data,)


def shown_file(file: str) -> str:
    """Return a path as seen from the working folder, where it lies below it."""
    near = os.path.relpath(file)
    return file if near.startswith("..") else near


def blamed(culprit: Culprit | None) -> str:
    """Return where in the code it begins, as the end of a sentence."""
    if culprit is None:
        return "; the step cannot be named, as nothing that the code holds in rows or fits shows it"
    source = linecache.getline(culprit.file, culprit.line).strip()
    code = f" `{one_line(source, 100)}`" if source else ""
    return f". It begins at {Path(culprit.file).name}, line {culprit.line}{code}: {one_line(culprit.said, 200)}"


def named(narrow: Narrowed) -> str:
    """Return the columns and the row that do it, as a clause."""
    shown = and_more([repr(one_line(name, 40)) for name in narrow.columns], _MOST_NAMED)
    parts = []
    if narrow.columns and len(narrow.columns) == 1:
        parts.append(f"column {shown} is enough" if narrow.alone else f"{shown} is the first column that does it")
    elif narrow.columns:
        parts.append(f"each of {shown} alone is enough")
    elif narrow.alone:
        parts.append("no column does it alone")
    if narrow.row is not None and narrow.n_rows > 1:
        parts.append("the first row that does is named below")
    if narrow.stopped:
        parts.append(narrow.stopped)
    return f" ({'; '.join(parts)})" if parts else ""


def evidence(bench: Bench, effect: Effect, trail: Trail | None = None) -> tuple[Evidence, ...]:
    """Return how many answers moved and by how much, some of them before and after, and what was learnt otherwise."""
    found: list[Evidence] = list(measures(bench, effect.moved))
    found.append(before_and_after(bench.base, effect.answer, effect.moved, SAID[effect.change.kind]))
    if trail is not None and trail.fits:
        found.append(
            Examples(
                caption="What the code learnt otherwise, in the order in which it was fitted",
                columns=("fitted",),
                cells=tuple((one_line(name, 80),) for name in trail.fits[:MOST_SHOWN]),
            )
        )
    return tuple(found)


def measures(bench: Bench, moved: Moved) -> tuple[Measure, ...]:
    """Return how many rows moved, and by how much."""
    largest = moved.largest if np.isfinite(moved.largest) else 1.0
    name = "largest change, in parts of the largest value"
    return (
        Measure(name=f"{answers_are(bench)} moved that should not", value=len(moved.rows), threshold=0, unit="rows"),
        Measure(name=name, value=largest, threshold=max(EXACT, 5.0 * bench.noise.largest)),
    )


def before_and_after(base: Answer, other: Answer, moved: Moved, how: str) -> Examples:
    """Return some of the answers that moved."""
    outputs: Sequence[str] = moved.outputs[:3]
    rows = [int(row) for row in moved.rows[:MOST_SHOWN]]
    lines = []
    for row in rows:
        line = []
        for name in outputs:
            for answer in (base, other):
                at = np.flatnonzero(answer.rows == row)
                column = answer.columns[answer.names.index(name)]
                line.append(cell(_plain(column[at[0]])) if len(at) else None)
        lines.append(tuple(line))
    title = (lambda name: "answer" if name.isdigit() else one_line(name, 40)) if outputs else str
    return Examples(
        caption=f"Answers that should not move, with the data as they are and after the change ({how})",
        columns=tuple(f"{title(name)}, {when}" for name in outputs for when in ("as it is", "changed")),
        cells=tuple(lines) if outputs else (),
        rows=tuple(rows) if outputs else (),
    )


def share(moved: Moved) -> str:
    """Return how many of the rows judged moved."""
    return f"{len(moved.rows):,} of {moved.judged:,}"


def extent(moved: Moved) -> str:
    """Return by how much answers moved, as a clause; the shape, where that differs."""
    if moved.shape:
        return f" ({moved.shape})"
    if not np.isfinite(moved.largest):
        return " (some are missing now)"
    return f" by up to {moved.largest:.2g} of the largest value" if moved.largest < 1.0 else ""


def _plain(value: object) -> object:
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return value
