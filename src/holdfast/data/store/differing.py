"""What two versions differ in: records, what is said of their origin, columns."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict

from holdfast.core.showing import shows
from holdfast.data.origin import NAMES, ORIGINS, RECORD, counts
from holdfast.data.store import locks, rows
from holdfast.data.store.columns import provenance_column
from holdfast.data.store.committing import guarded
from holdfast.data.store.identity import Known
from holdfast.data.store.reading import table_of
from holdfast.data.store.version import StoredColumn, Version

if TYPE_CHECKING:
    from lance import LanceDataset

    from holdfast.data.store.store import Store

_EXAMPLES = 3
_MOST = 12  # ways in which the values of a column changed that are listed
_SAID = tuple(name for name in NAMES if name != RECORD)


class Moved(BaseModel):
    """How often the value of a column became another; a missing value is empty."""

    model_config = ConfigDict(frozen=True)
    column: str
    before: str
    after: str
    records: int


@shows("holdfast.data.store.telling:difference")
class Difference(BaseModel):
    """What `after` has, and `before` has not, and the other way round."""

    model_config = ConfigDict(frozen=True)
    before: str
    after: str
    rows: tuple[int, int]
    added: int
    removed: int
    changed: int
    added_origins: Mapping[str, int]
    removed_origins: Mapping[str, int]
    origins: Mapping[str, tuple[int, int]]
    moved: tuple[Moved, ...] = ()
    values: Mapping[str, int] = {}
    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()
    columns_changed: tuple[str, ...] = ()
    examples: Mapping[str, tuple[str, ...]] = {}

    @property
    def none(self) -> bool:
        """Whether both are the same."""
        columns = self.columns_added or self.columns_removed or self.columns_changed
        return not (self.added or self.removed or self.changed or self.values or columns)


def diff(store: "Store", before: str | Version, after: str | Version) -> Difference:
    """Return what two versions of a store differ in. Raises BadInput, StoreError.

    Files that both have are not read: what it costs goes with what differs.
    """
    one, other = store.kept(before), store.kept(after)
    with guarded(store.folder, "reading"), locks.using(store.folder):
        at = {version.number: rows.opened(store.folder / rows.FOLDER, version.lance) for version in (one, other)}
        old, new = _unshared(at[one.number], at[other.number], [RECORD, *_SAID])
        places = Known(old.column(RECORD)).find(new.column(RECORD))
        gone = np.ones(len(old), bool)
        gone[places[places >= 0]] = False
        added, removed = new.filter(pa.array(places < 0)), old.filter(pa.array(gone))
        kept = new.filter(pa.array(places >= 0))
        were = old.take(pa.array(places[places >= 0]))
        changed, moved = _moved(were, kept)
        values = dict(_values(store, one, other, at))
    columns = _columns(one, other)
    sample = {"added": added, "removed": removed, "changed": kept.filter(pa.array(changed))}
    return Difference(
        before=_name(one),
        after=_name(other),
        rows=(one.rows, other.rows),
        added=len(added),
        removed=len(removed),
        changed=int(changed.sum()),
        added_origins=dict(counts(added.column("_origin"))),
        removed_origins=dict(counts(removed.column("_origin"))),
        origins={name: (one.origins.get(name, 0), other.origins.get(name, 0)) for name in ORIGINS},
        moved=moved,
        values={name: n for name, n in values.items() if n},
        columns_added=columns[0],
        columns_removed=columns[1],
        columns_changed=columns[2],
        examples={name: _examples(table) for name, table in sample.items() if len(table)},
    )


def _unshared(one: "LanceDataset", other: "LanceDataset", fields: Sequence[str]) -> tuple[pa.Table, pa.Table]:
    """Return the rows of files that only one of the versions has."""
    found = []
    sides = [{_content(at, fragment, fields): fragment for fragment in at.get_fragments()} for at in (one, other)]
    for at, own, others in ((one, sides[0], sides[1]), (other, sides[1], sides[0])):
        fragments = [fragment for key, fragment in own.items() if key not in others]
        if fragments:
            found.append(at.scanner(columns=list(fields), fragments=fragments).to_table())
        else:
            found.append(at.scanner(columns=list(fields), limit=0).to_table())
    return found[0], found[1]


def _content(at: "LanceDataset", fragment: object, fields: Sequence[str]) -> tuple[str, ...]:
    """Return which files hold the values of some columns, and which rows of them are taken out."""
    numbers = {field.name(): field.id() for field in at.lance_schema.fields()}
    wanted = {numbers[name] for name in fields if name in numbers}
    metadata = fragment.metadata  # type: ignore[attr-defined]
    files = [file.path for file in metadata.files if wanted & set(file.fields)]
    return (*sorted(files), str(fragment.deletion_file()))  # type: ignore[attr-defined]


def _moved(old: pa.Table, new: pa.Table) -> tuple[np.ndarray, tuple[Moved, ...]]:
    """Return for each record whether its provenance changed, and the most frequent changes of each column."""
    changed, found = np.zeros(len(old), bool), []
    for name in _SAID:
        before, after = old.column(name), new.column(name)
        differs = _differs(before, after)
        if not differs.any():
            continue
        changed |= differs
        mask = pa.array(differs)
        pairs = pa.table({"before": _text(before.filter(mask)), "after": _text(after.filter(mask))})
        counted = pairs.group_by(["before", "after"]).aggregate([([], "count_all")])
        most = counted.sort_by([("count_all", "descending"), ("before", "ascending"), ("after", "ascending")])
        found += [
            Moved(column=name, before=row["before"], after=row["after"], records=row["count_all"])
            for row in most.slice(0, _MOST).to_pylist()
        ]
    return changed, tuple(found)


def _values(store: "Store", one: Version, other: Version, at: Mapping[int, "LanceDataset"]) -> Mapping[str, int]:
    """Return for each column that both have and that was added later how many values differ, among shared records."""
    known = {column.name: column for column in one.columns if column.belongs == "later"}
    found = {}
    for column in other.columns:
        if column.belongs != "later" or column.name not in known:
            continue
        was = known[column.name]
        if _same_files(at[one.number], at[other.number], was, column):
            continue
        record = provenance_column(RECORD)
        old, new = table_of(store.folder, one, [record, was]), table_of(store.folder, other, [record, column])
        places = Known(old.column(0)).find(new.column(0))
        new, old = new.filter(pa.array(places >= 0)), old.take(pa.array(places[places >= 0]))
        text = pa.large_string()
        same_type = old.column(1).type == new.column(1).type
        pair = (old.column(1), new.column(1)) if same_type else (old.column(1).cast(text), new.column(1).cast(text))
        found[column.name] = int(_differs(*pair).sum())
    return found


def _same_files(one: "LanceDataset", other: "LanceDataset", was: StoredColumn, now: StoredColumn) -> bool:
    keys = [
        {_content(at, part, [column.field]) for part in at.get_fragments()} for at, column in ((one, was), (other, now))
    ]
    return keys[0] == keys[1]


def _differs(one: pa.ChunkedArray, other: pa.ChunkedArray) -> np.ndarray:
    if pa.types.is_fixed_size_list(one.type):
        return np.array([a != b for a, b in zip(one.to_pylist(), other.to_pylist(), strict=True)], bool)
    same = pc.fill_null(pc.equal(one, other), False)  # noqa: FBT003 PyArrow's signature
    both = pc.and_(pc.is_null(one), pc.is_null(other))
    return np.asarray(~pc.or_(same, both).to_numpy(zero_copy_only=False), bool)


def _text(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(pc.cast(values, pa.large_string()), "")


def _columns(one: Version, other: Version) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    old, new = ({column.name: column for column in version.columns} for version in (one, other))
    changed = [
        f"{name}: {_described(old[name])} → {_described(new[name])}"
        for name in new
        if name in old and _described(old[name]) != _described(new[name])
    ]
    return (
        tuple(name for name in new if name not in old),
        tuple(name for name in old if name not in new),
        tuple(changed),
    )


def _described(column: StoredColumn) -> str:
    return f"{column.type}, {column.kind}, {column.role}"


def _examples(table: pa.Table) -> tuple[str, ...]:
    return tuple(table.column(RECORD).slice(0, _EXAMPLES).to_pylist())


def _name(version: Version) -> str:
    return f"{version.number} ({version.tags[0] if version.tags else version.short})"
