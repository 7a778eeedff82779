"""Which rows a model learns from, is chosen by, and is judged by: `train`, `valid` and `test`, each for one thing."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
from jaxtyping import Int, UInt64

from holdfast.core.dataset import Column, Dataset
from holdfast.core.errors import BadInput
from holdfast.core.progress import Progress, Silent
from holdfast.core.random import Streams
from holdfast.core.text import one_line
from holdfast.data.bulk.bits import finished
from holdfast.data.splitting import free_name
from holdfast.finetune.families import families
from holdfast.finetune.recipe import Recipe

SHARE = 0.15  # of the training rows, for validation where none was given
TEST_SHARE = 0.2  # of all rows, where no split was given
FEWEST = 8  # examples of a split; fewer say nothing about a model
_NAMES = ("train", "valid", "test")


def members(dataset: Dataset) -> Mapping[str, Int[np.ndarray, " rows"]]:
    """Return the rows of each split, in the order of the data set."""
    column = dataset.one("split")
    if column is None:
        return {"train": np.arange(len(dataset))}
    codes, names = dataset.codes(column.name)
    return {str(name): np.flatnonzero(codes == at) for at, name in enumerate(names)}


def with_validation(
    dataset: Dataset, seed: int, share: float = SHARE, progress: Progress | None = None
) -> tuple[Dataset, str]:
    """Return the data set with a validation split, made of training rows where it has none, and what was done.

    Rows are chosen by content, so that copies and near-copies stay on one side; whole groups where a column has that
    role. Where there is no split at all, test rows are put aside in the same way. Raises BadInput where a split is too
    small.
    """
    notes, keys, column = [], None, dataset.one("split")
    if column is None:
        keys = families(dataset, round(share * (1 - TEST_SHARE) * len(dataset)), progress or Silent())
        chosen = _chosen(keys, TEST_SHARE, Streams(seed).integer("test"))
        column = Column(free_name("split", dataset.table.column_names), "category", "split")
        named = np.full(len(dataset), "train", dtype=object)
        named[chosen] = "test"
        table = dataset.table.append_column(column.name, pa.chunked_array([pa.array(named, pa.large_string())]))
        dataset = replace(dataset, table=table, columns=(*dataset.columns, column))
        notes.append(f"{len(chosen):,} of {len(dataset):,} rows were put aside for the test, chosen by content")
    found = members(dataset)
    if not len(found.get("valid", ())):
        rows = found.get("train", np.arange(0))
        if keys is None:
            keys = families(_alone(dataset, rows), round(share * len(rows)), progress or Silent())
        else:
            keys = keys[rows]
        chosen = rows[_chosen(keys, share, Streams(seed).integer("validation"))]
        named = np.asarray(dataset.values(column.name).to_pylist(), dtype=object)
        named[chosen] = "valid"
        place = dataset.table.schema.get_field_index(column.name)
        table = dataset.table.set_column(place, column.name, pa.chunked_array([pa.array(named, pa.large_string())]))
        dataset = replace(dataset, table=table)
        notes.append(f"{len(chosen):,} of {len(rows):,} training rows were put aside for validation, chosen by content")
    sizes = {name: len(rows) for name, rows in members(dataset).items()}
    for name in _NAMES:
        if sizes.get(name, 0) < FEWEST:
            raise BadInput(
                f"{dataset.name}: wanted at least {FEWEST} rows each to learn from (train), to choose by (valid) and "
                f"to be judged by (test); it has {', '.join(f'{n:,} {one}' for one, n in sizes.items())}"
            )
    return dataset, "; ".join(notes)


def _alone(dataset: Dataset, rows: Int[np.ndarray, " rows"]) -> Dataset:
    """Return some rows, without the column of splits."""
    kept = tuple(column for column in dataset.columns if column.role != "split")
    table = dataset.table.select([column.name for column in kept]).take(pa.array(rows))
    return replace(dataset, table=table, columns=kept)


def _chosen(keys: UInt64[np.ndarray, " rows"], share: float, seed: int) -> Int[np.ndarray, " chosen"]:
    """Return a share of the rows, chosen by their keys; those of equal keys together."""
    keys = finished(keys ^ np.uint64(seed))
    return np.argsort(keys, kind="stable")[: _whole(np.sort(keys), round(share * len(keys)))]


def _whole(ordered: np.ndarray, wanted: int) -> int:
    """Return how many of the ordered keys to take so that no key is on both sides."""
    while 0 < wanted < len(ordered) and ordered[wanted] == ordered[wanted - 1]:
        wanted += 1
    return wanted


def in_splits(
    recipe: Recipe, read: Callable[[str | Mapping[str, str]], Dataset], progress: Progress
) -> tuple[Dataset, Dataset | None, str]:
    """Return the data of a recipe in splits, those of the original task, and what was put aside. Raises BadInput."""
    dataset, note = with_validation(read(recipe.data), recipe.seed, progress=progress)
    if groups := dataset.of(role="group"):
        names = ", ".join(one_line(one.name, 60) for one in groups)
        own = f"intervals are over rows: where those of one {names} are alike, they are too narrow"
        note = f"{note}; {own}" if note else own
    original = with_validation(read(recipe.original), recipe.seed, progress=progress)[0] if recipe.original else None
    return dataset, original, note
