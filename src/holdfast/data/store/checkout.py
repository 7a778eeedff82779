"""A version as plain files in a folder of its own: the records, and the images that they name."""

import json
import math
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, get_args

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from holdfast.core.errors import BadInput, StoreError, unknown
from holdfast.core.hashing import PREFIX
from holdfast.core.media import Media
from holdfast.core.progress import Progress, track
from holdfast.core.text import one_line
from holdfast.data.store import media
from holdfast.data.store.version import Version, listed

if TYPE_CHECKING:
    from holdfast.data.store.store import Store

Form = Literal["parquet", "csv", "jsonl"]
FORMS: tuple[Form, ...] = get_args(Form)
IMAGES = "images"
ABOUT = "_version.json"  # begins so that loaders leave it out
_BEGINS = {
    b"\xff\xd8\xff": ".jpg",
    b"\x89PNG": ".png",
    b"GIF8": ".gif",
    b"BM": ".bmp",
    b"II*\0": ".tif",
    b"MM\0*": ".tif",
}
_Write = Callable[[pa.Table], None]


def checkout(store: "Store", version: Version, folder: Path, form: str, progress: Progress) -> int:
    """Write the records of a version to a folder that is new or empty, and return how many.

    Image columns come to name files in `images`. Raises BadInput when the folder is not empty; StoreError, and leaves
    nothing behind, when it cannot be written.
    """
    if form not in FORMS:
        raise unknown("format", form, FORMS)
    shown = one_line(str(folder))
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{shown} is not an empty folder; nothing is ever written over. Name a new one")
    there = folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        n_rows = _written(store, version, folder, form, progress)
        (folder / ABOUT).write_text(json.dumps(listed(version), indent=1), "utf-8")
    except BaseException as error:
        for path in folder.iterdir() if folder.is_dir() else ():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if not there and folder.is_dir():
            folder.rmdir()
        if isinstance(error, OSError) and not isinstance(error, StoreError):
            why = error.strerror or os.strerror(error.errno) if error.errno else str(error)
            raise StoreError(f"cannot write {shown}: {one_line(why, 200)}") from error
        raise
    return n_rows


def _written(store: "Store", version: Version, folder: Path, form: str, progress: Progress) -> int:
    pictures = [one.name for one in version.columns if one.kind == "image" and one.type != "null"]
    names = {}
    if pictures:
        (folder / IMAGES).mkdir()
    n_rows = 0
    schema = pa.schema([pa.field(one.name, _plain(one.arrow, form)) for one in version.columns])
    with (
        _writer(folder / f"data.{form}", form, schema) as write,
        track(progress, f"writing {form}", total=version.rows, unit="records") as advance,
    ):
        for block in store.blocks(version):
            table = pa.Table.from_batches([block])
            for name in pictures:
                column = table.column(name)
                for value in pc.unique(column).to_pylist():
                    if value and value.startswith(PREFIX) and value not in names:
                        names[value] = _image(store.folder, folder, value)
                paths = pa.array([names.get(value, value) for value in column.to_pylist()], pa.large_string())
                table = table.set_column(table.column_names.index(name), name, paths)
            write(pa.table([_as(column, form) for column in table.columns], schema=schema))
            n_rows += len(table)
            advance(len(table))
    return n_rows


def _image(store: Path, folder: Path, value: str) -> str:
    """Copy the bytes of an image, and return the name of the file, with the ending that its first bytes ask for."""
    content = bytes(Media({value: media.path_of(store, value)}).read(value))
    ending = next((one for first, one in _BEGINS.items() if content.startswith(first)), "")
    if content[8:12] == b"WEBP":
        ending = ".webp"
    name = f"{IMAGES}/{value.removeprefix(PREFIX)}{ending or '.img'}"
    (folder / name).write_bytes(content)
    return name


def _plain(kind: pa.DataType, form: str) -> pa.DataType:
    """Return the type that a format can hold: CSV has no vectors, Parquet has no columns without a type."""
    if pa.types.is_null(kind) or (pa.types.is_fixed_size_list(kind) and form == "csv"):
        return pa.large_string()
    return kind


def _as(values: pa.ChunkedArray, form: str) -> pa.ChunkedArray:
    kind = _plain(values.type, form)
    if pa.types.is_fixed_size_list(values.type) and form == "csv":
        text = [None if one is None else json.dumps(one) for one in values.to_pylist()]
        return pa.chunked_array([pa.array(text, kind)])
    return pc.cast(values, kind)


@contextmanager
def _writer(path: Path, form: str, schema: pa.Schema) -> Iterator[_Write]:
    if form == "parquet":
        with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as parquet:
            yield parquet.write_table
    elif form == "csv":
        with pyarrow.csv.CSVWriter(path, schema) as csv:
            yield csv.write_table
    else:
        with path.open("x", encoding="utf-8", errors="replace") as lines:
            yield lambda table: _lines(lines, table)


def _lines(lines: IO[str], table: pa.Table) -> None:
    for record in table.to_pylist():
        said = {name: value for name, value in record.items() if value is not None}
        lines.write(json.dumps(_finite(said), ensure_ascii=False, default=str) + "\n")


def _finite(record: dict[str, Any]) -> dict[str, Any]:
    """Return the record with infinities as text, which JSON has no numbers for."""
    wrong = [name for name, value in record.items() if isinstance(value, float) and not math.isfinite(value)]
    return {**record, **{name: str(record[name]) for name in wrong}} if wrong else record
