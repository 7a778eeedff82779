"""Rows with an image each, as a Reading: the file is hashed, and what is known about it stands beside."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from holdfast.core.dataset import Kind, Role
from holdfast.data.canonical import STRING
from holdfast.data.images.files import Gatherer
from holdfast.data.loaders import Reading

_BLOCK = 512  # files hashed between two signs of progress
KINDS: Mapping[str, Kind] = {"image": "image", "label": "category", "file": "category", "split": "category"}
ROLES: Mapping[str, Role] = {"image": "feature", "label": "label", "file": "metadata", "split": "split"}


def image_rows(
    gatherer: Gatherer,
    files: Sequence[str],
    columns: Mapping[str, Sequence[Any]],
    notes: Sequence[str] = (),
) -> Reading:
    """Return how rows read whose images are `files` (paths for the gatherer); `columns` stand beside.

    Columns called label, file and split have those roles, all others are metadata; empty ones are left out.
    """
    arrays = {name: _array(values) for name, values in columns.items()}

    def blocks() -> Iterator[pa.RecordBatch]:
        for start in range(0, len(files), _BLOCK):
            names = files[start : start + _BLOCK]
            hashes = _array(list(gatherer.values(names)))
            beside = [array.slice(start, len(names)) for array in arrays.values()]
            yield pa.RecordBatch.from_arrays([hashes, *beside], names=[str(n) for n in range(len(beside) + 1)])

    return Reading(
        names=("image", *arrays),
        blocks=blocks,
        notes=tuple(notes),
        found=gatherer.notes,
        kinds={name: kind for name, kind in KINDS.items() if name in {"image", *arrays}},
        roles={name: ROLES.get(name, "metadata") for name in ("image", *arrays)},
        optional=frozenset(arrays),
        media=gatherer.media,
    )


def split_names(names: Sequence[str | None]) -> tuple[list[str | None], str]:
    """Return splits as checks know them, and a note: where there is no test split, the validation split is judged."""
    from holdfast.data.roles import spelled

    known = [None if name is None else spelled(name) for name in names]
    if "test" in known or "valid" not in known:
        return known, ""
    return ["test" if name == "valid" else name for name in known], (
        "there is no test split: the validation split is judged as the test"
    )


def _array(values: Sequence[Any]) -> pa.Array:
    known = next((value for value in values if value is not None), None)
    if known is None or isinstance(known, str):
        return pa.array([None if value is None else _as_text(value) for value in values], STRING)
    return pa.array(values, pa.float64() if isinstance(known, float) else pa.int64())


def _as_text(value: str) -> str:
    """Return a name of a file as text; bytes in it that are no text become marks."""
    return value if value.isascii() else value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
