"""Small subjects for cases and tests: a plausible table, and a short way to write one down."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from holdfast.core.dataset import Dataset, Role
from holdfast.data.inference import describe


def subject(
    columns: Mapping[str, Sequence[Any] | np.ndarray],
    split: Sequence[str] | np.ndarray | None = None,
    **roles: Role,
) -> Dataset:
    """Return a data set of the given columns; `y` is the label if there is one, other roles by keyword.

    `split` gives the split's name for each row.
    """
    arrays = {name: pa.array(_plain(values)) for name, values in columns.items()}
    if split is not None:
        arrays["split"] = pa.array([str(name) for name in split])
        roles = {"split": "split", **roles}
    if "y" in columns:
        roles = {"y": "label", **roles}
    return describe("case", pa.table(arrays), roles=roles)


def table(
    rng: np.random.Generator, n_train: int = 80, n_test: int = 20, copies: Mapping[int, int] | None = None
) -> Dataset:
    """Return a table without known defects: three numbers, a category and a label that depends on two of them.

    `copies` maps a row to the row whose features it repeats.
    """
    n = n_train + n_test
    a, b, c = rng.normal(size=(3, n))
    color = rng.choice(["red", "green", "blue"], size=n)
    y = np.where(a + b + rng.normal(size=n) > 0, "yes", "no")
    for row, source in (copies or {}).items():
        for values in (a, b, c, color, y):
            values[row] = values[source]
    return subject({"a": a, "b": b, "c": c, "color": color, "y": y}, split=["train"] * n_train + ["test"] * n_test)


def _plain(values: Sequence[Any] | np.ndarray) -> Any:
    return values.tolist() if isinstance(values, np.ndarray) and values.dtype.kind in "UO" else values
