"""The fields of a run that describe what it looked at: data, code, or both."""

from typing import Any

from holdfast.audit.code import Code
from holdfast.core.dataset import Dataset
from holdfast.core.record import InputRecord
from holdfast.core.recording import data_fields


def subject_fields(dataset: Dataset | None, code: Code | None) -> dict[str, Any]:
    """Return the fields of a run that describe what it is about; code comes after data among the inputs."""
    fields = {"title": dataset.name, **data_fields(dataset)} if dataset is not None else {"inputs": ()}
    if code is None:
        return fields
    names = [file.name for file in code.files]
    more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
    files = tuple(InputRecord(name=f.name, kind="code", start=0, stop=0, digest=f.digest) for f in code.files)
    return {"title": f"{names[0]}{more}" if names else "", **fields, "inputs": (*fields["inputs"], *files)}
