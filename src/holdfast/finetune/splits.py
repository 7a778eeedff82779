"""Which rows a model learns from, is chosen by, and is judged by: `train`, `valid` and `test`, each for one thing."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
from jaxtyping import Int

from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.core.random import Streams
from holdfast.data.bulk.hashes import row_hashes
from holdfast.data.bulk.mixing import finished

SHARE = 0.15  # of the training rows, for validation where none was given
FEWEST = 8  # examples of a split; fewer say nothing about a model
_NAMES = ("train", "valid", "test")


def members(dataset: Dataset) -> Mapping[str, Int[np.ndarray, " rows"]]:
    """Return the rows of each split, in the order of the data set."""
    column = dataset.one("split")
    if column is None:
        return {"train": np.arange(len(dataset))}
    codes, names = dataset.codes(column.name)
    return {str(name): np.flatnonzero(codes == at) for at, name in enumerate(names)}


def with_validation(dataset: Dataset, seed: int, share: float = SHARE) -> tuple[Dataset, str]:
    """Return the data set with a validation split, made of training rows where it has none, and what was done.

    Rows are chosen by content, so that copies stay on one side; whole groups where a column has that role. Raises
    BadInput where a split is too small.
    """
    found, note = members(dataset), ""
    if not len(found.get("valid", ())):
        column = dataset.one("split")
        if column is None:
            raise BadInput(f"{dataset.name} has no split; give train and test data, or one file that can be split")
        rows = found.get("train", np.arange(0))
        keys = finished(_keys(dataset)[rows] ^ np.uint64(Streams(seed).integer("validation")))
        chosen = rows[np.argsort(keys, kind="stable")[: _whole(np.sort(keys), round(share * len(rows)))]]
        values = np.asarray(dataset.values(column.name).to_pylist(), dtype=object)
        values[chosen] = "valid"
        place = dataset.table.schema.get_field_index(column.name)
        table = dataset.table.set_column(place, column.name, pa.chunked_array([pa.array(values, pa.large_string())]))
        dataset = replace(dataset, table=table)
        note = f"{len(chosen):,} of {len(rows):,} training rows were put aside for validation, chosen by content"
    sizes = {name: len(rows) for name, rows in members(dataset).items()}
    for name in _NAMES:
        if sizes.get(name, 0) < FEWEST:
            raise BadInput(
                f"{dataset.name} has {sizes.get(name, 0)} {name} rows; at least {FEWEST} are needed to say anything. "
                f"It has {', '.join(f'{n:,} {one}' for one, n in sizes.items())}"
            )
    return dataset, note


def _keys(dataset: Dataset) -> np.ndarray:
    """Return a number for each row by which whole groups, or equal rows, stay together."""
    groups = tuple(column.name for column in dataset.of(role="group"))
    names = groups or tuple(column.name for column in dataset.of(role="feature"))
    return row_hashes(dataset, names)


def _whole(ordered: np.ndarray, wanted: int) -> int:
    """Return how many of the ordered keys to take so that no key is on both sides."""
    while 0 < wanted < len(ordered) and ordered[wanted] == ordered[wanted - 1]:
        wanted += 1
    return wanted
