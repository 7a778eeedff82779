"""Arrow IPC files (Feather is the same) and streams."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from holdfast.core.errors import BadInput
from holdfast.data.images.cells import with_image_cells
from holdfast.data.loaders import Loader, Reading

_FILE = b"ARROW1"


def read(path: Path, name: str) -> Reading:
    """Return how an Arrow file or stream reads; the content tells which of the two it is."""
    with path.open("rb") as file:
        is_file = file.read(len(_FILE)) == _FILE
    with pa.memory_map(str(path)) as mapped:
        schema = pa.ipc.open_file(mapped).schema if is_file else pa.ipc.open_stream(mapped).schema
    reading = Reading(names=tuple(schema.names), blocks=lambda: _blocks(path, name, is_file=is_file))
    return with_image_cells(reading, schema)


def _blocks(path: Path, name: str, *, is_file: bool) -> Iterator[pa.RecordBatch]:
    """Yield the batches. Offsets inside come from the file, so they are checked before anybody follows them."""
    with pa.memory_map(str(path)) as mapped:
        if is_file:
            reader = pa.ipc.open_file(mapped)
            for place in range(reader.num_record_batches):
                yield _checked(reader.get_batch(place), name)
        else:
            for block in pa.ipc.open_stream(mapped):
                yield _checked(block, name)


def _checked(block: pa.RecordBatch, name: str) -> pa.RecordBatch:
    block.validate(full=True)
    if block.num_rows and not block.num_columns:
        raise BadInput(f"{name} has rows, but no columns")
    return block


LOADER = Loader("Arrow", (".arrow", ".arrows", ".feather", ".ipc"), read, first_bytes=(_FILE, b"\xff\xff\xff\xff"))
