"""Names of files made from data: safe on every system, never out of the folder, never twice.

Reserved names and characters are those of Windows, the strictest; an accent may be written in two ways, which some
systems take for one, so that names are compared in one form and without regard to case.
"""

import re
import unicodedata
from hashlib import blake2b

LONGEST = 100  # characters of one name: with its ending, below the 255 bytes that file systems allow
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{device}{number}" for device in ("com", "lpt") for number in range(10)}
)
_BYTES = 200


def safe_name(text: str) -> str:
    """Return a text as one name of a file or folder. A name that had to change carries a hash of what it was."""
    plain = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
    plain = "".join(one for one in plain if unicodedata.category(one) not in {"Cc", "Cf", "Cs", "Zl", "Zp"})
    plain = _FORBIDDEN.sub("_", plain).strip().rstrip(". ")
    plain = plain.lstrip(".") or "_"
    if plain.partition(".")[0].casefold() in _RESERVED or plain.startswith(("_", "~")):
        plain = f"x{plain}"
    if plain == text and len(plain.encode()) <= _BYTES:
        return plain
    mark = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    stem, dot, ending = plain.rpartition(".")
    if not dot or not stem or len(ending) > 8:
        stem, ending = plain, ""
    stem = stem[:LONGEST]
    while len(stem.encode()) > _BYTES - 30:
        stem = stem[:-1]
    return f"{stem}-{mark}{'.' + ending if ending else ''}"


class Names:
    """Hands out paths in one folder, each once; a second wish for the same gets a number."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}

    def free(self, path: str) -> str:
        """Return the path, or one beside it that is free: `a/b.txt`, `a/b-2.txt`. The parts are safe names."""
        key = _key(path)
        if key not in self._taken:
            self._taken.add(key)
            return path
        folder, slash, name = path.rpartition("/")
        stem, dot, ending = name.rpartition(".")
        stem, ending = (stem, f".{ending}") if dot and stem else (name, "")
        number = self._next.get(key, 2)
        while _key(other := f"{folder}{slash}{stem}-{number}{ending}") in self._taken:
            number += 1
        self._next[key] = number + 1
        self._taken.add(_key(other))
        return other


def _key(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def safe_path(text: str) -> str:
    """Return a relative path whose parts are safe names; parts that lead elsewhere, such as `..`, are dropped."""
    parts = [part for part in re.split(r"[/\\]+", text) if part not in {"", ".", ".."}]
    return "/".join(safe_name(part) for part in parts[-8:]) or "_"
