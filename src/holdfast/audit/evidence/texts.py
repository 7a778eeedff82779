"""Texts as evidence: what differs in two nearly equal ones, side by side."""

from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np

from holdfast.audit.facts.rows.near import NearPairs
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Examples
from holdfast.core.text import one_line

_MOST_SHOWN = 6
_MOST_WORDS = 400  # of each text that are compared; beyond, the beginning is shown
_AROUND = 5  # words before and behind a difference
_MOST_CHARACTERS = 240


def passages_of(
    dataset: Dataset, pairs: NearPairs, rows: np.ndarray, partners: np.ndarray, caption: str
) -> tuple[Examples, ...]:
    """Return a table of what differs between texts and those that they nearly copy; none for other records."""
    if pairs.what != "texts":
        return ()
    shown = np.unique(np.linspace(0, len(rows) - 1, min(_MOST_SHOWN, len(rows))).astype(np.int64))
    names = pairs.columns
    cells = []
    for place in shown.tolist():
        line: list[str] = []
        for name in names:
            values = dataset.values(name)
            line += differing(values[int(rows[place])].as_py() or "", values[int(partners[place])].as_py() or "")
        cells.append(tuple(line))
    titles = tuple(title for name in names for title in (name, f"{name}, nearly the same"))
    return (Examples(caption=caption, columns=titles, cells=tuple(cells), rows=tuple(int(rows[k]) for k in shown)),)


def differing(one: str, other: str) -> tuple[str, str]:
    """Return what differs between two texts, each with a few words around it; what is left out is shown as `…`."""
    left, right = one.split()[:_MOST_WORDS], other.split()[:_MOST_WORDS]
    blocks = SequenceMatcher(None, [w.lower() for w in left], [w.lower() for w in right], autojunk=False).get_opcodes()
    spans = [(i1, i2, j1, j2) for tag, i1, i2, j1, j2 in blocks if tag != "equal"]
    if not spans:
        return one_line(one, _MOST_CHARACTERS), one_line(other, _MOST_CHARACTERS)
    return (
        _excerpts(left, [(a, b) for a, b, _, _ in spans]),
        _excerpts(right, [(a, b) for _, _, a, b in spans]),
    )


def _excerpts(words: Sequence[str], spans: Sequence[tuple[int, int]]) -> str:
    shown = np.zeros(len(words), dtype=bool)
    for start, stop in spans:
        shown[max(0, start - _AROUND) : stop + _AROUND] = True
    parts, gap = [], False
    for word, kept in zip(words, shown.tolist(), strict=True):
        if kept or not gap:
            parts.append(word if kept else "…")
        gap = not kept
    return one_line(" ".join(parts), _MOST_CHARACTERS)
