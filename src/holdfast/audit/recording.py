"""What the record of a run says about its data; for verbs other than the audit."""

from typing import Any

from holdfast.audit.audit import test_digest
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
