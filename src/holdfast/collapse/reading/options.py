"""The data that a learner's `options.file` names."""

from pathlib import Path

from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.data.store.address import is_address


def own_data(path: Path, what: str) -> Dataset:
    """Return the data at a path or address; `what` says what the file is for. Raises BadInput, MissingExtra."""
    from holdfast.data.loading import load

    if not (path.exists() or is_address(str(path))):
        raise BadInput(f"no file or folder {path}: options.file is {what}")
    return load({"given": path})
