"""A run as a document: every sentence, number and table that text, HTML and Markdown show, written once.

All strings are made safe to look at (`core.text`): no control, ANSI or direction characters, bounded length. What a
format needs beyond that (escaping) is the business of its renderer.
"""

from dataclasses import dataclass
from typing import Literal

from holdfast.core.finding import Grid, Series, Severity

Tone = Literal["bad", "unsure", "good"]
BarKind = Literal["claimed", "loss", "gain", "honest", "unknown"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The run in one sentence, what qualifies it, and what to do first."""

    tone: Tone
    sentence: str
    details: tuple[str, ...]
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A line of the waterfall: from `start` to `stop` on the scale of the score, with the ends of its interval."""

    label: str
    kind: BarKind
    start: float
    stop: float
    low: float | None
    high: float | None
    value: str
    interval: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table in words; `more` says what was left out."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: str = ""
    numeric: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True)
class Waterfall:
    """From the claimed to the honest score. `first` and `last` are the ends of the scale."""

    label: str
    metric: str
    bars: tuple[Bar, ...]
    first: float
    last: float
    table: Table
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where: rows, columns, code."""

    what: str
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Points to draw, their title, the sentence that states what they show, and their table."""

    title: str
    label: str
    series: Series
    table: Table


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A grid to draw, its title, the sentence that states what it shows, and its numbers as a table."""

    title: str
    label: str
    grid: Grid
    table: Table


@dataclass(frozen=True, slots=True)
class Photo:
    """A small picture of the data, as an address that holds its bytes, and the line below it."""

    source: str
    title: str


@dataclass(frozen=True, slots=True)
class Gallery:
    """Pictures of the data in groups, such as pairs of copies; `more` says what is not shown."""

    caption: str
    groups: tuple[tuple[Photo, ...], ...]
    more: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One finding."""

    anchor: str
    message: str
    severity: Severity
    sure: str
    effect: str
    places: tuple[Place, ...]
    measures: Table | None
    pictures: tuple[Picture, ...]
    maps: tuple[HeatMap, ...]
    galleries: tuple[Gallery, ...]
    tables: tuple[Table, ...]
    fix: str


@dataclass(frozen=True, slots=True)
class Link:
    """Words and the address behind them; no address where it is not one of the web."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A check and what it found at one severity."""

    anchor: str
    check: Link
    title: str
    family: str
    severity: Severity
    count: int
    items: tuple[Item, ...]  # the first of `count`
    why: tuple[str, ...]
    references: tuple[Link, ...]

    @property
    def headline(self) -> str:
        """The finding, or what several findings have in common."""
        return self.items[0].message if self.count == 1 else self.title or self.check.text


@dataclass(frozen=True, slots=True)
class Line:
    """A check that found nothing, or could not run, or a finding that was hidden; and why."""

    name: Link
    title: str
    reason: str = ""
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of what a run came to that is no finding."""

    anchor: str
    title: str
    says: tuple[str, ...]
    measures: Table | None
    pictures: tuple[Picture, ...]
    maps: tuple[HeatMap, ...]
    galleries: tuple[Gallery, ...]
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A record that is no run, as a cell of a notebook shows it."""

    title: str
    says: str
    waterfall: Waterfall | None
    parts: tuple[Part, ...]
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """Everything a reader sees, in the order in which it is shown."""

    title: str
    subtitle: str
    verdict: Verdict
    waterfall: Waterfall | None
    no_waterfall: str
    counts: tuple[tuple[Severity, int], ...]
    parts: tuple[Part, ...]
    cards: tuple[Card, ...]
    crashed: tuple[Line, ...]
    passed: tuple[Line, ...]
    skipped: tuple[tuple[str, tuple[Line, ...]], ...]
    suppressed: tuple[Line, ...]
    record: tuple[Table, ...]
    config: str
    run: str
    names: frozenset[str] = frozenset()  # what the data call their files, columns, splits and classes

    @property
    def is_told(self) -> bool:
        """Whether the parts say everything: no check was asked."""
        return bool(self.parts) and not (self.cards or self.passed or self.skipped or self.crashed or self.suppressed)

    @property
    def n_skipped(self) -> int:
        """How many checks were not applicable."""
        return sum(len(lines) for _, lines in self.skipped)

    @property
    def outcome(self) -> str:
        """How many checks came to what, as one line."""
        return " · ".join(self.outcomes)

    @property
    def outcomes(self) -> tuple[str, ...]:
        """How many checks came to what, each apart."""
        parts = [
            (self.n_skipped, "not applicable"),
            (len(self.crashed), "crashed"),
            (len(self.suppressed), "suppressed"),
        ]
        said = f"{len(self.passed):,} checks passed" if len(self.passed) != 1 else "1 check passed"
        return (said, *(f"{count:,} {what}" for count, what in parts if count))
