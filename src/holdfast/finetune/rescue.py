"""What is left of a training that diverged: its best state until then, as a model that can be loaded."""

import shutil
from pathlib import Path

from holdfast.finetune.checkpoint import latest
from holdfast.finetune.tasks.definitions import Prepared
from holdfast.finetune.weights import put


def rescued(prepared: Prepared, steps: Path, folder: Path) -> bool:
    """Write the best state below `steps` to `folder` as a model; return whether there was one. Raises OSError."""
    kept = latest(steps / "best")
    if kept is None:
        return False
    put(prepared.module, kept.tensors["model"])
    temporary = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    prepared.save(prepared.module, temporary)
    shutil.rmtree(folder, ignore_errors=True)
    temporary.rename(folder)
    return True
