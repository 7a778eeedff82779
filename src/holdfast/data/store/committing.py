"""From rows on disk to a version: what was left by others is taken back, everything is synced, then it is acknowledged.

1. files with rows are written, which belong to nothing yet
2. the lock is taken; what Lance has beyond the head was never acknowledged, and goes
3. Lance commits; its files are synced, then their folders
4. the document of the version is written, synced, and linked to its name: from here on it is one

Whatever ends the process before the fourth step leaves the store as it was.
"""

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from holdfast.core import durable
from holdfast.core.errors import HoldfastError, StoreError
from holdfast.core.hashing import digest_file
from holdfast.core.text import one_line
from holdfast.data.origin import counts
from holdfast.data.store import documents, rows
from holdfast.data.store.identity import version_name, written
from holdfast.data.store.version import Origin, StoredColumn, StoredFile, Version

if TYPE_CHECKING:
    from lance import LanceDataset

READING = "reading"
_UNTOUCHED = "What was there before is untouched"
_NOISE = re.compile(r"^(External error: |LanceError\(\w+\): |Generic \S+ error: )+")


@dataclass(frozen=True)
class Change:
    """What a new version says of itself beyond its files."""

    action: str
    message: str
    columns: tuple[StoredColumn, ...]
    rows: int
    total: np.ndarray
    origins: dict[str, int]
    added: int = 0
    changed: int = 0
    present: int = 0
    inputs: tuple[Origin, ...] = ()
    notes: tuple[str, ...] = field(default=())


def recover(folder: Path, head: Version | None) -> None:
    """Take back what Lance has beyond the head; whoever calls holds the lock. Raises OSError."""
    place = folder / rows.FOLDER
    if head is None:
        if place.exists():
            shutil.rmtree(place)
        return
    beyond = [path for version, path in rows.manifests(place).items() if version > head.lance]
    for path in beyond:
        path.unlink()
    if beyond:
        durable.sync_folder(place / rows.MANIFESTS)


def commit(
    folder: Path, head: Version | None, change: Change, work: Callable[["LanceDataset"], "LanceDataset"]
) -> Version:
    """Return the version that `work` makes of the rows of the head; whoever calls holds the lock. Raises StoreError."""
    place = folder / rows.FOLDER
    recover(folder, head)
    if head is None:
        start = rows.created(place, work_schema(change.columns))
        durable.sync_folder(folder)
        had: set[str] = set()
    else:
        start = head.lance
        had = set(rows.files_of(rows.opened(place, start)))
    after = work(rows.opened(place, start))
    done = rows.opened(place, after.version)
    fresh = [path for path in rows.files_of(done) if path not in had]
    rows.refuse_torn(done, fresh)
    if done.count_rows() != change.rows:
        raise StoreError(
            f"{done.count_rows():,} records were written instead of {change.rows:,}; nothing is kept of it"
        )
    transactions = sorted((place / "_transactions").glob("*.txn"))
    durable.sync_all([*(place / path for path in fresh), *transactions])
    durable.sync_folder(place)
    number = 1 if head is None else head.number + 1
    now = datetime.now(UTC)
    version = Version(
        id=version_name(change.rows, change.total),
        number=number,
        time=now if head is None else max(now, head.time),  # a clock that was set back does not turn the order round
        message=change.message,
        action=change.action,
        parents=() if head is None else (head.id,),
        rows=change.rows,
        added=change.added,
        changed=change.changed,
        present=change.present,
        origins=change.origins,
        columns=change.columns,
        inputs=change.inputs,
        notes=change.notes,
        content=written(change.total),
        lance=after.version,
        files=tuple(_described(place, path) for path in fresh),
    )
    documents.acknowledge(folder, version)
    return version


def work_schema(columns: Sequence[StoredColumn]) -> pa.Schema:
    """Return the schema that Lance begins with."""
    from holdfast.data.store.columns import schema_of

    return schema_of(columns)


def origins_after(head: Version | None, added: pa.ChunkedArray, taken: pa.ChunkedArray | None = None) -> dict[str, int]:
    """Return how many records have each origin when some come and some are taken away."""
    found: dict[str, int] = {name: int(n) for name, n in counts(added).items()}
    for name, n in (head.origins if head is not None else {}).items():
        found[name] = found.get(name, 0) + n
    for name, n in counts(taken).items() if taken is not None else ():
        found[name] -= n
    return found


@contextmanager
def guarded(folder: Path, doing: str) -> Iterator[None]:
    """Turn what the system or Lance raises into one sentence. Raises StoreError."""
    try:
        yield
    except HoldfastError:
        raise
    except PermissionError as error:
        raise StoreError(f"no permission for {doing} {folder}: {error.strerror or error}") from error
    except (OSError, pa.ArrowException) as error:
        why = getattr(error, "strerror", None) or str(error).partition(", /")[0].partition("\n")[0]
        hint = f"See what is damaged: holdfast data verify {folder}" if doing == READING else _UNTOUCHED
        raise StoreError(f"{doing} {folder} did not work: {one_line(_NOISE.sub('', why), 200)}. {hint}") from error


def _described(place: Path, path: str) -> StoredFile:
    file = place / path
    return StoredFile(path=f"{rows.FOLDER}/{path}", bytes=file.stat().st_size, hash=digest_file(file))
