"""CSV, TSV and other delimited text."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from holdfast.core.errors import BadInput
from holdfast.data.dialect import DELIMITERS, Dialect, sniff
from holdfast.data.limits import MOST_COLUMNS
from holdfast.data.loaders import Loader, Reading
from holdfast.data.text_files import as_utf8, encoding_of, head_of

_BLOCK = 1 << 20  # bytes parsed at once; it fits a processor's cache
_LARGEST_BLOCK = 1 << 26  # a line, or a quoted value, is not longer than this
_ROWS_A_BLOCK = 64  # at least, or wide tables would be read in slivers
# Lines with too few or too many fields are left out, and told, up to this share, or this many in a small file.
_MOST_RAGGED, _FEW_RAGGED, _MOST_OF_A_FEW = 0.01, 3, 0.1
_LISTED = 5


class _Ragged:
    """Collects the lines that do not have the right number of fields."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.n = self.n_rows = 0
        self.first: list[tuple[int | None, int]] = []

    def __call__(self, row: "pa.csv.InvalidRow") -> str:
        self.n += 1
        if len(self.first) < _LISTED:
            self.first.append((row.number, row.actual_columns))
        return "skip"


def read(path: Path, name: str) -> Reading:
    """Return how a delimited file reads, and what was found out about it."""
    encoding = encoding_of(path, name)
    head, _ = head_of(path, encoding, name)
    if not head.strip("\ufeff \t\r\n"):
        raise BadInput(f"{name} is empty")
    dialect = sniff(head.removeprefix("\ufeff"))
    if dialect.width > MOST_COLUMNS:
        raise BadInput(f"{name} has {dialect.width:,} columns, more than {MOST_COLUMNS:,}: is it transposed?")
    clean = as_utf8(path, encoding, dialect.rewrite)
    ragged = _Ragged()
    longest = max(len(line) for line in head[:_LARGEST_BLOCK].splitlines())
    return Reading(
        names=dialect.names,
        blocks=lambda: _blocks(clean, name, dialect, ragged, max(_BLOCK, _ROWS_A_BLOCK * longest)),
        notes=tuple(note for note in (encoding.note, *dialect.notes) if note),
        first_row=dialect.skip + 1,
        textual=True,
        headless=dialect.headless,
        comma=dialect.delimiter != ",",
        found=lambda: _found(ragged, dialect, clean, name),
    )


def _blocks(path: Path, name: str, dialect: Dialect, ragged: _Ragged, size: int) -> Iterator[pa.RecordBatch]:
    """Yield blocks of text; a block that turns out too small for a line is enlarged, and reading starts again."""
    n_given = 0
    while True:
        ragged.clear()
        seen = 0
        try:
            for block in _reader(path, dialect, ragged, min(size, _LARGEST_BLOCK)):
                seen += len(block)
                ragged.n_rows = seen
                if seen > n_given:
                    yield _tidy(block.slice(max(0, n_given - (seen - len(block)))), dialect)
                    n_given = seen
        except pa.ArrowInvalid as error:
            too_small = "straddling" in str(error), "Could not skip" in str(error)
            if not any(too_small):
                raise
            if size >= _LARGEST_BLOCK and too_small[1]:
                return  # nothing comes after the header
            if size >= _LARGEST_BLOCK:
                raise BadInput(
                    f"{name}, after row {n_given:,}: a line, or a quoted value, is longer than "
                    f"{_LARGEST_BLOCK >> 20} MiB; is a quote left open?"
                ) from error
            size *= 8
        else:
            return


def _reader(
    path: Path, dialect: Dialect, ragged: _Ragged, size: int, *, threads: bool = True
) -> Iterator[pa.RecordBatch]:
    import pyarrow.csv

    names = [str(place) for place in range(dialect.width)]
    try:
        yield from pyarrow.csv.open_csv(
            str(path),
            read_options=pyarrow.csv.ReadOptions(
                column_names=names, skip_rows=dialect.skip, block_size=size, use_threads=threads
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=dialect.delimiter,
                quote_char=dialect.quote or False,
                escape_char=dialect.escape or False,
                newlines_in_values=dialect.quote is not None,
                ignore_empty_lines=True,
                invalid_row_handler=ragged,
            ),
            convert_options=pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV" not in str(error):
            raise


def _tidy(block: pa.RecordBatch, dialect: Dialect) -> pa.RecordBatch:
    import pyarrow.compute as pc

    columns = block.columns[: len(dialect.names)]
    if dialect.trim:
        columns = [pc.ascii_ltrim_whitespace(column) for column in columns]
    return pa.RecordBatch.from_arrays(columns, names=[str(place) for place in range(len(columns))])


def _found(ragged: _Ragged, dialect: Dialect, path: Path, name: str) -> tuple[str, ...]:
    """Return a note on the lines that were left out. Raises BadInput when there are too many."""
    if not ragged.n:
        return ()
    total = ragged.n + ragged.n_rows
    where = ", ".join(f"line {line:,} has {width}" for line, width in _places(path, dialect))
    said = f"{ragged.n:,} of {total:,} lines do not have {dialect.width} fields ({where})"
    if ragged.n > max(_MOST_RAGGED * total, min(_FEW_RAGGED, _MOST_OF_A_FEW * total)):
        mark = DELIMITERS.get(dialect.delimiter, "none")
        raise BadInput(f"{name}: {said}; is the delimiter another one than {mark}, or is a quote left open?")
    return (f"{said}: they were left out",)


def _places(path: Path, dialect: Dialect) -> list[tuple[int, int]]:
    """Return line and number of fields of the first odd lines. Only a reader without threads knows line numbers."""
    ragged = _Ragged()
    for _ in _reader(path, dialect, ragged, _LARGEST_BLOCK >> 4, threads=False):
        if len(ragged.first) >= _LISTED:
            break
    return [(number or 0, width) for number, width in ragged.first]


LOADER = Loader("delimited text", (".csv", ".tsv", ".tab", ".psv", ".txt", ".data", ".dat"), read)
