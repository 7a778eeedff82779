"""The rows of a store, as Lance keeps them: the one place that knows Lance.

A Lance version counts only if a document of the store names it. Later ones were begun by a writer that did not get to
the end, and are undone before the next commit.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from holdfast.core.errors import MissingExtra, StoreError
from holdfast.core.text import one_line
from holdfast.data.origin import RECORD

if TYPE_CHECKING:
    from lance import LanceDataset

FORMAT = "2.1"  # of data files: stable, read by every later Lance
FOLDER = "rows.lance"
MANIFESTS = "_versions"
ROW = "_rowid"  # stable: a row keeps its number when it is rewritten, so that rows come back in the order of adding
_LAST = 2**64 - 1  # manifests are named after this minus their version
_ROWS_A_FILE = 1 << 20
_ROWS_AT_ONCE = 1 << 13  # in memory while files are written together


def library() -> Any:
    """Return the library. Raises MissingExtra."""
    try:
        import lance
    except ImportError as error:
        raise MissingExtra.for_package("pylance", "store", "keeping versions of data") from error
    return lance


def opened(folder: Path, version: int) -> "LanceDataset":
    """Return the rows as they were in a version. Raises StoreError where files are missing or damaged."""
    lance = library()
    try:
        return lance.dataset(str(folder), version=version)
    except (OSError, ValueError) as error:
        why = one_line(str(error).partition(", /")[0], 200)  # what follows is where Lance's own source says so
        raise StoreError(
            f"the rows of a version cannot be opened in {folder}: {why}. "
            f"See what is damaged: holdfast data verify {folder.parent}"
        ) from error


def created(folder: Path, schema: pa.Schema) -> int:
    """Make an empty data set, and return its version."""
    empty = pa.table({field.name: pa.array([], field.type) for field in schema}, schema=schema)
    made = library().write_dataset(
        empty, str(folder), mode="create", enable_stable_row_ids=True, data_storage_version=FORMAT
    )
    return int(made.version)


def written(at: "LanceDataset", blocks: Iterator[pa.RecordBatch], schema: pa.Schema) -> list[Any]:
    """Write rows to files that belong to no version yet; the result goes to `appended`."""
    from lance.fragment import write_fragments

    reader = pa.RecordBatchReader.from_batches(schema, blocks)
    return list(
        write_fragments(
            reader,
            at,
            mode="append",
            max_rows_per_file=_ROWS_A_FILE,
            data_storage_version=FORMAT,
            enable_stable_row_ids=True,
        )
    )


def paths_of(fragments: Sequence[Any]) -> list[str]:
    """Return the files, below the folder of the rows, that fragments are made of."""
    return [f"data/{file.path}" for fragment in fragments for file in fragment.files]


def appended(at: "LanceDataset", fragments: list[Any]) -> "LanceDataset":
    """Add written rows."""
    lance = library()
    return lance.LanceDataset.commit(at, lance.LanceOperation.Append(fragments), read_version=at.version)


def widened(at: "LanceDataset", fields: Sequence[pa.Field]) -> "LanceDataset":
    """Add columns that are empty so far; writes no data."""
    at.add_columns(pa.schema(fields))
    return at


def updated(at: "LanceDataset", changes: pa.Table) -> "LanceDataset":
    """Replace the values of some columns of the records that `changes` names."""
    at.merge_insert(RECORD).when_matched_update_all().execute(changes)
    return at


def merged(at: "LanceDataset", values: pa.Table, replaced: Sequence[str] = ()) -> "LanceDataset":
    """Add columns with values by record; those that are `replaced` go first. Nothing else is rewritten."""
    if replaced:
        at.drop_columns(list(replaced))
    at.merge(values, RECORD)
    return at


def compacted(at: "LanceDataset") -> "LanceDataset":
    """Write the rows of small files together, and leave out those that were replaced; nothing else changes."""
    at.optimize.compact_files(
        target_rows_per_fragment=_ROWS_A_FILE, batch_size=_ROWS_AT_ONCE, num_threads=1, materialize_deletions=True
    )
    return at


def small_files(at: "LanceDataset") -> int:
    """Return how many files hold fewer rows than a file could."""
    return sum(fragment.physical_rows < _ROWS_A_FILE // 2 for fragment in at.get_fragments())


def blocks(
    at: "LanceDataset", fields: Sequence[str], *, rows: int, in_order: bool = True, where: str | None = None
) -> Iterator[pa.RecordBatch]:
    """Yield columns of all rows, at most `rows` at a time."""
    scanner = at.scanner(columns=list(fields), batch_size=rows, scan_in_order=in_order, filter=where)
    yield from scanner.to_batches()


def in_order(at: "LanceDataset", fields: Sequence[str], *, rows: int) -> Iterator[pa.RecordBatch]:
    """Yield columns of all rows in the order in which they were added, at most `rows` at a time."""
    numbers = at.scanner(columns=[], with_row_id=True).to_table().column(ROW).to_numpy()
    if (numbers[1:] >= numbers[:-1]).all():
        yield from blocks(at, fields, rows=rows)
        return
    order = np.argsort(numbers, kind="stable")  # an amended row stands in another file
    for start in range(0, len(order), rows):
        yield from at.take(pa.array(order[start : start + rows]), columns=list(fields)).to_batches()


def refuse_torn(at: "LanceDataset", fresh: Collection[str]) -> None:
    """Raise StoreError if one of the new files of a version is shorter than it should be.

    Seen on a disk without room: Lance reports success, and the end of a file is missing.
    """
    for fragment in at.get_fragments():
        if not {*paths_of([fragment.metadata]), str(fragment.deletion_file())} & set(fresh):
            continue
        try:
            fragment.validate()
        except (OSError, ValueError) as error:
            why = one_line(str(error).partition(", /")[0], 200)
            raise StoreError(f"what was written cannot be read back ({why}); is there room on the disk?") from error


def files_of(at: "LanceDataset") -> list[str]:
    """Return all files, below the folder of the rows, that reading this version needs."""
    found = [manifest_of(at.version)]
    for fragment in at.get_fragments():
        found += paths_of([fragment.metadata])
        deleted = fragment.deletion_file()
        if deleted:
            found.append(str(deleted))
    return found


def manifest_of(version: int) -> str:
    """Return the file that says what a version is made of."""
    return f"{MANIFESTS}/{_LAST - version}.manifest"


def manifests(folder: Path) -> Mapping[int, Path]:
    """Return the manifests that are there, by version."""
    found = {}
    for path in (folder / MANIFESTS).glob("*.manifest"):
        if path.stem.isdigit():
            found[_LAST - int(path.stem)] = path
    return found
