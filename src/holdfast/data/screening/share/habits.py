"""Do the texts asked about have the habits of the labelled ones, mixed at any share? The test that sees strangers.

A generator that nobody labelled looks like people to a detector that learnt from another one, and a classifier that
must find it among thousands of n-grams needs it to write most of a corpus. Habits of writing are a few numbers, whose
means it moves sooner. `benchmarks/detection/strangers.py` measures how soon.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from holdfast.data.screening.share.shift import Test, standardised

LEVEL = 0.03  # chance of a wrong refusal: six times that of the other tests, as this one sees strangers best
_GRID = np.linspace(0.0, 1.0, 51)
_RIDGE = 1e-3  # of a column's variance: columns that say the same must not divide by nothing
_Rows = Float[np.ndarray, "texts columns"]


@dataclass(frozen=True)
class _Side:
    mean: Float[np.ndarray, " columns"]
    covariance: Float[np.ndarray, "columns columns"]
    n: int


def habits_test(human: _Rows, machine: _Rows, asked: _Rows, level: float = LEVEL) -> Test:
    """Return whether the means asked about are those of a mixture of the labelled kinds, at the share that fits best.

    Rows are independent texts; `machine` may be empty. r(a) = mean(asked) − a mean(machine) − (1 − a) mean(human),
    weighed by its covariance with the errors of all three; the least over a is T² (Hotelling, 1931; over-identified
    as in Hansen, 1982). No degree of freedom is taken off for a: at 0 and 1, its likely values, none is fitted.
    """
    from scipy.stats import f

    everything = standardised(np.concatenate([human, machine, asked]))
    everything = everything[:, np.ptp(everything, axis=0) > 0]
    human, machine, asked = np.split(everything, np.cumsum([len(human), len(machine)]))
    fitted = len(machine) > 1
    known, found = (_side(human), _side(machine if fitted else human)), _side(asked)
    statistic, freedom = min(_distance(*known, found, share) for share in (_GRID if fitted else _GRID[:1]))
    k = max(everything.shape[1], 1)
    rest = max(freedom - k + 1, 1.0)
    scale = freedom * k / rest
    p = float(f.sf(statistic / scale, k, rest))
    says = "habits of writing may be a mixture of those of the labelled texts"
    if p < level:
        says = "habits of writing are no mixture of those of the labelled texts"
    return Test("habits of writing", statistic, 0.0, float(scale * f.isf(level, k, rest)), p, level, says)


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


def _distance(human: _Side, machine: _Side, asked: _Side, share: float) -> tuple[float, float]:
    """Return T² at one share, and the degrees of freedom behind its covariance."""
    apart = machine.mean - human.mean
    mixed = (1 - share) * human.covariance + share * machine.covariance + share * (1 - share) * np.outer(apart, apart)
    labelled = (1 - share) * human.n + share * machine.n
    both = (asked.n * asked.covariance + labelled * mixed) / (asked.n + labelled)  # equal, if it is a mixture
    spread = both / asked.n + (1 - share) ** 2 * human.covariance / human.n + share**2 * machine.covariance / machine.n
    spread = spread + np.diag(_RIDGE * np.diag(spread) + 1e-12)
    rest = asked.mean - human.mean - share * apart
    return float(rest @ np.linalg.solve(spread, rest)), asked.n + labelled - 2.0
