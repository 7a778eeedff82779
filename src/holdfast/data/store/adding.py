"""New records: what is there already adds nothing, and two who add at once lose nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core import durable
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.core.progress import Progress, track
from holdfast.core.text import one_line
from holdfast.data.canonical import STRING, converted
from holdfast.data.origin import BY_NAME, GENERATION, ORIGIN, PARENTS, RECORD
from holdfast.data.store import columns as stored
from holdfast.data.store import media, rows
from holdfast.data.store.committing import READING, Change, commit, guarded, origins_after
from holdfast.data.store.identity import Known, as_text, content_sum, is_record_name, record_names, summed
from holdfast.data.store.locks import using, writing
from holdfast.data.store.matching import generations_in, matched
from holdfast.data.store.parents import counted, named
from holdfast.data.store.provenance import stated, typed
from holdfast.data.store.version import Origin, StoredColumn, Version

if TYPE_CHECKING:
    from holdfast.data.store.store import Store

_BLOCK = 1 << 16
_SHOWN = 3


@dataclass(frozen=True)
class _Plan:
    """What adding to a given head comes to."""

    columns: tuple[StoredColumn, ...]
    table: pa.Table  # of new records: names of the store, `_record` and provenance among them
    present: int
    fields: tuple[pa.Field, ...]  # columns that Lance does not have yet
    recast: tuple[StoredColumn, ...]  # columns whose type becomes a wider one
    known: pa.Table  # what is said of the origin of records that are there already


@dataclass(frozen=True)
class Given:
    """What is to be added: the data set, its table with valid provenance, and the column of ids that parents use."""

    dataset: Dataset
    table: pa.Table
    ids: str | None
    message: str
    notes: tuple[str, ...]


def add(
    store: "Store", dataset: Dataset, message: str, notes: Sequence[str], ids: str | None, progress: Progress
) -> tuple[Version, pa.Table]:
    """Return the version that has the records of the data set as well; the head, if it has them all already.

    The table is what the data set says of the origin of records that are there already: nothing of it is taken over.
    Raises BadInput.
    """
    store.writable()
    if not len(dataset):
        raise BadInput(f"{one_line(dataset.name, 80)} has no records to add")
    given = Given(dataset, _with_names(dataset, ids), ids, message, tuple(notes))
    with guarded(store.folder, "adding to"), using(store.folder):
        media.put(store.folder, dataset, progress)
        head = store.head()
        plan = _planned(store, head, given)
        if not len(plan.table) and head is not None:
            return _unchanged(head, plan), plan.known
        # Where rows fit what is there, others need not wait while they are written.
        free = head is not None and not (plan.fields or plan.recast)
        staged = _staged(store.folder, head, plan, progress) if free else None
        with writing(store.folder):
            now = store.head()
            if _number(now) != _number(head):
                again = _planned(store, now, given)
                same = again.table.column(RECORD).equals(plan.table.column(RECORD))
                fits = not (again.fields or again.recast)
                head, plan, staged = now, again, staged if same and fits else None
                if not len(plan.table) and head is not None:
                    return _unchanged(head, plan), plan.known

            def work(at: Any) -> Any:
                if plan.fields and head is not None:
                    at = rows.widened(at, plan.fields)
                for column in plan.recast:
                    at = _recast(at, column)
                if not len(plan.table):
                    return at
                return rows.appended(at, staged if staged is not None else _fragments(at, plan, progress))

            return commit(store.folder, head, _change(head, plan, given), work), plan.known


def _unchanged(head: Version, plan: "_Plan") -> Version:
    return head.model_copy(update={"present": plan.present, "added": 0, "changed": 0, "notes": ()})


def contested(store: "Store", known: pa.Table) -> str:
    """Return how many records have another origin here than in the store, in words; nothing if none has."""
    said = pc.equal(known.column(ORIGIN), "unknown")
    if pc.all(said).as_py():
        return ""
    head = store.version()
    with guarded(store.folder, READING), using(store.folder):
        at = rows.opened(store.folder / rows.FOLDER, head.lance)
        there, places = matched(at, known.column(RECORD), [ORIGIN])
    here = known.column(ORIGIN).take(pa.array(places))
    other = pc.and_(pc.not_equal(here, there.column(ORIGIN)), pc.not_equal(here, "unknown"))
    pairs = pa.table({"here": here.filter(other), "there": there.column(ORIGIN).filter(other)})
    counts = pairs.group_by(["here", "there"]).aggregate([([], "count_all")])
    listed = counts.sort_by([("count_all", "descending"), ("here", "ascending"), ("there", "ascending")]).to_pylist()
    return ", ".join(f"{one['count_all']:,} {one['here']} here and {one['there']} there" for one in listed)


def _with_names(dataset: Dataset, ids: str | None) -> pa.Table:
    """Return the records with their names as the data have them, if they have some, under `_record`."""
    table = stated(dataset, own_ids=ids is not None)
    if RECORD not in dataset.table.column_names:
        return table
    return table.append_column(RECORD, typed(RECORD, dataset.values(RECORD)))


def _planned(store: "Store", head: Version | None, given: Given) -> _Plan:
    known = head.columns if head is not None else ()
    columns = stored.joined(given.table, {one.name: one for one in given.dataset.columns}, known)
    for one in columns:
        if one.name in given.table.column_names:
            stored.refuse_rounding(one, given.table.column(one.name))
    later = {one.name for one in columns if one.belongs == "later"}
    own = [name for name in given.table.column_names if name not in BY_NAME and name not in later]
    names = record_names(given.table, own)
    if given.ids is not None and PARENTS in given.table.column_names:
        table = _parents_named(store, head, given, names)
    else:
        table = _renamed(given.table, names)
    fresh = _absent(store, head, names)
    field_names = {field.name for field in stored.schema_of(known)} if head is not None else set()
    fields = tuple(field for field in stored.schema_of(columns) if field.name not in field_names)
    new = table if fresh.all() else table.filter(pa.array(fresh))
    at = rows.opened(store.folder / rows.FOLDER, head.lance) if head is not None else None
    new = counted(new, lambda wanted: generations_in(at, wanted), np.flatnonzero(fresh))
    if GENERATION in new.column_names and new.column(GENERATION).null_count < len(new):
        columns = stored.with_provenance(columns, GENERATION)
    said = table.select([name for name in table.column_names if name in BY_NAME]).filter(pa.array(~fresh))
    return _Plan(columns, new, len(said), fields, stored.recast(known, columns), said)


def _parents_named(store: "Store", head: Version | None, given: Given, names: pa.Array) -> pa.Table:
    """Return the records under their names, and parents, which were given as ids of their owner, likewise."""
    column = given.dataset[given.ids or ""].name

    def elsewhere(wanted: pa.Array) -> pa.Table:
        field = next((one.field for one in head.columns if one.name == column), None) if head is not None else None
        if head is None or field is None:
            return pa.table({"id": pa.array([], STRING), "name": pa.array([], STRING)})
        at, found = rows.opened(store.folder / rows.FOLDER, head.lance), []
        for block in rows.blocks(at, [RECORD, field], rows=_BLOCK):
            text = pc.cast(as_text(block.column(1)), STRING)
            mask = pc.is_in(text, value_set=pc.cast(wanted, STRING))
            found.append(pa.table({"id": text.filter(mask), "name": block.column(0).filter(mask)}))
        return pa.concat_tables(found)

    ids = pa.table({"id": pc.cast(as_text(given.table.column(column)), STRING), "name": names})
    table = given.table.drop_columns([RECORD]) if RECORD in given.table.column_names else given.table
    parents = named(table.column(PARENTS), ids, elsewhere)
    table = table.set_column(table.column_names.index(PARENTS), PARENTS, parents)
    return table.append_column(RECORD, names)


def _recast(at: Any, column: StoredColumn) -> Any:
    """Write one column anew in a wider type. Raises BadInput for whole numbers that it would round."""
    blocks = list(rows.blocks(at, [RECORD, column.field], rows=_BLOCK))
    if not blocks:
        return rows.merged(at, pa.table({RECORD: pa.array([], STRING), column.field: pa.array([], column.arrow)}),
                           [column.field])  # fmt: skip
    table = pa.Table.from_batches(blocks)
    values = table.column(1)
    stored.refuse_rounding(column, values)
    chunks = [converted(chunk, column.arrow) for chunk in values.chunks]
    return rows.merged(at, table.set_column(1, column.field, pa.chunked_array(chunks, column.arrow)), [column.field])


def _renamed(given: pa.Table, names: pa.Array) -> pa.Table:
    """Return the records under the names that their content gives them; parents among them are named likewise."""
    if RECORD not in given.column_names:
        return given.append_column(RECORD, names)
    old, table = given.column(RECORD), given.drop_columns([RECORD]).append_column(RECORD, names)
    if PARENTS not in table.column_names or old.cast(pa.large_string()).equals(pa.chunked_array([names])):
        return table
    usable = is_record_name(old)
    if len(pc.unique(old.filter(pa.array(usable)))) < usable.sum():
        return table
    new_of = dict(
        zip(old.filter(pa.array(usable)).to_pylist(), names.filter(pa.array(usable)).to_pylist(), strict=True)
    )
    parents = [
        None if one is None else " ".join(new_of.get(name, name) for name in one.split())
        for one in table.column(PARENTS).to_pylist()
    ]
    place = table.column_names.index(PARENTS)
    return table.set_column(place, PARENTS, pa.array(parents, pa.large_string()))


def _absent(store: "Store", head: Version | None, names: pa.Array) -> np.ndarray:
    """Return for each name whether the head has no such record."""
    absent = np.ones(len(names), bool)
    if head is None:
        return absent
    known = Known(names)
    at = rows.opened(store.folder / rows.FOLDER, head.lance)
    for block in rows.blocks(at, [RECORD], rows=_BLOCK, in_order=False):
        places = known.find(block.column(0))
        absent[places[places >= 0]] = False
    return absent


def _staged(folder: Path, head: Version | None, plan: _Plan, progress: Progress) -> list[Any] | None:
    if head is None or not len(plan.table):
        return None
    return _fragments(rows.opened(folder / rows.FOLDER, head.lance), plan, progress)


def _fragments(at: Any, plan: _Plan, progress: Progress) -> list[Any]:
    table = stored.as_rows(plan.table, plan.columns)

    with track(progress, "storing records", total=len(table), unit="records") as advance:

        def blocks() -> Iterator[pa.RecordBatch]:
            for block in table.to_batches(max_chunksize=_BLOCK):
                yield block
                advance(len(block))

        made = rows.written(at, blocks(), table.schema)
    place = Path(at.uri)
    durable.sync_all(place / path for path in rows.paths_of(made))
    return made


def _change(head: Version | None, plan: _Plan, given: Given) -> Change:
    later = [one.name for one in plan.columns if one.belongs == "later" and one.name in plan.table.column_names]
    with np.errstate(over="ignore"):
        total = summed(head.content if head is not None else "") + content_sum(plan.table, later)
    sources = [Origin(name=one.name, digest=one.digest, rows=one.stop - one.start) for one in given.dataset.sources]
    shown = ", ".join(one.name for one in sources[:_SHOWN]) + (" …" if len(sources) > _SHOWN else "")
    return Change(
        action="add",
        message=given.message or f"{len(plan.table):,} records of {one_line(shown or given.dataset.name, 120)}",
        columns=plan.columns,
        rows=(head.rows if head is not None else 0) + len(plan.table),
        total=total,
        origins=origins_after(head, plan.table.column(ORIGIN)),
        added=len(plan.table),
        present=plan.present,
        inputs=tuple(sources),
        notes=given.notes,
    )


def _number(version: Version | None) -> int:
    return 0 if version is None else version.number
