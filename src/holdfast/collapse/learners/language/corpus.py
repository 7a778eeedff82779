"""A text as tokens: a part to learn from, a part held out, and the way back to text."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from zlib import crc32

import numpy as np
from jaxtyping import UInt16

from holdfast.collapse.learners.language.tales import tales
from holdfast.collapse.ngrams.text import read_text
from holdfast.core.errors import BadInput
from holdfast.core.random import Streams

Unit = Literal["words", "characters"]
START, UNKNOWN = 0, 1  # tokens that stand for no text: before a document, and a rare word
_MOST = 65_000  # token numbers are kept in 16 bits
_TALES = 300_000  # words; a held-out fifth of them is enough for a thousand documents
_HELD_OUT = 0.2
_BYTES = 1 << 28
_WORD = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")
_CLOSING = re.compile(r" ([.,;:!?)\]’'])")


@dataclass(frozen=True, slots=True)
class Corpus:
    """Real text. `mark` tells it from another one."""

    vocabulary: tuple[str, ...]
    learn: UInt16[np.ndarray, " learn"]
    held_out: UInt16[np.ndarray, " held"]
    unit: Unit
    mark: int

    def documents(
        self, size: int, length: int, rng: np.random.Generator, *, held_out: bool = False
    ) -> UInt16[np.ndarray, "size length"]:
        """Return pieces of the text from random places."""
        tokens = self.held_out if held_out else self.learn
        starts = rng.integers(len(tokens) - length + 1, size=size)
        return tokens[starts[:, None] + np.arange(length)]

    def text(self, tokens: UInt16[np.ndarray, " length"]) -> str:
        """Return tokens as text."""
        pieces = [self.vocabulary[token] for token in tokens.tolist()]
        return _CLOSING.sub(r"\1", " ".join(pieces)) if self.unit == "words" else "".join(pieces)


@lru_cache(maxsize=8)
def corpus(file: str | None, unit: Unit, vocabulary: int, length: int) -> Corpus:
    """Return a file's text, or tales where there is no file, in documents of `length` tokens. Raises BadInput."""
    text = tales(_TALES, Streams(0)("tales")) if file is None else read_text(file, _BYTES, "small tales are made up")
    pieces = _WORD.findall(text) if unit == "words" else list(text)
    common = [piece for piece, _ in sorted(Counter(pieces).items(), key=lambda kv: (-kv[1], kv[0]))]
    known = ("", "�", *common[: min(vocabulary, _MOST) - 2])
    number = {piece: i for i, piece in enumerate(known) if i > UNKNOWN}
    tokens = np.array([number.get(piece, UNKNOWN) for piece in pieces], dtype=np.uint16)
    cut = round(len(tokens) * (1 - _HELD_OUT))
    fewest = 2 * length
    if min(cut, len(tokens) - cut) < fewest:
        raise BadInput(
            f"{file} has {len(tokens):,} {unit}; a fifth of them is held out, and must hold two documents of {length}: "
            f"{round(fewest / _HELD_OUT):,} are needed. Give a longer text, or a smaller options.length"
        )
    return Corpus(known, tokens[:cut], tokens[cut:], unit, crc32(tokens.tobytes()))
