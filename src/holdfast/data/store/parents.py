"""Records that records were made from: named, found, and counted in generations.

A synthetic record is of generation 1 + the highest of its parents, unless its owner states a higher one: the model that
made it may have learnt from more than the parents. A lower one cannot be. Where the generation of a parent is not
known, that of the child is not either.
"""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core.errors import BadInput
from holdfast.core.text import one_line
from holdfast.data.canonical import STRING
from holdfast.data.origin import GENERATION, ORIGIN, PARENTS, RECORD
from holdfast.data.store.identity import Known
from holdfast.data.store.provenance import where

_UNKNOWN = -1
Lookup = Callable[[pa.Array], np.ndarray]  # names of records → their generations, -1 where they are not known


def links(parents: pa.ChunkedArray | pa.Array) -> tuple[np.ndarray, pa.Array]:
    """Return (row, name) of every parent, one below the other."""
    whole = parents.combine_chunks() if isinstance(parents, pa.ChunkedArray) else parents
    rows = np.flatnonzero(pc.is_valid(whole).to_numpy(zero_copy_only=False))
    lists = pc.utf8_split_whitespace(pc.utf8_trim_whitespace(pc.drop_null(whole)))
    names = pc.list_flatten(lists)
    filled = pc.not_equal(names, "")
    of = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False)
    mask = filled.to_numpy(zero_copy_only=False)
    return rows[of[mask]], pc.cast(names.filter(filled), STRING)


def generations_of(table: pa.Table) -> np.ndarray:
    """Return the generation of each record: as stated, 0 for people's work, -1 where it is not known."""
    stated = table.column(GENERATION) if GENERATION in table.column_names else None
    human = pc.is_in(table.column(ORIGIN), value_set=pa.array(["human", "human-verified"], STRING))
    known = np.where(human.to_numpy(zero_copy_only=False), 0, _UNKNOWN).astype(np.int64)
    if stated is None:
        return known
    filled = pc.fill_null(stated, _UNKNOWN).to_numpy(zero_copy_only=False)
    return np.where(filled >= 0, filled, known)


def counted(table: pa.Table, lookup: Lookup, numbers: np.ndarray | None = None) -> pa.Table:
    """Return records with the generations that follow from their parents. Raises BadInput for what cannot be.

    `lookup` says the generations of records that are not in the table, `numbers` which row of a file each record is.
    """
    numbers = np.arange(len(table)) if numbers is None else numbers
    if PARENTS not in table.column_names or table.column(PARENTS).null_count == len(table):
        return table
    child, names = links(table.column(PARENTS))
    own = Known(table.column(RECORD)).find(names)
    _refuse(numbers[child[own == child]], "named among their own parents")
    values = generations_of(table)
    outside = np.full(len(names), _UNKNOWN, np.int64)
    if (own < 0).any():
        outside[own < 0] = lookup(names.filter(pa.array(own < 0)))
    synthetic = pc.equal(table.column(ORIGIN), "synthetic").to_numpy(zero_copy_only=False)
    stated = values.copy()
    settled = _settled(values, child, own, outside, synthetic)
    _refuse_circles(settled < 0, child, own, numbers)
    lowest = np.full(len(table), _UNKNOWN, np.int64)
    parent = np.where(own >= 0, settled[own], outside)
    np.maximum.at(lowest, child, parent)
    wrong = synthetic & (stated >= 0) & (lowest >= stated)
    _refuse(numbers[wrong], "of a generation, as is said, that is not above that of their parents")
    derived = synthetic & (stated < 0) & (settled >= 0)
    follows = pa.chunked_array([pa.array(settled, mask=~derived)])
    if GENERATION not in table.column_names:
        return table.append_column(GENERATION, follows)
    after = pc.coalesce(table.column(GENERATION), follows)
    return table.set_column(table.column_names.index(GENERATION), GENERATION, after)


def _settled(
    values: np.ndarray, child: np.ndarray, own: np.ndarray, outside: np.ndarray, synthetic: np.ndarray
) -> np.ndarray:
    """Return generations once every synthetic record whose parents are all known."""
    n_rows = len(values)
    has_parents = np.zeros(n_rows, bool)
    has_parents[child] = True
    while True:
        parent = np.where(own >= 0, values[own], outside)
        highest, lowest = np.full(n_rows, _UNKNOWN, np.int64), np.full(n_rows, np.iinfo(np.int64).max)
        np.maximum.at(highest, child, parent)
        np.minimum.at(lowest, child, parent)
        ready = has_parents & synthetic & (values < 0) & (lowest >= 0)
        if not ready.any():
            break
        values = np.where(ready, highest + 1, values)
    return values


def _refuse_circles(unsettled: np.ndarray, child: np.ndarray, own: np.ndarray, numbers: np.ndarray) -> None:
    """Raise BadInput where records are made from each other."""
    left = unsettled.copy()
    while left.any():
        inner = (own >= 0) & left[child] & left[np.maximum(own, 0)]
        held = np.zeros(len(left), bool)
        held[child[inner]] = True
        if (held == left).all():
            _refuse(numbers[left], "made from each other, in a circle, or from such records")
        left = held


def named(parents: pa.ChunkedArray, ids: pa.Table, elsewhere: Callable[[pa.Array], pa.Table]) -> pa.Array:
    """Return parents that are given as ids of their owner as names of records.

    `ids` has columns `id`, `name` for the records that come in; `elsewhere` returns such a table for ids that are not
    among them. Raises BadInput for an id of no record, or of several.
    """
    child, wanted = links(parents)
    known = ids.filter(pc.is_valid(ids.column("id")))
    missing = pc.unique(wanted.filter(pc.invert(pc.is_in(wanted, value_set=known.column("id").combine_chunks()))))
    if len(missing):
        known = pa.concat_tables([known, elsewhere(missing)])
    used = known.filter(pc.is_in(known.column("id"), value_set=wanted))
    if len(pc.unique(used.column("id"))) < len(used):
        twice = next(one["values"] for one in pc.value_counts(used.column("id")).to_pylist() if one["counts"] > 1)
        raise BadInput(f"several records have the id {one_line(twice, 60)!r}, which is named as a parent")
    at = pc.index_in(wanted, value_set=used.column("id").combine_chunks())
    if at.null_count:
        lost = wanted.filter(pc.is_null(at))
        first = one_line(lost[0].as_py(), 60)
        raise BadInput(
            f"{len(pc.unique(lost)):,} parents, such as {first!r}, are ids of no record, here or in the store. "
            "Add what others were made from first"
        )
    names = used.column("name").take(at).to_pylist()
    found: list[list[str]] = [[] for _ in range(len(parents))]
    for row, name in zip(child.tolist(), names, strict=True):
        found[row].append(name)
    return pa.array([" ".join(one) or None for one in found], STRING)


def _refuse(rows: np.ndarray, what: str) -> None:
    if len(rows):
        found = np.unique(rows)
        raise BadInput(f"records {what}: {len(found):,} ({where(found)})")
