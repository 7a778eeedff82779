"""From parts to one table: every column's type is decided over all rows of all parts, block by block.

The first pass reads, judges and converts at once. Only where a later block contradicts what earlier ones allowed
(text after a million numbers) is a second pass needed, with all verdicts known.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from holdfast.core.errors import BadInput
from holdfast.core.progress import Advance
from holdfast.data.canonical import converted
from holdfast.data.inputs import Part, guarded
from holdfast.data.limits import IN_MEMORY_BYTES
from holdfast.data.matching import Matched
from holdfast.data.spill import Sink
from holdfast.data.text_types import Form, Judge

_Block = tuple[list[pa.Array], list[Form | None]]


@dataclass(frozen=True)
class Settled:
    """The table, how many rows each part gave, and what is to be said: of each part, and of the whole."""

    table: pa.Table
    sizes: tuple[int, ...]
    part_notes: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


def settled(
    parts: Sequence[Part],
    match: Matched,
    *,
    as_text: frozenset[str] = frozenset(),
    advance: Advance = lambda _: None,
    in_memory: int = IN_MEMORY_BYTES,
) -> Settled:
    """Return one table of all parts, the rows of each below those of the one before. Raises BadInput."""
    comma = any(part.reading.comma for part in parts)
    judges = [Judge(name, comma=comma, keep_text=name in as_text) for name in match.names]
    most = sum(part.most_bytes for part in parts)
    table, sizes, found = _first_pass(parts, match, _Gathering(judges, most, in_memory), advance)
    if table is None:
        table = _second_pass(parts, match, judges, most, in_memory)
    if len(table) != sum(sizes):
        raise BadInput("the data changed while they were read: give a file, or a table in memory")
    return Settled(table, sizes, found, tuple(note for judge in judges for note in judge.notes()))


def _first_pass(
    parts: Sequence[Part], match: Matched, gathering: "_Gathering", advance: Advance
) -> tuple[pa.Table | None, tuple[int, ...], tuple[tuple[str, ...], ...]]:
    """Return the table (None if blocks must be read again), rows of each part, and what their readers found."""
    sizes, found = [], []
    try:
        for part, places in zip(parts, match.places, strict=True):
            n_rows = 0
            for block in part.blocks():
                n_rows += len(block)
                advance(len(block))
                gathering.add([block.column(place) for place in places], textual=part.reading.textual)
            sizes.append(n_rows)
            found.append(guarded(part.name, part.format, part.reading.found))
        return gathering.table(), tuple(sizes), tuple(found)
    finally:
        gathering.discard()


class _Gathering:
    """Keeps the blocks of the first pass as they are converted, for as long as no later block spoils them."""

    def __init__(self, judges: list[Judge], most_bytes: int, in_memory: int) -> None:
        self._judges, self._most_bytes, self._in_memory = judges, most_bytes, in_memory
        self._blocks: list[_Block] = []  # in memory, where types may still widen
        self._n_bytes = 0
        self._sink: Sink | None = None  # beyond that, where they may not
        self._spoilt = False

    def add(self, columns: Sequence[pa.Array], *, textual: bool) -> None:
        """Judge a block, and keep it."""
        seen = [judge.see(column, textual=textual) for judge, column in zip(self._judges, columns, strict=True)]
        if self._spoilt:
            return
        block = [array for array, _ in seen], [form for _, form in seen]
        if self._sink is not None:
            self._write(block)
            return
        self._blocks.append(block)
        self._n_bytes += sum(array.nbytes for array in block[0])
        if self._n_bytes > self._in_memory:
            self._open()

    def table(self) -> pa.Table | None:
        """Return the table; None if blocks must be read again."""
        if self._sink is None and not self._spoilt:
            self._open()
        return None if self._sink is None else self._sink.table()

    def discard(self) -> None:
        """Free what was kept."""
        self._blocks = []
        if self._sink is not None:
            self._sink.discard()

    def _open(self) -> None:
        self._sink = Sink(_schema(self._judges), self._most_bytes, self._in_memory)
        blocks, self._blocks = self._blocks, []
        for block in blocks:
            if self._sink is not None:
                self._write(block)

    def _write(self, block: _Block) -> None:
        assert self._sink is not None
        arrays, forms = block
        fits = all(field.type == judge.kind for field, judge in zip(self._sink.schema, self._judges, strict=True))
        if fits and all(judge.keeps(form) for judge, form in zip(self._judges, forms, strict=True)):
            self._sink.add([converted(array, judge.kind) for array, judge in zip(arrays, self._judges, strict=True)])
            return
        self._sink.discard()
        self._sink, self._spoilt = None, True


def _second_pass(parts: Sequence[Part], match: Matched, judges: list[Judge], most: int, in_memory: int) -> pa.Table:
    sink = Sink(_schema(judges), most, in_memory)
    try:
        for part, places in zip(parts, match.places, strict=True):
            for block in part.blocks():
                sink.add(
                    [
                        judge.convert(block.column(place), textual=part.reading.textual)
                        for judge, place in zip(judges, places, strict=True)
                    ]
                )
        return sink.table()
    finally:
        sink.discard()


def _schema(judges: Sequence[Judge]) -> pa.Schema:
    return pa.schema([pa.field(judge.name, judge.kind) for judge in judges])
