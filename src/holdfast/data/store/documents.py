"""The documents of a store on disk.

store.json                    says that this is a store, and of which version of Holdfast
versions/00000001.json        a version, written when everything that it names is on disk, never changed
tags/NAME.json                a name for a version
gone.json                     versions whose content gc has removed; their documents stay, as history
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from holdfast.core import durable
from holdfast.core.errors import StoreError
from holdfast.core.store import as_json
from holdfast.data.store.version import SCHEMA, Version

MARK, VERSIONS, TAGS, GONE = "store.json", "versions", "tags", "gone.json"
_WHAT = "holdfast data store"


def is_store(folder: Path) -> bool:
    """Return whether a folder says that it is a store."""
    try:
        return (folder / MARK).is_file() and _WHAT in (folder / MARK).read_text("utf-8", "replace")
    except OSError:
        return False


def mark(folder: Path) -> None:
    """Say that a folder is a store, once everything else of it is there. Raises OSError."""
    said = {"what": _WHAT, "schema": SCHEMA, "created": datetime.now(UTC).isoformat()}
    durable.write_new(folder / MARK, json.dumps(said, indent=1).encode())


def schema_of(folder: Path) -> int:
    """Return the schema of a store. Raises StoreError."""
    said = _read(folder / MARK)
    if not isinstance(said.get("schema"), int):
        raise StoreError(f"{folder / MARK} does not say which schema the store has; it is damaged")
    return int(said["schema"])


def numbers(folder: Path) -> list[int]:
    """Return the numbers of all versions, lowest first."""
    return sorted(int(path.stem) for path in (folder / VERSIONS).glob("*.json") if path.stem.isdigit())


def path_of(folder: Path, number: int) -> Path:
    """Return where the document of a version is."""
    return folder / VERSIONS / f"{number:08d}.json"


def read(folder: Path, number: int) -> Version:
    """Return a version, without its tags. Raises StoreError when its document is damaged."""
    path = path_of(folder, number)
    try:
        version = Version.model_validate(_read(path))
    except ValidationError as error:
        raise StoreError(f"{path} is damaged: {error.errors()[0]['msg']}") from error
    if version.number != number:
        raise StoreError(f"{path} holds version {version.number}")
    return version


def acknowledge(folder: Path, version: Version) -> None:
    """Write the document that makes a version one. Raises FileExistsError, OSError."""
    durable.write_new(path_of(folder, version.number), as_json(version, indent=1))


def tags(folder: Path) -> dict[str, int]:
    """Return the tags and the numbers of their versions. Raises StoreError."""
    found = {}
    for path in sorted((folder / TAGS).glob("*.json")):
        said = _read(path)
        if not isinstance(said.get("number"), int):
            raise StoreError(f"{path} is damaged: it names no version")
        found[path.name.removesuffix(".json")] = int(said["number"])
    return found


def gone(folder: Path) -> frozenset[int]:
    """Return the numbers of versions whose content was removed. Raises StoreError."""
    if not (folder / GONE).exists():
        return frozenset()
    said = _read(folder / GONE).get("versions")
    if not isinstance(said, list) or not all(isinstance(one, int) for one in said):
        raise StoreError(f"{folder / GONE} is damaged")
    return frozenset(said)


def _read(path: Path) -> Mapping[str, Any]:
    said = None
    try:
        with suppress(RecursionError):
            said = json.loads(path.read_bytes())
    except ValueError as error:
        raise StoreError(f"{path} is damaged: {error}") from error
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror or error}") from error
    if not isinstance(said, dict):
        raise StoreError(f"{path} is damaged: it holds no record")
    return said
