"""Data as they stand: what `loading.load` reads, without the split that an audit makes where there is none."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from holdfast.core.dataset import Column, Dataset
from holdfast.core.errors import BadInput
from holdfast.core.progress import Progress
from holdfast.data.limits import IN_MEMORY_BYTES
from holdfast.data.loading import ALL, load
from holdfast.data.origin import BY_NAME, RECORD
from holdfast.data.store.identity import is_record_name, record_names


def load_standing(
    paths: Sequence[Path], *, label: str | None = None, in_memory: int = IN_MEMORY_BYTES,
    progress: Progress | None = None,
) -> Dataset:  # fmt: skip
    """Return the data of one file, folder or store address, or of a training and a test file. Raises BadInput.

    `label` names the column that holds the label. A table of more than `in_memory` bytes is mapped from a file.
    """
    if not paths:
        raise BadInput("no data given: a file, a folder, or a store such as corpus@v3")
    if len(paths) > 2:
        raise BadInput(f"got {len(paths)} inputs, wanted one, or a training and a test file")
    names = ("train", "test") if len(paths) == 2 else (ALL,)
    dataset = load(dict(zip(names, paths, strict=True)), undivided=True, in_memory=in_memory, progress=progress)
    if label is None:
        return dataset
    dataset[label]
    return dataset.with_roles({**{one.name: "metadata" for one in dataset.of(role="label")}, label: "label"})


def own_columns(dataset: Dataset) -> tuple[str, ...]:
    """Return the columns that are the record itself: neither provenance, nor added later, which `_` begins."""
    return tuple(one.name for one in dataset.columns if not one.name.startswith("_"))


def named_records(dataset: Dataset) -> pa.Array:
    """Return the name of each record: `_record` where the data have it, else made from the record's own columns.

    Raises BadInput for names that repeat or are none.
    """
    held: Mapping[str, Column] = {one.name: one for one in dataset.columns}
    if RECORD not in held:
        return record_names(dataset.table, own_columns(dataset))
    names = dataset.values(RECORD)
    if not is_record_name(names).all():
        raise BadInput(f"column {RECORD} of {dataset.name} holds something that is no name of a record")
    if len(names.unique()) < len(names):
        raise BadInput(f"column {RECORD} of {dataset.name} names {len(names) - len(names.unique()):,} records twice")
    return names.combine_chunks()


def with_names(dataset: Dataset) -> Dataset:
    """Return the data set with a column `_record`."""
    if RECORD in dataset.table.column_names:
        return dataset
    field = BY_NAME[RECORD]
    table = dataset.table.append_column(RECORD, named_records(dataset))
    return replace(dataset, table=table, columns=(*dataset.columns, Column(field.name, field.kind, field.role)))


def version_of(paths: Sequence[Path]) -> str:
    """Return the id of the version that a store's address names, else nothing. Raises BadInput, StoreError."""
    from holdfast.data.store.address import is_address, located

    if len(paths) != 1 or not is_address(str(paths[0])):
        return ""
    return located(str(paths[0]))[1].id
