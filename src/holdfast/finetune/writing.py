"""Blocks of a table into a file, whole or not at all, or to standard output as they come."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Literal

import pyarrow as pa

from holdfast.core.durable import replacing
from holdfast.core.errors import BadInput, HoldfastError

Shape = Literal["csv", "jsonl", "parquet"]
_ENDINGS: dict[str, Shape] = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet",
                              ".pq": "parquet"}  # fmt: skip


def shape_of(out: Path | None) -> Shape:
    """Return how a file is written, by its ending; delimited text where there is none. Raises BadInput."""
    if out is None:
        return "csv"
    if out.suffix.lower() not in _ENDINGS:
        raise BadInput(f"--out wants a file ending in {', '.join(_ENDINGS)}; got {out}")
    return _ENDINGS[out.suffix.lower()]


def written(blocks: Iterator[pa.Table], out: Path | None, shape: Shape) -> int:
    """Write the blocks and return their rows. Raises BadInput where the file cannot be written."""
    if out is None:
        return _into(blocks, sys.stdout.buffer, shape)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with replacing(out) as file:
            return _into(blocks, file, shape)
    except OSError as error:
        if isinstance(error, HoldfastError):
            raise
        raise BadInput(f"cannot write {out}: {error.strerror or error}") from error


def _into(blocks: Iterator[pa.Table], file: IO[bytes], shape: Shape) -> int:
    rows, close, write = 0, None, None
    try:
        for block in blocks:
            if write is None:
                write, close = _writer(file, block.schema, shape)
            write(block)
            rows += len(block)
    finally:
        if close is not None:
            close()
    return rows


def _writer(file: IO[bytes], schema: pa.Schema, shape: Shape) -> tuple[Callable[[pa.Table], Any], Callable[[], Any]]:
    if shape == "jsonl":
        return lambda block: _lines(file, block), lambda: None
    if shape == "csv":
        import pyarrow.csv

        text = pyarrow.csv.CSVWriter(file, schema)
        return text.write_table, text.close
    import pyarrow.parquet

    table = pyarrow.parquet.ParquetWriter(file, schema)
    return table.write_table, table.close


def _lines(file: IO[bytes], block: pa.Table) -> None:
    lines = (json.dumps(record, ensure_ascii=False, default=str) + "\n" for record in block.to_pylist())
    file.writelines(line.encode("utf-8", "replace") for line in lines)
