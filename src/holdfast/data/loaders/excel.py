"""Excel and OpenDocument sheets, through the extra `excel`."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from holdfast.core.errors import BadInput, MissingExtra
from holdfast.core.text import one_line
from holdfast.data.headers import has_header
from holdfast.data.limits import size_of
from holdfast.data.loaders import Loader, Reading
from holdfast.data.python_values import array_of

_ROWS = 1 << 14
_MOST_UNPACKED = 1 << 30  # a sheet of a million rows and thirty columns unpacks to less
_ALWAYS_ALLOWED = 1 << 26
_LARGEST_GROWTH = 100  # workbooks grow 5 to 30 times
_PIECE = 1 << 20


def read(path: Path, name: str) -> Reading:
    """Return how the first sheet that holds anything reads. Formulas are their last values; nothing is computed."""
    try:
        import python_calamine
    except ImportError as error:
        raise MissingExtra.for_package("python-calamine", "excel", f"reading {name}") from error
    _refuse_bomb(path, name)
    try:
        book = python_calamine.load_workbook(str(path))
        sheets = {title: book.get_sheet_by_name(title) for title in book.sheet_names}
        title = next((title for title, sheet in sheets.items() if sheet.height and sheet.width), "")
        raw = sheets[title].to_python(skip_empty_area=True) if title in sheets else []
        top = sheets[title].start[0] if raw and sheets[title].start else 0
    except python_calamine.CalamineError as error:
        raise BadInput(f"{name} cannot be read as a workbook: {one_line(str(error), 200)}") from error
    except BaseException as error:
        # The parser is written in Rust: where it gives up in an unforeseen way, this is how it shows.
        if type(error).__name__ != "PanicException":
            raise
        raise BadInput(f"{name} cannot be read as a workbook: it is damaged") from error
    if not raw:
        raise BadInput(f"{name} has no sheet with anything in it")
    rows = [[_cell(value) for value in row] for row in raw]
    return _reading(rows, top, title, len(sheets))


def _reading(rows: list[list[Any]], top: int, sheet: str, n_sheets: int) -> Reading:
    notes = [f"sheet {one_line(sheet, 40)}, the first of {n_sheets}"] if n_sheets > 1 else []
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows[:1001]]
    headless = not has_header(texts)
    width = len(rows[0])
    if headless:
        names = tuple(f"column{place}" for place in range(1, width + 1))
        notes.append(f"no header row: columns are named {names[0]}…{names[-1]}")
    else:
        names, rows = tuple(texts[0]), rows[1:]
    return Reading(
        names=names,
        blocks=lambda: _blocks(rows, width),
        notes=tuple(notes),
        first_row=top + 1 + (not headless),
        headless=headless,
    )


def _blocks(rows: list[list[Any]], width: int) -> Iterator[pa.RecordBatch]:
    names = [str(place) for place in range(width)]
    for start in range(0, len(rows), _ROWS):
        part = rows[start : start + _ROWS]
        arrays = [array_of([row[place] for row in part]) for place in range(width)]
        yield pa.RecordBatch.from_arrays(arrays, names=names)


def _cell(value: Any) -> Any:
    """Return a cell's value: an empty one is missing, a number without a fraction is whole."""
    if value == "":
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def _refuse_bomb(path: Path, name: str) -> None:
    """Raise BadInput when the archive inside unpacks to more than it should, whatever it says about itself."""
    if not zipfile.is_zipfile(path):
        return
    most, total = min(_MOST_UNPACKED, max(_ALWAYS_ALLOWED, size_of(path) * _LARGEST_GROWTH)), 0
    with zipfile.ZipFile(path) as archive, path.open("rb") as raw:
        for member in archive.infolist():
            total += _true_size(raw, member, most - total)
            if total > most:
                raise BadInput(f"{name} unpacks to more than {most / 1e9:,.1f} GB: that is no workbook")


def _true_size(raw: io.BufferedReader, member: zipfile.ZipInfo, most: int) -> int:
    """Return the size of a member unpacked, counted and not believed; stops once it is above `most`."""
    if member.compress_type != zipfile.ZIP_DEFLATED:
        return member.compress_size
    raw.seek(member.header_offset + 26)
    lengths = raw.read(4)
    raw.seek(int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little"), 1)
    unpack, size, left = zlib.decompressobj(-zlib.MAX_WBITS), 0, member.compress_size
    while left > 0 and size <= most and not unpack.eof and (piece := raw.read(min(left, _PIECE))):
        left -= len(piece)
        while piece and size <= most:
            size += len(unpack.decompress(piece, _PIECE))
            piece = unpack.unconsumed_tail
    return size


LOADER = Loader(
    "Excel", (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), read, first_bytes=(b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
)
