"""Rows of a data set in the forms that models take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Float

from holdfast.audit.facts.learning.encoding import Encoding
from holdfast.audit.models.model import Form
from holdfast.core.dataset import Dataset


@dataclass(frozen=True)
class Blocks:
    """Rows with all that is encoded: the table's columns, and what texts, images and vectors become.

    `parts` holds, for each block, whether it is sparse counts of words (else features), and its lines.
    """

    matrix: Float[np.ndarray, "rows columns"]
    categorical: Bool[np.ndarray, " columns"]
    parts: tuple[tuple[bool, Any], ...]

    def __len__(self) -> int:
        return len(self.matrix)

    def take(self, places: np.ndarray) -> "Blocks":
        """Return the rows at `places`."""
        return replace(
            self, matrix=self.matrix[places], parts=tuple((is_words, lines[places]) for is_words, lines in self.parts)
        )

    def with_part(self, number: int, places: np.ndarray, other: "Blocks | None" = None) -> "Blocks":
        """Return the rows with one part taken from the rows at `places` of `other` (of these, if None).

        Columns of the table are numbered first, blocks after them.
        """
        width, source = self.matrix.shape[1], other or self
        if number < width:
            matrix = self.matrix.copy()
            matrix[:, number] = source.matrix[places, number]
            return replace(self, matrix=matrix)
        parts = list(self.parts)
        is_words, lines = source.parts[number - width]
        parts[number - width] = is_words, lines[places]
        return replace(self, parts=tuple(parts))


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
        """The feature columns as a pandas frame, values as they are; an image is its file's path, or else its bytes."""
        columns = self.dataset.of(role="feature")
        frame = self.dataset.table.select([column.name for column in columns]).take(pa.array(self.rows)).to_pandas()
        places = self.dataset.media.places
        for name in [column.name for column in columns if column.kind == "image"]:
            found = [_plain(places.get(value)) for value in frame[name].tolist()]
            cells = np.empty(len(found), dtype=object)
            cells[:] = found
            frame[name] = cells
        return frame

    @cached_property
    def pixels(self) -> Any:
        """The images of the only feature column as one array: rows × height × width, × 3 where they have colour."""
        from holdfast.audit.models.pixels import pixels_of

        [column] = self.dataset.of(role="feature")
        codes, values = self.dataset.codes(column.name)
        codes, back = np.unique(codes[self.rows], return_inverse=True)
        kept = [values[code] for code in codes if code >= 0]
        return pixels_of(self.dataset.media, kept, (back - int((codes < 0).any())).reshape(-1))

    @property
    def alone(self) -> str:
        """The kind of the only feature column; empty where there are several."""
        kinds = [column.kind for column in self.dataset.of(role="feature")]
        return kinds[0] if len(kinds) == 1 else ""

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
        if form == "pixels":
            return self.pixels[places]
        if form == "flat":
            return self.pixels[places].reshape(len(places), -1)
        if form == "frame" and blank:
            return self.frame.iloc[places].assign(**blank)
        if form == "frame":
            return self.frame.iloc[places].drop(columns=[name for name in without if name in self.frame.columns])
        kept = [i for i, name in enumerate(self.encoding.names) if name not in without]
        matrix = self.matrix[np.ix_(places, np.array(kept, dtype=np.int64))]
        vectors = [
            lines[places]
            for block, lines in zip(self.encoding.blocks, self.blocks, strict=True)
            if block.kind == "vector" and not set(block.columns) & set(without)
        ]
        return np.concatenate([matrix, *vectors], axis=1) if vectors else matrix

    def _with_blocks(self, places: np.ndarray, without: Sequence[str]) -> Blocks:
        kept = np.array([name not in without for name in self.encoding.names], dtype=bool)
        matrix = self.matrix[np.ix_(places, np.flatnonzero(kept))]
        parts = tuple(
            (block.is_sparse, lines[places])
            for block, lines in zip(self.encoding.blocks, self.blocks, strict=True)
            if not set(block.columns) & set(without)
        )
        return Blocks(matrix, self.encoding.categorical[kept], parts)


def _plain(place: Any) -> str | bytes | None:
    """Return where an image is, as a person's code takes it."""
    return str(place) if isinstance(place, Path) else None if place is None else bytes(place)
