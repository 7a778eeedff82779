"""Which rows a model learns from, is chosen by, and is judged by: `train`, `valid` and `test`, each for one thing."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
from jaxtyping import Int, UInt64

from holdfast.core.dataset import Column, Dataset
from holdfast.core.errors import BadInput
from holdfast.core.random import Streams
from holdfast.core.text import one_line
from holdfast.data.bulk.bits import finished
from holdfast.data.bulk.hashes import row_hashes
from holdfast.data.splitting import free_name
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


def with_validation(dataset: Dataset, seed: int, share: float = SHARE) -> tuple[Dataset, str]:
    """Return the data set with a validation split, made of training rows where it has none, and what was done.

    Rows are chosen by content, so that copies stay on one side; whole groups where a column has that role. Where there
    is no split at all, test rows are put aside in the same way. Raises BadInput where a split is too small.
    """
    dataset, first = _with_test(dataset, seed)
    found, note = members(dataset), first
    if not len(found.get("valid", ())):
        column = dataset.one("split")
        assert column is not None
        rows = found.get("train", np.arange(0))
        keys = finished(keys_of(dataset)[rows] ^ np.uint64(Streams(seed).integer("validation")))
        chosen = rows[np.argsort(keys, kind="stable")[: _whole(np.sort(keys), round(share * len(rows)))]]
        values = np.asarray(dataset.values(column.name).to_pylist(), dtype=object)
        values[chosen] = "valid"
        place = dataset.table.schema.get_field_index(column.name)
        table = dataset.table.set_column(place, column.name, pa.chunked_array([pa.array(values, pa.large_string())]))
        dataset = replace(dataset, table=table)
        note = f"{len(chosen):,} of {len(rows):,} training rows were put aside for validation, chosen by content"
        note = f"{first}; {note}" if first else note
    sizes = {name: len(rows) for name, rows in members(dataset).items()}
    for name in _NAMES:
        if sizes.get(name, 0) < FEWEST:
            raise BadInput(
                f"{dataset.name}: wanted at least {FEWEST} rows each to learn from (train), to choose by (valid) and "
                f"to be judged by (test); it has {', '.join(f'{n:,} {one}' for one, n in sizes.items())}"
            )
    return dataset, note


def _with_test(dataset: Dataset, seed: int) -> tuple[Dataset, str]:
    """Return the data set with test rows, chosen by content, where it has no split, and what was done."""
    if dataset.one("split") is not None:
        return dataset, ""
    keys = finished(keys_of(dataset) ^ np.uint64(Streams(seed).integer("test")))
    chosen = np.argsort(keys, kind="stable")[: _whole(np.sort(keys), round(TEST_SHARE * len(keys)))]
    values = np.full(len(dataset), "train", dtype=object)
    values[chosen] = "test"
    name = free_name("split", dataset.table.column_names)
    table = dataset.table.append_column(name, pa.chunked_array([pa.array(values, pa.large_string())]))
    columns = (*dataset.columns, Column(name, "category", "split"))
    return replace(dataset, table=table, columns=columns), (
        f"{len(chosen):,} of {len(dataset):,} rows were put aside for the test, chosen by content"
    )


def keys_of(dataset: Dataset) -> UInt64[np.ndarray, " rows"]:
    """Return a number for each row by which whole groups, or equal rows, stay together."""
    groups = tuple(column.name for column in dataset.of(role="group"))
    names = groups or tuple(column.name for column in dataset.of(role="feature"))
    names = names or tuple(column.name for column in dataset.columns if column.role != "split")
    return row_hashes(dataset, names)


def _whole(ordered: np.ndarray, wanted: int) -> int:
    """Return how many of the ordered keys to take so that no key is on both sides."""
    while 0 < wanted < len(ordered) and ordered[wanted] == ordered[wanted - 1]:
        wanted += 1
    return wanted


def in_splits(
    recipe: Recipe, read: Callable[[str | Mapping[str, str]], Dataset]
) -> tuple[Dataset, Dataset | None, str]:
    """Return the data of a recipe in splits, those of the original task, and what was put aside. Raises BadInput."""
    dataset, note = with_validation(read(recipe.data), recipe.seed)
    if groups := dataset.of(role="group"):
        names = ", ".join(one_line(one.name, 60) for one in groups)
        own = f"intervals are over rows: where those of one {names} are alike, they are too narrow"
        note = f"{note}; {own}" if note else own
    original = with_validation(read(recipe.original), recipe.seed)[0] if recipe.original else None
    return dataset, original, note
