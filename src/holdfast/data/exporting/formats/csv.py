"""Delimited text. It holds no types: what reads it guesses them again."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.data.exporting.cells import as_texts, with_files
from holdfast.data.exporting.form import Form, Options
from holdfast.data.exporting.subject import Subject

# A cell that begins so is a formula to spreadsheets, and may call programs or send data when the file is opened
# (OWASP, CSV injection).
FORMULA = r"^[=+\-@\t\r]"
_NUMBER = r"^[+\-]?[0-9.,eE+\-]+$"


def write(subject: Subject, folder: Path, options: Options) -> Path:
    """Write data.csv, and images/ where there are images. Cells that spreadsheets run are counted, or guarded."""
    import pyarrow.csv

    _, blocks, names = with_files(subject)
    path = folder / "data.csv"
    writer, n_formulas = None, 0
    try:
        for block in blocks:
            table, n = _guarded(as_texts(block), guards=options.guard_formulas)
            n_formulas += n
            if writer is None:
                writer = pyarrow.csv.CSVWriter(path, table.schema)
            writer.write_batch(table)
    finally:
        if writer is not None:
            writer.close()
    if n_formulas:
        done = (
            "were given an apostrophe" if options.guard_formulas else "stand as they are: --guard-formulas quotes them"
        )
        subject.notes.append(f"{n_formulas:,} cells begin as formulas do, which spreadsheets run; they {done}")
    subject.notes.append("CSV holds no types and no kinds of columns: what reads it guesses them again")
    if names and (missing := subject.write_pictures(folder / "images", names)):
        subject.notes.append(f"{missing:,} records have no image: its bytes are not in the data")
    return path


def _guarded(block: pa.RecordBatch, *, guards: bool) -> tuple[pa.RecordBatch, int]:
    columns, n = list(block.columns), 0
    for place, column in enumerate(columns):
        if not pa.types.is_large_string(column.type):
            continue
        runs = pc.and_(pc.match_substring_regex(column, FORMULA), pc.invert(pc.match_substring_regex(column, _NUMBER)))
        runs = pc.fill_null(runs, False)  # noqa: FBT003 PyArrow's signature
        n += pc.sum(runs).as_py() or 0
        if guards:
            quoted = pc.binary_join_element_wise(pa.scalar("'", column.type), column, pa.scalar("", column.type))
            columns[place] = pc.if_else(runs, quoted, column)
    return pa.RecordBatch.from_arrays(columns, names=block.schema.names), n


EXPORT_FORMAT = Form("csv", "delimited text", write)
