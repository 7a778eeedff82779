"""Cells as other formats write them: images as bytes with their name, times and vectors as text where need be."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core.dataset import Column
from holdfast.data.canonical import STRING
from holdfast.data.exporting.subject import Subject
from holdfast.data.splitting import free_name

IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])  # as Hugging Face tables hold an image


def with_bytes(subject: Subject) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """Return schema and blocks of a table that holds its images; the names of their files stand with them."""
    if subject.image is None:
        return subject.dataset.table.schema, subject.blocks()
    image, file = subject.image.name, subject.file
    names = subject.picture_names()
    drops = file is not None and _same(subject, names)
    kept = [one.name for one in subject.columns if not (drops and file is not None and one.name == file.name)]
    schema = pa.schema(
        [(name, IMAGE if name == image else subject.dataset.table.schema.field(name).type) for name in kept]
    )

    def blocks() -> Iterator[pa.RecordBatch]:
        at = 0
        for block in subject.blocks():
            values = block.column(subject.dataset.table.column_names.index(image)).to_pylist()
            cells = [
                None if value is None else {"bytes": subject.picture(value), "path": name}
                for value, name in zip(values, names[at : at + len(values)], strict=True)
            ]
            at += len(values)
            columns = [pa.array(cells, IMAGE) if name == image else block.column(name) for name in kept]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)

    return schema, blocks()


def with_files(subject: Subject) -> tuple[list[str], Iterator[pa.RecordBatch], list[str | None]]:
    """Return names and blocks of a table that names its images, and the names: the column of hashes is left out."""
    if subject.image is None:
        return subject.dataset.table.column_names, subject.blocks(), []
    names = subject.picture_names()
    image, drops = subject.image.name, _same(subject, names)
    column = "file" if drops else free_name("file", subject.dataset.table.column_names)
    kept = [name for name in subject.dataset.table.column_names if name != image and not (drops and name == "file")]

    def blocks() -> Iterator[pa.RecordBatch]:
        at = 0
        for block in subject.blocks():
            files = pa.array(names[at : at + len(block)], STRING)
            at += len(block)
            yield pa.RecordBatch.from_arrays([files, *(block.column(name) for name in kept)], names=[column, *kept])

    return [column, *kept], blocks(), names


def _same(subject: Subject, names: list[str | None]) -> bool:
    """Return whether the column of files says what the images are called, so that once is enough."""
    if subject.file is None:
        return False
    held = subject.values(subject.file.name).to_pylist()
    return all(name is None or name == file for name, file in zip(names, held, strict=True))


def plain(value: Any) -> Any:
    """Return a cell as JSON has it: a time in ISO form."""
    return value.isoformat(sep=" ") if isinstance(value, datetime) else value


def as_texts(block: pa.RecordBatch) -> pa.RecordBatch:
    """Return a block for delimited text: vectors as JSON."""
    columns = [
        pa.array([None if one is None else json.dumps(one) for one in column.to_pylist()], STRING)
        if pa.types.is_nested(column.type)
        else pc.cast(column, STRING)
        if pa.types.is_null(column.type)
        else column
        for column in block.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=block.schema.names)


def label_of(columns: tuple[Column, ...]) -> Column | None:
    """Return the column of labels, where there is one."""
    return next((one for one in columns if one.role == "label"), None)
