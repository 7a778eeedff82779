"""How finely a numeric column is recorded: its spread, and whether its values recur."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from holdfast.audit.facts.rows.rows import RowKeys
from holdfast.core.dataset import Dataset

MOST_LOOKED_AT = 50_000  # records that spread and recurring values are read from
_TAIL = 0.001  # clipped on either side, so that no outlier sets the scale
_LONGEST_TAIL = 5.0  # the spread is at most so many times the bulk, within which distances are compared
_FINE = 0.0025  # steps below this share of the spread are as good as none


@dataclass(frozen=True)
class Resolution:
    """Scale of one column. `recurring` are the values that occur more than once, where those make a coarse ladder."""

    name: str
    centre: float
    spread: float
    recurring: Float[np.ndarray, " values"]

    @property
    def coarse(self) -> bool:
        """Whether most values recur, on a ladder of visible steps."""
        return len(self.recurring) > 0

    def of(self, values: np.ndarray) -> np.ndarray:
        """Return values in standard deviations from the centre."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray((values - self.centre) / self.spread)

    def told_apart(self, left: np.ndarray, right: np.ndarray) -> Bool[np.ndarray, " pairs"]:
        """Return whether both values are steps of the ladder, and not the same step."""
        if not self.coarse:
            return np.zeros(len(left), dtype=bool)
        return (left != right) & self._recurs(left) & self._recurs(right)

    def _recurs(self, values: np.ndarray) -> np.ndarray:
        at = np.minimum(np.searchsorted(self.recurring, values), len(self.recurring) - 1)
        return np.asarray(self.recurring[at] == values)


def resolutions(
    dataset: Dataset, names: tuple[str, ...], records: np.ndarray, row_keys: RowKeys
) -> tuple[Resolution, ...]:
    """Return the resolution of each column that varies, read from a sample of `records`."""
    chosen = np.zeros(len(dataset), dtype=bool)
    chosen[records] = True
    rows = row_keys.sample(chosen, MOST_LOOKED_AT)
    found = (_resolution(name, dataset.numbers(name)[rows]) for name in names)
    return tuple(item for item in found if item is not None)


def _resolution(name: str, values: np.ndarray) -> Resolution | None:
    values = np.sort(values[np.isfinite(values)])
    if len(values) < 2:
        return None
    cut = int(len(values) * _TAIL)
    clipped = np.clip(values, values[cut], values[-1 - cut])
    with np.errstate(over="ignore", invalid="ignore"):
        centre, spread = float(np.median(clipped)), float(clipped.std())
    if not np.isfinite(spread) or spread <= abs(centre) * 1e-12:  # constant, as far as doubles can tell
        return None
    edges = np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1], [True])))
    distinct, counts = values[edges[:-1]], np.diff(edges)
    recurring = distinct[counts > 1]
    share = counts[counts > 1].sum() / len(values)
    with np.errstate(over="ignore"):
        step = float(np.median(np.diff(recurring))) if len(recurring) > 1 else 0.0
    # Against the bulk of the values: a long tail stretches the spread until the steps of common values look fine.
    bulk = min(spread, _middle(values))
    ladder = share >= 0.5 and (step > _FINE * bulk or len(recurring) == 1)
    common = distinct[counts.argmax()]
    others = [width for width in (bulk, _middle(values[values != common])) if width > 0.0]
    spread = min([spread, *(_LONGEST_TAIL * width for width in others)])
    return Resolution(name, centre, spread, recurring if ladder else recurring[:0])


def _middle(values: np.ndarray) -> float:
    """Return the width of the middle half of sorted values, as the standard deviation of a normal law."""
    if len(values) < 4:
        return 0.0
    with np.errstate(over="ignore"):
        return float(values[(3 * len(values)) // 4] - values[len(values) // 4]) / 1.35
