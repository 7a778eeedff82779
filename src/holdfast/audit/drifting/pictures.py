"""Small pictures of drift: distributions of two sides, and columns over many slices."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.audit.drifting.slices import Slices
from holdfast.audit.facts.shift.sides import Sides
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Series
from holdfast.core.text import one_line
from holdfast.data.canonical import STRING
from holdfast.data.intervals import Z_95, wilson

_AT = np.arange(2, 99, 2) / 100
_FEW = 10  # values drawn as shares
_DRAWN = 8
_MOST_ROWS = 20_000  # of each slice that a picture is made of
_LEVELS = 3


def distribution(both: Dataset, name: str, is_old: np.ndarray, sides: Sides) -> Series | None:
    """Return a column on both sides: quantiles of numbers, shares of categories, with 95% intervals."""
    values = both.values(name)
    known = ~both.nulls(name)
    if min(int((known & is_old).sum()), int((known & ~is_old).sum())) < 2:
        return None
    names = one_line(sides.first, 40), one_line(sides.second, 40)
    if both[name].kind == "number" and not pa.types.is_large_string(values.type):
        numbers = both.numbers(name)
        if len(np.unique(numbers[known])) > _FEW:
            parts = [_quantiles(np.sort(numbers[known & side])) for side in (is_old, ~is_old)]
            return _curve(name, names, parts)
    texts = pc.cast(values, STRING)
    return _shares(name, names, [texts.filter(pa.array(known & side)) for side in (is_old, ~is_old)])


def _quantiles(ordered: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return quantiles and their 95% intervals from order statistics, by the normal law of ranks."""
    n = len(ordered)
    half = Z_95 * np.sqrt(n * _AT * (1 - _AT))
    ranks = [np.clip(n * _AT + off, 0, n - 1).astype(np.int64) for off in (0.0, -half, half)]
    middle, low, high = (np.clip(ordered[rank], -1e300, 1e300) for rank in ranks)
    return middle, low, high


def _curve(name: str, names: tuple[str, str], parts: Sequence[tuple[np.ndarray, ...]]) -> Series:
    middle, low, high = (tuple(float(f"{v:.6g}") for part in parts for v in part[i].tolist()) for i in range(3))
    return Series(
        name=f"Quantiles of {one_line(name, 60)}",
        x=tuple(round(100 * float(x)) for x in _AT) * 2,
        y=middle,
        low=low,
        high=high,
        group=tuple(side for side in names for _ in _AT),
        x_name="percent of rows below",
        y_name=one_line(name, 40),
    )


def _shares(name: str, names: tuple[str, str], parts: Sequence[pa.ChunkedArray]) -> Series | None:
    """Return the shares of the values whose share changed most."""
    words = pc.unique(pa.chunked_array([c for part in parts for c in part.chunks], STRING))
    counts = [np.bincount(_codes(part, words), minlength=len(words)) for part in parts]
    sizes = [int(one.sum()) for one in counts]
    change = np.abs(counts[0] / max(sizes[0], 1) - counts[1] / max(sizes[1], 1))
    kept = np.argsort(-change, kind="stable")[:_DRAWN].tolist()
    shown = [one_line(str(words[i].as_py()), 30) for i in kept]
    if len(set(shown)) < len(shown):
        return None
    ends = [wilson(int(one[i]), size) for one, size in zip(counts, sizes, strict=True) for i in kept]
    more = f", {len(kept)} of {len(words):,} values" if len(kept) < len(words) else ""
    return Series(
        name=f"Shares of {one_line(name, 60)}{more}",
        x=tuple(shown) * 2,
        y=tuple(round(float(one[i]) / max(size, 1), 5) for one, size in zip(counts, sizes, strict=True) for i in kept),
        low=tuple(round(end.low, 5) for end in ends),
        high=tuple(round(end.high, 5) for end in ends),
        group=tuple(side for side in names for _ in kept),
        x_name=one_line(name, 40),
        y_name="share of rows",
        shape="point",
    )


def _codes(values: pa.ChunkedArray, words: pa.Array) -> np.ndarray:
    return np.asarray(pc.index_in(values, value_set=words).to_numpy(zero_copy_only=False), dtype=np.int64)


def over_slices(slices: Slices, name: str) -> Series | None:
    """Return a column over all slices: the median of numbers, shares of the values that change most, with bands."""
    column, values = slices.dataset[name], slices.dataset.values(name)
    rows = [np.flatnonzero(slices.codes == place)[:_MOST_ROWS] for place in range(len(slices.names))]
    names = tuple(one_line(one, 30) for one in slices.names)
    if column.kind == "number" and not pa.types.is_large_string(values.type):
        numbers = slices.dataset.numbers(name)
        ends = [_median(np.sort(numbers[one][~np.isnan(numbers[one])])) for one in rows]
        middle, low, high = zip(*ends, strict=True)
        return Series(
            name=f"Median of {one_line(name, 60)}",
            x=names,
            y=middle,
            low=low,
            high=high,
            x_name=slices.unit,
            y_name=one_line(name, 40),
        )
    if column.kind == "category":
        return _shares_over(slices, name, names, rows)
    return None


def _median(ordered: np.ndarray) -> tuple[float | None, float | None, float | None]:
    n = len(ordered)
    if not n:
        return None, None, None
    half = Z_95 * np.sqrt(n) / 2
    places = [n // 2, max(0, int(n / 2 - half)), min(n - 1, int(np.ceil(n / 2 + half)))]
    middle, low, high = (float(f"{np.clip(ordered[place], -1e300, 1e300):.6g}") for place in places)
    return middle, low, high


def _shares_over(slices: Slices, name: str, names: tuple[str, ...], rows: Sequence[np.ndarray]) -> Series | None:
    values = pc.cast(slices.dataset.values(name), STRING)
    words = pc.unique(values).drop_null()
    if not len(words):
        return None
    counts = np.stack(
        [np.bincount(_codes(values.take(pa.array(one)).drop_null(), words), minlength=len(words)) for one in rows]
    )
    sizes = counts.sum(axis=1)
    shares = counts / np.maximum(sizes, 1)[:, None]
    kept = np.argsort(-np.ptp(shares, axis=0), kind="stable")[:_LEVELS].tolist()
    lines = [(i, t, wilson(int(counts[t, i]), int(sizes[t]))) for i in kept for t in range(len(names))]
    return Series(
        name=f"Shares of {one_line(name, 60)}, the values that change most",
        x=tuple(names[t] for _, t, _ in lines),
        y=tuple(round(float(shares[t, i]), 5) for i, t, _ in lines),
        low=tuple(round(end.low, 5) for _, _, end in lines),
        high=tuple(round(end.high, 5) for _, _, end in lines),
        group=tuple(one_line(str(words[i].as_py()), 30) for i, _, _ in lines),
        x_name=slices.unit,
        y_name="share of rows",
    )


def origins(slices: Slices) -> Iterator[Series]:
    """Yield the share of each origin over versions or periods, with Wilson's intervals; unknown counts as one."""
    wholes = [one for one in slices.wholes if one.origins]
    if not wholes:
        return
    found = [name for name, _ in wholes[0].origins if any(dict(one.origins)[name] for one in wholes)]
    points = [(name, one, dict(one.origins)[name]) for name in found for one in wholes]
    ends = [wilson(count, one.rows) for _, one, count in points]
    yield Series(
        name=f"Shares of origins over {slices.unit}s",
        x=tuple(one_line(one.name, 30) for _, one, _ in points),
        y=tuple(round(count / max(one.rows, 1), 5) for _, one, count in points),
        low=tuple(round(end.low, 5) for end in ends),
        high=tuple(round(end.high, 5) for end in ends),
        group=tuple(name for name, _, _ in points),
        x_name=slices.unit,
        y_name="share of rows",
    )
