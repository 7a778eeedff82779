"""Whether everything that versions name is there, byte for byte; if not, which file, and which versions it touches."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from holdfast.core.errors import StoreError
from holdfast.core.hashing import PREFIX, digest_file
from holdfast.core.progress import Progress, track
from holdfast.core.showing import shows
from holdfast.core.text import one_line
from holdfast.data.origin import BY_NAME, RECORD
from holdfast.data.store import documents, locks, media, rows
from holdfast.data.store.committing import guarded
from holdfast.data.store.identity import content_sum, record_names, summed, version_name, written
from holdfast.data.store.needs import Images, row_files
from holdfast.data.store.reading import table_of
from holdfast.data.store.version import StoredFile, Version

if TYPE_CHECKING:
    from holdfast.data.store.store import Store

_UNREADABLE = (OSError, ValueError, pa.ArrowException)
What = Literal["missing", "torn", "changed", "unreadable", "unknown", "content"]


class Fault(BaseModel):
    """A file that is not as it was, in which way, and the numbers of the versions that need it."""

    model_config = ConfigDict(frozen=True)
    path: str
    what: What
    says: str
    versions: tuple[int, ...] = ()


@shows("holdfast.data.store.telling:verified")
class Verified(BaseModel):
    """What was looked at, and what was found."""

    model_config = ConfigDict(frozen=True)
    versions: int
    files: int
    bytes: int
    images: int
    faults: tuple[Fault, ...] = ()


def verify(store: "Store", progress: Progress, *, records: bool = False) -> Verified:
    """Return what is wrong with a store: every file is read and its hash compared with the one that was written down.

    `records` also reads every record of every version, names it anew by its content, and compares the id.
    Raises StoreError when the store is being cleared.
    """
    folder = store.folder
    with guarded(folder, "verifying"), locks.using(folder):
        versions, faults = _documents(store)
        known = {file.path: file for version in versions for file in version.files}
        kept = [version for version in versions if version.kept]
        users: dict[str, list[int]] = {}
        pictures: dict[str, list[int]] = {}
        images = Images(folder)
        for version in kept:
            own, problem = _named(folder, version, known)
            faults += problem
            for path in own:
                users.setdefault(path, []).append(version.number)
        found = list(_files(folder, users, known, progress))
        faults += found
        broken = {number for fault in faults for number in fault.versions}
        for version in kept:
            if version.number in broken:
                continue
            try:
                for path in images.of(version):
                    pictures.setdefault(path, []).append(version.number)
            except _UNREADABLE as error:
                faults.append(_unreadable(folder, version, error))
                broken.add(version.number)
        faults += list(_pictures(folder, pictures, progress))
        if records:
            whole = [version for version in kept if version.number not in broken]  # the others are named already
            faults += list(_contents(store, whole, progress))
        size = sum(known[path].bytes for path in users if path in known)
    return Verified(versions=len(kept), files=len(users), bytes=size, images=len(pictures), faults=tuple(faults))


def _unreadable(folder: Path, version: Version, error: Exception) -> Fault:
    """Return the fault of a version whose files are as they were written, and cannot be read all the same."""
    place = documents.path_of(folder, version.number).relative_to(folder).as_posix()
    why = one_line(str(error).partition(", /")[0], 200)
    return Fault(path=place, what="unreadable", says=f"its records cannot be read: {why}", versions=(version.number,))


def _documents(store: "Store") -> tuple[list[Version], list[Fault]]:
    """Return the versions whose documents can be read, and what is wrong with others and with tags."""
    folder, versions, faults = store.folder, [], []
    gone = documents.gone(folder)
    numbers = documents.numbers(folder)
    for number in numbers:
        place = documents.path_of(folder, number).relative_to(folder).as_posix()
        try:
            version = documents.read(folder, number).model_copy(update={"kept": number not in gone})
        except StoreError as error:
            faults.append(Fault(path=place, what="unreadable", says=one_line(str(error), 300), versions=(number,)))
            continue
        if version.id != version_name(version.rows, summed(version.content)):
            says = "the id is not that of the content which it names"
            faults.append(Fault(path=place, what="changed", says=says, versions=(number,)))
        versions.append(version)
    for number in sorted(set(range(1, max(numbers, default=0) + 1)) - set(numbers)):
        place = documents.path_of(folder, number).relative_to(folder).as_posix()
        faults.append(Fault(path=place, what="missing", says="a later version is there", versions=(number,)))
    return versions, faults


def _named(folder: Path, version: Version, known: Mapping[str, StoredFile]) -> tuple[list[str], list[Fault]]:
    """Return the files that a version needs; those it brought itself, where Lance cannot say more."""
    manifest = f"{rows.FOLDER}/{rows.manifest_of(version.lance)}"
    own = [file.path for file in version.files]
    if _wrong(folder, manifest, known) is not None:
        return sorted({*own, manifest}), []
    try:
        return row_files(folder, version), []
    except (OSError, ValueError) as error:
        says = one_line(str(error).partition(". See")[0], 200)
        return own, [Fault(path=manifest, what="unreadable", says=says, versions=(version.number,))]


def _files(
    folder: Path, users: Mapping[str, Sequence[int]], known: Mapping[str, StoredFile], progress: Progress
) -> Iterator[Fault]:
    with track(progress, "reading files", total=len(users), unit="files") as advance:
        for path in sorted(users):
            advance(1)
            wrong = _wrong(folder, path, known)
            if wrong is not None:
                yield Fault(path=path, what=wrong[0], says=wrong[1], versions=tuple(users[path]))


def _wrong(folder: Path, path: str, known: Mapping[str, StoredFile]) -> tuple[What, str] | None:
    """Return what is wrong with a file, and in words; None where it is as it was."""
    expected = known.get(path)
    if expected is None:
        return "unknown", "no version says what is in it"
    return _compared(folder / path, expected.hash, expected.bytes)


def _compared(file: Path, expected: str, size: int | None = None) -> tuple[What, str] | None:
    try:
        there = file.stat().st_size
        if size is not None and there != size:
            return "torn", f"{there:,} bytes instead of {size:,}"
        return None if digest_file(file) == expected else ("changed", "its bytes are not those that were written")
    except FileNotFoundError:
        return "missing", "it is not there"
    except OSError as error:
        return "unreadable", str(error.strerror or error)


def _pictures(folder: Path, pictures: Mapping[str, Sequence[int]], progress: Progress) -> Iterator[Fault]:
    with track(progress, "reading images", total=len(pictures), unit="images") as advance:
        for path in sorted(pictures):
            advance(1)
            wrong = _compared(folder / path, PREFIX + path.removeprefix(f"{media.FOLDER}/").replace("/", ""))
            if wrong is not None:
                yield Fault(path=path, what=wrong[0], says=wrong[1], versions=tuple(pictures[path]))


def _contents(store: "Store", versions: Sequence[Version], progress: Progress) -> Iterator[Fault]:
    """Yield a fault for each version whose records are not those that its id names."""
    with track(progress, "naming records anew", total=len(versions), unit="versions") as advance:
        for version in versions:
            advance(1)
            try:
                table = table_of(store.folder, version, version.columns)
            except _UNREADABLE as error:
                yield _unreadable(store.folder, version, error)
                continue
            own = [one.name for one in version.columns if one.belongs == "record"]
            later = [one.name for one in version.columns if one.belongs == "later"]
            names = record_names(table, own).to_pylist()
            said = [*(name for name in table.column_names if name in BY_NAME), *later]
            says = ""
            if len(table) != version.rows:
                says = f"{len(table):,} records instead of {version.rows:,}"
            elif sorted(names) != sorted(table.column(RECORD).to_pylist()):
                says = "records are not what their names say"
            elif written(content_sum(table.select(said), later)) != version.content:
                says = "provenance or later columns are not those that the id names"
            if says:
                place = documents.path_of(store.folder, version.number).relative_to(store.folder).as_posix()
                yield Fault(path=place, what="content", says=says, versions=(version.number,))
