"""The real text of an n-gram laboratory: a file, or made text with Zipf's law and preferred successors."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from holdfast.core.errors import BadInput
from holdfast.core.random import Streams
from holdfast.data.bulk.bits import GOLDEN, finished
from holdfast.data.text_files import encoding_of

Unit = Literal["words", "characters"]
FEWEST = 100  # tokens to learn from
_BYTES = 1 << 26
_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
_SYLLABLES = tuple(c + v for c in "bdfgklmnprst" for v in "aeiou")
_CHAINS = 500  # the made text is written in so many places at once
_STEEP = 1.5  # exponent of Zipf's law of a token's own successors: a few of them are likely


@dataclass(frozen=True, slots=True)
class Source:
    """Real text as numbers of tokens, the most common first; its end is held out."""

    vocabulary: tuple[str, ...]
    tokens: Int[np.ndarray, " tokens"]
    held_out: Int[np.ndarray, " held"]
    unit: Unit

    def text(self, tokens: Int[np.ndarray, " some"]) -> str:
        """Return tokens as text."""
        return (" " if self.unit == "words" else "").join([self.vocabulary[token] for token in tokens.tolist()])


@lru_cache(maxsize=4)
def file_source(file: str, unit: Unit, held_out: int) -> Source:
    """Return the text of a file. Raises BadInput for what is no text, or too little of it."""
    text = read_text(file, _BYTES, "a text is made up")
    pieces = _WORD.findall(text) if unit == "words" else list(text)
    if len(pieces) < FEWEST + held_out:
        raise BadInput(
            f"{file} has {len(pieces):,} {unit}; {held_out:,} at its end are held out and {FEWEST} are the least to "
            f"learn from, so {FEWEST + held_out:,} are needed. Give a longer text, or a smaller options.held_out"
        )
    counts = Counter(pieces)
    vocabulary = tuple(sorted(counts, key=lambda piece: (-counts[piece], piece)))
    number = {piece: i for i, piece in enumerate(vocabulary)}
    tokens = np.fromiter((number[piece] for piece in pieces), dtype=np.int32, count=len(pieces))
    return Source(vocabulary, tokens[: len(tokens) - held_out], tokens[len(tokens) - held_out :], unit)


@lru_cache(maxsize=4)
def made_source(types: int, exponent: float, length: int, held_out: int) -> Source:
    """Return made text: each token has successors of its own, all tokens together follow Zipf's law.

    The r-th successor of a token is a fixed draw from the law of all tokens, and r follows a steeper Zipf's law.
    """
    rng = Streams(0)("made text", types, length)
    law = _cumulated(types, exponent)
    ranks = _cumulated(types, _STEEP)
    whole = length + held_out
    steps = -(-whole // _CHAINS)
    tokens = np.empty((_CHAINS, steps), dtype=np.int32)
    at = np.searchsorted(law, rng.random(_CHAINS))
    for step in range(steps):
        rank = np.searchsorted(ranks, rng.random(_CHAINS))
        at = np.searchsorted(law, _scattered(at.astype(np.uint64) * np.uint64(types) + rank.astype(np.uint64)))
        tokens[:, step] = at
    flat = tokens.ravel()[:whole]
    return Source(tuple(_word(i) for i in range(types)), flat[:length], flat[length:], "words")


def _cumulated(types: int, exponent: float) -> Float[np.ndarray, " types"]:
    law = np.arange(1, types + 1.0) ** -exponent
    total = np.cumsum(law) / law.sum()
    total[-1] = 1.0
    return np.asarray(total)


def _scattered(keys: np.ndarray) -> Float[np.ndarray, " keys"]:
    """Return a number in [0, 1) for each key, always the same one."""
    return np.asarray((finished(keys + GOLDEN) >> np.uint64(11)) * 2.0**-53)


def _word(number: int) -> str:
    """Return a made-up word; common tokens have short ones."""
    word = ""
    number += 1
    while number:
        number, place = divmod(number - 1, len(_SYLLABLES))
        word = _SYLLABLES[place] + word
    return word


def read_text(file: str, most_bytes: int, otherwise: str) -> str:
    """Return the text of a file; `otherwise` says what is learnt from without one. Raises BadInput."""
    path = Path(file).expanduser()
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "is not there"
        raise BadInput(f"options.file is a text to learn from; {path} {what}. Without it {otherwise}")
    if path.stat().st_size > most_bytes:
        most = f"{most_bytes >> 20} MiB"
        raise BadInput(f"{path} has {path.stat().st_size >> 20:,} MiB; texts up to {most} are learnt from")
    how = encoding_of(path, path.name)
    return path.read_text(encoding=how.codec, errors=how.errors)
