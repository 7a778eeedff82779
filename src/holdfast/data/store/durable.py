"""Writing so that it is still there after a kill, and after the power went.

A rename orders names, not content: what counts is that bytes are synced before the name that vouches for them, and the
folder after it. Lance syncs nothing on a local disk, so that whatever it wrote is synced here.
"""

import errno
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}  # file systems without hard links, such as FAT
TEMPORARY = ".tmp"  # ending of names that vouch for nothing


def sync_file(path: Path) -> None:
    """Make the content of a file last. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(path: Path) -> None:
    """Make the names in a folder last; nothing where a system cannot open folders. Raises OSError."""
    if os.name == "posix":
        sync_file(path)


def sync_all(files: Iterable[Path]) -> None:
    """Make files last, then the folders that they are in. Raises OSError."""
    folders = set()
    for path in files:
        sync_file(path)
        folders.add(path.parent)
    for folder in sorted(folders):
        sync_folder(folder)


def write_new(path: Path, content: bytes) -> None:
    """Write a file that is not there yet, whole or not at all. Raises FileExistsError, OSError."""
    temporary = _written(path, content)
    try:
        os.link(temporary, path)  # unlike a rename, it never replaces what somebody else wrote
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if path.exists():  # who writes holds a lock, so that nobody comes between
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from error
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def replace(path: Path, content: bytes) -> None:
    """Write a file in place of the one that is there, whole or not at all. Raises OSError."""
    temporary = _written(path, content)
    temporary.replace(path)
    sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Make a folder, and its name last. Raises OSError."""
    if not path.is_dir():
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)


def _written(path: Path, content: bytes) -> Path:
    temporary = path.with_name(f".{path.name[:60]}.{os.getpid()}.{secrets.token_hex(4)}{TEMPORARY}")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary
