"""How two samples of texts differ: in their length, in their words, and in words that were not there before."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from holdfast.audit.drifting.permuting import p_value, permuted, resampled
from holdfast.audit.facts.shift.numbers import Effect, gap
from holdfast.data.intervals import Z_95

MOST_TEXTS = 1_500  # of each side
FEWEST = 20
_MOST_TYPES = 5_000  # most frequent words compared one by one; the rest count as one
_MOST_LETTERS = 4_000_000  # that are read, of all texts together
_FEWEST_LETTERS = 200  # that are read of each text, however many there are
_WORD = re.compile(r"\w+")
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class TextShift:
    """One column of texts in two samples.

    `words` is the Jensen-Shannon divergence of their words in bits, from 0 to 1, less what chance brings; `length` the
    gap between cumulative shares of their numbers of words; `unseen` the share of words that the first sample does not
    have, less the share that a part of the first sample lacks in another part. `more` and `fewer` are words with their
    shares before and after.
    """

    name: str
    n: tuple[int, int]
    words: Effect
    length: Effect
    medians: tuple[float, float]
    unseen: Effect
    more: tuple[tuple[str, float, float], ...]
    fewer: tuple[tuple[str, float, float], ...]


def text_shift(name: str, old: pa.ChunkedArray, new: pa.ChunkedArray, rng: np.random.Generator) -> TextShift | None:
    """Return how texts differ; None where a side has too few. Texts are independent draws, their words are not."""
    sides = [values.drop_null() for values in (old, new)]
    if min(len(one) for one in sides) < FEWEST:
        return None
    texts = [text for one in sides for text in one.to_pylist()]
    most = max(_FEWEST_LETTERS, _MOST_LETTERS // len(texts))
    counted = [Counter(_WORD.findall(text[:most].casefold())) for text in texts]
    n = len(sides[0])
    sizes = np.array([sum(one.values()) for one in counted], dtype=np.float64)
    before, after = np.sort(sizes[:n]), np.sort(sizes[n:])
    length = gap(before, after, len(before), len(after))
    total: Counter[str] = Counter()
    for one in counted:
        total.update(one)
    kept = sorted(total, key=lambda word: (-total[word], word))[:_MOST_TYPES]
    table = _table(counted, {word: i for i, word in enumerate(kept)})
    words = _divergence(table, n, rng)
    shares = [np.asarray(part.sum(axis=0)).reshape(-1) for part in (table[:n], table[n:])]
    shares = [one / max(one.sum(), 1) for one in shares]
    more, fewer = _changed(kept, *shares)
    medians = float(np.median(before)), float(np.median(after))
    return TextShift(name, (n, len(sides[1])), words, length, medians, _unseen(counted, n, rng), more, fewer)


def _table(counted: list[Counter[str]], places: dict[str, int]) -> Any:
    """Return how often each text has each word, as a sparse matrix; the last column counts all other words."""
    from scipy.sparse import csr_matrix

    rest = len(places)
    columns = [places.get(word, rest) for one in counted for word in one]
    values = [count for one in counted for count in one.values()]
    starts = np.concatenate(([0], np.cumsum([len(one) for one in counted])))
    return csr_matrix((values, columns, starts), shape=(len(counted), rest + 1), dtype=np.float64)


def _divergence(table: Any, n: int, rng: np.random.Generator) -> Effect:
    """Return the divergence of the words of the first `n` texts and of the others.

    Its mean over permutations of the texts is what chance brings, and is taken off; the interval is normal, with the
    standard deviation of a bootstrap over texts.
    """
    total = table.shape[0]
    drawn = permuted(total, n, rng)
    bits = _bits(drawn @ table, (1 - drawn) @ table)
    observed, null = float(bits[0]), bits[1:]
    spread = float(_bits(resampled(n, rng) @ table[:n], resampled(total - n, rng) @ table[n:]).std())
    value = max(0.0, observed - float(null.mean()))
    return Effect(
        value,
        max(0.0, value - Z_95 * spread),
        min(1.0, value + Z_95 * spread),
        p_value(observed, null),
    )


def _bits(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the Jensen-Shannon divergence (Lin, 1991) of counts, in bits, line by line."""
    p, q = (one / np.maximum(one.sum(axis=1, keepdims=True), 1) for one in (first, second))
    middle = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [np.where(one > 0, one * np.log2(one / middle), 0.0).sum(axis=1) for one in (p, q)]
    return np.asarray((parts[0] + parts[1]) / 2)


def _unseen(counted: list[Counter[str]], n: int, rng: np.random.Generator) -> Effect:
    """Return the share of unseen words in new texts, less that in held-out old ones; texts are what is drawn."""
    from scipy.special import ndtr

    old, new = [counted[i] for i in rng.permutation(n)], counted[n:]
    known = set().union(*old[: n // 2])
    ratios = []
    for part in (old[n // 2 :], new):
        unseen = np.array([sum(c for word, c in one.items() if word not in known) for one in part], dtype=float)
        words = np.array([sum(one.values()) for one in part], dtype=float)
        share = unseen.sum() / max(words.sum(), 1)
        error = np.sqrt(((unseen - share * words) ** 2).sum()) / max(words.sum(), 1)  # of a ratio of two means
        ratios.append((float(share), float(error)))
    value, error = ratios[1][0] - ratios[0][0], float(np.hypot(ratios[0][1], ratios[1][1]))
    p_value = float(2 * ndtr(-abs(value) / error)) if error > 0 else 1.0
    return Effect(value, value - Z_95 * error, value + Z_95 * error, p_value)


def _changed(
    words: list[str], before: np.ndarray, after: np.ndarray
) -> tuple[tuple[tuple[str, float, float], ...], tuple[tuple[str, float, float], ...]]:
    """Return the words that add most to the divergence, in both directions."""
    before, after = before[: len(words)], after[: len(words)]
    middle = (before + after) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        part = [np.where(one > 0, one * np.log2(one / middle), 0.0) for one in (before, after)]
    weight = (part[0] + part[1]) * np.sign(after - before)
    order = np.argsort(-weight, kind="stable")
    more = [i for i in order[:_SHOWN].tolist() if weight[i] > 0]
    fewer = [i for i in order[::-1][:_SHOWN].tolist() if weight[i] < 0]
    return tuple(tuple((words[i], float(before[i]), float(after[i])) for i in part) for part in (more, fewer))  # type: ignore[return-value]
