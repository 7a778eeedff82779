"""A folder that keeps versions of data, with the origin of every record.

corpus/store.json     what this is
corpus/versions/      a document a version: what was acknowledged
corpus/tags/          names for versions
corpus/rows.lance/    the records
corpus/media/         the bytes of images, by hash
corpus/*.lock         see `locks`
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pyarrow as pa

from holdfast.core import durable
from holdfast.core.dataset import Dataset, Kind, Role, Source
from holdfast.core.errors import BadInput, StoreError, unknown
from holdfast.core.progress import Progress, listening
from holdfast.core.showing import shows
from holdfast.core.text import one_line
from holdfast.data.origin import RECORD
from holdfast.data.store import documents, locks, media, naming, rows
from holdfast.data.store.columns import as_table
from holdfast.data.store.committing import READING, guarded
from holdfast.data.store.reading import table_of
from holdfast.data.store.version import SCHEMA, StoredColumn, Version

if TYPE_CHECKING:
    from holdfast.data.store.clearing import Cleared
    from holdfast.data.store.differing import Difference
    from holdfast.data.store.rules import Rules
    from holdfast.data.store.verifying import Verified

_BLOCK = 1 << 14
_FORBIDDEN = "@"  # between a store and a version


@shows("holdfast.data.store.telling:store")
class Store:
    """Versions of data in a folder. Open one with `Store.open`, make one with `Store.create`."""

    def __init__(self, folder: Path, schema: int = SCHEMA) -> None:
        """Use `Store.open` or `Store.create`, which look whether this is a store."""
        self.folder = folder
        self.schema = schema

    @classmethod
    def create(cls, path: Path | str) -> Self:
        """Make an empty store in a folder that is new or empty. Raises BadInput, StoreError."""
        folder = Path(path)
        shown = one_line(str(folder))
        rows.library()
        if _FORBIDDEN in folder.name:
            raise BadInput(f"{shown}: the name of a store has no {_FORBIDDEN}, which stands before a version")
        if documents.is_store(folder):
            raise BadInput(f"{shown} is a store already. Add to it: holdfast data add {shown} FILE")
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise BadInput(f"{shown} is not an empty folder; name a new one for the store")
        with guarded(folder, "making a store in"):
            folder.mkdir(parents=True, exist_ok=True)
            for name in (documents.VERSIONS, documents.TAGS):
                durable.make_folder(folder / name)
            for name in locks.ALL:
                (folder / name).touch()
            documents.mark(folder)
            durable.sync_folder(folder.parent)
        return cls(folder)

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Return the store in a folder. Raises BadInput when there is none, StoreError when it is damaged."""
        folder = Path(path)
        shown = one_line(str(folder))
        if not folder.exists():
            raise BadInput(f"there is no store {shown}. Make one: holdfast data init {shown}")
        if not documents.is_store(folder):
            raise BadInput(f"{shown} is no store of versions. Make one elsewhere: holdfast data init NEW_FOLDER")
        missing = [name for name in (documents.VERSIONS, documents.TAGS) if not (folder / name).is_dir()]
        if missing:
            raise StoreError(f"{shown} is a store of which {' and '.join(missing)} is missing; restore it from a copy")
        return cls(folder, documents.schema_of(folder))

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.folder.name or str(self.folder.resolve())

    @property
    def newer(self) -> str:
        """One sentence, if the store was made by a newer Holdfast; else nothing."""
        if self.schema <= SCHEMA:
            return ""
        return (
            f"{self.folder} was made by a newer Holdfast (schema {self.schema}, this one writes {SCHEMA}): "
            "it can be read, not written; update Holdfast to write"
        )

    def writable(self) -> None:
        """Raise StoreError if this Holdfast may not write here."""
        if self.newer:
            raise StoreError(self.newer)

    def head(self) -> Version | None:
        """Return the last version, without its tags; None if there is none yet. Raises StoreError."""
        numbers = documents.numbers(self.folder)
        return documents.read(self.folder, numbers[-1]) if numbers else None

    def log(self) -> tuple[Version, ...]:
        """Return all versions, oldest first. Raises StoreError."""
        named: dict[int, list[str]] = {}
        for tag, number in documents.tags(self.folder).items():
            named.setdefault(number, []).append(tag)
        gone = documents.gone(self.folder)
        return tuple(
            documents.read(self.folder, number).model_copy(
                update={"tags": tuple(named.get(number, ())), "kept": number not in gone}
            )
            for number in documents.numbers(self.folder)
        )

    def version(self, wanted: str | Version = naming.HEAD) -> Version:
        """Return a version: `head`, `head~2`, a tag, a number, the beginning of an id, a date. Raises BadInput."""
        if isinstance(wanted, Version):
            return wanted
        head = self.head() if wanted == naming.HEAD else None
        if head is not None:  # what is asked for most often needs no look at the others
            tags = tuple(name for name, number in documents.tags(self.folder).items() if number == head.number)
            return head.model_copy(update={"tags": tags})
        versions = self.log()
        if not versions:
            raise BadInput(f"{self.folder} has no version yet. Add to it: holdfast data add {self.folder} FILE")
        return naming.found(wanted, versions, documents.tags(self.folder), self.name)

    def read(self, version: str | Version = naming.HEAD, columns: Sequence[str] | None = None) -> Dataset:
        """Return the records of a version, in the order in which they were added. Raises BadInput, StoreError."""
        wanted = self.kept(version)
        chosen = _chosen(wanted, columns, self.name)
        with guarded(self.folder, READING), locks.using(self.folder):
            table = table_of(self.folder, wanted, chosen)
        images = [table.column(one.name) for one in chosen if one.kind == "image"]
        name = f"{self.name}@{wanted.tags[0] if wanted.tags else wanted.short}"
        source = Source(name, 0, len(table), wanted.id)
        described = tuple(one.column for one in chosen)
        return Dataset(name, table, described, (source,), media=media.media_of(self.folder, images))

    def blocks(
        self, version: str | Version = naming.HEAD, columns: Sequence[str] | None = None, rows_a_block: int = _BLOCK
    ) -> Iterator[pa.RecordBatch]:
        """Yield the records of a version block by block, in the order in which they were added.

        Raises BadInput, StoreError. As long as the iteration goes on, gc removes nothing.
        """
        wanted = self.kept(version)
        chosen = _chosen(wanted, columns, self.name)
        with guarded(self.folder, READING), locks.using(self.folder):
            at = rows.opened(self.folder / rows.FOLDER, wanted.lance)
            fields = [one.field for one in chosen if one.type != "null"] or [RECORD]
            for block in rows.in_order(at, fields, rows=rows_a_block):
                yield from as_table(block, chosen).to_batches()

    def add(
        self, dataset: Dataset, message: str = "", *, rules: "Rules | None" = None, amend: bool = False,
        notes: Sequence[str] = (), progress: Progress | None = None,
    ) -> Version:  # fmt: skip
        """Add records, and return the version that has them; the head, if they are all there already.

        `rules` say where the records come from; without them, only what columns of provenance say is known. What the
        data say of records that are there already is left aside, and a note says so where it is another origin;
        `amend` takes it over, as an amendment with the same message.

        Raises BadInput for provenance that is invalid, columns of another type, or images without bytes; StoreError.
        """
        from holdfast.data.store.adding import add, contested
        from holdfast.data.store.amending import amend as amended
        from holdfast.data.store.amending import claims
        from holdfast.data.store.rules import ruled

        if amend and not message.strip():
            raise BadInput("an amendment needs a message that says who changed what is known of the origin, and why")
        dataset, said = ruled(dataset, rules) if rules is not None else (dataset, ())
        ids = rules.id_column if rules is not None else None
        version, known = add(self, dataset, message, (*said, *notes), ids, listening(progress))
        if amend and len(known):
            done = amended(self, claims(known), message)
            return done.model_copy(update={"added": version.added, "present": version.present})
        other = contested(self, known) if len(known) else ""
        left = f"the origin of what was there already stays (to change it: amend): {other}"
        return version.model_copy(update={"notes": (*version.notes, left)}) if other else version

    def amend(self, changes: pa.Table, message: str) -> Version:
        """Replace what is said about the origin of records, and return the version that says so.

        `changes` has `_record` and columns of provenance; missing values leave what is there. Where the origin becomes
        another, generator and generation that are not given anew no longer hold, and go. Raises BadInput.
        """
        from holdfast.data.store.amending import amend

        return amend(self, changes, message)

    def attach(
        self, name: str, values: pa.Table, message: str = "", *, kind: Kind | None = None, role: Role = "metadata"
    ) -> Version:
        """Add a column later, and return the version that has it; a column added later before is written over.

        `values` has `_record` and one more column. No record is rewritten or renamed. Raises BadInput.
        """
        from holdfast.data.store.attaching import attach

        return attach(self, name, values, message, kind, role)

    def tag(self, name: str, version: str = naming.HEAD, *, move: bool = False) -> Version:
        """Name a version. Raises BadInput for a name that is taken, unless it may move, or that reads as another."""
        from holdfast.data.store.tagging import tag

        return tag(self, name, version, move=move)

    def untag(self, name: str) -> None:
        """Take a tag away. Raises BadInput."""
        from holdfast.data.store.tagging import untag

        untag(self, name)

    def diff(self, before: str | Version, after: str | Version = naming.HEAD) -> "Difference":
        """Return what two versions differ in: records, provenance, columns. Raises BadInput."""
        from holdfast.data.store.differing import diff

        return diff(self, before, after)

    def checkout(
        self, folder: Path | str, version: str | Version = naming.HEAD, form: str = "parquet",
        *, progress: Progress | None = None,
    ) -> int:  # fmt: skip
        """Write a version to a new folder as Parquet, CSV or JSONL, and return how many records. Raises BadInput."""
        from holdfast.data.store.checkout import checkout

        return checkout(self, self.kept(version), Path(folder), form, listening(progress))

    def verify(self, *, records: bool = False, progress: Progress | None = None) -> "Verified":
        """Return which files are missing, torn or changed, and which versions that touches."""
        from holdfast.data.store.verifying import verify

        return verify(self, listening(progress), records=records)

    def compact(self) -> Version:
        """Write many small files together, and return the version that is made of them; its id is that of the head."""
        from holdfast.data.store.compacting import compact

        return compact(self)

    def gc(self, keep: int | None = None, *, dry: bool = False, patience: float = 10.0) -> "Cleared":
        """Remove what no version needs; of versions, those that are not tagged and not among the last `keep`."""
        from holdfast.data.store.clearing import clear

        return clear(self, keep, dry=dry, patience=patience)

    def kept(self, version: str | Version) -> Version:
        """Return a version whose content is there. Raises BadInput."""
        wanted = self.version(version)
        if not wanted.kept:
            raise BadInput(f"the content of version {wanted.number} ({wanted.short}) of {self.name} was removed by gc")
        return wanted


def _chosen(version: Version, columns: Sequence[str] | None, where: str) -> tuple[StoredColumn, ...]:
    if columns is None:
        return version.columns
    known = {one.name: one for one in version.columns}
    for name in columns:
        if name not in known:
            raise unknown("column", name, known, where=where)
    return tuple(known[name] for name in columns)
