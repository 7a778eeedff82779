"""Who may do what at the same time.

writing.lock   held by whoever makes a version, for the moment of the commit: one at a time
using.lock     shared by everybody who reads or writes; gc holds it alone, so that it removes no file that is in use
waiting.lock   held by gc while it waits for using.lock; everybody who begins takes it for a moment, so that those who
               are there can end and nobody new begins

Locks are the system's own and end with the process, however it ends.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from holdfast.core.errors import StoreError
from holdfast.core.locking import hold, share

WRITING, USING, WAITING = "writing.lock", "using.lock", "waiting.lock"
ALL = (WRITING, USING, WAITING)
PATIENCE = 600.0  # seconds; a commit takes well under one, a column of a hundred million rows minutes
_EVERY = 0.02


@contextmanager
def writing(folder: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the right to make a version. Raises StoreError when others still hold it after `patience` seconds."""
    with _held(hold, folder / WRITING, patience, "another process is writing to"):
        yield


@contextmanager
def using(folder: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Keep gc from removing files. Raises StoreError when gc still runs after `patience` seconds."""
    with ExitStack() as kept:
        with _held(share, folder / WAITING, patience, "gc is clearing"):
            kept.enter_context(_held(share, folder / USING, patience, "gc is clearing"))
        yield


@contextmanager
def alone(folder: Path, patience: float) -> Iterator[None]:
    """Keep others from reading and writing. Raises StoreError when some still do after `patience` seconds."""
    busy = "somebody is reading from or writing to"
    with _held(hold, folder / WAITING, patience, "gc is clearing"), _held(hold, folder / USING, patience, busy):
        yield


@contextmanager
def _held(take: Callable[[Path], IO[bytes]], path: Path, patience: float, busy: str) -> Iterator[None]:
    until = time.monotonic() + patience
    while True:
        try:
            file = take(path)
        except FileNotFoundError:
            if not path.parent.is_dir():
                raise
            path.touch()  # lost, as when a store was copied in part; it holds nothing
        except BlockingIOError:
            if time.monotonic() >= until:
                raise StoreError(f"{busy} {path.parent}, for more than {patience:g} s; try again later") from None
            time.sleep(_EVERY)
        else:
            break
    with file:
        yield
