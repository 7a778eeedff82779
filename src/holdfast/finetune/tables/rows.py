"""The rows of a table as an estimator is given them: in splits, and in an order that follows from what they hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Int

from holdfast.audit.facts.labels.labels import Labels, labels
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.hashing import hasher, tagged
from holdfast.core.random import Streams
from holdfast.data.bulk.bits import finished
from holdfast.data.bulk.hashes import hashes_of, row_hashes
from holdfast.finetune.splits import members
from holdfast.finetune.tables.columns import Encoder


@dataclass(frozen=True)
class Rows:
    """Rows of one split: what is learnt from, what is to be learnt, and their numbers in the data set."""

    x: Any  # a matrix; the columns as they are (pa.Table), for pipelines that prepare those by themselves
    y: Float[np.ndarray, " rows"] | Int[np.ndarray, " rows"]
    rows: Int[np.ndarray, " rows"]

    def __len__(self) -> int:
        return len(self.y)

    def take(self, places: np.ndarray) -> "Rows":
        """Return the rows at `places`."""
        x = self.x.take(pa.array(places)) if isinstance(self.x, pa.Table) else self.x[places]
        return Rows(x, self.y[places], self.rows[places])

    def joined(self, other: "Rows") -> "Rows":
        """Return the rows of both."""
        is_frame = isinstance(self.x, pa.Table)
        x: Any = pa.concat_tables([self.x, other.x]) if is_frame else np.concatenate([self.x, other.x])
        return Rows(x, np.concatenate([self.y, other.y]), np.concatenate([self.rows, other.rows]))


@dataclass(frozen=True)
class Table:
    """A data set that is ready: rows by split, the label, and how columns become numbers."""

    label: Labels
    encoder: Encoder
    splits: Mapping[str, Rows]
    spread: float  # of the labels of training rows: what a squared error is measured in; 1 for classes
    frames: bool = False  # whether rows are handed over as named columns

    @property
    def metric(self) -> str:
        """What a score is."""
        return "accuracy" if self.label.is_classes else "R²"

    @property
    def digest(self) -> str:
        """Content hash of everything that a fit depends on: training and validation rows as they are given."""
        state = hasher()
        for name in ("train", "valid"):
            given = self.splits[name]
            state.update(f"{name} {len(given)} {','.join(self.label.classes)}".encode("utf-8", "surrogatepass"))
            is_frame = isinstance(given.x, pa.Table)
            x = hashes_of([one.chunks for one in given.x.columns], len(given)) if is_frame else given.x
            state.update(np.ascontiguousarray(x).tobytes())
            state.update(np.asarray(given.y, dtype=np.float64).tobytes())
        return tagged(state)


def label_of(dataset: Dataset, task: str) -> Labels:
    """Return what is to be learnt. `task`: auto, classification or regression. Raises BadInput."""
    try:
        found = labels.run(dataset, task=task)
    except NotApplicable as error:
        raise BadInput(f"{dataset.name}: {error}") from error
    if found.is_classes and len(found.classes) < 2:
        raise BadInput(f"the label {found.column!r} has one class, {found.classes[0]!r}: there is nothing to learn")
    return found


def ordered(dataset: Dataset, label: Labels, streams: Streams) -> Mapping[str, Int[np.ndarray, " rows"]]:
    """Return the rows of each split that have a label, shuffled by content, so that their order means nothing."""
    names = (*(column.name for column in dataset.of(role="feature")), label.column)
    keys = finished(row_hashes(dataset, names) ^ np.uint64(streams.integer("table")))
    found = {}
    for split, every in members(dataset).items():
        rows = every[label.known[every]]
        found[split] = rows[np.argsort(keys[rows], kind="stable")]
    return found


def table_of(
    dataset: Dataset, label: Labels, encoder: Encoder, rows: Mapping[str, Int[np.ndarray, " rows"]], *, frames: bool
) -> Table:
    """Return the rows of each split as they are given to an estimator."""
    target = label.codes if label.is_classes else label.values
    splits = {name: Rows(given(dataset, encoder, one, frames=frames), target[one], one) for name, one in rows.items()}
    spread = 1.0 if label.is_classes else float(np.var(splits["train"].y)) or 1.0
    return Table(label, encoder, splits, spread, frames)


def given(dataset: Dataset, encoder: Encoder, rows: Int[np.ndarray, " rows"], *, frames: bool) -> Any:
    """Return rows as numbers, or the same columns as they are, to be handed over as a frame."""
    if frames:
        return dataset.table.select(list(encoder.names)).take(pa.array(rows))
    return encoder.matrix(dataset, rows)
