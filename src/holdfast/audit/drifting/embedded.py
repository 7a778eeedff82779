"""Columns as a person's model of vectors reads them: each text or picture once, whatever it is compared with."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.audit.facts.learning.blocks import Block
from holdfast.audit.facts.learning.embedding import Encode, encoded, image_encoder, reads_images, text_encoder
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.core.progress import Progress
from holdfast.core.text import one_line


class Reader:
    """A model of vectors, and the vectors of all values that it was asked for so far.

    Memory: those of the rows that comparisons draw, which are mostly the same ones: 10,000 of each at most.
    """

    def __init__(self, model: str, dataset: Dataset, progress: Progress) -> None:
        """Load the model. Raises BadInput where it cannot be read or has nothing to read here, MissingExtra."""
        images = reads_images(model)
        self.model = model
        self.columns = tuple(c.name for c in dataset.of(role="feature", kind="image" if images else "text"))
        if not self.columns:
            what = "pictures" if images else "texts"
            raise BadInput(
                f"{one_line(model, 200)} makes vectors of {what}, and there is no column of {what} that all versions "
                "have; leave --model out"
            )
        self._encode: Encode = image_encoder(model, dataset) if images else text_encoder(model)
        self._progress = progress
        self._place: dict[str, int] = {}
        self._lines: list[np.ndarray] = []

    def blocks(self, dataset: Dataset) -> list[Block]:
        """Return the columns that the model reads; a missing value is a vector of zeros."""
        return [self._block(name, dataset.values(name)) for name in self.columns]

    def _block(self, name: str, values: pa.ChunkedArray) -> Block:
        def read(rows: np.ndarray) -> np.ndarray:
            picked = pc.dictionary_encode(values.take(pa.array(rows)).combine_chunks())
            lines = self._vectors(picked.dictionary.to_pylist())
            codes = np.asarray(pc.fill_null(picked.indices, len(lines)))
            return np.concatenate([lines, np.zeros((1, lines.shape[1]), dtype=lines.dtype)])[codes]

        return Block(name, "vector", (name,), read)

    def _vectors(self, values: Sequence[str]) -> np.ndarray:
        new = [value for value in values if value not in self._place]
        if new:
            for value, line in zip(new, encoded(new, self._encode, self._progress), strict=True):
                self._place[value] = len(self._lines)
                self._lines.append(line)
        width = len(self._lines[0]) if self._lines else 1
        return np.array([self._lines[self._place[value]] for value in values], dtype=np.float32).reshape(-1, width)
