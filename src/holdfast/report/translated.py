"""A document in another language: the report's own words are looked up, what came from the data stays as it is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from holdfast.core.finding import Cell, Series
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
from holdfast.report.languages import ENGLISH, gaps, in_table, listed, said

_SAID = {"Took", "State", "False findings", "Note"}  # of a run's own lines; the others are names and commands
_OURS = {
    "Inputs": (4,),
    "Columns": (1, 2),
    "Sampled": (0,),
}  # columns of the record's tables that hold the report's own words
_PLACE = re.compile(r".*:\d+|row \d+", re.DOTALL)


def translated(document: Document, language: str) -> Document:
    """Return the document in a language; English as it was."""
    if language == ENGLISH:
        return document
    return _Speaker(language, document.names).document(document)


@dataclass(frozen=True, slots=True)
class _Speaker:
    """Says each part of a document in a language; what the data are called stays as it is."""

    language: str
    names: frozenset[str]

    def say(self, text: str) -> str:
        """Return a sentence or heading, which is the report's own."""
        return said(text, self.language)

    def all(self, texts: Sequence[str]) -> tuple[str, ...]:
        """Return several sentences."""
        return tuple(self.say(one) for one in texts)

    def head(self, text: str) -> str:
        """Return the head of a column or the name of a scale, which may be the name of a column of the data."""
        return text if text in self.names else in_table(text, self.language, is_head=True)

    def cell(self, text: str) -> str:
        """Return a cell or a name along a scale, which may be anything of the data."""
        return text if text in self.names else in_table(text, self.language)

    def document(self, one: Document) -> Document:
        return replace(
            one,
            title=self.head(one.title),
            subtitle=" · ".join(self.about(each) for each in one.subtitle.split(" · ")),
            verdict=self.verdict(one.verdict),
            waterfall=self.waterfall(one.waterfall) if one.waterfall else None,
            no_waterfall=self.say(one.no_waterfall),
            parts=tuple(self.part(each) for each in one.parts),
            cards=tuple(self.card(each) for each in one.cards),
            crashed=self.lines(one.crashed),
            passed=self.lines(one.passed),
            skipped=tuple((self.say(reason), self.lines(lines)) for reason, lines in one.skipped),
            suppressed=tuple(replace(each, title=self.say(each.title)) for each in one.suppressed),
            record=tuple(self.record(each) for each in one.record),
        )

    def about(self, text: str) -> str:
        """Return a part of the line at the top: when, on what, how much, how long."""
        return (
            text if text in self.names else listed(text, self.language) if gaps(text, self.language) else self.say(text)
        )

    def verdict(self, one: Verdict) -> Verdict:
        return replace(one, sentence=self.say(one.sentence), details=self.all(one.details), steps=self.all(one.steps))

    def waterfall(self, one: Waterfall) -> Waterfall:
        bars = tuple(
            replace(bar, label=self.cell(bar.label), value=self.say(bar.value), interval=self.say(bar.interval))
            for bar in one.bars
        )
        return replace(one, label=self.say(one.label), bars=bars, table=self.own(one.table), notes=self.all(one.notes))

    def part(self, one: Part) -> Part:
        return replace(
            one,
            title=self.say(one.title),
            says=self.all(one.says),
            measures=self.own(one.measures) if one.measures else None,
            pictures=tuple(self.picture(each) for each in one.pictures),
            maps=tuple(self.map(each) for each in one.maps),
            galleries=tuple(self.gallery(each) for each in one.galleries),
            tables=tuple(self.table(each) for each in one.tables),
        )

    def card(self, one: Card) -> Card:
        return replace(
            one,
            title=self.say(one.title),
            family=self.say(one.family),
            items=tuple(self.item(each) for each in one.items),
            why=self.all(one.why),
        )

    def item(self, one: Item) -> Item:
        return replace(
            one,
            message=self.say(one.message),
            sure=self.say(one.sure),
            effect=self.say(one.effect),
            places=tuple(self.place(each) for each in one.places),
            measures=self.own(one.measures) if one.measures else None,
            pictures=tuple(self.picture(each) for each in one.pictures),
            maps=tuple(self.map(each) for each in one.maps),
            galleries=tuple(self.gallery(each) for each in one.galleries),
            tables=tuple(self.table(each) for each in one.tables),
            fix=self.say(one.fix),
        )

    def place(self, one: Place) -> Place:
        return Place(self.say(one.what), self.say(one.text) if one.what in {"Rows", "Steps"} else one.text)

    def picture(self, one: Picture) -> Picture:
        return Picture(self.head(one.title), self.say(one.label), self.series(one.series), self.own(one.table))

    def series(self, one: Series) -> Series:
        return one.model_copy(
            update={
                "x_name": self.head(one.x_name),
                "y_name": self.head(one.y_name),
                "group": tuple(self.cell(each) for each in one.group),
                "x": tuple(self.value(each) for each in one.x),
            }
        )

    def map(self, one: HeatMap) -> HeatMap:
        grid = one.grid.model_copy(
            update={
                "row_names": tuple(self.cell(each) for each in one.grid.row_names),
                "column_names": tuple(self.cell(each) for each in one.grid.column_names),
            }
        )
        return HeatMap(self.head(one.title), self.say(one.label), grid, self.own(one.table))

    def gallery(self, one: Gallery) -> Gallery:
        return replace(one, caption=self.say(one.caption), more=self.say(one.more))

    def lines(self, lines: Sequence[Line]) -> tuple[Line, ...]:
        return tuple(replace(one, title=self.say(one.title), reason=self.say(one.reason)) for one in lines)

    def table(self, one: Table) -> Table:
        """Return a table of rows of the data with its head in the language, any other one as the report's own."""
        if one.head[:1] != ("Row",) or not all(_PLACE.fullmatch(row[0]) for row in one.rows if row):
            return self.own(one)
        head = (self.cell(each) if " " in each else each for each in one.head[1:])
        return self.around(replace(one, head=(self.say("Row"), *head)))

    def own(self, one: Table) -> Table:
        """Return a table whose head is the report's, and whose cells are its words, numbers, or names of the data."""
        rows = tuple(tuple(self.cell(each) for each in row) for row in one.rows)
        return self.around(replace(one, head=tuple(self.head(each) for each in one.head), rows=rows))

    def record(self, one: Table) -> Table:
        """Return a table of the record: head and counts are the report's, names are not."""
        if one.caption == "This run":
            rows = tuple(
                (self.say(row[0]), *(self.say(each) if row[0] in _SAID else each for each in row[1:]))
                for row in one.rows
            )
            return self.around(replace(one, head=self.all(one.head), rows=rows))
        numeric = one.numeric or (False,) * len(one.head)
        ours = _OURS.get(one.caption, ())
        rows = tuple(
            tuple(self.say(each) if numeric[i] or i in ours else each for i, each in enumerate(row)) for row in one.rows
        )
        return self.around(replace(one, head=self.all(one.head), rows=rows))

    def around(self, one: Table) -> Table:
        """Return a table with what stands above and below it in the language."""
        return replace(one, caption=self.say(one.caption), more=self.say(one.more))

    def value(self, one: Cell) -> Cell:
        return self.cell(one) if isinstance(one, str) else one
