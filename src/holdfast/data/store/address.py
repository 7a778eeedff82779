"""`corpus@head~1`: a store and a version of it, wherever data are asked for."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from holdfast.core.errors import BadInput
from holdfast.core.media import Media
from holdfast.core.text import one_line
from holdfast.data.loaders import Reading
from holdfast.data.store import documents, media, naming
from holdfast.data.store.store import Store
from holdfast.data.store.version import Version


def is_address(text: str) -> bool:
    """Return whether a text names a store, or a version of one. A file of that very name comes first."""
    path = Path(text)
    if documents.is_store(path):
        return True
    place, at, _ = text.rpartition("@")
    return bool(at) and not path.exists() and documents.is_store(Path(place))


def located(text: str) -> tuple[Store, Version]:
    """Return the store and the version that an address names. Raises BadInput, StoreError."""
    if documents.is_store(Path(text)):
        store = Store.open(text)
        return store, store.version(naming.HEAD)
    place, at, wanted = text.rpartition("@")
    if not at or not documents.is_store(Path(place)):
        Store.open(place if at else text)  # says what is wrong
        raise BadInput(f"{one_line(text, 200)} names no version of a store")
    store = Store.open(place)
    return store, store.version(wanted)


def reading(text: str) -> tuple[str, str, Reading]:
    """Return name, content hash and how to read the version that an address names. Raises BadInput, StoreError."""
    store, version = located(text)
    images = [one for one in version.columns if one.kind == "image"]
    seen: list[pa.ChunkedArray] = []

    def blocks() -> Iterator[pa.RecordBatch]:
        seen.clear()
        for block in store.blocks(version):
            seen.extend(pa.chunked_array([block.column(one.name)]) for one in images)
            yield block.rename_columns([str(place) for place in range(block.num_columns)])

    def pictures() -> Media:
        return media.media_of(store.folder, seen)

    name = f"{store.name}@{version.tags[0] if version.tags else version.short}"
    return (
        name,
        version.id,
        Reading(
            tuple(one.name for one in version.columns),
            blocks,
            (store.newer,) if store.newer else (),
            kinds={one.name: one.kind for one in version.columns},
            roles={one.name: one.role for one in version.columns},
            media=pictures,
        ),
    )
