"""What is said about the origin of records, said anew: by a reviewer, a rule, a better source."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core.errors import BadInput, unknown
from holdfast.data.canonical import canonical
from holdfast.data.origin import BY_NAME, EVIDENCED, GENERATION, GENERATOR, NAMES, ORIGIN, RECORD
from holdfast.data.store import columns as stored
from holdfast.data.store import rows
from holdfast.data.store.committing import Change, commit, guarded, origins_after
from holdfast.data.store.identity import content_sum, summed
from holdfast.data.store.locks import using, writing
from holdfast.data.store.matching import generations_in, matched, refuse_strangers
from holdfast.data.store.parents import counted
from holdfast.data.store.provenance import refuse_contradictions, typed
from holdfast.data.store.version import StoredColumn, Version

if TYPE_CHECKING:
    from holdfast.data.store.store import Store

_SAID = tuple(name for name in NAMES if name != RECORD)


def amend(store: "Store", changes: pa.Table, message: str) -> Version:
    """Return the version in which the records have the provenance that `changes` gives; the head, if they have it.

    Raises BadInput.
    """
    store.writable()
    if not message.strip():
        raise BadInput("an amendment needs a message that says who changed what is known of the origin, and why")
    wanted = _wanted(changes)
    with guarded(store.folder, "writing to"), using(store.folder), writing(store.folder):
        head = store.version()
        at = rows.opened(store.folder / rows.FOLDER, head.lance)
        there, places = matched(at, wanted.column(RECORD), _SAID)
        refuse_strangers(places, wanted.column(RECORD), store.name)
        old = there.select([RECORD, *_SAID])
        new = _amended(old, wanted.take(pa.array(places)))
        new = counted(new, lambda names: generations_in(at, names))
        refuse_contradictions(new)
        differs = _differs(old, new)
        if not differs.any():
            return head.model_copy(update={"changed": 0})
        old, new = old.filter(pa.array(differs)), new.filter(pa.array(differs))
        names = [name for name in _SAID if not old.column(name).equals(new.column(name))]
        with np.errstate(over="ignore"):
            total = summed(head.content) - content_sum(old) + content_sum(new)
        change = Change(
            action="amend",
            message=message,
            columns=_columns(head, new, names),
            rows=head.rows,
            total=total,
            origins=origins_after(head, new.column(ORIGIN), old.column(ORIGIN)),
            changed=len(new),
        )
        return commit(store.folder, head, change, lambda at: rows.updated(at, new.select([RECORD, *names])))


def claims(known: pa.Table) -> pa.Table:
    """Return what is said of records as changes: what is not known changes nothing."""
    origins, evidence = known.column(ORIGIN), known.column(EVIDENCED)
    nothing = pa.scalar(None, pa.large_string())
    known = _set(known, ORIGIN, pc.if_else(pc.equal(origins, "unknown"), nothing, origins))
    return _set(known, EVIDENCED, pc.if_else(pc.equal(evidence, "none"), nothing, evidence))


def _wanted(changes: pa.Table) -> pa.Table:
    """Return the changes with canonical, valid values. Raises BadInput."""
    if RECORD not in changes.column_names:
        raise BadInput(f"changes name their records in a column {RECORD}; got {', '.join(changes.column_names)}")
    for name in changes.column_names:
        if name not in BY_NAME:
            raise unknown("column of provenance", name, NAMES)
    if len(changes.column_names) < 2:
        raise BadInput(f"changes have a column of provenance beside {RECORD}: {', '.join(_SAID)}")
    table = canonical(changes)
    done = pa.table({name: typed(name, table.column(name)) for name in table.column_names})
    names = done.column(RECORD)
    if names.null_count or len(pc.unique(names)) < len(names):
        raise BadInput(f"every row of the changes names a record in {RECORD}, each record once")
    return done


def _amended(old: pa.Table, wanted: pa.Table) -> pa.Table:
    """Return the provenance after the change: what is given, else what is there."""
    new = old
    for name in wanted.column_names:
        if name != RECORD:
            new = _set(new, name, pc.coalesce(wanted.column(name), old.column(name)))
    if ORIGIN in wanted.column_names:
        new = _follows(old, new, wanted.column_names)
    return new


def _follows(old: pa.Table, new: pa.Table, given: Sequence[str]) -> pa.Table:
    """Return the provenance with what no longer holds, once the origin is another one, and was not said anew."""
    text = pa.large_string()
    moved = pc.not_equal(new.column(ORIGIN), old.column(ORIGIN))
    if EVIDENCED not in given:
        known = pc.cast(pc.if_else(pc.equal(new.column(ORIGIN), "unknown"), "none", "declared"), text)
        new = _set(new, EVIDENCED, pc.if_else(moved, known, old.column(EVIDENCED)))
    for name, kind in ((GENERATOR, text), (GENERATION, pa.int64())):
        if name not in given:
            new = _set(new, name, pc.if_else(moved, pa.scalar(None, kind), old.column(name)))
    return new


def _set(table: pa.Table, name: str, values: pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, values)


def _differs(old: pa.Table, new: pa.Table) -> np.ndarray:
    found = np.zeros(len(old), bool)
    for name in _SAID:
        one, other = old.column(name), new.column(name)
        same = pc.fill_null(pc.equal(one, other), False)  # noqa: FBT003 PyArrow's signature
        both = pc.and_(pc.is_null(one), pc.is_null(other))
        found |= ~pc.or_(same, both).to_numpy(zero_copy_only=False)
    return found


def _columns(head: Version, new: pa.Table, names: list[str]) -> tuple[StoredColumn, ...]:
    known = {column.name: column for column in head.columns}
    for name in names:
        if name not in known and new.column(name).null_count < len(new):
            known[name] = stored.provenance_column(name)
    return stored.in_order(known.values())
