"""Feature columns as numbers that a model can learn from."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool, Float

from holdfast.audit.definitions import fact
from holdfast.audit.facts.images.images import Images
from holdfast.audit.facts.learning.blocks import Block, given_block, image_block, text_block, vector_block
from holdfast.audit.facts.learning.vectors import Vectors
from holdfast.core.dataset import Column, Dataset
from holdfast.core.errors import NotApplicable

FARTHEST = float(np.finfo(np.float32).max)  # squares and differences of such numbers are still finite
MOST_CATEGORIES = 250  # scikit-learn's boosting takes at most 255 bins; the rest share one code


@dataclass(frozen=True)
class Encoding:
    """How feature columns become numbers.

    Numbers and times stay what they are, infinite ones becoming `FARTHEST`; categories become codes in sorted order of
    their values, the rarest beyond `MOST_CATEGORIES` sharing one; missing is NaN. These are the columns `names`.
    Texts, images and vectors, which take many numbers each, are `blocks`, and no part of `matrix`.
    """

    dataset: Dataset
    names: tuple[str, ...]
    categorical: Bool[np.ndarray, " columns"]
    vocabularies: Mapping[str, pa.Array]
    blocks: tuple[Block, ...] = ()

    @property
    def sources(self) -> frozenset[str]:
        """The columns of the data set that something is read from."""
        return frozenset(self.names).union(*(block.columns for block in self.blocks))

    def matrix(self, rows: np.ndarray | None = None) -> Float[np.ndarray, "sample columns"]:
        """Return the encoded `rows` (all, if None) in the given order, one column for each of `names`."""
        n = len(self.dataset) if rows is None else len(rows)
        out = np.empty((n, len(self.names)), order="F")
        for place, name in enumerate(self.names):
            out[:, place] = self.column(name, rows)
        return out

    def column(self, name: str, rows: np.ndarray | None = None) -> Float[np.ndarray, " sample"]:
        """Return one encoded column."""
        picked = self.dataset if rows is None else _picked(self.dataset, name, rows)
        if name not in self.vocabularies:
            return np.clip(picked.numbers(name), -FARTHEST, FARTHEST)
        values, vocabulary = picked.values(name), self.vocabularies[name]
        codes = pc.cast(pc.index_in(values, value_set=vocabulary), pa.float64()).to_numpy(zero_copy_only=False)
        codes = np.where(np.isnan(codes), float(len(vocabulary)), codes)  # a rare value
        codes[picked.nulls(name)] = np.nan
        return codes


@fact()
def encoding(dataset: Dataset, images: Images | None, vectors: Vectors | None) -> Encoding:
    """How the feature columns become numbers; the vocabulary of a category is read from all rows, and nothing else.

    Vectors that were given, or made by a model that was named, stand in for the texts and images they were made of.
    """
    given = [] if vectors is None else [given_block(vectors)]
    return encoded(dataset, [*given, *own_blocks(dataset, images, () if vectors is None else vectors.columns)])


def own_blocks(dataset: Dataset, images: Images | None, without: Collection[str] = ()) -> list[Block]:
    """Return the columns that take many numbers each as Holdfast reads them, but for those that somebody else did."""
    left = [c for c in dataset.of(role="feature") if c.name not in without]
    blocks = [text_block(dataset, c.name) for c in left if c.kind == "text"]
    blocks += [image_block(images) for c in left if images is not None and c.name == images.column]
    return blocks + [vector_block(dataset, c.name) for c in left if c.kind == "vector"]


def encoded(dataset: Dataset, blocks: Sequence[Block]) -> Encoding:
    """Return the encoding with these blocks. Raises NotApplicable where nothing can be read."""
    columns = [c for c in dataset.of(role="feature") if c.kind in {"number", "category", "time"}]
    if not columns and not blocks:
        raise NotApplicable("no feature column that a model can read")
    vocabularies = {c.name: _vocabulary(dataset, c) for c in columns if c.kind == "category"}
    return Encoding(
        dataset,
        tuple(c.name for c in columns),
        np.array([c.kind == "category" for c in columns], dtype=bool),
        vocabularies,
        tuple(blocks),
    )


def _vocabulary(dataset: Dataset, column: Column) -> pa.Array:
    counts = pc.value_counts(dataset.values(column.name).drop_null())
    values, n = counts.field(0), np.asarray(counts.field(1))
    if len(values) > MOST_CATEGORIES:
        # Ties at the limit are broken by value, so that the order of rows does not show.
        order = pc.sort_indices(values).to_numpy()
        order = order[np.argsort(-n[order], kind="stable")][:MOST_CATEGORIES]
        values = values.take(pa.array(order))
    return values.take(pc.sort_indices(values))


def _picked(dataset: Dataset, name: str, rows: np.ndarray) -> Dataset:
    """Return a data set of one column and the given rows."""
    table = pa.table({name: dataset.values(name).take(pa.array(rows))})
    return Dataset(dataset.name, table, (dataset[name],))
