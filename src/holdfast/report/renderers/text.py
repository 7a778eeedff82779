"""The run for a terminal, or as plain lines: verdict, waterfall, findings, what was not done, what to do next."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from io import StringIO
from pathlib import Path

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from holdfast.core.finding import Severity
from holdfast.core.record import Run
from holdfast.report.build import build
from holdfast.report.columns import columns
from holdfast.report.document import Bar, Card, Document, Item, Line, Part, Piece, Waterfall
from holdfast.report.languages import ENGLISH, plain, said
from holdfast.report.translated import translated

SUFFIX = ".txt"
WIDTH = 80
MOST_ITEMS = 3  # findings of one check that are written out; the report has the others
MOST_CARDS = 30
MOST_REASONS = 3  # for checks not to run, or to be suppressed
COLOURS = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold blue"}
SIGNS = {Severity.ERROR: "✖", Severity.WARNING: "▲", Severity.NOTE: "●"}
TONES = {"bad": "bold red", "unsure": "bold yellow", "good": "bold green"}
BARS = {"claimed": "━", "honest": "━", "loss": "░", "gain": "▒", "unknown": " "}
STYLES = {"claimed": "dim", "honest": "cyan", "loss": "red", "gain": "green", "unknown": ""}
# What a terminal or pipe that cannot write these characters gets instead.
PLAIN = str.maketrans(
    {"✖": "x", "▲": "!", "●": "*", "━": "=", "░": "-", "▒": "+", "·": "|", "−": "-", "…": "~", "–": "-", "×": "x"}
    | {"→": ">", "›": ">", "—": "-"}
)
_NARROW, _JOINER = "\u202f", "\ue000"  # a no-break space, and a character of private use that stands for it


def render(run: Run, language: str = ENGLISH) -> str:
    """Return the run as plain text, 80 columns wide."""
    console = _sheet()
    print_run(run, console, language=language)
    return _written(console)


def print_run(run: Run, console: Console, *, report: Path | str | None = None, language: str = ENGLISH) -> None:
    """Write the run to a console, as wide as that is; `report` is where the whole report was written."""
    width = max(20, min(console.width, 100))
    document = translated(build(run, MOST_ITEMS), language)
    _print(lines(document, width, str(report) if report else "", language), console, width, language)


def _sheet() -> Console:
    """Return a console that writes to memory; in a notebook as well, where rich would draw below the cell."""
    return Console(
        file=StringIO(), width=WIDTH, color_system=None, force_terminal=False, legacy_windows=False, force_jupyter=False
    )


def _written(console: Console) -> str:
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def _print(lines: Iterable[Text], console: Console, width: int, language: str = ENGLISH) -> None:
    ascii_only = not (console.encoding or "ascii").lower().startswith("utf")
    for line in lines:
        for wrapped in _wrapped(line, width) if language == ENGLISH else _kept_together(line, width):
            if ascii_only and language != ENGLISH:
                wrapped.plain = plain(wrapped.plain)
            shown = _translated(wrapped) if ascii_only else wrapped
            console.print(shown, soft_wrap=True, markup=False, highlight=False, emoji=False)


def piece(shown: Piece) -> str:
    """Return a record that is no run as plain text, 80 columns wide."""
    console = _sheet()
    head = [Text(one.replace("`", ""), style=style) for one, style in ((shown.title, "bold"), (shown.says, "")) if one]
    bars = _waterfall(shown.waterfall, WIDTH) if shown.waterfall else ()
    cards = (line for card in shown.cards for line in (Text(), *card_lines(card)))
    parts = (line for part in shown.parts for line in part_lines(part, WIDTH))
    _print([*head, *bars, *cards, *parts], console, WIDTH)
    return _written(console).strip("\n")


def lines(document: Document, width: int, report: str, language: str = ENGLISH) -> Iterator[Text]:
    """Yield the lines; a line's leading spaces are also its hanging indent."""
    t = partial(said, language=language)
    yield Text(document.verdict.sentence, style=TONES[document.verdict.tone])
    for detail in document.verdict.details:
        yield Text(detail, style="dim")
    if document.waterfall:
        yield Text()
        yield from _waterfall(document.waterfall, width)
    cards = [card for card in document.cards if not _is_verdict(card, document)]
    for card in cards[:MOST_CARDS]:
        yield Text()
        yield from card_lines(card, language)
    if len(cards) > MOST_CARDS:
        yield Text()
        more = f"{len(cards) - MOST_CARDS} more checks found something; the report has them."
        yield Text(t(more), style="dim")
    for part in document.parts:
        yield from part_lines(part, width, language)
    for line in document.crashed:
        yield Text()
        yield Text.assemble((f"{t('crashed')} ", "bold magenta"), (line.name.text, "bold"), f"{t(': ')}{line.reason}")
    yield from _outcome(document, language)
    if document.verdict.steps:
        yield Text()
        yield Text(t("Next"), style="bold")
        for number, step in enumerate(document.verdict.steps, start=1):
            yield Text(f"  {number}. {step.replace('`', '')}")
    yield Text()
    command = f"holdfast report {document.run} --format html"
    again = command if language == ENGLISH else f"{command} --lang {language}"
    yield Text(f"{t('Report')}{t(': ')}{report}" if report else f"{t('Whole report')}{t(': ')}{again}", style="dim")


def _is_verdict(card: Card, document: Document) -> bool:
    """Return whether a card only says again what the verdict has said."""
    said = document.verdict.sentence.rstrip(".")
    return card.count == 1 and not card.items[0].fix and card.items[0].message.rstrip(".") == said


def _outcome(document: Document, language: str) -> Iterator[Text]:
    """Yield how many checks came to what, if any was asked."""
    if document.is_told:
        return
    t = partial(said, language=language)
    yield Text()
    yield Text(" · ".join(t(one) for one in document.outcomes), style="dim")
    for reason, skipped in _could_run(document):
        count = t(f"{len(skipped)} not applicable") if len(skipped) > 1 else skipped[0].name.text
        yield Text(f"  {count}{t(': ')}{reason}", style="dim")
    hidden: dict[str, list[str]] = {}
    for line in document.suppressed:
        hidden.setdefault(line.reason, []).append(line.name.text)
    for reason, names in list(hidden.items())[:MOST_REASONS]:
        listed = ", ".join(dict.fromkeys(names))
        yield Text(f"  {t('suppressed')} {listed}{t(': ')}{reason}", style="dim")


def _could_run(document: Document) -> Sequence[tuple[str, Sequence[Line]]]:
    """Return the reasons for checks not to run that a flag would take away, from most checks to fewest."""
    if document.n_skipped <= MOST_REASONS:
        return document.skipped
    helped = [one for one in document.skipped if "--" in one[0]]
    return sorted(helped, key=lambda one: -len(one[1]))[:MOST_REASONS]


def part_lines(part: Part, width: int, language: str = ENGLISH) -> Iterator[Text]:
    """Yield a section: its words and first table; pictures and further tables are for the report."""
    tables = [*([part.measures] if part.measures else ()), *part.tables]
    if not tables and (part.pictures or part.maps or part.galleries):
        return
    yield Text()
    if part.title:
        yield Text(part.title, style="bold")
    for paragraph in part.says:
        yield Text(f"  {paragraph.replace('`', '')}", style="dim")
    for table in tables[:1]:
        for line in columns(table, width - 2, language):
            yield Text(f"  {line}")


def _waterfall(picture: Waterfall, width: int) -> Iterator[Text]:
    label = min(max(cell_len(bar.label) for bar in picture.bars), 28, max(10, width // 3))
    value = max(len(bar.value) for bar in picture.bars)
    interval = max((len(bar.interval) for bar in picture.bars), default=0) + 3
    with_interval = width >= 64
    room = max(8, width - label - value - 4 - (interval if with_interval else 0))
    for bar in picture.bars:
        yield _bar(bar, picture, room, label, value, with_interval=with_interval)


def _bar(bar: Bar, picture: Waterfall, room: int, label: int, value: int, *, with_interval: bool) -> Text:
    scale = room / ((picture.last - picture.first) or 1.0)
    ends = sorted((max(bar.start, picture.first), bar.stop))
    first, last = (round((min(max(end, picture.first), picture.last) - picture.first) * scale) for end in ends)
    last = max(last, first + 1)
    name = bar.label if cell_len(bar.label) <= label else set_cell_size(bar.label, label - 1) + "…"
    line = Text(set_cell_size(name, label) + "  ", style="bold" if bar.kind in {"claimed", "honest"} else "")
    line.append(" " * first)
    line.append(BARS[bar.kind] * (last - first), style=STYLES[bar.kind])
    line.append(" " * (room - last) + f"  {bar.value:>{value}}")
    if with_interval and bar.interval:
        line.append(f"  {bar.interval}", style="dim")
    return line


def card_lines(card: Card, language: str = ENGLISH) -> Iterator[Text]:
    """Yield a check and what it found at one severity."""
    t = partial(said, language=language)
    severity = t(card.severity.value)
    head = Text.assemble(
        (f"{SIGNS[card.severity]} {severity}", COLOURS[card.severity]), "  ", (card.check.text, "bold")
    )
    if card.count > 1:
        head.append("  " + t(f"{card.count:,} findings"), style="dim")
    yield head
    for item in card.items[:MOST_ITEMS]:
        yield from _item(item, language)
    if card.count > MOST_ITEMS:
        yield Text("  " + t(f"and {card.count - MOST_ITEMS:,} more"), style="dim")


def _item(item: Item, language: str) -> Iterator[Text]:
    t = partial(said, language=language)
    yield Text(f"  {item.message.replace('`', '')}")
    for place in item.places[:3]:
        if place.what in {t("Rows"), t("Code")}:
            yield Text(f"    {t('at')} {place.text}", style="dim")
    if item.effect:
        yield Text(f"    {item.effect}", style="dim")
    if item.fix:
        yield Text.assemble("    ", (f"{t('fix')} ", "green"), item.fix.replace("`", ""))


def _wrapped(line: Text, width: int) -> Iterator[Text]:
    """Yield a line broken at words, later pieces indented as the first one is, and a little more."""
    if line.cell_len <= width:
        yield line
        return
    indent = len(line.plain) - len(line.plain.lstrip(" "))
    hang = 3 if re.match(r" *\d\. ", line.plain) else 2  # below the words of a numbered step
    pieces = line[indent:].wrap(Console(width=width, force_jupyter=False), width - indent - hang)
    for number, piece in enumerate(pieces):
        piece.rstrip()
        yield Text(" " * (indent + (hang if number and indent else 0))) + piece


def _kept_together(line: Text, width: int) -> Iterator[Text]:
    """Yield a line broken at words, but not at narrow no-break spaces, where rich would break."""
    line.plain = line.plain.replace(_NARROW, _JOINER)
    for one in _wrapped(line, width):
        one.plain = one.plain.replace(_JOINER, _NARROW)
        yield one


def _translated(text: Text) -> Text:
    """Return the text in ASCII; what has no likeness becomes a question mark."""
    plain = text.copy()
    plain.plain = text.plain.translate(PLAIN).encode("ascii", "replace").decode()
    return plain
