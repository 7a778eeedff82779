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
    table, sizes, found = _first_pass(parts, match, judges, most, in_memory, advance)
    if table is None:
        table = _second_pass(parts, match, judges, most, in_memory)
    if len(table) != sum(sizes):
        raise BadInput("the data changed while they were read: give a file, or a table in memory")
    return Settled(table, sizes, found, tuple(note for judge in judges for note in judge.notes()))


def _first_pass(
    parts: Sequence[Part], match: Matched, judges: list[Judge], most: int, in_memory: int, advance: Advance
) -> tuple[pa.Table | None, tuple[int, ...], tuple[tuple[str, ...], ...]]:
    """Return the table (None if blocks must be read again), rows of each part, and what their readers found."""
    kept: list[_Block] | None = []  # blocks whose types may still widen
    sink: Sink | None = None
    n_bytes, sizes, found = 0, [], []
    try:
        for part, places in zip(parts, match.places, strict=True):
            n_rows = 0
            for block in part.blocks():
                n_rows += len(block)
                advance(len(block))
                seen = [
                    judge.see(block.column(place), textual=part.reading.textual)
                    for judge, place in zip(judges, places, strict=True)
                ]
                arrays, forms = [array for array, _ in seen], [form for _, form in seen]
                if sink is not None:
                    if not _same(sink.schema, judges) or not _kept(judges, [(arrays, forms)]):
                        sink.discard()
                        sink, kept = None, None
                    else:
                        sink.add(_fitted(arrays, judges))
                elif kept is not None:
                    kept.append((arrays, forms))
                    n_bytes += sum(array.nbytes for array in arrays)
                    if n_bytes > in_memory:
                        sink = _sink_of(kept, judges, most, in_memory)
                        kept = [] if sink is not None else None
            sizes.append(n_rows)
            found.append(guarded(part.name, part.format, part.reading.found))
        if kept is None or (sink is None and not _kept(judges, kept)):
            return None, tuple(sizes), tuple(found)
        if sink is None:
            sink = Sink(_schema(judges), most, in_memory)
            for arrays, _ in kept:
                sink.add(_fitted(arrays, judges))
        table, sink = sink.table(), None
        return table, tuple(sizes), tuple(found)
    finally:
        if sink is not None:
            sink.discard()


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


def _sink_of(kept: list[_Block], judges: list[Judge], most: int, in_memory: int) -> Sink | None:
    """Return a sink with the blocks so far; None if some of them must be read again."""
    if not _kept(judges, kept):
        return None
    sink = Sink(_schema(judges), most, in_memory)
    for arrays, _ in kept:
        sink.add(_fitted(arrays, judges))
    return sink


def _kept(judges: Sequence[Judge], blocks: Sequence[_Block]) -> bool:
    return all(judge.keeps(form) for _, forms in blocks for judge, form in zip(judges, forms, strict=True))


def _fitted(arrays: Sequence[pa.Array], judges: Sequence[Judge]) -> list[pa.Array]:
    return [converted(array, judge.kind) for array, judge in zip(arrays, judges, strict=True)]


def _schema(judges: Sequence[Judge]) -> pa.Schema:
    return pa.schema([pa.field(judge.name, judge.kind) for judge in judges])


def _same(schema: pa.Schema, judges: Sequence[Judge]) -> bool:
    return all(field.type == judge.kind for field, judge in zip(schema, judges, strict=True))
