"""Class names that mean the same: which spellings are one class."""

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

_MOST_CHARACTERS = 200  # of a name that is read: class names are short, hostile ones need not be
_JOINED = re.compile(r"(?<=\w)[\s_\-]+(?=\w)")
_SPACES = re.compile(r"\s+")
_FEWEST_LETTERS = 5  # below, one letter more or less is another word


def plain(name: str) -> str:
    """Return `name` without what people write differently by accident: case, spaces, hyphens, a final stop.

    A single letter keeps its case (`a` and `A` may be two classes), and numbers are compared as numbers.
    """
    text = unicodedata.normalize("NFKC", name[:_MOST_CHARACTERS]).strip().strip("\"'`")
    text = _SPACES.sub(" ", text.strip()).rstrip(" .,;:")
    try:
        return repr(float(text)) if not text.lower().startswith(("inf", "nan")) else text
    except ValueError:
        pass
    if len(text) > 1:
        text = text.casefold()
    return _JOINED.sub(" ", text) + name[_MOST_CHARACTERS:]


def same_class(names: Sequence[str]) -> Int[np.ndarray, " classes"]:
    """Return for each class the number of the first one that is the same but for its spelling."""
    first: dict[str, int] = {}
    return np.array([first.setdefault(plain(name) or name, i) for i, name in enumerate(names)], dtype=np.int64)


def one_slip_apart(one: str, other: str) -> bool:
    """Return whether one letter was added, lost, changed or swapped, in words long enough to make that a slip.

    Names that number or letter their classes (`type 1`, `stage II`, `group b`) are told apart by one sign on purpose.
    """
    one, other = plain(one), plain(other)
    if one == other or min(len(one), len(other)) < _FEWEST_LETTERS or abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    if any(_is_a_number(_word_at(text, start)) for text in (one, other)):
        return False
    a, b = one[start:], other[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[:2][::-1] and a[2:] == b[2:] and len(a) > 1)


def _word_at(text: str, place: int) -> str:
    begin = max(text.rfind(" ", 0, place), text.rfind("_", 0, place)) + 1
    end = text.find(" ", place)
    return text[begin : end if end >= 0 else len(text)]


def _is_a_number(word: str) -> bool:
    return len(word) <= 2 or any(sign.isdigit() for sign in word) or set(word) <= set("ivxlc")
