"""A column that is added later, such as a score or a cluster: written beside the records, which stay as they are."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core.dataset import Column, Kind, Role
from holdfast.core.errors import BadInput
from holdfast.core.text import one_line
from holdfast.data.canonical import canonical, converted, joined_type
from holdfast.data.inference import kind_of
from holdfast.data.origin import BY_NAME, RECORD
from holdfast.data.store import columns as stored
from holdfast.data.store import rows
from holdfast.data.store.committing import Change, commit, guarded
from holdfast.data.store.identity import column_sum, is_record_name, summed
from holdfast.data.store.locks import using, writing
from holdfast.data.store.matching import matched, refuse_strangers
from holdfast.data.store.version import StoredColumn, Version, type_name

if TYPE_CHECKING:
    from holdfast.data.store.store import Store


def attach(store: "Store", name: str, values: pa.Table, message: str, kind: Kind | None, role: Role) -> Version:
    """Return the version whose records have the values in a column of this name; the head, if they have them.

    Raises BadInput.
    """
    store.writable()
    given = _given(name, values)
    with guarded(store.folder, "writing to"), using(store.folder), writing(store.folder):
        head = store.version()
        known = {column.name: column for column in head.columns}
        before = known.get(name)
        if before is not None and before.belongs != "later":
            raise BadInput(f"column {one_line(name, 60)!r} is part of the records of {store.name}; take another name")
        at = rows.opened(store.folder / rows.FOLDER, head.lance)
        old_fields = [before.field] if before is not None else []
        there, places = matched(at, given.column(RECORD), old_fields)
        refuse_strangers(places, given.column(RECORD), store.name)
        after = _joined(before, given, name, kind, role, head)
        old = _under(there, name, after) if before is not None else None
        new = _typed(given, name, after).take(pa.array(places))
        if old is not None and old.column(name).equals(new.column(name)):
            return head.model_copy(update={"changed": 0})
        with np.errstate(over="ignore"):
            total = summed(head.content) + column_sum(new, name)
            if old is not None:
                total = total - column_sum(old, name)
        merged = _overlaid(at, before, new, name, after) if before is not None else new
        known[name] = after
        change = Change(
            action="attach",
            message=message or f"column {one_line(name, 60)} for {len(new):,} records",
            columns=stored.in_order(known.values()),
            rows=head.rows,
            total=total,
            origins=dict(head.origins),
            changed=len(new),
        )
        table = merged.rename_columns([RECORD, after.field])
        return commit(store.folder, head, change, lambda at: rows.merged(at, table, old_fields))


def _given(name: str, values: pa.Table) -> pa.Table:
    """Return `_record` and the values, canonical. Raises BadInput."""
    others = [column for column in values.column_names if column != RECORD]
    if RECORD not in values.column_names or len(others) != 1:
        raise BadInput(f"values come as a table of {RECORD} and one more column, got {', '.join(values.column_names)}")
    if name in BY_NAME or not name:
        raise BadInput(f"{name!r} is no name for a column of your own; provenance is changed by an amendment")
    table = canonical(values.select([RECORD, others[0]])).rename_columns([RECORD, name])
    names = table.column(RECORD)
    if not is_record_name(names).all() or len(pc.unique(names)) < len(names):
        raise BadInput(f"every row of the values names a record in {RECORD}, each record once")
    if table.column(name).null_count == len(table):
        raise BadInput(f"column {one_line(name, 60)!r} has no values")
    return table


def _joined(
    before: StoredColumn | None, given: pa.Table, name: str, kind: Kind | None, role: Role, head: Version
) -> StoredColumn:
    values = given.column(name)
    if before is None:
        column = Column(name, kind or kind_of(values), role)
        return stored.new_column(column, values.type, head.columns, "later")
    wanted = joined_type([before.arrow, values.type])
    return before.model_copy(update={"type": type_name(wanted)})


def _typed(table: pa.Table, name: str, column: StoredColumn) -> pa.Table:
    chunks = [converted(chunk, column.arrow) for chunk in table.column(name).chunks]
    return table.set_column(1, name, pa.chunked_array(chunks, column.arrow))


def _under(rows_of: pa.Table, name: str, column: StoredColumn) -> pa.Table:
    return _typed(rows_of.rename_columns([RECORD, name]), name, column)


def _overlaid(at: Any, before: StoredColumn, new: pa.Table, name: str, after: StoredColumn) -> pa.Table:
    """Return the values of all records: the new ones, and the earlier ones of records that have no new ones."""
    every = pa.Table.from_batches(list(rows.blocks(at, [RECORD, before.field], rows=1 << 16)))
    every = _under(every.filter(pc.is_valid(every.column(1))), name, after)
    rest = every.filter(pc.invert(pc.is_in(every.column(RECORD), value_set=new.column(RECORD).combine_chunks())))
    return pa.concat_tables([rest.select([RECORD, name]), new.select([RECORD, name])])
