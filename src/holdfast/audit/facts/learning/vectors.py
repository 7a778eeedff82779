"""A vector for each row that somebody else's model made: given by the person, or by a model in a local folder."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from holdfast.audit.definitions import fact
from holdfast.audit.facts.learning.embedding import embed_images, embed_texts
from holdfast.core.dataset import Column, Dataset
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.progress import Progress

KINDS = ("text", "image")  # of columns that vectors stand for


@dataclass(frozen=True)
class Vectors:
    """A vector for each row of the data set, which stands for `columns`; `source` says who made it."""

    values: Float[np.ndarray, "rows width"]
    columns: tuple[str, ...]
    source: str


def given(dataset: Dataset, array: Any) -> Vectors:
    """Return a person's own vectors as the fact; they stand for the columns of texts and images. Raises BadInput."""
    try:
        values = np.asarray(array, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise BadInput(f"vectors: wanted an array of numbers, {len(dataset):,} × width; {error}") from error
    if values.ndim != 2 or len(values) != len(dataset) or not values.shape[1]:
        raise BadInput(f"vectors: got shape {values.shape}, wanted ({len(dataset)}, width): a line for each row")
    if not np.isfinite(values).all():
        raise BadInput("vectors: got missing or infinite numbers")
    return Vectors(values, tuple(column.name for column in _columns(dataset)), "given")


@fact(costly=True)
def vectors(dataset: Dataset, progress: Progress, *, model: str = "", column: str = "") -> Vectors:
    """Vectors of the texts or images of a column, by a model in a local folder (the options `model` and `column`).

    A folder of sentence-transformers or of transformers, with weights as safetensors. Nothing is downloaded, and no
    code of the folder is run. Without a model there are none; the audit then reads texts and images itself. Raises
    BadInput or MissingExtra for a model that cannot be read: who named one wants it used.
    """
    if not model:
        raise NotApplicable('no vectors given (facts={"vectors": array}, or --set audit.facts.vectors.model=FOLDER)')
    columns = [one for one in _columns(dataset) if not column or one.name == column]
    if not columns:
        raise NotApplicable(f"no text or image column {column!r}" if column else "no column of texts or images")
    embed = embed_images if columns[0].kind == "image" else embed_texts
    return Vectors(embed(dataset, columns[0].name, model, progress), (columns[0].name,), model)


def _columns(dataset: Dataset) -> tuple[Column, ...]:
    return tuple(column for column in dataset.of(role="feature") if column.kind in KINDS)
