"""Work around the training in stages: each is done once, kept as JSON, and read back when a run goes on."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from holdfast.core.durable import write_whole
from holdfast.core.errors import StoreError
from holdfast.core.store import as_json

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
        try:
            return kind.model_validate(json.loads(path.read_bytes()))
        except (OSError, ValueError, ValidationError):
            started = time.perf_counter()
            found = work()
            self.seconds[name] = time.perf_counter() - started
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(path, as_json(found))
            write_whole(self.folder / _SECONDS, json.dumps(self.seconds).encode())
        except OSError as error:
            raise StoreError(f"cannot keep {path.name} in {self.folder}: {error.strerror or error}") from error
        return found
