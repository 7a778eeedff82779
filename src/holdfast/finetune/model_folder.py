"""The model beside the record: it appears whole, or the one that was there stays."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from holdfast.core.durable import building
from holdfast.core.errors import StoreError
from holdfast.finetune.tasks.definitions import Prepared

MODEL = "model"  # folder of the tuned model, beside the record


def write_model(prepared: Prepared, folder: Path) -> None:
    """Write the model as it is now. Raises StoreError."""
    with model_written(folder) as making:
        prepared.save(prepared.module, making)


@contextmanager
def model_written(folder: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place of `folder` once all is written. Raises StoreError."""
    try:
        with building(folder, replace=True) as making:
            yield making
    except OSError as error:
        raise StoreError(f"cannot write the model to {folder}: {error.strerror or error}") from error
