"""Small sets of plausible texts for cases, tests and benchmarks: sentences of made-up words that never recur alike."""

from functools import cache

import numpy as np

_ONSETS = (
    "b",
    "bl",
    "br",
    "c",
    "cl",
    "d",
    "dr",
    "f",
    "g",
    "gr",
    "h",
    "k",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "sh",
    "st",
    "t",
    "tr",
    "v",
)
_NUCLEI = ("a", "e", "i", "o", "u", "ai", "ea", "oo")
_CODAS = ("b", "ck", "d", "g", "ld", "ll", "m", "n", "nd", "nt", "p", "r", "rk", "s", "st", "t", "th")
_COMMON = ("the", "of", "and", "to", "a", "in", "is", "that", "for", "it", "as", "was", "with", "on", "by", "be", "at")
N_WORDS = 4000
_COMMON_SHARE = 0.4  # of running words, as in English


@cache
def vocabulary(n: int = N_WORDS) -> np.ndarray:
    """Return `n` different words, the same every time."""
    rng = np.random.default_rng(7)
    words = dict.fromkeys(_COMMON)
    while len(words) < n:
        onsets, nuclei, codas = (rng.choice(sounds, size=(2 * n, 3)) for sounds in (_ONSETS, _NUCLEI, _CODAS))
        length = rng.integers(1, 4, size=2 * n)
        for begin, middle, end, last in zip(onsets, nuclei, codas, length.tolist(), strict=True):
            word = "".join(part for pair in zip(begin[:last], middle[:last], strict=True) for part in pair)
            words[word + str(end[0])] = None
    return np.array(list(words)[:n])


def texts(rng: np.random.Generator, n: int, words: tuple[int, int] = (20, 60)) -> list[str]:
    """Return `n` unrelated texts of so many words, in sentences; words are drawn by Zipf's law."""
    rank = np.arange(len(_COMMON), N_WORDS)
    rare = 1.0 / (rank - len(_COMMON) + 10.0)
    rare /= rare.sum()
    lengths = rng.integers(words[0], words[1] + 1, size=n)
    total = int(lengths.sum())
    common = rng.random(total) < _COMMON_SHARE
    drawn = np.where(common, rng.integers(0, len(_COMMON), size=total), rng.choice(rank, size=total, p=rare))
    running, ends = vocabulary()[drawn], np.cumsum(lengths)
    return [sentences(running[end - length : end].tolist()) for end, length in zip(ends, lengths, strict=True)]


def sentences(words: list[str]) -> str:
    """Return words as sentences of eleven, with a capital and a stop."""
    parts = [" ".join(words[start : start + 11]).capitalize() for start in range(0, len(words), 11)]
    return ". ".join(parts) + "."


def edited(rng: np.random.Generator, text: str, share: float, how: str = "drop") -> str:
    """Return the text with a share of its words dropped, swapped with the next, or replaced by another word."""
    words = text.split(" ")
    hit = rng.random(len(words)) < share
    if how == "drop":
        return " ".join(word for word, gone in zip(words, hit, strict=True) if not gone)
    if how == "replace":
        others = rng.choice(vocabulary(), size=len(words))
        return " ".join(str(new) if gone else word for word, new, gone in zip(words, others, hit, strict=True))
    for place in np.flatnonzero(hit[:-1]).tolist():
        words[place], words[place + 1] = words[place + 1], words[place]
    return " ".join(words)
