"""Splitters: from a data set to the same data set with a split column that says train or test.

Each is a pure function of the data and a seed, named for how most people would do it:
random      rows drawn without regard to anything (the usual default, and the usual mistake)
stratified  the same, class by class of the label
grouped     whole groups go to one side
ordered     the last rows, by the time column or by position, are the test set
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core.dataset import Column, Dataset, Step
from holdfast.core.errors import BadInput, unknown
from holdfast.core.random import Streams

SPLIT = "split"  # name of the column that is added, unless the data have one of that name
TRAIN, TEST = "train", "test"
_FEWEST_ROWS = 2

Splitter = Callable[[Dataset, float, Streams], np.ndarray]


def split(dataset: Dataset, how: str, *, test_share: float = 0.2, seed: int = 0) -> Dataset:
    """Return the data set with a split column made by the splitter `how`.

    Raises BadInput for an unknown splitter, a share outside (0, 1), or data that cannot be split so.
    """
    if how not in SPLITTERS:
        raise unknown("splitter", how, SPLITTERS)
    if not 0.0 < test_share < 1.0:
        raise BadInput(f"the test share must lie between 0 and 1, got {test_share}")
    if len(dataset) < _FEWEST_ROWS:
        raise BadInput(f"{dataset.name} has {len(dataset)} row, too few to split into train and test")
    is_test = SPLITTERS[how](dataset, test_share, Streams(seed))
    step = Step("split", {"splitter": how, "test_share": test_share, "seed": seed})
    result = with_split(dataset, is_test)
    return replace(result, history=(*dataset.history, step))


def with_split(dataset: Dataset, is_test: np.ndarray) -> Dataset:
    """Return the data set with a column of role split: test where `is_test`, else train."""
    names = pa.DictionaryArray.from_arrays(pa.array(is_test.astype(np.int8)), pa.array([TRAIN, TEST]))
    column = pc.cast(names, pa.large_string())
    name = free_name(SPLIT, dataset.table.column_names)
    columns = tuple(replace(c, role="ignore") if c.role == "split" else c for c in dataset.columns)
    return replace(
        dataset,
        table=dataset.table.append_column(name, column),
        columns=(*columns, Column(name, "category", "split")),
    )


def free_name(wanted: str, taken: list[str]) -> str:
    """Return `wanted`, or `wanted.2`, `wanted.3`, … where that is taken."""
    number, name, known = 2, wanted, set(taken)
    while name in known:
        name, number = f"{wanted}.{number}", number + 1
    return name


def _random(dataset: Dataset, test_share: float, streams: Streams) -> np.ndarray:
    order = streams("split").permutation(len(dataset))
    is_test = np.zeros(len(dataset), dtype=bool)
    is_test[order[: _size(len(dataset), test_share)]] = True
    return is_test


def _stratified(dataset: Dataset, test_share: float, streams: Streams) -> np.ndarray:
    label = dataset.one("label")
    if label is None:
        raise BadInput("the stratified splitter needs a label column: name it with --label")
    codes, _ = dataset.codes(label.name)
    # Sort by class, rows of one class in random order, and give each row its rank inside its class.
    shuffled = streams("split").permutation(len(codes))
    order = shuffled[np.argsort(codes[shuffled], kind="stable")]
    sizes = np.bincount(codes + 1)
    rank = np.arange(len(codes)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    quota = np.repeat(np.rint(sizes * test_share).astype(np.int64), sizes)
    is_test = np.zeros(len(codes), dtype=bool)
    is_test[order[rank < quota]] = True
    if not is_test.any() or is_test.all():
        raise BadInput(
            f"every class of {label.name!r} is too small to give {test_share:.0%} of its rows to the test set; "
            "use the random splitter"
        )
    return is_test


def _grouped(dataset: Dataset, test_share: float, streams: Streams) -> np.ndarray:
    columns = dataset.of(role="group")
    if not columns:
        raise BadInput("the grouped splitter needs a group column: name it with --group")
    codes = np.zeros(len(dataset), dtype=np.int64)
    for column in columns:
        more, values = dataset.codes(column.name)
        codes = np.unique(codes * (len(values) + 1) + more + 1, return_inverse=True)[1]
    # Groups are numbered by their first row, and each brings all its rows.
    sizes = np.bincount(codes)
    if len(sizes) < _FEWEST_ROWS:
        raise BadInput(f"all rows share one value of {', '.join(c.name for c in columns)}: one group cannot be split")
    order = streams("split").permutation(len(sizes))
    filled = np.cumsum(sizes[order])
    wanted = _size(len(dataset), test_share)
    n_groups = int(np.clip(np.argmin(np.abs(filled - wanted)) + 1, 1, len(sizes) - 1))
    return np.isin(codes, order[:n_groups])


def _ordered(dataset: Dataset, test_share: float, streams: Streams) -> np.ndarray:
    del streams
    column = dataset.one("time")
    order = np.arange(len(dataset))
    if column is not None:
        if dataset.nulls(column.name).all():
            raise BadInput(f"every value of the time column {column.name!r} is missing")
        if pa.types.is_large_string(dataset.values(column.name).type):
            keys = np.asarray(pc.rank(dataset.values(column.name), tiebreaker="dense").to_numpy())
        else:
            keys = dataset.numbers(column.name)
        order = np.argsort(keys, kind="stable")  # missing times come last
    is_test = np.zeros(len(dataset), dtype=bool)
    is_test[order[len(order) - _size(len(order), test_share) :]] = True
    return is_test


def _size(n_rows: int, share: float) -> int:
    """Return how many of the rows make up the share, leaving at least one on each side."""
    return int(np.clip(round(n_rows * share), 1, n_rows - 1))


SPLITTERS: Mapping[str, Splitter] = {
    "random": _random,
    "stratified": _stratified,
    "grouped": _grouped,
    "ordered": _ordered,
}
