"""The parts of a table that are looked at one by one: its splits, or all of it."""

from collections.abc import Iterator

import numpy as np

from holdfast.core.dataset import Dataset


def parts(dataset: Dataset) -> Iterator[tuple[str | None, np.ndarray]]:
    """Yield each split's name and rows (a mask) in order of name; all rows and no name, where there is no split."""
    column = dataset.one("split")
    if column is None:
        yield None, np.ones(len(dataset), dtype=bool)
        return
    codes, names = dataset.codes(column.name)
    for place in sorted(range(len(names)), key=lambda i: str(names[i])):
        yield str(names[place]), codes == place
