"""Burstiness and habits of writing: how unevenly sentences, words and marks are spread, whatever the subject."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from jaxtyping import Float

_SENTENCE = re.compile(r"(?<=[.!?])[\"')\]]*\s+")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_MARKS = (",", ".", ";", ":", "!", "?", "'", '"', "(", "-", "/", "%")
NAMES = (
    "sentence length", "spread of sentence lengths", "burstiness of sentence lengths", "change between sentences",
    "word length", "spread of word lengths", "distinct words", "words used once", "evenness of words",
    "burstiness of repeated words", "repeated word pairs", "capitals", "digits",
    *(f"rate of {mark}" for mark in _MARKS),
)  # fmt: skip


def style(texts: Sequence[str]) -> Float[np.ndarray, "texts features"]:
    """Return the features of NAMES for each text; all are finite, and rates rather than counts."""
    found = np.array([_one(text) for text in texts], dtype=np.float64)
    return found.reshape(len(texts), len(NAMES))


def _one(text: str) -> list[float]:
    spoken = _WORD.findall(text)
    words = [word.lower() for word in spoken]
    sentences = np.array([len(part.split()) for part in _SENTENCE.split(text) if part] or [0], dtype=np.float64)
    lengths = np.array([len(word) for word in words] or [0], dtype=np.float64)
    counts = Counter(words)
    n, characters = max(1, len(words)), max(1, len(text))
    shares = np.array(list(counts.values()) or [1], dtype=np.float64) / n
    entropy = float(-(shares * np.log(shares)).sum())
    pairs = list(pairwise(words))
    found: list[float] = [
        float(np.log1p(sentences.mean())),
        float(np.log1p(sentences.std())),
        _burstiness(sentences),
        float(np.abs(np.diff(sentences)).mean() / (1.0 + sentences.mean())) if len(sentences) > 1 else 0.0,
        float(lengths.mean()),
        float(lengths.std()),
        len(counts) / n,
        sum(count == 1 for count in counts.values()) / n,
        entropy / float(np.log(n)) if n > 1 else 0.0,
        _burstiness(_gaps(words, counts)),
        1.0 - len(set(pairs)) / max(1, len(pairs)),
        sum(map(str.isupper, text)) / characters,
        sum(map(str.isdigit, text)) / characters,
        *(text.count(mark) / characters for mark in _MARKS),
    ]
    return found


def _burstiness(values: Float[np.ndarray, " n"]) -> float:
    """Return (σ − μ) / (σ + μ): −1 for a clock, 0 for chance, towards 1 for bursts (Goh & Barabási, 2008)."""
    if len(values) < 2 or values.mean() == 0:
        return 0.0
    return float((values.std() - values.mean()) / (values.std() + values.mean()))


def _gaps(words: Sequence[str], counts: Counter[str]) -> Float[np.ndarray, " gaps"]:
    """Return how many words lie between a word and its next use, over all words used again."""
    last: dict[str, int] = {}
    gaps: list[float] = []
    for place, word in enumerate(words):
        if counts[word] > 1:
            if word in last:
                gaps.append(float(place - last[word]))
            last[word] = place
    return np.array(gaps or [0.0])
