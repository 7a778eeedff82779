"""Columns that become many numbers: texts, images, vectors. Each row is read once, and only when it is asked for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.audit.facts.images.features import image_features
from holdfast.audit.facts.images.images import Images
from holdfast.audit.facts.learning.vectors import Vectors
from holdfast.audit.facts.learning.words import MOST_CHARACTERS, hashed_words
from holdfast.core.dataset import Dataset

Modality = Literal["text", "image", "vector"]
_MOST_TEXTS = 30_000  # about as many as the models of an audit learn from and are asked about
_MOST_LETTERS = 40_000_000  # in these: 7 CPU-seconds


class Memory:
    """Lines of a matrix that were computed so far: `place` says for each row where its line is, -1 for nowhere."""

    def __init__(self, n_rows: int) -> None:
        self.place = np.full(n_rows, -1)
        self.lines: Any = None


@dataclass(frozen=True)
class Block:
    """What a column says in many numbers: counts of hashed words (sparse), or features (dense).

    `columns` are the columns of the data set that it is read from: leaving one of them out leaves the block out.
    `read` computes the lines of some rows from those rows alone, so that nothing is learnt from any other; `encode`
    those of texts, or of pictures of 32 × 32 points, that are not in the data set.
    """

    name: str
    kind: Modality
    columns: tuple[str, ...]
    read: Callable[[np.ndarray], Any]
    encode: Callable[[Any], Any] | None = None
    memory: Memory | None = field(default=None, repr=False, compare=False)

    @property
    def is_sparse(self) -> bool:
        """Whether lines are sparse: words are."""
        return self.kind == "text"

    def matrix(self, rows: np.ndarray) -> Any:
        """Return a line for each of `rows`: a sparse matrix for texts, an array otherwise."""
        memory = self.memory
        if memory is None:
            return self.read(rows)
        new = np.unique(rows[memory.place[rows] < 0])
        if len(new) or memory.lines is None:
            lines = self.read(new)
            first = 0 if memory.lines is None else memory.lines.shape[0]
            memory.lines = _stacked(memory.lines, lines) if first else lines
            memory.place[new] = first + np.arange(len(new))
        return memory.lines[memory.place[rows]]


def text_block(dataset: Dataset, name: str) -> Block:
    """Return the words of a text column; of long texts only the beginnings, where there are many."""
    values = dataset.values(name)
    read_rows = min(len(values), _MOST_TEXTS)
    long = float(pc.mean(pc.binary_length(values)).as_py() or 0.0) * read_rows > _MOST_LETTERS
    most = min(max(_MOST_LETTERS // read_rows, 1), MOST_CHARACTERS) if long else MOST_CHARACTERS

    def encode(texts: pa.ChunkedArray | list[str]) -> Any:
        return hashed_words(pa.array(texts, pa.large_string()) if isinstance(texts, list) else texts, most)

    def read(rows: np.ndarray) -> Any:
        return encode(values.take(pa.array(rows)))

    return Block(name, "text", (name,), read, encode, Memory(len(dataset)))


def image_block(images: Images) -> Block:
    """Return the features of an image column; those of an image that is missing or broken are 0."""

    def read(rows: np.ndarray) -> np.ndarray:
        at, line = np.unique(np.where(images.readable[rows], images.place[rows], -1), return_inverse=True)
        features = image_features(images.small[np.maximum(at, 0)])
        features[at < 0] = 0.0
        return features[line.reshape(-1)]

    return Block(images.column, "image", (images.column,), read, image_features, Memory(len(images.place)))


def given_block(vectors: Vectors) -> Block:
    """Return the vectors that somebody else's model made; without a column that they stand for, a block of its own."""
    return Block("vectors", "vector", vectors.columns or ("vectors",), lambda rows: vectors.values[rows])


def vector_block(dataset: Dataset, name: str) -> Block:
    """Return a column of vectors; a missing or infinite number is 0."""

    def read(rows: np.ndarray) -> np.ndarray:
        values = dataset.values(name).take(pa.array(rows)).combine_chunks()
        width = values.type.list_size
        inside = values.values.slice(values.offset * width, len(values) * width)
        lines = np.asarray(inside.to_numpy(zero_copy_only=False), dtype=np.float32).reshape(len(values), width)
        lines = np.where(np.asarray(values.is_null())[:, None], 0.0, lines)
        return np.nan_to_num(lines, nan=0.0, posinf=0.0, neginf=0.0)

    return Block(name, "vector", (name,), read, memory=Memory(len(dataset)))


def _stacked(above: Any, below: Any) -> Any:
    if isinstance(above, np.ndarray):
        return np.concatenate([above, below])
    from scipy.sparse import vstack

    return vstack([above, below], format="csr")
