"""Work around the training in stages: each is done once, kept as JSON, and read back when a run goes on.

Of several processes all do the work, which may need them, and all take what the first one has come to or kept.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from holdfast.core.durable import write_whole
from holdfast.core.errors import StoreError
from holdfast.core.store import as_json
from holdfast.finetune import processes

_R = TypeVar("_R", bound=BaseModel)
_SECONDS = "_seconds.json"


class Stages:
    """The stages of one run. Files are replaced as a whole; one that cannot be read is done again."""

    def __init__(self, folder: Path) -> None:
        """Keep stages below `folder`."""
        self.folder = folder
        try:
            self.seconds: dict[str, float] = dict(json.loads((folder / _SECONDS).read_bytes()))
        except (OSError, ValueError, TypeError):
            self.seconds = {}  # what each stage took, also before a kill

    def __call__(self, name: str, kind: type[_R], work: Callable[[], _R]) -> _R:
        """Return what `work` returns, or returned before a kill. Raises StoreError, as for a full disk."""
        path = self.folder / f"{name}.json"
        kept = processes.passed(lambda: _kept(path, kind))
        if kept:
            return kind.model_validate(json.loads(kept))
        started = time.perf_counter()
        found = work()
        self.seconds[name] = time.perf_counter() - started
        if processes.size() > 1:
            found = kind.model_validate(json.loads(processes.passed(lambda: as_json(found))))
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(path, as_json(found))
            write_whole(self.folder / _SECONDS, json.dumps(self.seconds).encode())
        except OSError as error:
            raise StoreError(f"cannot keep {path.name} in {self.folder}: {error.strerror or error}") from error
        return found


def _kept(path: Path, kind: type[BaseModel]) -> bytes:
    """Return what a stage came to before a kill; nothing where it cannot be read."""
    try:
        content = path.read_bytes()
        kind.model_validate(json.loads(content))
    except (OSError, ValueError, ValidationError):
        return b""
    return content
