"""Texts as numbers: which word stands where, found once and cut as the documents are cut."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload

import numpy as np
from jaxtyping import Int

from holdfast.collapse.measures.sound import documents
from holdfast.collapse.samples import Texts
from holdfast.core.errors import NotApplicable

# A word is a run of letters, digits and apostrophes within; a character of a script without spaces (Chinese, Japanese,
# Thai) stands alone, and so does every other mark.
_ALONE = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_ALONE}]|[^\W{_ALONE}]+(?:['’][^\W{_ALONE}]+)*|[^\w\s]")


@dataclass(frozen=True)
class Words:
    """The words of documents, one after the other: `codes[starts[i]:starts[i + 1]]` are those of document i."""

    codes: Int[np.ndarray, " words"]
    starts: Int[np.ndarray, " documents_and_end"]
    vocabulary: Sequence[str]  # of the code 0, 1, …; it may hold more than these documents use
    whole: "Words | None" = None  # what these are a part of, with the place of each word there
    places: Int[np.ndarray, " words"] | None = None

    @cached_property
    def counts(self) -> Int[np.ndarray, " types"]:
        """How often each word of the vocabulary stands there."""
        return np.bincount(self.codes, minlength=len(self.vocabulary))

    @cached_property
    def lengths(self) -> Int[np.ndarray, " documents"]:
        """Words of each document."""
        return np.diff(self.starts)

    @cached_property
    def document(self) -> Int[np.ndarray, " words"]:
        """Document that each word stands in."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    def take(self, rows: Int[np.ndarray, " some"]) -> "Words":
        """Return the words of some documents."""
        lengths = self.lengths[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        places = np.repeat(self.starts[rows] - starts[:-1], lengths) + np.arange(starts[-1])
        deep = places if self.places is None else self.places[places]
        return Words(self.codes[places], starts, self.vocabulary, self.whole or self, deep)

    def ngrams(self, length: int) -> tuple[Int[np.ndarray, " grams"], Int[np.ndarray, " grams"]]:
        """Return the runs of so many words within documents, numbered by what they are, and their documents.

        Numbers are those of the whole that this is a part of: they are found once for all its parts.
        """
        whole = self.whole or self
        numbers = whole._runs(length)  # noqa: SLF001
        numbers = numbers if self.places is None else numbers[self.places]
        inside = numbers >= 0
        return numbers[inside], self.document[inside]

    def _runs(self, length: int) -> Int[np.ndarray, " words"]:
        """Return the number of the run of so many words that begins at each word, −1 where the document ends before."""
        found = self._known.get(length)
        if found is None:
            found = self.codes
            if length > 1:
                inside = np.flatnonzero(self._begin(length))
                key = self._runs(length - 1)[inside] * len(self.vocabulary) + self.codes[inside + length - 1]
                found = np.full(len(self.codes), -1, dtype=np.int64)
                found[inside] = np.unique(key, return_inverse=True)[1]
            self._known[length] = found
        return found

    @cached_property
    def _known(self) -> dict[int, Int[np.ndarray, " words"]]:
        return {}

    def _begin(self, length: int) -> np.ndarray:
        """Return at which words a run of so many words begins that stays in its document."""
        left = np.repeat(self.starts[1:], self.lengths) - np.arange(len(self.codes))
        return np.asarray(left >= length)


class Tokenised(Sequence[str]):
    """Documents whose words were found before; parts of them need not be read again."""

    def __init__(self, texts: Sequence[str], words: Words) -> None:
        self._texts, self.words = texts, words

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        return self._texts[place]

    def __len__(self) -> int:
        return len(self._texts)

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def take(self, rows: Int[np.ndarray, " some"]) -> "Tokenised":
        """Return some of the documents."""
        return Tokenised([self._texts[i] for i in rows.tolist()], self.words.take(rows))


def tokenised(sample: Texts) -> Texts:
    """Return the same documents with their words found. Raises BadInput."""
    if isinstance(sample.texts, Tokenised):
        return sample
    texts = documents(sample, 0)
    return Texts(Tokenised(texts, found(texts)))


def words_of(sample: Texts, least: int = 1) -> Words:
    """Return the words of a sample, `least` documents and one word at the least. Raises BadInput, NotApplicable."""
    texts = documents(sample, least)
    words = texts.words if isinstance(texts, Tokenised) else found(texts)
    if len(words.codes) == 0:
        raise NotApplicable(f"{len(texts):,} documents hold no words")
    return words


def together(sample: Texts, real: Texts) -> tuple[Words, Words]:
    """Return the words of two samples with codes of one vocabulary. Raises BadInput, NotApplicable."""
    some, true = words_of(sample), words_of(real)
    if some.vocabulary is true.vocabulary:
        return some, true
    code = {word: i for i, word in enumerate(true.vocabulary)}
    new = np.array([code.setdefault(word, len(code)) for word in some.vocabulary], dtype=np.int64)
    vocabulary = list(code)
    return Words(new[some.codes], some.starts, vocabulary), Words(true.codes, true.starts, vocabulary)


def found(texts: Sequence[str]) -> Words:
    """Return the words of documents, case folded."""
    code: defaultdict[str, int] = defaultdict()
    code.default_factory = code.__len__
    codes: list[int] = []
    starts = [0]
    for text in texts:
        codes.extend([code[word] for word in _WORD.findall(text.casefold())])
        starts.append(len(codes))
    return Words(np.array(codes, dtype=np.int64), np.array(starts, dtype=np.int64), list(code))
