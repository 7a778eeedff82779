"""Values that stand for "missing": numbers outside the law of the rest, and words that say so."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int

from holdfast.audit.definitions import fact
from holdfast.audit.facts.columns.columns import ColumnProfile, ColumnProfiles
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable

# Markers that people type, in lower case. Those in `_PERHAPS` are also honest answers.
_SURE = ("", "?", "??", "???", "-", "--", "---", ".", "..", "na", "n/a", "n.a.", "#n/a", "#na", "nan", "null", "(null)",
         "<na>", "missing", "not available", "not recorded", "no data", "undefined", "\\n", "#null!", "#value!", "nr",
         "-999", "-9999")  # fmt: skip
_PERHAPS = ("unknown", "unk", "not known", "not specified", "unspecified", "not stated", "not reported", "no answer",
            "don't know", "prefer not to say", "refused")  # fmt: skip
_NEGATIVE = frozenset({-1, -7, -8, -9, -77, -88, -98, -99, -777, -888, -998, -999, -9998, -9999, -99999, -999999,
                       -32768, -2147483648})  # fmt: skip
_HIGH = frozenset({97, 98, 99, 888, 997, 998, 999, 8888, 9998, 9999, 99998, 99999, 999998, 999999, 9999999, 99999999,
                   32767, 2147483647})  # fmt: skip
_LONGEST_WORD = 40  # characters of a cell that are looked at
_FEWEST_VALUES = 50
_FEWEST_DISTINCT = 10
_MOST_SHARE_OF_ZEROS = 0.8  # beyond, zero is the rule and the rest the exception: gains, tolls, rain
_FEWEST_CODED = 3
_LEAST_SHARE = 0.001
_FAR = 2.5  # robust lower deviations between the rest's median and zero
_NEAR_BY = 1.2  # the same, where zeros come together with those of a column that is far from zero
_QUARTILE = 0.6745  # of the normal law
_TIMES_EXPECTED = 5.0
_TOGETHER = 6.0  # standard errors above chance that zeros of two columns fall on the same rows


@dataclass(frozen=True, slots=True)
class Sentinel:
    """A value of a column that seems to stand for "missing".

    `sure` is False where it may as well be an honest answer. `distance` says for numbers how far the value lies from
    the middle of the rest, in deviations of the rest on that side.
    """

    column: str
    value: str
    rows: Int[np.ndarray, " coded"]
    n_known: int
    sure: bool
    why: str = ""
    distance: float | None = None


@dataclass(frozen=True)
class Sentinels:
    """All values that seem to stand for "missing", by column in table order."""

    found: tuple[Sentinel, ...]


@fact()
def sentinels(dataset: Dataset, column_profiles: ColumnProfiles) -> Sentinels:
    """Which values of which feature columns seem to stand for "missing"."""
    profiles = [p for p in column_profiles if p.role in {"feature", "metadata", "group"}]
    if not profiles:
        raise NotApplicable("no feature column")
    found, perhaps = [], []
    for profile in profiles:
        if profile.kind == "number":
            sure, maybe = _numbers(dataset, profile)
            found.extend(sure)
            perhaps.extend(maybe)
        elif profile.kind in {"category", "text"}:
            found.extend(_words(dataset, profile))
    zeros = [item for item in found if item.value == "0"]
    found.extend(item for item in perhaps if any(_together(item, other, len(dataset)) for other in zeros))
    place = {profile.name: number for number, profile in enumerate(profiles)}
    return Sentinels(tuple(sorted(found, key=lambda item: (place[item.column], item.value))))


def _numbers(dataset: Dataset, profile: ColumnProfile) -> tuple[list[Sentinel], list[Sentinel]]:
    """Return values that surely seem to be codes, and zeros that do only if other columns' zeros agree."""
    low, high = profile.low, profile.high
    if low is None or high is None or profile.n_known < _FEWEST_VALUES or profile.n_unique <= _FEWEST_DISTINCT:
        return [], []
    if low != 0 and low not in _NEGATIVE and high not in _HIGH:
        return [], []
    values = dataset.numbers(profile.name)
    sure: list[Sentinel] = []
    maybe: list[Sentinel] = []
    if low == 0:
        item, certain = _zero(profile, values)
        if item is not None:
            (sure if certain else maybe).append(item)
    elif low in _NEGATIVE:
        sure.extend(_negative(profile, values, low))
    if high in _HIGH:
        sure.extend(_high(profile, values, high))
    return sure, maybe


def _zero(profile: ColumnProfile, values: np.ndarray) -> tuple[Sentinel | None, bool]:
    """Return zeros that lie below the law of the rest, and whether far enough to say so without other evidence."""
    item, expected = far_zeros(profile, values)
    if item is None or len(item.rows) < fewest_coded(profile.n_known) or item.distance is None:
        return None, False
    if item.distance >= _FAR and len(item.rows) >= _TIMES_EXPECTED * expected:
        return item, True
    return (item, False) if item.distance >= _NEAR_BY else (None, False)


def fewest_coded(n_known: int) -> float:
    """Return how often a value must occur to pass for a code; rarer ones are strays."""
    return max(_FEWEST_CODED, _LEAST_SHARE * n_known)


def far_zeros(profile: ColumnProfile, values: np.ndarray) -> tuple[Sentinel | None, float]:
    """Return the zeros of a column that is otherwise positive and keeps away from zero, and how many to expect.

    Their distance is the median of the rest in deviations of its lower half; the expectation that of a normal law.
    """
    rows = np.flatnonzero(values == 0)
    if not len(rows) or len(rows) >= _MOST_SHARE_OF_ZEROS * profile.n_known:
        return None, 0.0
    rest = np.unique(values[values > 0])
    if len(rest) < _FEWEST_DISTINCT:
        return None, 0.0
    # Counts, tenths and the like reach zero in a step or two; then zero is one of them.
    step = 1.0 if profile.whole else float(np.diff(rest[:50]).min())
    if rest[0] <= 3 * step * (1 + 1e-9):
        return None, 0.0
    quarter, middle = np.quantile(values[values > 0], [0.25, 0.5])
    if not middle > quarter:
        return None, 0.0
    distance = float(_QUARTILE * middle / (middle - quarter))
    why = f"the rest begins at {rest[0]:.4g}, half of it lies above {middle:.4g}"
    # The tail of a normal law beyond `distance` deviations, a bound good enough here (Mills' ratio).
    expected = profile.n_known * float(np.exp(-(distance**2) / 2) / (distance * np.sqrt(2 * np.pi)))
    return Sentinel(profile.name, "0", rows, profile.n_known, sure=True, why=why, distance=distance), expected


def _negative(profile: ColumnProfile, values: np.ndarray, low: float) -> list[Sentinel]:
    """Return the one negative value of a column that is otherwise 0 or more."""
    rows = np.flatnonzero(values == low)
    rest = values[values > low]
    if len(rows) < _FEWEST_CODED or not len(rest):
        return []
    following = float(rest.min())
    if following < 0 or profile.high is None or profile.high < 10 * abs(low) * (low == -1):
        return []
    quarter, middle, upper = np.quantile(rest, [0.25, 0.5, 0.75])
    spread = float(upper - quarter) or float(middle) or 1.0
    if low == -1:
        # Whole numbers may reach -1 in their own right; then it is about as frequent as what follows.
        nearby = int((values == following).sum())
        if following - low <= 1 and len(rows) < 3 * max(nearby, 1):
            return []
    elif following - low < min(spread, abs(low)):
        return []
    why = f"all other values are {following:.4g} or more"
    away = (float(middle) - low) / spread
    return [Sentinel(profile.name, f"{low:g}", rows, profile.n_known, sure=True, why=why, distance=away)]


def _high(profile: ColumnProfile, values: np.ndarray, high: float) -> list[Sentinel]:
    """Return a highest value, all nines or the like, that lies as far beyond the next as that beyond the middle."""
    rows = np.flatnonzero(values == high)
    rest = values[values < high]
    if len(rows) < _FEWEST_CODED or not len(rest):
        return []
    following, middle = float(rest.max()), float(np.median(rest))
    if high - following < max(following - middle, 0.25 * high):
        return []
    quarter, upper = np.quantile(rest, [0.25, 0.75])
    spread = float(upper - quarter) or max(following - middle, 1.0)
    why = f"all other values are {following:.6g} or less"
    away = (high - middle) / spread
    return [Sentinel(profile.name, f"{high:.0f}", rows, profile.n_known, sure=True, why=why, distance=away)]


def _words(dataset: Dataset, profile: ColumnProfile) -> list[Sentinel]:
    """Return words for "missing" among the values of a column."""
    values = dataset.table.column(profile.name)
    if not pa.types.is_large_string(values.type) or not profile.n_known:
        return []
    if profile.n_unique_exact and profile.n_unique <= len(profile.top):
        plain = {str(word).strip().lower() for word, _ in profile.top}
        if plain.isdisjoint(_SURE) and plain.isdisjoint(_PERHAPS):
            return []
    # Long cells are no markers, and cutting them short keeps a column of documents cheap.
    short = pc.utf8_lower(pc.utf8_trim_whitespace(pc.utf8_slice_codeunits(values, 0, _LONGEST_WORD)))
    found = []
    for markers, sure in ((_SURE, True), (_PERHAPS, False)):
        hit = pc.is_in(short, value_set=pa.array(markers, pa.large_string())).to_numpy(zero_copy_only=False)
        rows = np.flatnonzero(hit & ~dataset.nulls(profile.name))
        # A column of nothing else is constant, not coded.
        if len(rows) and len(rows) < profile.n_known:
            counts = short.take(pa.array(rows)).value_counts().to_pylist()
            word = min(counts, key=lambda item: (-item["counts"], item["values"]))["values"]
            shown = repr(word) if word else "blank"
            found.append(Sentinel(profile.name, shown, rows, profile.n_known, sure=sure))
    return found


def _together(item: Sentinel, other: Sentinel, n: int) -> bool:
    """Return whether two columns hold their zeros on the same rows far more often than chance."""
    both = len(np.intersect1d(item.rows, other.rows, assume_unique=True))
    a, b = len(item.rows) / n, len(other.rows) / n
    expected = n * a * b
    deviation = np.sqrt(n * a * (1 - a) * b * (1 - b))
    return item.column != other.column and both >= 1.5 * expected and both - expected > _TOGETHER * deviation
