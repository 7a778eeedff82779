"""What names of files say: folders, the letters before and after the number, how long the number is, the ending."""

import re
from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_ENDING = r"\.([A-Za-z][A-Za-z0-9]{0,4})$"
_LEAST_LIKE_A_FILE = 0.95
_MOST_CHARACTERS = 1_000  # no file system takes longer paths by default
_MOST_FOLDERS = 6
_LOOKED_AT = 1_000
_NUMBER = re.compile(r"\d+")


def are_files(values: pa.ChunkedArray) -> bool:
    """Return whether nearly all of the values look like names of files: an ending with a letter, and no blank in it."""
    if not pa.types.is_large_string(values.type):
        return False
    known = values.slice(0, 5 * _LOOKED_AT).drop_null().slice(0, _LOOKED_AT)
    for looked_at in (known.slice(0, 20), known):  # few columns pass a first look, which keeps wide tables cheap
        hits = pc.sum(pc.match_substring_regex(pc.utf8_slice_codeunits(looked_at, -8), pattern=_ENDING)).as_py() or 0
        if not len(looked_at) or hits < _LEAST_LIKE_A_FILE * len(looked_at):
            return False
    return True


def file_parts(values: pa.ChunkedArray) -> Mapping[str, np.ndarray]:
    """Return parts of file names by what they are: texts as objects (None where missing), lengths as numbers.

    Folders count from the file upwards, since data sets are moved about: `folder 1` is the one it lies in. The number
    in a name is left out, being that of a record; its length is not.
    """
    paths = [_cut(text) for text in values.to_pylist()]
    depth = min(_MOST_FOLDERS, max((len(folders) for folders, _ in paths), default=0))
    found: dict[str, np.ndarray] = {}
    for level in range(1, depth + 1):
        found[f"folder {level}"] = _texts(folders[-level] if level <= len(folders) else None for folders, _ in paths)
    names = [name for _, name in paths]
    stems = [None if name is None else name.rpartition(".")[0] or name for name in names]
    found["ending"] = _texts(None if name is None else name.rpartition(".")[2] for name in names)
    found["beginning"] = _texts(None if stem is None else _before(stem) for stem in stems)
    found["last letters"] = _texts(None if stem is None else _after(stem) for stem in stems)
    found["length"] = _numbers(None if stem is None else len(stem) for stem in stems)
    found["digits"] = _numbers(None if stem is None else sum(map(len, _NUMBER.findall(stem))) for stem in stems)
    return found


def _cut(text: str | None) -> tuple[list[str], str | None]:
    if text is None:
        return [], None
    pieces = [piece for piece in text[-_MOST_CHARACTERS:].replace("\\", "/").split("/") if piece not in {"", "."}]
    return pieces[:-1], pieces[-1] if pieces else None


def _before(stem: str) -> str:
    number = _NUMBER.search(stem)
    return stem[: number.start()] if number else stem


def _after(stem: str) -> str:
    numbers = list(_NUMBER.finditer(stem))
    return stem[numbers[-1].end() :] if numbers else ""


def _texts(values: Iterable[str | None]) -> np.ndarray:
    listed = list(values)
    out = np.empty(len(listed), dtype=object)
    out[:] = listed
    return out


def _numbers(values: Iterable[int | None]) -> np.ndarray:
    return np.array([np.nan if value is None else float(value) for value in values])
