"""Parquet, in files of a bounded number of rows; images as structs of bytes and path, as Hugging Face has them."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from holdfast.core.errors import BadInput
from holdfast.data.exporting.cells import with_bytes
from holdfast.data.exporting.form import Form, Options
from holdfast.data.exporting.subject import Subject

ROWS_A_FILE, ROWS_WITH_IMAGES = 1_000_000, 10_000


def write(subject: Subject, folder: Path, options: Options) -> Path:
    """Write data/part-00000.parquet and so on."""
    home = folder / "data"
    home.mkdir()
    rows = options.rows_a_file or (ROWS_A_FILE if subject.image is None else ROWS_WITH_IMAGES)
    if rows < 1:
        raise BadInput(f"a file has at least one row, got {rows}")
    schema, blocks = with_bytes(subject)
    files = write_parts(home, schema, blocks, rows)
    return files[0] if len(files) == 1 else home


def write_parts(home: Path, schema: pa.Schema, blocks: Iterator[pa.RecordBatch], rows: int) -> list[Path]:
    """Write the blocks into files of so many rows, and return the files."""
    import pyarrow.parquet

    files: list[Path] = []
    writer, left = None, 0
    try:
        for block in blocks:
            at = 0
            while at < len(block):
                if writer is None or not left:
                    if writer is not None:
                        writer.close()
                    files.append(home / f"part-{len(files):05}.parquet")
                    writer, left = pyarrow.parquet.ParquetWriter(files[-1], schema, write_page_checksum=True), rows
                part = block.slice(at, left)
                writer.write_batch(part)
                at, left = at + len(part), left - len(part)
    finally:
        if writer is not None:
            writer.close()
    return files


EXPORT_FORMAT = Form("parquet", "Parquet, in parts", write)
