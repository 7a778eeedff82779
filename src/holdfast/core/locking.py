"""Whether the process that writes a run is alive: it holds a file lock, which the system drops whatever happens."""

from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # not a Unix system: a run without its final record then counts as interrupted
    fcntl = None  # type: ignore[assignment]


def hold(path: Path) -> IO[bytes]:
    """Lock `path` until the returned file is closed or the process ends. Raises OSError if another process holds it."""
    file = path.open("ab")
    if fcntl is not None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            raise
    return file


def share(path: Path) -> IO[bytes]:
    """Lock `path` beside others who share it, until the returned file is closed or the process ends.

    The file need not be writable. Raises OSError if it is not there, or if a process holds it alone.
    """
    file = path.open("rb")
    if fcntl is not None:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            file.close()
            raise
    return file


def is_held(path: Path) -> bool:
    """Return whether a living process holds the lock."""
    if fcntl is None or not path.is_file():
        return False
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        return False
