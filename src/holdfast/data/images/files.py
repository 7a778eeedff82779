"""Image files below a folder: found without leaving it, and known by the hash of their bytes."""

import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from holdfast.core.hashing import digest_file
from holdfast.core.media import ABSENT, Media

SUFFIXES = frozenset(
    {
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".jp2", ".j2k", ".png", ".gif", ".bmp", ".dib", ".tif", ".tiff"),
        *(".webp", ".avif", ".heic", ".heif", ".ppm", ".pgm", ".pbm", ".pnm", ".ico"),
    }
)
MOST_FILES = 10_000_000
_DEEPEST = 24
_LONGEST_FILE = 1 << 36  # bytes; a larger one is no image


@dataclass
class Found:
    """What lies below a folder: image files by their path in it (`a/b.jpg`), and what was passed over."""

    root: Path
    files: list[str] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)  # endings of files that are no images
    outside: list[str] = field(default_factory=list)  # links that lead out of the folder
    unreadable: list[str] = field(default_factory=list)

    def notes(self) -> tuple[str, ...]:
        """Return what should be said about what was passed over."""
        said = []
        if self.others:
            listed = ", ".join(f"{ending or 'no ending'} ({n:,})" for ending, n in self.others.most_common(4))
            said.append(f"{sum(self.others.values()):,} files that are no images are left out: {listed}")
        if self.unreadable:
            said.append(f"{len(self.unreadable):,} folders cannot be read, such as {self.unreadable[0]}")
        return tuple(said)


def is_image(name: str) -> bool:
    """Return whether a file's name says that it is an image."""
    return os.path.splitext(name)[1].lower() in SUFFIXES  # noqa: PTH122 called a million times


def is_hidden(name: str) -> bool:
    """Return whether a file or folder is nobody's data: of the system, an editor or a notebook."""
    return name.startswith(".") or name in {"__MACOSX", "__pycache__", "Thumbs.db", "desktop.ini"}


def found_in(root: Path) -> Found:
    """Return the image files below `root`, in the order of their paths. Raises OSError where `root` is unreadable."""
    found = Found(root)
    home = os.path.realpath(root)
    ahead: list[tuple[str, int]] = [("", 0)]
    seen: set[str] = {home}
    while ahead and len(found.files) <= MOST_FILES:
        inside, depth = ahead.pop()
        try:
            with os.scandir(root / inside) as listing:
                entries = sorted((entry for entry in listing if not is_hidden(entry.name)), key=_name, reverse=True)
        except OSError:
            if not inside:
                raise
            found.unreadable.append(inside)
            continue
        for entry in entries:
            name = f"{inside}/{entry.name}" if inside else entry.name
            if not _sorted_in(found, home, entry, name):
                continue
            real = os.path.realpath(entry.path)  # a folder, perhaps by a link that leads round in a circle
            if depth < _DEEPEST and real not in seen:
                seen.add(real)
                ahead.append((name, depth + 1))
    found.files.sort()
    return found


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _sorted_in(found: Found, home: str, entry: os.DirEntry[str], name: str) -> bool:
    """Put a file where it belongs, and return whether the entry is a folder to look into."""
    leaves = entry.is_symlink() and not _within(home, entry.path)
    if leaves:
        found.outside.append(name)
    elif entry.is_dir():
        return True
    if is_image(name):
        found.files.append(name)
    elif not leaves:
        found.others[os.path.splitext(entry.name)[1].lower()[:12]] += 1  # noqa: PTH122
    return False


class Gatherer:
    """Hashes image files, and remembers where the bytes of each hash are."""

    def __init__(self, root: Path) -> None:
        """Take the folder that paths are relative to, and that no file may lie outside of."""
        self._root = root
        self._home = os.path.realpath(root)
        self._places: dict[str, Path] = {}
        self.outside: list[str] = []
        self.missing: list[str] = []

    def value(self, name: str) -> str:
        """Return the hash of a file's bytes; `absent:NAME` where it is not there, or lies outside of the folder."""
        path = self._root / name
        try:
            if not _within(self._home, str(path)):
                self.outside.append(name)
                return ABSENT + name
            status = path.stat()
            if not stat.S_ISREG(status.st_mode) or status.st_size > _LONGEST_FILE:
                self.missing.append(name)
                return ABSENT + name
            digest = digest_file(path)
        except (OSError, ValueError):  # ValueError: a NUL in the name
            self.missing.append(name)
            return ABSENT + name
        self._places.setdefault(digest, path)
        return digest

    def holds(self, name: str) -> bool:
        """Return whether there is a file of this name, inside the folder."""
        path = self._root / name
        try:
            return path.is_file() and _within(self._home, str(path))
        except (OSError, ValueError):
            return False

    def values(self, names: Sequence[str]) -> Iterator[str]:
        """Yield the value of each file."""
        for name in names:
            yield self.value(name)

    def media(self) -> Media:
        """Return where the bytes are of everything hashed so far."""
        return Media(dict(self._places))

    def notes(self) -> tuple[str, ...]:
        """Return what should be said about files that are not there."""
        said = []
        if outside := sorted(set(self.outside)):
            said.append(
                f"{len(outside):,} image paths lead out of the folder and are not opened, such as {outside[0]!r}"
            )
        if missing := sorted(set(self.missing)):
            said.append(f"{len(missing):,} image files are not there or cannot be read, such as {missing[0]!r}")
        return tuple(said)


def _within(home: str, path: str) -> bool:
    real = os.path.realpath(path)
    return real == home or real.startswith(home.rstrip("/\\") + os.sep)
