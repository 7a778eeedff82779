"""A checklist for a terminal, or as plain lines."""

import textwrap
from collections.abc import Callable, Iterator
from functools import partial

from rich.console import Console
from rich.text import Text

from holdfast.report.checklist.document import STATES, Checklist, Entry, View
from holdfast.report.checklist.translated import translated
from holdfast.report.checklist.wording import (
    CLAIMED,
    MARKS,
    SIGNS,
    credit,
    details,
    headline,
    legend,
    wants,
    whose,
)
from holdfast.report.languages import ENGLISH, plain, said

Said = Callable[[str], str]
WIDTH = 80
COLOURS = {
    "✖": "bold red",
    "▲": "bold yellow",
    "✔": "green",
    "✎": "yellow",
    "?": "blue",
    "●": "blue",
    "–": "dim",
    "»": "cyan",
}
# What a terminal that cannot write these characters gets instead.
PLAIN = str.maketrans(
    {"✖": "x", "▲": "!", "✔": "+", "✎": "~", "●": "*", "·": "-", "–": "-", "−": "-", "»": ">", "…": "~"}
)


def render(lists: Checklist, language: str = ENGLISH, width: int = WIDTH) -> str:
    """Return the checklist as plain text."""
    parts = _lines(translated(lists, language), max(30, min(width, 100)), partial(said, language=language))
    return "\n".join(parts) + "\n"


def print_lists(lists: Checklist, console: Console, language: str = ENGLISH) -> None:
    """Write the checklist to a console, as wide as that is, its signs in colour."""
    ascii_only = not (console.encoding or "ascii").lower().startswith("utf")
    for line in render(lists, language, console.width).splitlines():
        readable = plain(line) if ascii_only and language != ENGLISH else line
        text = Text(readable.translate(PLAIN) if ascii_only else line)
        mark = line.lstrip(" ")[:1]
        if line and line == line.upper() and not line.startswith(" ") and mark.isalpha():
            text.stylize("bold")
        elif mark in COLOURS:
            start = len(line) - len(line.lstrip(" "))
            text.stylize(COLOURS[mark], start, len(line) if mark == "–" else start + 1)
        console.print(text, soft_wrap=True, markup=False, highlight=False, emoji=False)


def _lines(lists: Checklist, width: int, t: Said) -> Iterator[str]:
    yield from _wrapped(f"{t('Checklist')}{t(': ')}{lists.study}", width)
    for note in lists.notes:
        yield from _wrapped(note, width)
    for view in lists.views:
        yield ""
        yield from _wrapped(f"{view.title}{t(': ')}{t(headline(view))}", width)
        for detail in details(view):
            yield from _wrapped(t(detail), width)
        yield ""
        for state, count in legend(view):
            yield f"  {SIGNS[state]} {count:>2}  {t(STATES[state])}"
        yield from _sections(view, width, t)
        yield ""
        yield from _wrapped(t(credit(view)), width)
    yield ""
    for run in lists.runs:
        text = f"{t('Run')} {run.run}, {run.title}, {run.started}{t(': ')}{run.verdict}"
        yield from _wrapped(text, width, hang="  ")
    if lists.answers:
        yield from _wrapped(f"{t('Answers')}{t(': ')}{lists.answers}", width)


def _sections(view: View, width: int, t: Said) -> Iterator[str]:
    for section in view.sections:
        yield ""
        yield section.title.upper()
        for entry in section.entries:
            yield from _entry(entry, width, t)


def _entry(entry: Entry, width: int, t: Said) -> Iterator[str]:
    yield ""
    yield from _wrapped(f"{SIGNS[entry.state]} {entry.id:<4}{entry.asks}", width, hang="       ")
    for line in entry.evidence:
        yield from _wrapped(f"       {MARKS[line.tone]} {line.text}{whose(line)}", width, hang="         ")
    if entry.answer.answer:
        for number, paragraph in enumerate(entry.answer.answer.splitlines()):
            yield from _wrapped(f"       {'» ' if not number else '  '}{paragraph}", width, hang="         ")
    if entry.answer.holds is not None:
        claimed = t(CLAIMED if entry.answer.holds else "Somebody says that this does not hold")
        yield from _wrapped(f"       » {claimed}{t(': ')}{entry.claim}", width, hang="         ")
    for line in entry.contradicted_by:
        yield from _wrapped(f"       ✖ {t('Contradicted.')} {line.text}{whose(line)}", width, hang="         ")
    if wants(entry):
        yield from _wrapped(f"       ? {wants(entry)}", width, hang="         ")


def _wrapped(text: str, width: int, hang: str = "") -> list[str]:
    text = text.replace("`", "")
    indent = text[: len(text) - len(text.lstrip(" "))]
    return textwrap.wrap(
        text.lstrip(" "), width, initial_indent=indent, subsequent_indent=hang, break_on_hyphens=False
    ) or [""]
