"""Columns whose unit changes: from some row on, or between training and test data."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Int

from holdfast.audit.definitions import fact
from holdfast.audit.facts.columns.columns import ColumnProfile, ColumnProfiles
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.audit.facts.shift.numbers import kolmogorov
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.record import Sampled

# Factors between units that stand for the same thing, exact by definition but for the month.
FACTORS: tuple[tuple[float, str], ...] = (
    (1.609344, "kilometres and miles"),
    (2.20462262, "kilograms and pounds"),
    (2.54, "inches and centimetres"),
    (3.2808399, "metres and feet"),
    (3.6, "metres per second and kilometres per hour"),
    (3.785411784, "litres and gallons"),
    (4.184, "calories and joules"),
    (7.0, "weeks and days"),
    (10.0, "a factor of ten"),
    (12.0, "years and months"),
    (18.0182, "millimoles per litre and milligrams per decilitre of glucose"),
    (24.0, "days and hours"),
    (28.349523, "ounces and grams"),
    (38.67, "millimoles per litre and milligrams per decilitre of cholesterol"),
    (60.0, "minutes and seconds, or hours and minutes"),
    (100.0, "metres and centimetres, or shares and percentages"),
    (365.25, "years and days"),
    (1000.0, "a factor of a thousand"),
    (1024.0, "binary thousands"),
    (3600.0, "hours and seconds"),
    (1e6, "a factor of a million"),
)
_MOST_ROWS = 20_000
_FEWEST_ROWS = 30  # on each side of a change
_FEWEST_DISTINCT = 20
_APART = 0.4  # gap between cumulative shares before the conversion
_TOGETHER = 0.08  # and after it, or what chance allows
_CHANCE = 1.63  # of Kolmogorov's statistic at 1%
_STEADY = 0.25  # of the jump, which halves of a side may differ by: beyond, it is a trend
_CLOSE = 0.03  # of the factor
_MOST_COLUMNS = 3_000


@dataclass(frozen=True, slots=True)
class UnitChange:
    """A column in two units. `rows` hold the second; `factor` is None for degrees Celsius and Fahrenheit."""

    column: str
    where: Literal["row", "split"]
    rows: Int[np.ndarray, " changed"]
    factor: float | None
    units: str
    before: float
    after: float
    apart: float
    together: float
    p_value: float


@dataclass(frozen=True)
class UnitChanges:
    """All changes of unit; p-values are corrected for the places a change was looked for at, not for columns."""

    found: tuple[UnitChange, ...]
    n_columns: int
    sampled: Sampled | None


@fact()
def unit_changes(dataset: Dataset, column_profiles: ColumnProfiles, split_of: SplitOf | None) -> UnitChanges:
    """Which number columns change their unit, from some row of the table on or between train and test."""
    profiles = [p for p in column_profiles.of(kind="number") if p.role in {"feature", "metadata", "label"}]
    profiles = [p for p in profiles if p.n_known >= 2 * _FEWEST_ROWS and p.n_unique >= _FEWEST_DISTINCT]
    if not profiles:
        raise NotApplicable("no number column with enough different values")
    n = len(dataset)
    rows = np.arange(n)[:: max(1, -(-n // _MOST_ROWS))]
    found = []
    for profile in profiles[:_MOST_COLUMNS]:
        values = dataset.numbers(profile.name)
        change = _along(profile, values, rows)
        if change is None and split_of is not None:
            change = _across(profile, values, rows, split_of)
        if change is not None:
            found.append(change)
    sampled = Sampled(what="changes of unit", rows=len(rows), of=n) if len(rows) < n else None
    return UnitChanges(tuple(found), len(profiles), sampled)


def _along(profile: ColumnProfile, values: np.ndarray, rows: np.ndarray) -> UnitChange | None:
    """Return a change of unit at some row, if there is one: the likeliest place of a jump is held against units."""
    known = rows[np.isfinite(values[rows])]
    picked = values[known]
    if len(picked) < 2 * _FEWEST_ROWS:
        return None
    # Ranks feel no outlier, and rise with a factor and with an offset alike.
    n = len(picked)
    ranks, order = np.empty(n), np.argsort(picked, kind="stable")
    ranks[order] = np.arange(n)
    sums = np.cumsum(ranks - ranks.mean())[:-1]
    k = np.arange(1, n)
    inside = slice(_FEWEST_ROWS - 1, n - _FEWEST_ROWS)
    at = int(np.argmax((np.abs(sums) / np.sqrt(k * (n - k)))[inside])) + _FEWEST_ROWS
    match = _match(picked[order[order < at]], picked[order[order >= at]], n)
    if match is None or not (_steady(picked[:at], match[0]) and _steady(picked[at:], match[0])):
        return None
    changed = np.flatnonzero(np.arange(len(values)) >= known[at])
    return UnitChange(profile.name, "row", changed, *match[1:])


def _across(profile: ColumnProfile, values: np.ndarray, rows: np.ndarray, split_of: SplitOf) -> UnitChange | None:
    """Return a change of unit between train and test, if there is one."""
    kept = rows[np.isfinite(values[rows])]
    train, test = values[kept[split_of.train[kept]]], values[kept[split_of.test[kept]]]
    if min(len(train), len(test)) < _FEWEST_ROWS:
        return None
    match = _match(np.sort(train), np.sort(test), 1)
    if match is None:
        return None
    return UnitChange(profile.name, "split", np.flatnonzero(split_of.test), *match[1:])


def _match(
    a: np.ndarray, b: np.ndarray, n_places: int
) -> tuple[float, float | None, str, float, float, float, float, float] | None:
    """Return (jump, factor, units, medians, gaps before and after conversion, p-value) if a conversion fits.

    `a` and `b` are sorted.
    """
    apart = _gap(a, b)
    if apart < _APART:
        return None
    size = np.sqrt(len(a) * len(b) / (len(a) + len(b)))
    p_value = min(1.0, kolmogorov(apart * float(size)) * n_places)
    allowed = max(_TOGETHER, _CHANCE / float(size))
    middle = float(np.median(a)), float(np.median(b))
    for upwards in (True, False):
        small, large = (a, b) if upwards else (b, a)
        if (small > 0).mean() > 0.9 and (large > 0).mean() > 0.9:
            ratio = float(np.median(large) / np.median(small))
            factor, units = min(FACTORS, key=lambda item: abs(np.log(ratio / item[0]))) if ratio > 1 else (0.0, "")
            if factor and abs(np.log(ratio / factor)) <= _CLOSE + 1.25 * _spread(small) / size:
                together = _gap(small * factor, large)
                if together <= allowed:
                    signed = factor if upwards else 1 / factor
                    return abs(middle[1] - middle[0]), signed, units, *middle, apart, together, p_value
        together = _gap(small * 1.8 + 32, large)
        if together <= allowed and _spread_of(large) > 1.4 * _spread_of(small):
            units = "degrees Celsius and Fahrenheit"
            return abs(middle[1] - middle[0]), None, units, *middle, apart, together, p_value
    return None


def _gap(a: np.ndarray, b: np.ndarray) -> float:
    """Return the largest gap between the cumulative shares of two sorted samples."""
    places = np.concatenate([a, b])
    below = np.searchsorted(a, places, "right") / len(a) - np.searchsorted(b, places, "right") / len(b)
    return float(np.abs(below).max())


def _spread_of(values: np.ndarray) -> float:
    """Return the interquartile range of sorted values."""
    return float(values[3 * len(values) // 4] - values[len(values) // 4])


def _spread(values: np.ndarray) -> float:
    """Return the interquartile range of the logarithms of the positive ones among sorted values."""
    return _spread_of(np.log(values[values > 0]))


def _steady(side: np.ndarray, jump: float) -> bool:
    """Return whether both halves of one side lie on one level, as they do not in a trend or a sorted file."""
    half = len(side) // 2
    return abs(float(np.median(side[:half]) - np.median(side[half:]))) <= _STEADY * jump
