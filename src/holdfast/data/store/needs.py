"""Which files a version needs: what verify looks at, and what gc must leave."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from holdfast.core.hashing import PREFIX
from holdfast.data.store import media, rows
from holdfast.data.store.version import Version

if TYPE_CHECKING:
    from lance import LanceDataset


def row_files(folder: Path, version: Version) -> list[str]:
    """Return the files with rows, below the store. Raises StoreError where they cannot be opened."""
    at = rows.opened(folder / rows.FOLDER, version.lance)
    return [f"{rows.FOLDER}/{path}" for path in rows.files_of(at)]


class Images:
    """The images of versions, read once for each file that holds their hashes."""

    def __init__(self, folder: Path) -> None:
        """Look in the store at `folder`."""
        self._folder = folder
        self._known: dict[tuple[str, str, str], frozenset[str]] = {}

    def of(self, version: Version) -> set[str]:
        """Return the files of images, below the store, that a version needs. Raises StoreError."""
        fields = [one.field for one in version.columns if one.kind == "image" and one.type != "null"]
        if not fields:
            return set()
        at = rows.opened(self._folder / rows.FOLDER, version.lance)
        found: set[str] = set()
        for field in fields:
            for fragment in at.get_fragments():
                key = (field, str(fragment.deletion_file()), " ".join(rows.paths_of([fragment.metadata])))
                if key not in self._known:
                    self._known[key] = frozenset(self._values(at, fragment, field))
                found |= self._known[key]
        return found

    def _values(self, at: "LanceDataset", fragment: object, field: str) -> Iterable[str]:
        for block in at.scanner(columns=[field], fragments=[fragment]).to_batches():
            for value in pc.unique(block.column(0)).to_pylist():
                if value and value.startswith(PREFIX):
                    yield media.path_of(Path(), value).as_posix()
