"""Images in the cells of a table: structs of bytes and path, as Hugging Face data sets have them, or plain bytes."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from holdfast.core.hashing import hasher, tagged
from holdfast.core.media import ABSENT, Media
from holdfast.data.canonical import STRING
from holdfast.data.loaders import Reading

_MOST_KEPT = 8 << 30  # bytes of images kept in memory; those beyond are hashed, and cannot be looked into
_LOOKED_AT = 16
_BEGINS = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF", b"P5", b"P6")


def with_image_cells(reading: Reading, schema: pa.Schema) -> Reading:
    """Return the reading with images in cells as an image column, and the names of their files beside it."""
    chosen = [place for place, field in enumerate(schema) if _holds_images(field.type)]
    if not chosen and any(_is_bytes(field.type) for field in schema):
        first = next(iter(reading.blocks()), None)
        if first is not None:
            chosen = [
                place for place, field in enumerate(schema) if _is_bytes(field.type) and _are_images(first, place)
            ]
    if not chosen:
        return reading
    cells = _Cells(chosen)
    names = reading.names
    extra = tuple("file" if number == 0 else f"{names[place]}.file" for number, place in enumerate(chosen))
    taken = set(names)
    extra = tuple(
        name if name not in taken else f"{name} of {names[place]}" for name, place in zip(extra, chosen, strict=True)
    )
    return replace(
        reading,
        names=(*names, *extra),
        blocks=lambda: (cells.unfolded(block) for block in reading.blocks()),
        kinds={**reading.kinds, **{names[place]: "image" for place in chosen}},
        roles={**reading.roles, **dict.fromkeys(extra, "metadata")},
        optional=reading.optional | set(extra),
        found=lambda: (*reading.found(), *cells.notes()),
        media=lambda: reading.media().joined(Media(dict(cells.places))),
    )


class _Cells:
    """Takes images out of cells, and keeps their bytes by hash."""

    def __init__(self, chosen: list[int]) -> None:
        self._chosen = chosen
        self.places: dict[str, Path | pa.Buffer | bytes] = {}
        self._n_bytes, self._n_dropped = 0, 0

    def unfolded(self, block: pa.RecordBatch) -> pa.RecordBatch:
        """Return a block with hashes for images, and names of files as further columns."""
        columns, files = list(block.columns), []
        for place in self._chosen:
            values, names = zip(*self._taken(block.column(place)), strict=True) if len(block) else ((), ())
            columns[place] = pa.array(values, STRING)
            files.append(pa.array(names, STRING))
        every = [*columns, *files]
        return pa.RecordBatch.from_arrays(every, names=[str(number) for number in range(len(every))])

    def notes(self) -> tuple[str, ...]:
        """Return what should be said about images that were not kept."""
        if not self._n_dropped:
            return ()
        return (f"{self._n_dropped:,} images beyond {_MOST_KEPT >> 30} GiB are compared by hash only",)

    def _taken(self, column: pa.Array) -> Iterator[tuple[str | None, str | None]]:
        is_struct = pa.types.is_struct(column.type)
        data = column.field("bytes") if is_struct else column
        paths = column.field("path") if is_struct and column.type.get_field_index("path") >= 0 else None
        for place in range(len(column)):
            if not column[place].is_valid:
                yield None, None
                continue
            name = paths[place].as_py() if paths is not None else None
            content = data[place]
            if not content.is_valid:
                yield (None if name is None else ABSENT + name), name
                continue
            yield self._kept(content.as_buffer()), name

    def _kept(self, content: pa.Buffer) -> str:
        state = hasher()
        state.update(memoryview(content))
        value = tagged(state)
        if value not in self.places:
            if self._n_bytes + content.size <= _MOST_KEPT:
                self._n_bytes += content.size
                self.places[value] = content
            else:
                self._n_dropped += 1
        return value


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _holds_images(kind: pa.DataType) -> bool:
    """Return whether a type is the struct in which Hugging Face data sets keep an image (or a sound)."""
    if not pa.types.is_struct(kind) or kind.num_fields > 2:
        return False
    names = {kind.field(number).name for number in range(kind.num_fields)}
    return names in ({"bytes", "path"}, {"bytes"}) and _is_bytes(kind.field(kind.get_field_index("bytes")).type)


def _are_images(block: pa.RecordBatch, place: int) -> bool:
    values: list[Any] = block.column(place).slice(0, _LOOKED_AT).drop_null().to_pylist()
    return bool(values) and all(value.startswith(_BEGINS) for value in values)
