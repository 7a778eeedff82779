"""Stores, versions and their differences told for notebooks."""

from holdfast.core.finding import Cell, Examples
from holdfast.core.record import Section
from holdfast.core.showing import Shown
from holdfast.data.store.differing import Difference
from holdfast.data.store.store import Store
from holdfast.data.store.verifying import Verified
from holdfast.data.store.version import Version

MOST = 50


def version(one: Version) -> Shown:
    """Return a version: where its records come from, and its columns."""
    tags = f" [{', '.join(one.tags)}]" if one.tags else ""
    gone = "" if one.kept else " Its content was removed by gc."
    says = f"{one.rows:,} records, {one.time:%Y-%m-%d %H:%M}. {one.message}{gone}"
    columns = tuple((column.name, column.kind, column.role, column.belongs) for column in one.columns[:MOST])
    inputs = tuple((source.name, source.rows, source.digest) for source in one.inputs[:MOST])
    parts = [
        Section(title="Origin", says=one.notes, evidence=(_origins(one),)),
        Section(
            title="Columns",
            evidence=(_table("What each column is there for", ("column", "kind", "role", "belongs to"), columns),),
        ),
    ]
    if inputs:
        files = _table("Files and frames", ("name", "records", "hash"), inputs)
        parts.append(Section(title="Where records of this version came from", evidence=(files,)))
    return Shown(f"Version {one.number} ({one.short}){tags}", says, tuple(parts))


def store(one: Store) -> Shown:
    """Return the versions of a store, newest first."""
    found = one.log()[::-1]
    if not found:
        return Shown(f"Store {one.name}", f"no version yet. Add to it: holdfast data add {one.folder} FILE")
    rows = tuple(
        (each.number, each.short, f"{each.time:%Y-%m-%d %H:%M}", each.rows, _said(each), ", ".join(each.tags),
         each.message)
        for each in found[:MOST]
    )  # fmt: skip
    columns = ("version", "id", "when", "records", "origin", "tags", "message")
    says = f"{len(found):,} version{'s' * (len(found) != 1)}; the last has {found[0].rows:,} records"
    return Shown(f"Store {one.name}", says, (Section(title="", evidence=(_table("Newest first", columns, rows),)),))


def difference(one: Difference) -> Shown:
    """Return what two versions differ in."""
    title = f"{one.before} → {one.after}"
    if one.none:
        return Shown(title, "no difference")
    says = (
        f"{one.rows[0]:,} → {one.rows[1]:,} records: {one.added:,} added, {one.removed:,} removed, "
        f"{one.changed:,} with another provenance"
    )
    origins = tuple((name, old, new) for name, (old, new) in one.origins.items() if old or new)
    parts = [Section(title="Origin", evidence=(_table("Records by origin", ("origin", "before", "after"), origins),))]
    changes: list[tuple[Cell, ...]] = [(name, f"{n:,} other values") for name, n in one.values.items()]
    for what in ("added", "removed", "changed"):
        changes += [(name, what) for name in getattr(one, f"columns_{what}")]
    if changes:
        parts.append(Section(title="Columns", evidence=(_table("What changed", ("column", "change"), tuple(changes)),)))
    moved = tuple((each.column, each.before or "", each.after or "", each.records) for each in one.moved)
    if moved:
        columns = ("column", "before", "after", "records")
        parts.append(Section(title="Provenance", evidence=(_table("What is said anew", columns, moved),)))
    return Shown(title, says, tuple(parts))


def verified(one: Verified) -> Shown:
    """Return what a look at every file found."""
    says = f"{one.versions:,} versions, {one.files:,} files and {one.images:,} images were read; "
    if not one.faults:
        return Shown("Store verified", f"{says}nothing is missing, torn or changed")
    rows = tuple((each.path, each.says, ", ".join(map(str, each.versions))) for each in one.faults[:MOST])
    table = _table("Damaged files", ("file", "what", "versions"), rows)
    return Shown("Store verified", f"{says}{len(one.faults):,} are damaged", (Section(title="", evidence=(table,)),))


def _origins(one: Version) -> Examples:
    rows = tuple((name, n, f"{n / one.rows:.1%}" if one.rows else "–") for name, n in one.origins.items() if n)
    return _table("Who made the records", ("origin", "records", "share"), rows)


def _said(one: Version) -> str:
    return ", ".join(f"{n:,} {origin}" for origin, n in one.origins.items() if n)


def _table(caption: str, columns: tuple[str, ...], cells: tuple[tuple[Cell, ...], ...]) -> Examples:
    return Examples(caption=caption, columns=columns, cells=cells)
