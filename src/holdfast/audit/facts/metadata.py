"""What is known about a record besides what it shows: metadata columns, and the parts of file names."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int

from holdfast.audit.definitions import fact
from holdfast.audit.facts.acquisition import names_making, names_subject
from holdfast.audit.facts.conditional import number_bins, value_bins
from holdfast.audit.facts.file_parts import are_files, file_parts
from holdfast.audit.facts.groups import Groups
from holdfast.audit.facts.rows import RowKeys
from holdfast.core.dataset import Column, Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.hashing import digest_json
from holdfast.core.record import Sampled

MOST_ROWS = 10_000
MOST_VALUES = 250  # scikit-learn's boosting takes at most 255 of a category
_MOST_COLUMNS = 100
_STANDS_FOR = 0.95  # of the rows: a few are filed in the wrong folder everywhere

Kind = Literal["making", "file", "beside"]


@dataclass(frozen=True, slots=True)
class Trait:
    """One thing known about each row of the sample.

    `kind` is `making` where a name says that it is about how the record was made, `file` for a part of a file's name,
    and `beside` for other columns beside pictures or texts. `values` are numbers (NaN where missing) or objects;
    `bins` their numbers from 0, 0 for missing; `ordered` says whether bins rise with the values.
    """

    title: str
    column: str
    kind: Kind
    values: np.ndarray
    bins: Int[np.ndarray, " sample"]
    ordered: bool
    is_feature: bool = False


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
def metadata(dataset: Dataset, groups: Groups | None, row_keys: RowKeys, *, most_rows: int = MOST_ROWS) -> Metadata:
    """What is known about each record besides what it shows, on at most 10,000 rows.

    Columns of role metadata but those about the subject itself (age, sex) or an answer (labels, boxes), features whose
    name says that they are about making the record (`View Position`, `hospital`), and the parts of file names. Columns
    that name a group (a patient) are left out: who it is may tell the label in all innocence.
    """
    apart = set(groups.columns) if groups is not None and groups.certain else set()
    columns = [c for c in dataset.columns if c.name not in apart and _may_tell(dataset, c)]
    if not columns:
        raise NotApplicable("no metadata: no column of that role, none named like it, no names of files")
    if len(columns) > _MOST_COLUMNS:  # chosen by name alone: a choice by what they tell would see the answer
        kept = set(sorted((c.name for c in columns), key=lambda name: digest_json([name]))[:_MOST_COLUMNS])
        columns = [c for c in columns if c.name in kept]
    rows = row_keys.sample(np.ones(len(dataset), dtype=bool), most_rows)
    place = pa.array(rows)
    traits = tuple(
        trait for c in columns for trait in _traits(c, dataset.table.column(c.name).take(place)) if _varies(trait)
    )
    sampled = Sampled(what="metadata", rows=len(rows), of=len(dataset)) if len(rows) < len(dataset) else None
    return Metadata(rows, traits, sampled)


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
    from holdfast.audit.facts.naming import names_identifier

    return names_making(name) or names_identifier(name) or "image" in name.lower()


def _traits(column: Column, values: pa.ChunkedArray) -> Iterator[Trait]:
    """Return what a column tells: its values, or the parts of its file names."""
    feature = column.role == "feature"
    if are_files(values):
        for part, found in file_parts(values).items():
            title = f"{part} of {column.name!r}"
            if found.dtype == object:
                bins = value_bins(pa.array(found, pa.large_string()), MOST_VALUES)
                yield Trait(title, column.name, "file", found, bins, ordered=False, is_feature=feature)
            else:
                yield Trait(title, column.name, "file", found, number_bins(found), ordered=True, is_feature=feature)
        return
    kind: Kind = "making" if names_making(column.name) else "beside"
    if column.kind in {"number", "time"} and not pa.types.is_large_string(values.type):
        whole = pc.cast(values, pa.int64()) if pa.types.is_timestamp(values.type) else values
        numbers = pc.cast(whole, pa.float64(), safe=False).to_numpy().astype(np.float64)
        yield Trait(
            repr(column.name), column.name, kind, numbers, number_bins(numbers), ordered=True, is_feature=feature
        )
        return
    named = np.array([None if v is None else str(v)[:200] for v in values.to_pylist()], dtype=object)
    bins = value_bins(values, MOST_VALUES)
    yield Trait(repr(column.name), column.name, kind, named, bins, ordered=False, is_feature=feature)


def _varies(trait: Trait) -> bool:
    return len(trait.bins) > 0 and int(trait.bins.min()) != int(trait.bins.max())


def stands_for(trait: Trait, inside: np.ndarray, codes: np.ndarray, names: tuple[str, ...]) -> bool:
    """Return whether a trait of the rows `inside` is just another name of the classes (or splits) `codes`.

    Either the value holds the name of the row's class (a folder `cat`, a beginning `cat.`), or, for parts of file
    names, each value is that of one class and each class has one value. An ending is never a name.
    """
    if trait.ordered or "ending" in trait.title.partition(" of ")[0]:
        return False
    values = trait.values[inside]
    words = [name.casefold() for name in names]
    held = np.array(
        [
            value is not None
            and (words[code] == value.casefold() or (len(words[code]) > 2 and words[code] in value.casefold()))
            for value, code in zip(values.tolist(), codes.tolist(), strict=True)
        ]
    )
    if len(held) and held.mean() >= _STANDS_FOR:
        return True
    if trait.kind != "file":
        return False
    pairs = np.unique(np.column_stack([trait.bins[inside], codes]), axis=0)
    return len(pairs) == len(np.unique(pairs[:, 0])) == len(np.unique(pairs[:, 1]))
