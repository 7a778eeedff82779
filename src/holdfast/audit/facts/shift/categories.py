"""How two samples of categories differ: the share of rows that would have to change."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.audit.facts.shift.numbers import Effect, chance
from holdfast.audit.facts.shift.sides import Sides
from holdfast.data.intervals import Z_95

_POOLED_BELOW = 5.0  # expected count; Cochran (1954)
_MOST_WORDS = 2_000  # most frequent values compared one by one; the rest count as one


def variation(
    values: pa.ChunkedArray, n_first: int, n_a: float, n_b: float, sides: Sides, *, plain: bool
) -> tuple[Effect, str]:
    """Return the total variation of two samples of categories, and what changed most in words.

    `n_first` of the values are the first sample; `n_a` and `n_b` count what is independent. What chance alone brings
    is taken off; the interval is that of the difference of two shares, of the values that became more frequent, less
    the most that chance may bring below, and with nothing taken off above. Rare values count as one; above, as if they
    had all changed.
    """
    from scipy.special import chdtrc

    encoded = (_plainly_written(values) if plain else values).combine_chunks().dictionary_encode()
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    k = len(encoded.dictionary)
    a = np.bincount(codes[:n_first][codes[:n_first] >= 0], minlength=k)
    b = np.bincount(codes[n_first:][codes[n_first:] >= 0], minlength=k)
    frequent = np.argsort(-(a + b), kind="stable")[:_MOST_WORDS]
    both = (a + b)[frequent]
    least = _POOLED_BELOW * (a.sum() + b.sum()) / max(min(a.sum(), b.sum()), 1)
    kept = frequent[both >= least]
    counts = np.stack([np.r_[s[kept], s.sum() - s[kept].sum()] for s in (a, b)]).astype(np.float64)
    counts = counts[:, counts.sum(axis=0) > 0]
    effect, freedom, chi = _total(counts, n_a, n_b)
    pooled = int(((a + b) > 0).sum()) - len(kept)
    if pooled > 1:  # they may differ among themselves by all that they are
        rest = float(counts[:, -1].sum() / counts.sum())
        effect = (*effect[:2], min(1.0, effect[2] + rest))
    if not len(kept) or freedom < 1:
        return Effect(*effect, 1.0), ""
    more_frequent = b[kept] / b.sum() - a[kept] / a.sum()
    ties = kept[more_frequent >= more_frequent.max() - 1e-12][:100]
    most, word = min(((int(i), str(encoded.dictionary[int(i)].as_py())[:60]) for i in ties), key=lambda pair: pair[1])
    said = f"{word!r} is {a[most] / a.sum():.1%} of {sides.first}, {b[most] / b.sum():.1%} of {sides.second}"
    return Effect(*effect, float(chdtrc(freedom, chi))), said


def _total(counts: np.ndarray, n_a: float, n_b: float) -> tuple[tuple[float, float, float], int, float]:
    """Return total variation with its interval, the degrees of freedom and χ² of a table of two lines."""
    shares = counts / counts.sum(axis=1, keepdims=True)
    change = shares[1] - shares[0]
    pooled = counts.sum(axis=0) / counts.sum()
    error = np.sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b))
    freedom = counts.shape[1] - 1
    raw = float(np.abs(change).sum() / 2)
    half = np.full(len(change), 0.5)
    # χ² / degrees of freedom has the standard error √(2 / degrees of freedom) where nothing changed.
    usual, most = chance(change, error, half, doubt=float(np.sqrt(2 / max(freedom, 1))))
    more = change > 0
    up, down = float(shares[1][more].sum()), float(shares[0][more].sum())
    margin = Z_95 * float(np.sqrt(up * (1 - up) / n_b + down * (1 - down) / n_a))
    with np.errstate(divide="ignore", invalid="ignore"):
        chi = float(np.where(pooled > 0, change**2 / (pooled * (1 / n_a + 1 / n_b)), 0.0).sum())
    return (max(0.0, raw - usual), max(0.0, raw - most - margin), min(1.0, raw + margin)), freedom, chi


def _plainly_written(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return class names without case, spaces around them and a full stop: spelling is no shift."""
    if not pa.types.is_large_string(values.type):
        return values
    return pc.utf8_rtrim(pc.utf8_lower(pc.utf8_trim_whitespace(values)), characters=".")
