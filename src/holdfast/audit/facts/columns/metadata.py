"""What is known about a record besides what it shows: metadata columns, and the parts of file names."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int

from holdfast.audit.definitions import fact
from holdfast.audit.facts.columns.acquisition import names_making, names_subject
from holdfast.audit.facts.columns.file_parts import are_files, file_parts
from holdfast.audit.facts.images.images import Images
from holdfast.audit.facts.images.traits import of_files
from holdfast.audit.facts.labels.traits import Kind, Trait, of_numbers, of_texts
from holdfast.audit.facts.rows.groups import Groups
from holdfast.audit.facts.rows.rows import RowKeys
from holdfast.core.dataset import Column, Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.hashing import digest_json
from holdfast.core.record import Sampled

MOST_ROWS = 10_000
_MOST_COLUMNS = 100


@dataclass(frozen=True)
class Metadata:
    """Traits of the sampled `rows`, in the order of columns."""

    rows: Int[np.ndarray, " sample"]
    traits: tuple[Trait, ...]
    sampled: Sampled | None

    def matrix(self, traits: tuple[Trait, ...]) -> tuple[np.ndarray, np.ndarray]:
        """Return the bins of some traits as columns for a model, and which of them are categories."""
        return (
            np.column_stack([item.bins for item in traits]).astype(np.float64),
            np.array([not item.ordered for item in traits]),
        )


@fact()
def metadata(
    dataset: Dataset, groups: Groups | None, images: Images | None, row_keys: RowKeys, *, most_rows: int = MOST_ROWS
) -> Metadata:
    """What is known about each record besides what it shows, on at most 10,000 rows.

    Columns of role metadata but those about the subject itself (age, sex) or an answer (labels, boxes), features whose
    name says that they are about making the record (`View Position`, `hospital`), the parts of file names, and what
    image files say of themselves (size, format, compression, camera). Columns that name a group (a patient) are left
    out: who it is may tell the label in all innocence.
    """
    apart = set(groups.columns) if groups is not None and groups.certain else set()
    columns = [c for c in dataset.columns if c.name not in apart and _may_tell(dataset, c)]
    if not columns and images is None:
        raise NotApplicable("no metadata: no column of that role, none named like it, no names of files")
    if len(columns) > _MOST_COLUMNS:  # chosen by name alone: a choice by what they tell would see the answer
        kept = set(sorted((c.name for c in columns), key=lambda name: digest_json([name]))[:_MOST_COLUMNS])
        columns = [c for c in columns if c.name in kept]
    rows = row_keys.sample(np.ones(len(dataset), dtype=bool), most_rows)
    place = pa.array(rows)
    traits = [trait for c in columns for trait in _traits(c, dataset.table.column(c.name).take(place))]
    traits += of_files(images, rows) if images is not None else ()
    varied = tuple(trait for trait in traits if _varies(trait))
    sampled = Sampled(what="metadata", rows=len(rows), of=len(dataset)) if len(rows) < len(dataset) else None
    return Metadata(rows, varied, sampled)


def _may_tell(dataset: Dataset, column: Column) -> bool:
    """Return whether a column is metadata, by role, name or values; a column of file names may have any role."""
    # Only columns with a telling role or name have their values looked at.
    named = column.role in {"metadata", "id"} or (column.role == "feature" and _names_file(column.name))
    if named and column.kind in {"category", "text"} and are_files(dataset.table.column(column.name)):
        return True
    if column.kind in {"text", "image", "vector"}:
        return False
    if column.role == "metadata":
        return not names_subject(column.name)
    return column.role == "feature" and column.kind != "time" and names_making(column.name)


def _names_file(name: str) -> bool:
    from holdfast.audit.facts.columns.naming import names_identifier

    return names_making(name) or names_identifier(name) or "image" in name.lower()


def _traits(column: Column, values: pa.ChunkedArray) -> Iterator[Trait]:
    """Return what a column tells: its values, or the parts of its file names."""
    feature = column.role == "feature"
    if are_files(values):
        for part, found in file_parts(values).items():
            made = of_texts if found.dtype == object else of_numbers
            yield made(f"{part} of {column.name!r}", column.name, "file", found, is_feature=feature)
        return
    kind: Kind = "making" if names_making(column.name) else "beside"
    if column.kind in {"number", "time"} and not pa.types.is_large_string(values.type):
        whole = pc.cast(values, pa.int64()) if pa.types.is_timestamp(values.type) else values
        numbers = pc.cast(whole, pa.float64(), safe=False).to_numpy().astype(np.float64)
        yield of_numbers(repr(column.name), column.name, kind, numbers, is_feature=feature)
        return
    named = np.array([None if value is None else str(value) for value in values.to_pylist()], dtype=object)
    yield of_texts(repr(column.name), column.name, kind, named, is_feature=feature)


def _varies(trait: Trait) -> bool:
    return len(trait.bins) > 0 and int(trait.bins.min()) != int(trait.bins.max())
