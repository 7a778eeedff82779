"""Names that people give to versions."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from holdfast.core import durable
from holdfast.core.errors import BadInput, unknown
from holdfast.data.store import documents, locks
from holdfast.data.store.committing import guarded
from holdfast.data.store.naming import checked_tag, numbered
from holdfast.data.store.version import Version

if TYPE_CHECKING:
    from holdfast.data.store.store import Store


def tag(store: "Store", name: str, wanted: str, *, move: bool = False) -> Version:
    """Name a version, and return it with its tags. Raises BadInput for a name that is taken, unless it may move."""
    store.writable()
    path = store.folder / documents.TAGS / f"{checked_tag(name)}.json"
    with guarded(store.folder, "tagging in"), locks.using(store.folder), locks.writing(store.folder):
        version = store.version(wanted)
        if not version.kept:
            raise BadInput(f"the content of version {version.number} of {store.name} was removed by gc: nothing to tag")
        if numbered(name) not in {None, version.number}:
            raise BadInput(f"{name} reads as version {numbered(name)}, and this is version {version.number}; "
                           "choose another name, such as paper")  # fmt: skip
        there = documents.tags(store.folder).get(name)
        if there == version.number:
            return version
        if there is not None and not move:
            raise BadInput(f"the tag {name} is on version {there} of {store.name}; move it with --move")
        said = {"number": version.number, "id": version.id, "time": datetime.now(UTC).isoformat()}
        durable.write_whole(path, json.dumps(said).encode())
    return next(one for one in store.log() if one.number == version.number)


def untag(store: "Store", name: str) -> None:
    """Take a name away; the version stays. Raises BadInput for a tag that is not there."""
    store.writable()
    with guarded(store.folder, "tagging in"), locks.using(store.folder), locks.writing(store.folder):
        known = documents.tags(store.folder)
        if name not in known:
            raise unknown("tag", name, known, where=store.name)
        (store.folder / documents.TAGS / f"{name}.json").unlink()
        durable.sync_folder(store.folder / documents.TAGS)
