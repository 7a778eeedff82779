"""What texts have in common word for word: openings, endings, boilerplate. Found by counting, and cut out.

A prompt that both a person's and a machine's text begin with tells nothing about who went on; a footer tells which
site it was. Texts with a common opening belong to one family: they are never divided between learning and testing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool, Int

FEWEST_WORDS = 5  # of an opening that is called shared; fewer are shared by chance
SHINGLE = 8  # words in a row that two texts hardly write alike by chance
LEAST_SHARE = 0.01  # of the texts that hold boilerplate …
FEWEST_TEXTS = 4  # … and as many at least


@dataclass(frozen=True, slots=True)
class Unshared:
    """Texts without what they share; `family` is equal for texts that shared an opening or an ending."""

    texts: tuple[str, ...]
    family: Int[np.ndarray, " texts"]
    openings: int  # texts that lost one
    endings: int
    boilerplate: int  # texts that lost some in the middle
    examples: tuple[tuple[str, str, int], ...]  # (where, words, texts)


def unshared(texts: Sequence[str]) -> Unshared:
    """Return texts (all different) without shared openings, endings and boilerplate."""
    family = np.arange(len(texts))
    examples: list[tuple[str, str, int]] = []
    words = [text.split() for text in texts]
    counts = []
    for where in ("opening", "ending"):
        shared, partner = _shared_openings(words)
        lost = shared >= FEWEST_WORDS
        counts.append(int(lost.sum()))
        for one in np.flatnonzero(lost):
            _join(family, int(one), int(partner[one]))
        examples += _commonest(words, np.where(lost, shared, 0), where)
        # Reversed, so that the second time round endings are openings, and after it texts read forwards again.
        words = [one[k:][::-1] for one, k in zip(words, np.where(lost, shared, 0), strict=True)]
    words, touched, more = _without_boilerplate(words)
    roots = np.array([_root(family, one) for one in range(len(family))], dtype=np.int64)
    return Unshared(
        tuple(" ".join(one) for one in words), roots, counts[0], counts[1], int(touched.sum()),
        (*examples, *more),
    )  # fmt: skip


def _shared_openings(words: Sequence[list[str]]) -> tuple[Int[np.ndarray, " n"], Int[np.ndarray, " n"]]:
    """Return for each text the words of the longest opening that another one has too, and that other one.

    In sorted order the longest common opening is always one with a neighbour.
    """
    n = len(words)
    shared, partner = np.zeros(n, dtype=np.int64), np.arange(n)
    order = sorted(range(n), key=lambda one: words[one])
    for a, b in pairwise(order):
        common = 0
        for left, right in zip(words[a], words[b], strict=False):
            if left != right:
                break
            common += 1
        for one, other in ((a, b), (b, a)):
            if common > shared[one]:
                shared[one], partner[one] = common, other
    return shared, partner


def _commonest(
    words: Sequence[list[str]], lost: Int[np.ndarray, " n"], where: str, most: int = 2
) -> list[tuple[str, str, int]]:
    counts: dict[str, int] = {}
    for one, k in zip(words, lost, strict=True):
        if k:
            cut = one[:k] if where == "opening" else one[:k][::-1]
            key = " ".join(cut[:12] if where == "opening" else cut[-12:])
            counts[key] = counts.get(key, 0) + 1
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:most]
    return [(where, text, count) for text, count in ranked]


def _without_boilerplate(
    words: Sequence[list[str]],
) -> tuple[list[list[str]], Bool[np.ndarray, " n"], list[tuple[str, str, int]]]:
    """Return the texts without runs of eight words that occur in one text of a hundred or more."""
    n = len(words)
    touched = np.zeros(n, dtype=bool)
    sizes = np.fromiter((len(one) for one in words), np.int64, n)
    total = int(sizes.sum())
    if total < SHINGLE:
        return list(words), touched, []
    flat = pa.array([word for one in words for word in one], pa.large_string())
    ids = pc.cast(flat.dictionary_encode().indices, pa.int64()).to_numpy(zero_copy_only=False).astype(np.uint64)
    text_of = np.repeat(np.arange(n), sizes)
    keys = _rolling(ids)
    starts = np.flatnonzero(text_of[: len(keys)] == text_of[SHINGLE - 1 :])
    pairs = np.unique(np.stack([keys[starts], text_of[starts].astype(np.uint64)]), axis=1)
    distinct, counts = np.unique(pairs[0], return_counts=True)
    least = max(FEWEST_TEXTS, int(np.ceil(LEAST_SHARE * n)))
    common = distinct[counts >= least]
    if not len(common):
        return list(words), touched, []
    hit = starts[np.isin(keys[starts], common)]
    gone = np.zeros(total, dtype=bool)
    for offset in range(SHINGLE):
        gone[hit + offset] = True
    ends = np.cumsum(sizes)
    kept: list[list[str]] = []
    for one, (end, size) in enumerate(zip(ends, sizes, strict=True)):
        cut = gone[end - size : end]
        touched[one] = cut.any()
        kept.append([w for w, away in zip(words[one], cut, strict=True) if not away] if touched[one] else words[one])
    best = int(np.argmax(counts))
    at = int(starts[np.flatnonzero(keys[starts] == distinct[best])[0]])
    example = " ".join(flat.slice(at, SHINGLE).to_pylist())
    return kept, touched, [("boilerplate", example, int(counts[best]))]


def _rolling(ids: np.ndarray) -> np.ndarray:
    """Return a 64-bit hash of each run of eight word numbers (a polynomial with an odd multiplier, modulo 2^64)."""
    keys = np.zeros(len(ids) - SHINGLE + 1, dtype=np.uint64)
    for offset in range(SHINGLE):
        keys = keys * np.uint64(0x9E3779B97F4A7C15) + ids[offset : offset + len(keys)] + np.uint64(1)
    return keys


def _root(family: np.ndarray, one: int) -> int:
    while family[one] != one:
        family[one] = family[family[one]]
        one = int(family[one])
    return one


def _join(family: np.ndarray, one: int, other: int) -> None:
    a, b = _root(family, one), _root(family, other)
    family[max(a, b)] = min(a, b)
