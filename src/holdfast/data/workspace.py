"""The folder for files that exist only while data are being loaded: unpacked, converted, read from a pipe."""

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_folder: ContextVar[Path] = ContextVar("folder")
_numbers = itertools.count()


@contextmanager
def workspace() -> Iterator[Path]:
    """Provide the folder to everything that loads inside; it is removed at the end, whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix="holdfast-"))
    token = _folder.set(folder)
    try:
        yield folder
    finally:
        _folder.reset(token)
        shutil.rmtree(folder, ignore_errors=True)


def fresh_path(suffix: str = "") -> Path:
    """Return a path in the workspace that nobody uses yet. Raises LookupError outside of one."""
    return _folder.get() / f"{next(_numbers)}{suffix}"
