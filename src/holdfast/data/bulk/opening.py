"""From what a person names to records: Parquet files are read where they lie, everything else is loaded once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, unknown
from holdfast.core.progress import Progress
from holdfast.core.text import one_line
from holdfast.data.bulk.records import Records, blocks, is_plain, parquet_records, written
from holdfast.data.inference import describe
from holdfast.data.loading import load
from holdfast.data.origin import payload

_SUFFIXES = (".parquet", ".pq")


def opened(paths: Sequence[Path | str], folder: Path, progress: Progress) -> Records:
    """Return the records of all inputs, in order. What is no Parquet is written as such below `folder`.

    Raises BadInput for an input that cannot be read, or that has no rows, and where inputs do not fit together.
    """
    if not paths:
        raise BadInput("no data given: name a file or folder, or several")
    names = _names(paths)
    files = [_parquet(Path(path)) for path in paths]
    if all(files):
        records = parquet_records(list(zip(names, files, strict=True)))
        if not len(records):
            raise BadInput(f"{names[0]} has columns, but no rows")
        return records
    keys = ["all"] if len(paths) == 1 else [f"input {number}" for number in range(1, len(paths) + 1)]
    dataset = load(dict(zip(keys, paths, strict=True)), progress=progress)
    several = dataset.one("split") if len(paths) > 1 else None
    columns = [column.name for column in dataset.columns if column != several]
    sizes = [len(dataset)] if several is None else _sizes(dataset, several.name, len(paths))
    return written(dataset, columns, folder, list(zip(names, sizes, strict=True)))


def columns_of(records: Records) -> tuple[str, ...]:
    """Return the columns that make a record: the user's own, in their order."""
    return payload(records.columns)


def text_column(records: Records, named: str | None) -> str | None:
    """Return the column of texts: the one that is named, or the one with most to read. None where there is none.

    Raises BadInput where the one that is named is not there, or holds no strings.
    """
    if named is not None and named not in records.columns:
        raise unknown("column", one_line(named, 80), [one_line(name, 80) for name in records.columns])
    some = next(block for _, block in blocks(records.units[0], records.columns if named is None else [named]))
    table = pa.Table.from_batches([some])
    if named is not None:
        if not pa.types.is_large_string(some.column(0).type):
            raise BadInput(
                f"column {one_line(named, 80)!r} holds no texts but {some.column(0).type}; name one of texts"
            )
        return named
    texts = describe("some", table.select(list(payload(records.columns)))).of(kind="text")
    return max((column.name for column in texts), key=lambda name: _size(table[name]), default=None)


def _parquet(path: Path) -> list[Path]:
    """Return the Parquet files of an input that need no loader; none, where it is something else."""
    inside = sorted(one for one in path.iterdir() if one.name[:1] not in "._") if path.is_dir() else [path]
    good = all(one.is_file() and one.suffix.lower() in _SUFFIXES and is_plain(one) for one in inside)
    return inside if good else []


def _names(paths: Sequence[Path | str]) -> list[str]:
    short = [Path(path).name or str(path) for path in paths]
    counts: Mapping[str, int] = Counter(short)
    names: list[str] = []
    for name, path in zip(short, paths, strict=True):
        longer = one_line(name if counts[name] == 1 else str(path), 80)
        again = sum(one == longer or one.startswith(f"{longer} (") for one in names)
        names.append(f"{longer} ({again + 1})" if again else longer)
    return names


def _sizes(dataset: Dataset, split: str, n: int) -> list[int]:
    """Return how many rows each input has; they stand one below the other."""
    codes, values = dataset.codes(split)
    if len(values) != n:
        raise BadInput(f"{n} inputs, of which {n - len(values)} have no rows")
    return [int((codes == code).sum()) for code in range(n)]


def _size(values: pa.ChunkedArray) -> int:
    return pc.sum(pc.binary_length(values)).as_py() or 0
