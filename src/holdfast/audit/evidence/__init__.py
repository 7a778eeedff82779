"""Evidence that many checks show in the same form."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.core.dataset import Dataset
from holdfast.core.finding import Cell, Examples, Series
from holdfast.data.intervals import wilson

MOST_SHOWN = 10
MOST_CHARACTERS = 200  # of one cell; the record stays small whatever the data holds


def rows_table(
    dataset: Dataset, rows: Sequence[int] | np.ndarray, caption: str, columns: Sequence[str] = ()
) -> Examples:
    """Return up to ten of `rows` as a table, with the named columns (all but ignored ones, if none are named).

    Images are left out: as values they are hashes, which tell a person nothing.
    """
    shown = [int(row) for row in list(rows[:MOST_SHOWN])]
    names = tuple(columns) or tuple(c.name for c in dataset.columns if c.role != "ignore" and c.kind != "image")
    picked = dataset.table.select(list(names)).take(shown).to_pydict() if shown else {}
    cells = tuple(tuple(cell(picked[name][i]) for name in names) for i in range(len(shown)))
    return Examples(caption=caption, columns=names, cells=cells, rows=tuple(shown))


def row_pairs(dataset: Dataset, rows: np.ndarray, partners: np.ndarray, caption: str) -> Examples:
    """Return rows above the rows they are paired with, so that they can be compared by eye."""
    both = np.stack([rows[: MOST_SHOWN // 2], partners[: MOST_SHOWN // 2]], axis=1).reshape(-1)
    return rows_table(dataset, both, caption)


def cell(value: Any) -> Cell:
    """Return a value as a record may hold it: numbers and truth values as they are, the rest as short text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"


def percent(share: float) -> str:
    """Return a share as people read it: `25%`, `2.4%`, `0.03%`, never a rounded 0 or 100."""
    value = 100.0 * share
    if value <= 0.0 or value >= 100.0:
        return f"{value:.0f}%"
    if value > 99.0:
        return f"{min(value, 99.99):.2f}%"
    return f"{value:.1f}%" if value >= 1.0 else f"{value:.2g}%" if value >= 1e-4 else "<0.0001%"


@dataclass(frozen=True, slots=True)
class Count:
    """How many of `n` have something: one bar of a picture, for one group."""

    name: str
    group: str
    n_with: int
    n: int


def share_bars(title: str, counts: Iterable[Count], *, x_name: str, y_name: str) -> Series:
    """Return shares as bars, a name after the other, with Wilson's intervals."""
    bars = tuple(counts)
    ends = [wilson(one.n_with, one.n) for one in bars]
    return Series(
        name=title,
        x=tuple(one.name for one in bars),
        y=tuple(one.n_with / max(one.n, 1) for one in bars),
        low=tuple(end.low for end in ends),
        high=tuple(end.high for end in ends),
        group=tuple(one.group for one in bars),
        x_name=x_name,
        y_name=y_name,
        shape="bar",
    )
