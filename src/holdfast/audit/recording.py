"""What the record of a run says about what was looked at: data, code, or both."""

from typing import Any

import numpy as np

from holdfast.audit.code import Code
from holdfast.core.dataset import Dataset
from holdfast.core.record import ColumnRecord, InputRecord


def data_fields(dataset: Dataset) -> dict[str, Any]:
    """Return the fields of a run that describe its data: rows, inputs, columns, content hash of the test rows."""
    return {
        "n_rows": len(dataset),
        "inputs": tuple(
            InputRecord(
                name=source.name,
                start=source.start,
                stop=source.stop,
                digest=source.digest,
                split=source.split,
                first_row=source.first_row,
                notes=source.notes,
            )
            for source in dataset.sources
        ),
        "columns": tuple(
            ColumnRecord(name=c.name, kind=c.kind, role=c.role, n_missing=dataset.values(c.name).null_count)
            for c in dataset.columns
        ),
        "test_digest": test_digest(dataset),
    }


def subject_fields(dataset: Dataset | None, code: Code | None) -> dict[str, Any]:
    """Return the fields of a run that describe what it is about; code comes after data among the inputs."""
    fields = {"title": dataset.name, **data_fields(dataset)} if dataset is not None else {"inputs": ()}
    if code is None:
        return fields
    names = [file.name for file in code.files]
    more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
    files = tuple(InputRecord(name=f.name, kind="code", start=0, stop=0, digest=f.digest) for f in code.files)
    return {"title": f"{names[0]}{more}" if names else "", **fields, "inputs": (*fields["inputs"], *files)}


def test_digest(dataset: Dataset) -> str:
    """Return the content hash of the test rows, or of all rows where there is no split."""
    column = dataset.one("split")
    if column is None:
        return dataset.digest
    codes, names = dataset.codes(column.name)
    if "test" not in names:
        return dataset.digest
    return dataset.take(np.flatnonzero(codes == names.index("test"))).digest
