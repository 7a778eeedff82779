"""Whether texts are a mixture of the labelled kinds, in their scores and in their habits of writing.

The kinds are people and each labelled generator. A generator that nobody labelled looks like people to a detector that
learnt from others, and a classifier that must find it among thousands of n-grams needs it to write most of a corpus.
Habits of writing are a few numbers, whose means it moves sooner: `benchmarks/detection/strangers.py` measures how soon.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from holdfast.data.screening.share.shift import Test, standardised

LEVEL = 0.03  # chance of a wrong refusal by habits, far above the other tests', as it sees strangers best
SCORES_LEVEL = 0.005  # by scores
_RIDGE = 1e-3  # of a column's variance: columns that say the same must not divide by nothing
_GROUPS = 6  # of bins of scores
_ROUNDS = 5  # of fitting shares and then weighing with them
_Rows = Float[np.ndarray, "texts columns"]
Shares = Float[np.ndarray, " kinds"]


@dataclass(frozen=True)
class _Side:
    mean: Float[np.ndarray, " columns"]
    covariance: Float[np.ndarray, "columns columns"]
    n: int


def habits_test(kinds: Sequence[_Rows], asked: _Rows, level: float = LEVEL) -> tuple[Test, Shares]:
    """Return whether habits of writing are a mixture of those of the kinds, and the shares that fit best."""
    statistic, bound, p, shares = mixture_test(kinds, asked, level)
    says = "habits of writing may be a mixture of those of the labelled texts"
    if p < level:
        says = "habits of writing are no mixture of those of the labelled texts"
    return Test("habits of writing", statistic, 0.0, bound, p, level, says), shares


def fit_test(kinds: Sequence[_Rows], asked: _Rows, level: float = SCORES_LEVEL) -> Test:
    """Return whether scores are a mixture of the kinds' distributions; rows say how much of a text lies in each bin."""
    both = (kinds[0].mean(axis=0) + np.mean([one.mean(axis=0) for one in kinds[1:]], axis=0)) / 2
    group = np.minimum((np.cumsum(both) - both / 2) * _GROUPS, _GROUPS - 1).astype(int)
    few = [np.stack([one[:, group == at].sum(1) for at in range(_GROUPS - 1)], axis=1) for one in (*kinds, asked)]
    statistic, bound, p, _ = mixture_test(few[:-1], few[-1], level)
    says = "scores may be a mixture of the labelled distributions of scores"
    if p < level:
        says = "scores are no mixture of the labelled distributions of scores"
    return Test("fit of the mixture", statistic, 0.0, bound, p, level, says)


def mixture_test(kinds: Sequence[_Rows], asked: _Rows, level: float) -> tuple[float, float, float, Shares]:
    """Return T², what it exceeds at the level, the p-value, and the shares of the kinds.

    Rows are independent texts. r(a) = mean(asked) − Σ a mean(kind), a ≥ 0 with sum 1, weighed by its covariance with
    the errors of all samples; the least over a is T² (Hotelling, 1931; over-identified as in Hansen, 1982). No degree
    of freedom is taken off for a: at its likely value, nobody but people wrote, none is fitted.
    """
    from scipy.stats import f

    kinds = [one for one in kinds if len(one) > 1]
    everything = standardised(np.concatenate([*kinds, asked]))
    everything = everything[:, np.ptp(everything, axis=0) > 0]
    *sides, found = (_side(one) for one in np.split(everything, np.cumsum([len(one) for one in kinds])))
    statistic, freedom, shares = _fitted(sides, found)
    k = max(everything.shape[1], 1)
    rest = max(freedom - k + 1, 1.0)
    scale = freedom * k / rest
    return statistic, float(scale * f.isf(level, k, rest)), float(f.sf(statistic / scale, k, rest)), shares


def one_each(rows: _Rows, family: Int[np.ndarray, " texts"]) -> _Rows:
    """Return a row per family, the mean of its texts: near-copies are no independent evidence."""
    families, member = np.unique(family, return_inverse=True)
    sums, counts = np.zeros((2, len(families), rows.shape[1]))
    np.add.at(sums, member, np.nan_to_num(rows))
    np.add.at(counts, member, np.isfinite(rows))
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _side(rows: _Rows) -> _Side:
    away = rows - rows.mean(axis=0)
    return _Side(rows.mean(axis=0), away.T @ away / max(len(rows) - 1, 1), len(rows))


def _fitted(kinds: Sequence[_Side], asked: _Side) -> tuple[float, float, Shares]:
    """Return the least T², the degrees of freedom behind its covariance, and the shares: least squares, reweighed."""
    from scipy.linalg import solve_triangular
    from scipy.optimize import nnls

    means = np.stack([one.mean for one in kinds], axis=1)
    # All kinds first: a column that only one of them fills must not forbid that one for want of variance.
    shares = np.full(len(kinds), 1 / len(kinds))
    found = []
    for _ in range(_ROUNDS):
        spread, freedom = _spread(kinds, asked, shares, means)
        root = np.linalg.cholesky(spread)
        rows, aim = (solve_triangular(root, one, lower=True) for one in (means, asked.mean))
        found.append((float(np.sum((aim - rows @ shares) ** 2)), freedom, shares))
        heavy = 1e4 * max(float(np.abs(rows).max()), 1.0)  # holds the sum at 1
        shares, _ = nnls(np.vstack([rows, np.full(len(kinds), heavy)]), np.append(aim, heavy))
        shares = shares / shares.sum()
    return min(found, key=lambda one: one[0])


def _spread(
    kinds: Sequence[_Side], asked: _Side, shares: Shares, means: Float[np.ndarray, "columns kinds"]
) -> tuple[Float[np.ndarray, "columns columns"], float]:
    """Return the covariance of r at these shares, and its degrees of freedom."""
    away = means - (means @ shares)[:, None]
    mixed = sum((a * one.covariance for a, one in zip(shares, kinds, strict=True)), (away * shares) @ away.T)
    labelled = float(sum(a * one.n for a, one in zip(shares, kinds, strict=True)))
    both = (asked.n * asked.covariance + labelled * mixed) / (asked.n + labelled)  # equal, if it is a mixture
    spread = sum((a**2 * one.covariance / one.n for a, one in zip(shares, kinds, strict=True)), both / asked.n)
    return spread + np.diag(_RIDGE * (np.diag(spread) + 1 / asked.n)), asked.n + labelled - 2.0
