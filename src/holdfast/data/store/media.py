"""Bytes of images, one file for each content, named after its hash: `media/ab/cdef…`.

A file has its name only once its bytes are on disk, so that a name vouches for content.
"""

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core.dataset import Dataset
from holdfast.core.durable import make_folder, replacing, sync_folder
from holdfast.core.errors import BadInput
from holdfast.core.hashing import PREFIX, hasher, tagged
from holdfast.core.media import ABSENT, Media
from holdfast.core.progress import Progress, track
from holdfast.core.text import one_line

FOLDER = "media"


def path_of(store: Path, value: str) -> Path:
    """Return where the bytes behind a value are. Raises ValueError for what is no hash."""
    name = value.removeprefix(PREFIX)
    if len(name) != 32 or set(name) - set("0123456789abcdef"):
        raise ValueError(f"{one_line(value, 60)!r} is no hash")
    return store / FOLDER / name[:2] / name[2:]


def values_of(dataset: Dataset) -> list[str]:
    """Return the different values of all image columns that are hashes of bytes."""
    found: set[str] = set()
    for column in dataset.of(kind="image"):
        found.update(value for value in pc.unique(dataset.values(column.name)).to_pylist() if value)
    return sorted(value for value in found if not value.startswith(ABSENT))


def put(store: Path, dataset: Dataset, progress: Progress) -> int:
    """Copy the images of a data set to the store, and return how many were not there. Raises BadInput, OSError."""
    values = values_of(dataset)
    if not values:
        return 0
    make_folder(store / FOLDER)
    folders, fresh = set(), 0
    with track(progress, "storing images", total=len(values), unit="images") as advance:
        for value in values:
            advance(1)
            try:
                path = path_of(store, value)
            except ValueError as error:
                raise BadInput(f"an image column of {one_line(dataset.name, 80)} holds a value that {error}") from error
            if path.exists():
                folders.add(path.parent)  # whoever put it may not have come to sync the folder
                continue
            if value not in dataset.media:
                raise BadInput(f"there are no bytes for image {value} of {one_line(dataset.name, 80)}")
            _write(path, value, dataset.media.read(value))
            folders.add(path.parent)
            fresh += 1
    for folder in sorted(folders):
        sync_folder(folder)
    return fresh


def media_of(store: Path, columns: Iterable[pa.ChunkedArray]) -> Media:
    """Return where the bytes behind the values of image columns are."""
    values = {value for column in columns for value in pc.unique(column).to_pylist() if value}
    return Media({value: path_of(store, value) for value in values if value.startswith(PREFIX)})


def _write(path: Path, value: str, content: bytes | memoryview) -> None:
    state = hasher()
    state.update(content)
    if tagged(state) != value:
        raise BadInput(f"image {value} has other bytes than its hash says ({tagged(state)}); was the file changed?")
    make_folder(path.parent)
    with replacing(path, sync_name=False) as file:  # the folders are synced once, at the end
        file.write(content)
