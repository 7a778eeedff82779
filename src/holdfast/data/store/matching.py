"""The records of a version that somebody names."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core.errors import BadInput
from holdfast.data.origin import GENERATION, ORIGIN, RECORD
from holdfast.data.store import rows
from holdfast.data.store.identity import Known
from holdfast.data.store.parents import generations_of

if TYPE_CHECKING:
    from lance import LanceDataset

_BLOCK = 1 << 16


def matched(at: "LanceDataset", names: pa.ChunkedArray, fields: Sequence[str]) -> tuple[pa.Table, np.ndarray]:
    """Return `_record` and the fields of the named records, and for each of them its place among the names."""
    known, found, places = Known(names), [], []
    schema = None
    for block in rows.blocks(at, [RECORD, *fields], rows=_BLOCK):
        schema = block.schema
        at_place = known.find(block.column(0))
        here = np.flatnonzero(at_place >= 0)
        if len(here):
            found.append(block.take(pa.array(here)))
            places.append(at_place[here])
    if schema is None:
        schema = at.scanner(columns=[RECORD, *fields]).to_table().schema
    return pa.Table.from_batches(found, schema), np.concatenate(places) if places else np.zeros(0, np.int64)


def generations_in(at: "LanceDataset | None", wanted: pa.Array) -> np.ndarray:
    """Return the generations of named records of a version, -1 where they are not known or not there."""
    if at is None or not len(wanted):
        return np.full(len(wanted), -1, np.int64)
    distinct = pc.unique(wanted)
    there, places = matched(at, pa.chunked_array([distinct]), [ORIGIN, GENERATION])
    known = np.full(len(distinct), -1, np.int64)
    known[places] = generations_of(there)
    found: np.ndarray = known[pc.index_in(wanted, value_set=distinct).to_numpy(zero_copy_only=False)]
    return found


def refuse_strangers(places: np.ndarray, names: pa.ChunkedArray, where: str) -> None:
    """Raise BadInput if some names are those of no record."""
    missing = len(names) - len(places)
    if missing:
        there = np.zeros(len(names), bool)
        there[places] = True
        first = names[int(np.flatnonzero(~there)[0])].as_py()
        raise BadInput(f"{missing:,} of {len(names):,} records are not in {where}, such as {first}")
