"""Findings about code: one place, the lines concerned, the fix in words."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from holdfast.audit.code.events import Place
from holdfast.core.finding import Confidence, Examples, Finding, Location, Measure, Severity
from holdfast.core.text import one_line

_Thing = TypeVar("_Thing")

_MOST_LINES = 8
_MOST_TEXT = 160


def at(place: Place) -> Location:
    """Return a place as a location."""
    return Location(file=place.file, cell=place.cell, line=place.line)


def told(
    place: Place,
    message: str,
    *,
    fix: str,
    severity: Severity,
    measure: Measure,
    lines: Sequence[tuple[Place, str]] = (),
    confidence: Confidence = Confidence.HIGH,
) -> Finding:
    """Return a finding at a line; `lines` are the other lines that it takes to see why, each with a word on it."""
    shown = {(one.file, one.cell, one.line): (one, what) for one, what in reversed([*lines])}
    listed = sorted(shown.values(), key=lambda pair: (pair[0].cell or 0, pair[0].line))[:_MOST_LINES]
    cells = tuple((one.name, one_line(one.text, _MOST_TEXT), what) for one, what in listed)
    evidence = (measure, Examples(caption="The lines concerned", columns=("where", "code", "what"), cells=cells))
    return Finding(
        message=one_line(message),
        severity=severity,
        confidence=confidence,
        locations=(at(place),),
        evidence=evidence if cells else evidence[:1],
        fix=one_line(fix),
    )


def one_a_line(things: Iterable[_Thing], place: Callable[[_Thing], Place]) -> Iterator[_Thing]:
    """Return the first of the things at each line: a reader wants a line told of once."""
    lines = set()
    for thing in things:
        at_line = (place(thing).file, place(thing).cell, place(thing).line)
        if at_line not in lines:
            lines.add(at_line)
            yield thing


def quoted(text: str) -> str:
    """Return a piece of code between backticks, without backticks of its own."""
    return f"`{one_line(text, 80).replace('`', '′')}`"
