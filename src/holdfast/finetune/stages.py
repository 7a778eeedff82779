"""Work around the training in stages: each is done once, kept as JSON, and read back when a run goes on.

Of several processes all do the work, which may need them, and all take what the first one has come to or kept.
"""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from holdfast.core.errors import StoreError
from holdfast.core.sealed import read_sealed, write_sealed
from holdfast.core.store import as_json
from holdfast.finetune import processes

_R = TypeVar("_R", bound=BaseModel)
_SECONDS = "_seconds.json"


class Stages:
    """The stages of one run. Files are replaced as a whole; one that is not as it was written is done again."""

    def __init__(self, folder: Path) -> None:
        """Keep stages below `folder`."""
        self.folder = folder
        try:
            self.seconds: dict[str, float] = dict(read_sealed(folder / _SECONDS))
        except (OSError, ValueError, TypeError):
            self.seconds = {}  # what each stage took, also before a kill

    def __call__(self, name: str, kind: type[_R], work: Callable[[], _R]) -> _R:
        """Return what `work` returns, or returned before a kill. Raises StoreError, as for a full disk."""
        path = self.folder / f"{name}.json"
        kept = processes.passed(lambda: _kept(path))
        with suppress(ValueError):  # pydantic's ValidationError is one; all processes see the same bytes
            return kind.model_validate_json(kept)
        started = time.perf_counter()
        found = work()
        self.seconds[name] = time.perf_counter() - started
        if processes.size() > 1:
            found = kind.model_validate_json(processes.passed(lambda: as_json(found)))
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_sealed(path, json.loads(as_json(found)))
            write_sealed(self.folder / _SECONDS, self.seconds)
        except OSError as error:
            raise StoreError(f"cannot keep {path.name} in {self.folder}: {error.strerror or error}") from error
        return found


def _kept(path: Path) -> bytes:
    """Return what a stage came to before a kill; nothing where it cannot be read."""
    try:
        return json.dumps(read_sealed(path)).encode()
    except (OSError, ValueError):
        return b""
