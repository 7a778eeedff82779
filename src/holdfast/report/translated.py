"""A document in another language: the report's own words are looked up, what came from the data stays as it is."""

import re
from dataclasses import replace

from holdfast.report.document import (
    Card,
    Document,
    Gallery,
    HeatMap,
    Item,
    Line,
    Part,
    Picture,
    Place,
    Table,
    Verdict,
    Waterfall,
)
from holdfast.report.languages import ENGLISH, figure, named, said

_PLACE = re.compile(r".*:\d+|row \d+", re.DOTALL)


def translated(document: Document, language: str) -> Document:
    """Return the document in a language; English as it was."""
    if language == ENGLISH:
        return document
    return replace(
        document,
        subtitle=" · ".join(said(one, language) for one in document.subtitle.split(" · ")),
        verdict=_verdict(document.verdict, language),
        waterfall=_waterfall(document.waterfall, language) if document.waterfall else None,
        no_waterfall=said(document.no_waterfall, language),
        parts=tuple(_part(one, language) for one in document.parts),
        cards=tuple(_card(one, language) for one in document.cards),
        crashed=_lines(document.crashed, language),
        passed=_lines(document.passed, language),
        skipped=tuple((said(reason, language), _lines(lines, language)) for reason, lines in document.skipped),
        suppressed=_lines(document.suppressed, language, given=True),
        record=tuple(_record(one, language) for one in document.record),
    )


def _verdict(verdict: Verdict, language: str) -> Verdict:
    return replace(
        verdict,
        sentence=said(verdict.sentence, language),
        details=tuple(said(one, language) for one in verdict.details),
        steps=tuple(said(one, language) for one in verdict.steps),
    )


def _waterfall(picture: Waterfall, language: str) -> Waterfall:
    bars = tuple(
        replace(
            bar, label=named(bar.label, language), value=figure(bar.value, language),
            interval=figure(bar.interval, language),
        )
        for bar in picture.bars
    )  # fmt: skip
    notes = tuple(said(note, language) for note in picture.notes)
    return replace(
        picture, label=said(picture.label, language), bars=bars, table=_own(picture.table, language), notes=notes
    )


def _part(part: Part, language: str) -> Part:
    return replace(
        part,
        title=said(part.title, language),
        says=tuple(said(one, language) for one in part.says),
        measures=_own(part.measures, language) if part.measures else None,
        pictures=tuple(_picture(one, language) for one in part.pictures),
        maps=tuple(_map(one, language) for one in part.maps),
        galleries=tuple(_gallery(one, language) for one in part.galleries),
        tables=tuple(_data(one, language) for one in part.tables),
    )


def _card(card: Card, language: str) -> Card:
    return replace(
        card,
        title=said(card.title, language),
        family=said(card.family, language),
        items=tuple(_item(one, language) for one in card.items),
        why=tuple(said(one, language) for one in card.why),
    )


def _item(item: Item, language: str) -> Item:
    return replace(
        item,
        message=said(item.message, language),
        sure=said(item.sure, language),
        effect=said(item.effect, language),
        places=tuple(_place(one, language) for one in item.places),
        measures=_own(item.measures, language) if item.measures else None,
        pictures=tuple(_picture(one, language) for one in item.pictures),
        maps=tuple(_map(one, language) for one in item.maps),
        galleries=tuple(_gallery(one, language) for one in item.galleries),
        tables=tuple(_data(one, language) for one in item.tables),
        fix=said(item.fix, language),
    )


def _place(place: Place, language: str) -> Place:
    text = place.text if place.what in {"Column", "Columns", "Split"} else said(place.text, language)
    return Place(said(place.what, language), text)


def _picture(picture: Picture, language: str) -> Picture:
    table = replace(
        picture.table, caption=said(picture.table.caption, language), more=said(picture.table.more, language)
    )
    return replace(picture, title=named(picture.title, language), label=said(picture.label, language), table=table)


def _map(picture: HeatMap, language: str) -> HeatMap:
    table = replace(
        picture.table, caption=said(picture.table.caption, language), more=said(picture.table.more, language)
    )
    return replace(picture, title=named(picture.title, language), label=said(picture.label, language), table=table)


def _gallery(shown: Gallery, language: str) -> Gallery:
    return replace(shown, caption=said(shown.caption, language), more=said(shown.more, language))


def _lines(lines: tuple[Line, ...], language: str, *, given: bool = False) -> tuple[Line, ...]:
    """Return lines about checks; `given` are reasons that a person wrote, which stay."""
    return tuple(
        replace(one, title=said(one.title, language), reason=one.reason if given else said(one.reason, language))
        for one in lines
    )


def _own(table: Table, language: str) -> Table:
    """Return a table whose head and cells are the report's: words in the first column, numbers in the others."""
    rows = tuple((named(row[0], language), *(figure(one, language) for one in row[1:])) for row in table.rows)
    return replace(_data(table, language), head=tuple(said(one, language) for one in table.head), rows=rows)


def _record(table: Table, language: str) -> Table:
    """Return a table of the record: head and counts are the report's, names are not."""
    first = table.caption == "This run"
    numeric = table.numeric or (False,) * len(table.head)
    rows = tuple(
        tuple(
            said(one, language) if first else figure(one, language) if numeric[i] else one for i, one in enumerate(row)
        )
        for row in table.rows
    )
    return replace(_data(table, language), head=tuple(said(one, language) for one in table.head), rows=rows)


def _data(table: Table, language: str) -> Table:
    """Return a table of the data: its caption is the report's, and the head of the places where its rows stand."""
    placed = table.head[:1] == ("Row",) and all(_PLACE.fullmatch(row[0]) for row in table.rows if row)
    head = (said("Row", language), *table.head[1:]) if placed else table.head
    return replace(table, caption=said(table.caption, language), head=head, more=said(table.more, language))
