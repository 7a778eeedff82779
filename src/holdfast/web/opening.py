"""Opens runs by the name that an address gives: inside the store, and nowhere else."""

import re
from pathlib import Path

from holdfast.core.errors import StoreError
from holdfast.core.record import Run
from holdfast.core.store import RunStore, read_run

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")
REPORT = "report.html"
_MOST_REPORT = 20_000_000  # bytes


def folder_of(store: RunStore, name: str) -> Path | None:
    """Return the folder of a run; None where there is none of that name inside the store."""
    return _inside(store.folder, store.folder / name / "run.json") if _NAME.match(name) else None


def opened(store: RunStore, name: str) -> Run | None:
    """Return the record of a run; None where there is none, or none that can be read."""
    folder = folder_of(store, name)
    if folder is None:
        return None
    try:
        return read_run(folder)
    except StoreError:
        return None


def stored_report(store: RunStore, name: str) -> bytes | None:
    """Return the page that the run left; None where it left none."""
    folder = folder_of(store, name)
    if folder is None or _inside(folder, folder / REPORT) is None:
        return None
    try:
        with (folder / REPORT).open("rb") as file:
            found = file.read(_MOST_REPORT + 1)
    except OSError:
        return None
    return found if len(found) <= _MOST_REPORT else None


def _inside(root: Path, file: Path) -> Path | None:
    """Return the folder of a file that lies below `root` once links are followed, None otherwise."""
    try:
        real = file.resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        return None
    return file.parent if real.is_relative_to(root.resolve()) and real.is_file() else None
