"""The run for a pull request or a notebook: short, and with nothing in it that data could turn into markup."""

import re
from collections.abc import Iterator
from functools import partial

from holdfast.core.finding import Severity
from holdfast.core.hashing import digest_json
from holdfast.core.record import Run
from holdfast.report.build import build
from holdfast.report.document import Card, Document, Item, Link, Part, Piece, Table, Waterfall
from holdfast.report.languages import ENGLISH, said
from holdfast.report.translated import translated

SUFFIX = ".md"
MOST_CHARACTERS = 60_000  # a comment on GitHub holds 65,536
MOST_ITEMS = 3
SIGNS = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.NOTE: "ℹ️"}
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# Everything that could start markup anywhere in a line, as GitHub reads it …
_MARKUP = re.compile(r"[\\`*_\[\]|~$]")
# … or at its beginning (a list, a heading, a rule), or make a link, an emoji, a mention or a reference of a word. The
# last two are looked for after entities were decoded, so a joiner without width has to stand between.
_START = re.compile(r"^(\s*)([-+=#]|\d+[.)])")
_LINK = re.compile(r":(?=\S)")
_WWW = re.compile(r"(?i)\b(www)\.")
_MENTION = re.compile(r"([@#])(?=\w)")


def render(run: Run, language: str = ENGLISH) -> str:
    """Return the run as Markdown."""
    parts = [marker(run)]
    room = MOST_CHARACTERS
    for part in _parts(translated(build(run, MOST_ITEMS), language), language):
        room -= len(part) + 1
        if room < 0:
            parts.append(f"\n{said('The rest is in the HTML report.', language)}\n")
            break
        parts.append(part)
    return "\n".join(parts).rstrip("\n") + "\n"


def marker(run: Run) -> str:
    """Return a line that nobody sees, the same for every run of this kind and title: it finds a comment to replace."""
    return f"<!-- holdfast {digest_json([run.kind, run.title]).rpartition(':')[2][:12]} -->"


def piece(shown: Piece) -> str:
    """Return a record that is no run as Markdown."""
    lines = [f"### {escaped(shown.title)}"] if shown.title else []
    lines += [f"\n{prose(shown.says)}"] if shown.says else []
    lines += ["\n" + _waterfall(shown.waterfall)] if shown.waterfall else []
    lines += ["\n" + "\n".join(card_lines(card)) for card in shown.cards]
    lines += [line for part in shown.parts for line in part_lines(part)]
    return "\n".join(lines).lstrip("\n") + "\n"


def escaped(text: str) -> str:
    """Return text as it reads, whatever it contains."""
    safe = _unlinked(_MARKUP.sub(r"\\\g<0>", _html(" ".join(text.split("\n")))))
    return _START.sub(lambda found: f"{found[1]}{found[2][:-1]}\\{found[2][-1]}", safe)


def prose(text: str) -> str:
    """Return text in which `code` between backticks stays code; everything else is escaped."""
    pieces = re.split(r"`([^`]+)`", text)
    return "".join(code(piece) if i % 2 else escaped(piece) for i, piece in enumerate(pieces))


def code(text: str) -> str:
    """Return text as code; the fence is longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * (longest + 1)
    room = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{room}{text}{room}{fence}"


def _parts(document: Document, language: str) -> Iterator[str]:
    t = partial(said, language=language)
    yield f"## Holdfast{t(': ')}{escaped(document.title)}"
    yield f"\n**{prose(document.verdict.sentence)}**"
    if document.verdict.details:
        yield "\n" + " ".join(prose(one) for one in document.verdict.details)
    if document.waterfall:
        yield "\n" + _waterfall(document.waterfall, language)
    if document.verdict.steps:
        yield f"\n### {t('What to do first')}\n"
        yield "\n".join(f"{i}. {prose(step)}" for i, step in enumerate(document.verdict.steps, start=1))
    for part in document.parts:
        yield from part_lines(part)
    yield from _findings(document, language)
    yield f"\n<sub>{escaped(document.subtitle)} · {t('run')} {code(document.run)}</sub>"


def _findings(document: Document, language: str) -> Iterator[str]:
    t = partial(said, language=language)
    if document.cards:
        yield f"\n### {t('Findings')}"
    for card in document.cards:
        yield "\n" + "\n".join(card_lines(card, language))
    if not document.is_told:
        yield f"\n### {t('Checks')}\n"
        yield escaped(" · ".join(t(one) for one in document.outcomes))
    colon = t(": ")
    for line in document.crashed:
        yield f"- {t('crashed')}{colon}{_link(line.name)}{colon}{escaped(line.reason)}"
    for reason, lines in document.skipped:
        names = ", ".join(_link(one.name) for one in lines)
        yield f"- {t('not applicable, because')} {escaped(reason)}{colon}{names}"
    for line in document.suppressed[:50]:
        yield f"- {t('suppressed')}{colon}{_link(line.name)}{colon}{prose(line.title)} ({escaped(line.reason)})"


def part_lines(part: Part) -> Iterator[str]:
    """Yield a section: its words and tables; pictures are in the report."""
    tables = [*([part.measures] if part.measures else ()), *part.tables]
    if not tables and (part.pictures or part.maps or part.galleries):
        return
    if part.title:
        yield f"\n### {escaped(part.title)}"
    for paragraph in part.says:
        yield f"\n{prose(paragraph)}"
    for table in tables:
        yield f"\n{_table(table)}"


def _waterfall(picture: Waterfall, language: str = ENGLISH) -> str:
    rows = [
        (f"**{escaped(bar.label)}**", f"**{bar.value}**", bar.interval)
        if bar.kind in {"claimed", "honest"}
        else (f"− {escaped(bar.label)}" if bar.kind == "loss" else f"+ {escaped(bar.label)}", bar.value, bar.interval)
        for bar in picture.bars
    ]
    t = partial(said, language=language)
    head = f"| {t('How much of the score is real')} | | {t('95% interval')} |\n|:--|--:|--:|"
    return "\n".join([head, *(f"| {label} | {value} | {interval} |" for label, value, interval in rows)])


def card_lines(card: Card, language: str = ENGLISH) -> Iterator[str]:
    """Yield a check and what it found at one severity."""
    t = partial(said, language=language)
    count = f" ({t(f'{card.count:,} findings')})" if card.count > 1 else ""
    yield f"#### {SIGNS[card.severity]} {t(card.severity.value)}{t(': ')}{prose(card.headline)}{count}"
    yield f"\n{_link(card.check)}"
    for item in card.items[:MOST_ITEMS]:
        yield from _item(item, language, alone=card.count == 1)
    if card.count > MOST_ITEMS:
        yield "- " + t(f"and {card.count - MOST_ITEMS:,} more")
    if card.why:
        yield f"\n<details><summary>{t('Why it matters')}</summary>\n\n{' '.join(prose(one) for one in card.why)}\n"
        papers = "; ".join(_link(one) for one in card.references)
        yield f"{papers}\n\n</details>" if papers else "</details>"


def _item(item: Item, language: str, *, alone: bool) -> Iterator[str]:
    t = partial(said, language=language)
    indent = "" if alone else "  "
    if not alone:
        yield f"- {prose(item.message)}"
    for place in item.places[:4]:
        yield f"{indent}- {place.what}{t(': ')}{escaped(place.text)}"
    yield f"{indent}- {escaped(item.sure)}{'. ' + escaped(item.effect) if item.effect else ''}"
    if item.fix:
        yield f"{indent}- **{t('What to do')}**{t(': ')}{prose(item.fix)}"
    if alone:
        for table in item.tables[:1]:
            yield f"\n<details><summary>{_unlinked(_html(table.caption))}</summary>\n\n{_table(table)}\n\n</details>"


def _table(table: Table) -> str:
    rule = [("--:" if table.numeric and table.numeric[i] else ":--") for i in range(len(table.head))]
    rows = [table.head, *table.rows]
    lines = ["| " + " | ".join(escaped(one) or " " for one in row) + " |" for row in rows]
    lines.insert(1, "|" + "|".join(rule) + "|")
    return "\n".join(lines) + (f"\n\n{escaped(table.more)}" if table.more else "")


def _link(link: Link) -> str:
    return f"[{escaped(link.text)}]({link.url.replace(')', '%29')})" if link.url else escaped(link.text)


def _unlinked(text: str) -> str:
    return _WWW.sub(r"\1&#46;", _LINK.sub("&#58;", _MENTION.sub(r"\1&#8288;", text)))


def _html(text: str) -> str:
    return "".join(_ENTITIES.get(character, character) for character in text)
