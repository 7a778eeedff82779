"""Texts as tokens, in the units that a mark was written in: those of a tokenizer, words, or bytes."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int64, UInt64

from holdfast.core.errors import BadInput, MissingExtra

WORDS, BYTES = "words", "bytes"
_LARGEST = 256 << 20  # bytes of a tokenizer.json; large vocabularies take some 40 MB
_CHARACTERS = 1 << 22  # of text that is cut into tokens at once
# A word is a run of letters, marks and digits; every other character that is not a space is a word of its own.
_APART = r"([^\pL\pM\pN\s])"


class Ragged(NamedTuple):
    """Tokens of several documents, one after the other: `ends[i]` is where document i ends."""

    codes: UInt64[np.ndarray, " tokens"]
    ends: Int64[np.ndarray, " documents"]

    def document(self) -> Int64[np.ndarray, " tokens"]:
        """Return the number of its document for each token."""
        return np.repeat(np.arange(len(self.ends)), np.diff(self.ends, prepend=0))

    def place(self) -> Int64[np.ndarray, " tokens"]:
        """Return for each token how many stand before it in its document."""
        sizes = np.diff(self.ends, prepend=0)
        return np.arange(len(self.codes)) - np.repeat(self.ends - sizes, sizes)


Cut = Callable[[pa.Array], Ragged]


def ragged(documents: Sequence[np.ndarray]) -> Ragged:
    """Return documents that are tokens already."""
    codes = np.concatenate([np.asarray(one, dtype=np.uint64) for one in documents]) if documents else np.empty(0)
    return Ragged(codes.astype(np.uint64), np.cumsum([len(one) for one in documents], dtype=np.int64))


def cutter(unit: str) -> Cut:
    """Return what cuts texts into tokens: `words`, `bytes`, or the path of a tokenizer.json. Raises BadInput."""
    if unit == WORDS:
        return words
    if unit == BYTES:
        return in_bytes
    return tokenizer(Path(unit))


def words(texts: pa.Array) -> Ragged:
    """Return words and marks of punctuation, by a fixed hash of their letters."""
    spaced = pc.replace_substring_regex(pc.fill_null(texts, ""), pattern=_APART, replacement=r" \1 ")
    lists = pc.utf8_split_whitespace(pc.utf8_trim_whitespace(spaced))
    pieces = lists.flatten()
    kept = pc.not_equal(pieces, "").to_numpy(zero_copy_only=False)
    encoded = pieces.dictionary_encode()
    known = word_codes(encoded.dictionary.to_pylist())
    codes = known[encoded.indices.to_numpy(zero_copy_only=False)] if len(known) else np.empty(0, dtype=np.uint64)
    ends = np.cumsum(pc.list_value_length(lists).to_numpy(zero_copy_only=False)).astype(np.int64)
    before = np.concatenate([[0], np.cumsum(kept)])
    return Ragged(codes[kept], before[ends].astype(np.int64))


def word_codes(vocabulary: Sequence[str]) -> UInt64[np.ndarray, " types"]:
    """Return the code of each word: what a model whose tokens are words hands to the writer of a mark."""
    digests = (hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest() for word in vocabulary)
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


def in_bytes(texts: pa.Array) -> Ragged:
    """Return the bytes of UTF-8."""
    filled = pc.cast(pc.fill_null(texts, ""), pa.large_binary())
    sizes = pc.binary_length(filled).to_numpy(zero_copy_only=False)
    joined = b"".join(filled.to_pylist())
    return Ragged(np.frombuffer(joined, dtype=np.uint8).astype(np.uint64), np.cumsum(sizes).astype(np.int64))


def tokenizer(path: Path) -> Cut:
    """Return what cuts texts as the tokenizer in a tokenizer.json does, without tokens that stand for no text.

    Raises BadInput for a file that is none, MissingExtra.
    """
    loaded = loaded_tokenizer(path)

    def cut(texts: pa.Array) -> Ragged:
        found = loaded.encode_batch(pc.fill_null(texts, "").to_pylist(), add_special_tokens=False)
        return ragged([np.asarray(one.ids, dtype=np.uint64) for one in found])

    return cut


def loaded_tokenizer(path: Path) -> Any:
    """Return the tokenizer of a tokenizer.json, or of a folder with one. Raises BadInput, MissingExtra."""
    path = path / "tokenizer.json" if path.is_dir() else path
    if not path.is_file():
        raise BadInput(f"tokens are {WORDS}, {BYTES}, or the path of a tokenizer.json; there is no file {path}")
    if path.stat().st_size > _LARGEST:
        raise BadInput(f"{path} is larger than {_LARGEST >> 20} MiB, which no tokenizer.json is")
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise MissingExtra.for_package("tokenizers", "finetune", "reading a tokenizer.json") from None
    try:
        loaded = Tokenizer.from_str(path.read_text("utf-8"))
    except Exception as error:  # the library raises plain Exception
        raise BadInput(f"{path} is no tokenizer.json: {str(error)[:200]}") from error
    loaded.no_truncation()
    loaded.no_padding()
    return loaded


def blocks(values: pa.ChunkedArray) -> Iterator[pa.Array]:
    """Yield texts in blocks of about four million characters."""
    for chunk in values.chunks:
        sizes = pc.fill_null(pc.binary_length(chunk), 0).to_numpy(zero_copy_only=False)
        block = np.cumsum(sizes) // _CHARACTERS
        cuts = [0, *(np.flatnonzero(np.diff(block)) + 1).tolist(), len(chunk)]
        for start, stop in pairwise(cuts):
            if stop > start:
                yield chunk.slice(start, stop - start)
