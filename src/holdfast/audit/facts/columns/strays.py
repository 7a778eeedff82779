"""Values that cannot be: outside what the column's name allows, or far outside the law of the rest."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import numpy as np
import pyarrow.compute as pc
from jaxtyping import Float, Int

from holdfast.audit.definitions import fact
from holdfast.audit.facts.columns.columns import ColumnProfile, ColumnProfiles
from holdfast.audit.facts.columns.limits import AGE_TEXT, YEARS, Limits, limits_of
from holdfast.audit.facts.columns.sentinels import far_zeros, fewest_coded
from holdfast.core.dataset import Dataset

_FEWEST_VALUES = 100
_FEWEST_DISTINCT = 30
_MOST_OUTSIDE = 0.05  # beyond, the name means something else (ages in days, percentages as changes)
_LEAST_CLUSTER, _CLUSTER_SHARE, _MOST_CLUSTER = 10, 0.0005, 200
_TAIL_SHARE, _FEWEST_IN_TAIL, _MOST_IN_TAIL = 0.01, 20, 500
_FAR_FROM_ZERO = 3.5  # deviations of the rest's lower half
_TIMES_EXPECTED = 5.0  # more zeros than the tail of a normal law allows
_RATIO = 2.0  # times as far from the middle as the next value
_SECONDS_A_YEAR = 365.25 * 86_400
# Where clocks and databases begin or end: an empty date becomes one of these.
_EPOCHS = ("0001-01-01", "1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1904-01-01", "1970-01-01",
           "2099-12-31", "2100-01-01", "9999-12-31")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stray:
    """Rows of a column whose value cannot be. `p_value` is of the law, 0 where a name or a date decides."""

    column: str
    how: Literal["name", "law", "zero", "future", "epoch"]
    rows: Int[np.ndarray, " stray"]
    said: str
    ratio: float
    p_value: float


@dataclass(frozen=True)
class Strays:
    """All values that cannot be, by column in table order; `n_tested` tails were held against their law."""

    found: tuple[Stray, ...]
    n_tested: int


@fact()
def strays(dataset: Dataset, column_profiles: ColumnProfiles) -> Strays:
    """Values outside of what names allow, dates in the future or at the beginning of a calendar, and far values."""
    found, tested = list[Stray](), 0
    for profile in column_profiles:
        if profile.role not in {"feature", "metadata", "label", "time"}:
            continue
        if profile.kind == "time":
            found.extend(_dates(dataset, profile))
        elif profile.kind == "number":
            by_name = _by_name(dataset.numbers(profile.name), profile, limits_of(profile.name))
            found.extend(by_name)
            if profile.role != "label" and not by_name and _has_a_law(profile):
                tested += 2
                zeros = _zeros(dataset, profile)
                found.extend(zeros)
                found.extend(_by_law(dataset.numbers(profile.name), profile.name, [1.0] if zeros else [1.0, -1.0]))
        elif profile.kind in {"category", "text"}:
            found.extend(_ages(dataset, profile))
    return Strays(tuple(found), tested)


def _by_name(values: np.ndarray, profile: ColumnProfile, limits: Limits | None) -> list[Stray]:
    """Return the values outside the limits, if they are few."""
    if limits is None or profile.low is None or profile.high is None:
        return []
    inside_low = limits.low is None or profile.low > limits.low or (profile.low == limits.low and not limits.low_is_out)
    if inside_low and (limits.high is None or profile.high <= limits.high):
        return []
    out = np.zeros(len(values), dtype=bool)
    if limits.low is not None:
        out |= values <= limits.low if limits.low_is_out else values < limits.low
    if limits.high is not None:
        out |= values > limits.high
    rows = np.flatnonzero(out)
    share = len(rows) / max(profile.n_known, 1)
    if not len(rows) or share > _MOST_OUTSIDE:
        return []
    far = values[rows]
    said = f"is {_from_to(far)} in {len(rows):,} of {profile.n_known:,} rows, which {limits.what} cannot be"
    return [Stray(profile.name, "name", rows, said, share, 0.0)]


def _ages(dataset: Dataset, profile: ColumnProfile) -> list[Stray]:
    """Return ages written as text, such as 411Y, that nobody reaches."""
    limits = limits_of(profile.name)
    if limits is None or limits.what != "an age in years" or not profile.top:
        return []
    if not AGE_TEXT.match(str(profile.top[0][0])):
        return []
    encoded = dataset.table.column(profile.name).combine_chunks().dictionary_encode()
    ages = [_age(str(word)) for word in encoded.dictionary.to_pylist()]
    codes = pc.fill_null(encoded.indices, len(ages)).to_numpy(zero_copy_only=False)
    years = np.array([*ages, np.nan])[codes]
    rows = np.flatnonzero(years > (limits.high or np.inf))
    share = len(rows) / max(profile.n_known, 1)
    if not len(rows) or share > _MOST_OUTSIDE:
        return []
    said = f"is up to {years[rows].max():.0f} years in {len(rows):,} of {profile.n_known:,} rows, which nobody reaches"
    return [Stray(profile.name, "name", rows, said, share, 0.0)]


def _age(word: str) -> float:
    match = AGE_TEXT.match(word)
    return float(match[1]) * YEARS[match[2].lower()] if match else np.nan


def _dates(dataset: Dataset, profile: ColumnProfile) -> list[Stray]:
    """Return dates that lie in the future, and several at one day where calendars begin or end."""
    if profile.low is None or profile.high is None or profile.n_known < _FEWEST_DISTINCT:
        return []
    values, found = dataset.numbers(profile.name), []
    for day in _EPOCHS:
        at = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
        if not profile.low <= at <= profile.high:
            continue
        on_day = np.abs(values - at) < 86_400
        rest = np.abs(values[~on_day & np.isfinite(values)] - at)
        # A day among others is a day; one that stands years apart, again and again, is a code.
        if on_day.sum() >= 2 and len(rest) and rest.min() > _SECONDS_A_YEAR:
            rows = np.flatnonzero(on_day)
            said = f"is {day} in {len(rows):,} of {profile.n_known:,} rows, a year and more from all other dates"
            found.append(Stray(profile.name, "epoch", rows, said, len(rows) / profile.n_known, 0.0))
    taken = np.concatenate([stray.rows for stray in found]) if found else np.empty(0, dtype=np.int64)
    later = np.setdiff1d(np.flatnonzero(values > time.time() + _SECONDS_A_YEAR), taken)
    if len(later) and len(later) <= _MOST_OUTSIDE * profile.n_known:
        said = f"lies more than a year in the future in {len(later):,} of {profile.n_known:,} rows"
        found.append(Stray(profile.name, "future", later, said, len(later) / profile.n_known, 0.0))
    return found


def _has_a_law(profile: ColumnProfile) -> bool:
    return profile.n_known >= _FEWEST_VALUES and profile.n_unique >= _FEWEST_DISTINCT


def _zeros(dataset: Dataset, profile: ColumnProfile) -> list[Stray]:
    """Return a few zeros in a column that keeps well away from zero; many of them are a code for missing."""
    if profile.low != 0:
        return []
    item, expected = far_zeros(profile, dataset.numbers(profile.name))
    if item is None or item.distance is None or item.distance < _FAR_FROM_ZERO:
        return []
    if len(item.rows) >= fewest_coded(profile.n_known) or len(item.rows) < _TIMES_EXPECTED * expected:
        return []
    said = f"is 0 in {len(item.rows):,} of {profile.n_known:,} rows, though {item.why}"
    return [Stray(profile.name, "zero", item.rows, said, item.distance, 0.0)]


def _by_law(values: np.ndarray, name: str, signs: list[float]) -> list[Stray]:
    """Return values far beyond what the tail of the rest lets expect, on either side of the middle.

    Distances from the median are held against a power law with the exponent of the tail (Hill, 1975). Under it, j
    times the logarithm of the ratio of the j-th to the next distance is exponential (Rényi, 1953), so a gap beyond
    the j farthest values has the p-value ratio^(-exponent × j), or a little more since the exponent is estimated.
    Tails that are lighter than a power law make it larger than it should be.
    """
    rows = np.flatnonzero(np.isfinite(values))
    known = values[rows]
    n = len(known)
    n_tail = int(np.clip(_TAIL_SHARE * n, _FEWEST_IN_TAIL, _MOST_IN_TAIL))
    n_cluster = int(np.clip(_CLUSTER_SHARE * n, _LEAST_CLUSTER, _MOST_CLUSTER))
    n_top = min(n_cluster + n_tail + 1, n - 1)
    parted = np.partition(known, [n_top, (n - 1) // 2, n // 2, n - n_top])
    middle = float(np.median(parted[(n - 1) // 2 : n // 2 + 1]))
    found = []
    for sign in signs:
        side, tail = ("above", parted[n - n_top :]) if sign > 0 else ("below", parted[:n_top])
        with np.errstate(over="ignore"):
            top = np.sort(sign * (tail - middle))[::-1]
        top = top[top > 0]
        best = _gap(top, n_cluster, n_tail)
        if best is None:
            continue
        size, ratio, p_value = best
        with np.errstate(over="ignore"):
            far = np.flatnonzero(sign * (known - middle) >= top[size - 1])
        extremes = known[far]
        shown = (
            f"{extremes.min():.6g}"
            if extremes.min() == extremes.max()
            else f"{extremes.min():.6g} to {extremes.max():.6g}"
        )
        said = (
            f"is {shown} in {len(far):,} of {len(known):,} rows, {ratio:.1f} times as far {side} the middle "
            f"({middle:.6g}) as the next value ({middle + sign * top[size]:.6g})"
        )
        found.append(Stray(name, "law", rows[far], said, ratio, p_value))
    return found


def _from_to(values: np.ndarray) -> str:
    low, high = float(values.min()), float(values.max())
    return f"{low:.6g}" if low == high else f"{low:.6g} to {high:.6g}"


def _gap(top: Float[np.ndarray, " farthest"], n_cluster: int, n_tail: int) -> tuple[int, float, float] | None:
    """Return (values beyond the gap, ratio, p-value) of the least likely gap among the farthest distances."""
    best = None
    with np.errstate(divide="ignore"):
        ratios = top[:-1] / top[1:]
    for j in np.flatnonzero(ratios[:n_cluster] >= _RATIO) + 1:
        tail = top[j : j + n_tail]
        if len(tail) < _FEWEST_IN_TAIL:
            continue
        spread = float(np.log(tail[:-1] / tail[-1]).mean())
        if spread <= 0:
            continue
        # With the exponent known the chance would be exp(-x); estimated from m values it is that of an F ratio.
        m, x = len(tail) - 1, j * np.log(ratios[j - 1]) / spread
        p_value = float(np.exp(-m * np.log1p(x / m)))
        if best is None or p_value < best[2]:
            best = int(j), float(ratios[j - 1]), p_value
    return best
