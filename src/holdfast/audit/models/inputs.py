"""Rows of a data set in the forms that models take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Float

from holdfast.audit.facts.encoding import Encoding
from holdfast.audit.models.model import Form
from holdfast.core.dataset import Dataset


@dataclass(frozen=True)
class Blocks:
    """Rows with all that is encoded: the table's columns, and what texts, images and vectors become."""

    matrix: Float[np.ndarray, "rows columns"]
    categorical: Bool[np.ndarray, " columns"]
    words: tuple[Any, ...]  # sparse matrices of counts
    features: tuple[Float[np.ndarray, "rows width"], ...]

    def __len__(self) -> int:
        return len(self.matrix)

    def take(self, places: np.ndarray) -> "Blocks":
        """Return the rows at `places`."""
        return Blocks(
            self.matrix[places],
            self.categorical,
            tuple(words[places] for words in self.words),
            tuple(features[places] for features in self.features),
        )


@dataclass(frozen=True)
class Inputs:
    """Rows of a data set, cut once, in the forms that models take. Places count within `rows`."""

    dataset: Dataset
    encoding: Encoding
    rows: np.ndarray

    @cached_property
    def matrix(self) -> Float[np.ndarray, "rows columns"]:
        """The encoded feature columns."""
        return self.encoding.matrix(self.rows)

    @cached_property
    def blocks(self) -> tuple[Any, ...]:
        """What texts, images and vectors become, a matrix for each block of the encoding."""
        return tuple(block.matrix(self.rows) for block in self.encoding.blocks)

    @cached_property
    def frame(self) -> Any:
        """The feature columns as a pandas frame, values as they are."""
        names = [column.name for column in self.dataset.of(role="feature")]
        return self.dataset.table.select(names).take(pa.array(self.rows)).to_pandas()

    @property
    def is_one_text(self) -> bool:
        """Whether the only feature column is one of texts."""
        return [column.kind for column in self.dataset.of(role="feature")] == ["text"]

    def take(
        self, form: Form, places: np.ndarray, without: Sequence[str] = (), *, blank: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the rows at `places` in the form wanted, lacking the columns `without`.

        With `blank`, a frame keeps those columns, each filled with one value.
        """
        if form == "blocks":
            return self._with_blocks(places, without)
        if form == "series":
            values = self.frame.iloc[places, 0]
            return values.where(values.notna(), "")
        if form == "frame" and blank:
            return self.frame.iloc[places].assign(**blank)
        if form == "frame":
            return self.frame.iloc[places].drop(columns=[name for name in without if name in self.frame.columns])
        kept = [i for i, name in enumerate(self.encoding.names) if name not in without]
        return self.matrix[np.ix_(places, np.array(kept, dtype=np.int64))]

    def _with_blocks(self, places: np.ndarray, without: Sequence[str]) -> Blocks:
        kept = np.array([name not in without for name in self.encoding.names], dtype=bool)
        matrix = self.matrix[np.ix_(places, np.flatnonzero(kept))]
        words: list[Any] = []
        features: list[np.ndarray] = []
        for block, lines in zip(self.encoding.blocks, self.blocks, strict=True):
            if not set(block.columns) & set(without):
                (words if block.is_sparse else features).append(lines[places])
        return Blocks(matrix, self.encoding.categorical[kept], tuple(words), tuple(features))
