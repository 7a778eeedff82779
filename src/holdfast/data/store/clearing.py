"""Removing what no version needs: leftovers of writers that did not get to the end, and versions that are let go.

The documents of versions that are let go stay, as history; their content goes. What is let go is written down before
anything is removed, so that whatever ends the process on the way leaves no version that is neither whole nor gone.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from holdfast.core import durable
from holdfast.core.errors import BadInput, StoreError
from holdfast.data.store import documents, locks, media, rows
from holdfast.data.store.committing import guarded, recover
from holdfast.data.store.needs import Images, row_files
from holdfast.data.store.version import Version

if TYPE_CHECKING:
    from holdfast.data.store.store import Store

PATIENCE = 10.0  # seconds to wait for those who read and write
_HINT = "latest_version_hint.json"  # Lance's note to itself; holds nothing


@dataclass(frozen=True)
class Cleared:
    """What gc removed, or would remove: versions, files and their bytes."""

    versions: tuple[Version, ...]
    files: tuple[str, ...]
    bytes: int


def clear(store: "Store", keep: int | None = None, *, dry: bool = False, patience: float = PATIENCE) -> Cleared:
    """Remove what no kept version needs, and return what that was; `dry` only looks.

    Kept are tagged versions, and the last `keep` of all (every version by default). Raises BadInput, and StoreError
    when somebody reads or writes all the time.
    """
    store.writable()
    if keep is not None and keep < 1:
        raise BadInput(f"the last version is always kept, so keep is at least 1, got {keep}")
    folder = store.folder
    with guarded(folder, "clearing"), locks.alone(folder, patience), locks.writing(folder):
        versions = store.log()
        first = versions[-keep].number if keep is not None and keep < len(versions) else 0
        kept = [one for one in versions if one.kept and (one.number >= first or one.tags)]
        let_go = [one for one in versions if one.kept and one.number < first and not one.tags]
        _refuse_damage(store, versions)
        needed = _needed(folder, kept)
        lost = sorted(path for path in needed if not (folder / path).is_file())
        if lost:
            raise _damaged(store, f"{len(lost):,} files are missing, such as {lost[0]}")
        spare = [path for path in _present(folder) if path.relative_to(folder).as_posix() not in needed]
        size = sum(_size(path) for path in spare)
        if not dry:
            recover(folder, versions[-1] if versions else None)
            _let_go(folder, versions, let_go)
            _remove(folder, spare)
    return Cleared(tuple(let_go), tuple(path.relative_to(folder).as_posix() for path in spare), size)


def _refuse_damage(store: "Store", versions: Sequence[Version]) -> None:
    """Raise StoreError where a document is lost: what is left over could be all that there is of its version."""
    there = {version.number for version in versions}
    lost = sorted(set(range(1, max(there, default=0) + 1)) - there)
    if lost:
        raise _damaged(store, f"the document of version {lost[0]} is missing")


def _damaged(store: "Store", what: str) -> StoreError:
    return StoreError(f"{what}: nothing is removed from a damaged store. See more: holdfast data verify {store.folder}")


def _needed(folder: Path, kept: Sequence[Version]) -> set[str]:
    images, found = Images(folder), set()
    for version in kept:
        found |= {*row_files(folder, version), *images.of(version)}
    return found


def _present(folder: Path) -> Iterator[Path]:
    """Yield all files with content, and what writers left half-written beside documents."""
    for top in (rows.FOLDER, media.FOLDER):
        for path in sorted((folder / top).rglob("*")):
            if path.name != _HINT and (path.is_symlink() or not path.is_dir()):
                yield path
    for top in (".", documents.VERSIONS, documents.TAGS):
        yield from sorted((folder / top).glob(f".*{durable.TEMPORARY}"))


def _size(path: Path) -> int:
    """Return the size of a file; 0 for one that went by itself: Lance writes notes to itself after a commit is over."""
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return 0


def _let_go(folder: Path, versions: Sequence[Version], more: Sequence[Version]) -> None:
    if not more:
        return
    gone = sorted({one.number for one in (*more, *(one for one in versions if not one.kept))})
    said = {"versions": gone, "time": datetime.now(UTC).isoformat()}
    durable.write_whole(folder / documents.GONE, json.dumps(said).encode())


def _remove(folder: Path, files: Sequence[Path]) -> None:
    for path in files:
        path.unlink(missing_ok=True)
    for parent in sorted({path.parent for path in files}, reverse=True):
        if parent.parent == folder / media.FOLDER and not any(parent.iterdir()):
            parent.rmdir()
            durable.sync_folder(parent.parent)
        else:
            durable.sync_folder(parent)
