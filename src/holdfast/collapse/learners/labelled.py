"""A real table for regressions: inputs that are numbers, and a label of two values."""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from holdfast.collapse.reading.options import own_data
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.core.text import and_more


class Labelled(NamedTuple):
    """Inputs of mean 0 and variance 1, behind a column of ones; and labels, 1 for the later value in order."""

    inputs: Float[np.ndarray, "rows one_and_columns"]
    labels: Float[np.ndarray, " rows"]


@lru_cache(maxsize=4)
def labelled(file: str, label: str, columns: tuple[str, ...]) -> Labelled:
    """Return the rows of a table; `columns` are the inputs, all other columns if there are none. Raises BadInput."""
    data = own_data(Path(file).expanduser(), "a table; without it inputs are made up")
    codes, values = data.codes(data[label].name)
    if len(values) != 2 or codes.min() < 0:
        lacking = " and rows without one" if codes.min() < 0 else ""
        raise BadInput(f"options.label: {label!r} of {data.name} has {len(values)} values{lacking}; wanted 2")
    names = columns or _numbers(data, label)
    inputs = np.stack([data.numbers(name) for name in names], axis=1)
    for name, one in zip(names, inputs.T, strict=True):
        if lost := int((~np.isfinite(one)).sum()):
            raise BadInput(
                f"{name!r} is missing in {lost:,} of {len(one):,} rows of {data.name}; fill it in, or leave it out of "
                "options.inputs"
            )
    spread = inputs.std(axis=0)
    if (spread > 0).all():
        inputs = (inputs - inputs.mean(axis=0)) / spread
    rows = np.concatenate([np.ones((len(inputs), 1)), inputs], axis=1)
    if np.linalg.matrix_rank(rows) < rows.shape[1]:
        raise BadInput(f"options.inputs: one of {and_more(names, 6)} says nothing that the others do not; leave it out")
    return Labelled(rows, (codes == values.index(max(values))).astype(np.float64))


def _numbers(data: Dataset, label: str) -> tuple[str, ...]:
    others = [column for column in data.columns if column.name != label and column.role != "split"]
    words = [column.name for column in others if column.kind != "number"]
    if words:
        raise BadInput(
            f"{data.name} has columns that are no numbers ({and_more(words, 3)}): name those to learn from, such as "
            f"options.inputs = {[column.name for column in others if column.kind == 'number'][:3]}"
        )
    return tuple(column.name for column in others)
