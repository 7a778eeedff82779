"""What is left of a training that diverged: its best state until then, as a model that can be loaded."""

from pathlib import Path

from holdfast.finetune.checkpoint import latest
from holdfast.finetune.model_folder import write_model
from holdfast.finetune.tasks.definitions import Prepared
from holdfast.finetune.weights import put


def rescued(prepared: Prepared, steps: Path, folder: Path) -> bool:
    """Write the best state below `steps` to `folder` as a model; return whether there was one. Raises StoreError."""
    kept = latest(steps / "best")
    if kept is None:
        return False
    put(prepared.module, kept.tensors["model"])
    write_model(prepared, folder)
    return True
