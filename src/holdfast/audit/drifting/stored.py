"""Versions of a store as slices: what each added, by the names of its records."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.audit.drifting.slices import Slices, Whole
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.core.progress import Progress, listening, track
from holdfast.data.origin import BY_NAME, RECORD
from holdfast.data.store.store import Store
from holdfast.data.store.version import Version


def versions_of(store: Store, last: Version, since: str | None) -> tuple[Version, ...]:
    """Return the versions up to `last` that are still there, from `since` on. Raises BadInput."""
    first = store.version(since).number if since is not None else 0
    found = tuple(one for one in store.log() if first <= one.number <= last.number and one.kept)
    if not found:
        raise BadInput(f"{since} comes after {name_of(last)}; name an earlier version with --since")
    return found


def name_of(version: Version) -> str:
    """Return how a version is called in sentences."""
    return version.tags[0] if version.tags else f"version {version.number}"


def stored(store: Store, versions: Sequence[Version], dataset: Dataset, progress: Progress | None = None) -> Slices:
    """Return what each version added; `dataset` is the last of them, which holds what is compared.

    Versions that only say more about records add none; they still count where origins are told. Records that a later
    version no longer has are counted, and not compared.
    """
    names: list[str] = []
    held = pc.cast(dataset.values(RECORD), pa.large_string()).combine_chunks()
    codes = np.full(len(dataset), -1)
    wholes: list[Whole] = []
    before: pa.ChunkedArray | None = None
    with track(listening(progress), "reading versions", len(versions), "versions") as advance:
        for version in versions:
            records = store.read(version, columns=[RECORD]).values(RECORD)
            there = np.asarray(pc.is_in(held, value_set=records.combine_chunks()), dtype=bool)
            new = (codes < 0) & there
            gone = 0
            if before is not None:
                gone = int((~np.asarray(pc.is_in(before, value_set=records.combine_chunks()), dtype=bool)).sum())
            origins = tuple((name, int(n)) for name, n in version.origins.items())
            wholes.append(Whole(name_of(version), version.rows, origins, int(new.sum()), gone))
            if new.any() or not names:
                codes[new] = len(names)
                names.append(name_of(version))
            before = records
            advance(1)
    silent = [one.name for one in wholes if not one.added]
    notes = [f"{', '.join(silent[:5])} added no rows"] if silent else []
    first = set(versions[0].names)
    came = tuple(one for one in dataset.table.column_names if one not in first and one not in BY_NAME)
    if came:
        notes.append("columns that were added later are compared as they are in the last version")
    columns = tuple(replace(c, role="metadata") if c.role == "split" else c for c in dataset.columns)
    return Slices(
        replace(dataset, columns=columns),
        tuple(names),
        codes,
        "version",
        tuple(wholes),
        tuple(notes),
        came,
        share=wholes[-1].added / max(len(dataset), 1),
    )
