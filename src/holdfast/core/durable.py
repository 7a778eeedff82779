"""Writes that survive a kill of the process and a power cut.

A rename orders names, not contents: the bytes must be synced before the name under which readers find them, and the
folder after that. A reader then sees the old file or the new one, never a part.
"""

import errno
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from holdfast.core.locking import hold, is_held

_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}  # file systems without hard links, such as FAT
TEMPORARY = ".tmp"  # suffix of files that are still being written; no reader looks at them
_BUILDING = ".unfinished"  # suffix of folders that are still being written


def settle(file: IO[Any]) -> None:
    """Flush and sync an open file. Raises OSError, as for a full disk."""
    file.flush()
    os.fsync(file.fileno())


def sync_file(path: Path) -> None:
    """Sync the content of a file. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(path: Path) -> None:
    """Sync the names in a folder; does nothing on systems that cannot open folders. Raises OSError."""
    if os.name == "posix":
        sync_file(path)


def sync_all(files: Iterable[Path]) -> None:
    """Sync files, then the folders that they are in. Raises OSError."""
    folders = set()
    for path in files:
        sync_file(path)
        folders.add(path.parent)
    for folder in sorted(folders):
        sync_folder(folder)


@contextmanager
def replacing_by_name(path: Path, *, sync_name: bool = True) -> Iterator[Path]:
    """Yield a name for whoever writes files by name; what stands there when the block ends replaces `path`.

    If the block raises, `path` stays as it was. With `sync_name=False` the caller syncs the folder, once for many
    files. Raises OSError.
    """
    temporary = _temporary(path)
    try:
        yield temporary
        sync_file(temporary)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    if sync_name:
        sync_folder(path.parent)


@contextmanager
def replacing(path: Path, *, sync_name: bool = True) -> Iterator[IO[bytes]]:
    """Yield a file that replaces `path` when the block ends; if the block raises, `path` stays as it was.

    `sync_name` as of `replacing_by_name`. Raises OSError.
    """
    with replacing_by_name(path, sync_name=sync_name) as temporary, temporary.open("xb") as file:
        yield file


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, replacing one that may be there. Raises OSError."""
    with replacing(path) as file:
        file.write(content)


def write_new(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, where there is none yet. Raises FileExistsError, OSError."""
    temporary = _temporary(path)
    try:
        with temporary.open("xb") as file:
            file.write(content)
            settle(file)
        try:
            os.link(temporary, path)  # unlike a rename, a link never replaces a file that another process wrote
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            if path.exists():  # callers hold a lock, so no other process can write in between
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from error
            temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


@contextmanager
def building(folder: Path, *, replace: bool = False) -> Iterator[Path]:
    """Yield an empty folder that is renamed to `folder` when the block ends: a kill leaves all of it or nothing.

    Remnants of earlier kills are removed. Without `replace`, a folder that is not empty is never replaced.
    Raises OSError.
    """
    parent = folder.absolute().parent
    parent.mkdir(parents=True, exist_ok=True)
    beginning = f".{folder.name[:60]}"
    for left in parent.glob(f"{beginning}.*{_BUILDING}"):
        lock = left.with_suffix(".lock")
        if not is_held(lock):  # its writer is dead: a lock ends with its process
            shutil.rmtree(left, ignore_errors=True)
            lock.unlink(missing_ok=True)
    making = parent / f"{beginning}.{secrets.token_hex(4)}{_BUILDING}"
    lock = making.with_suffix(".lock")
    with ExitStack() as stack:
        stack.callback(lambda: lock.unlink(missing_ok=True))
        stack.enter_context(hold(lock))
        making.mkdir()
        stack.callback(shutil.rmtree, making, ignore_errors=True)
        yield making
        sync_all(path for path in making.rglob("*") if path.is_file() and not path.is_symlink())
        sync_folder(making)
        if folder.is_dir():  # not every system renames over a folder
            shutil.rmtree(folder) if replace else folder.rmdir()
        making.rename(folder)
    sync_folder(parent)


def make_folder(path: Path) -> None:
    """Make a folder and sync its name. Raises OSError."""
    if not path.is_dir():
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name[:60]}.{os.getpid()}.{secrets.token_hex(4)}{TEMPORARY}")
