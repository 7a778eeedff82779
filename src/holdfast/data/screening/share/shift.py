"""Is the corpus a mixture of the labelled kinds? Tests that refuse a share that could not be trusted.

Here is that of n-grams, in `mixtures` those of scores and of habits of writing. Each has the chance of a wrong refusal
that is set, up to what a finite sample does to it; their power grows with the texts and is measured in
`benchmarks/detection/strangers.py`. What none sees: a generator whose texts are, to every feature, like people's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from holdfast.data.screening.text.features import Features

LEVEL = 0.001  # chance of a wrong refusal by the normal law; at 0.005 it refused 4 of 150, as folds share texts
MOST = 1_500  # texts of a side that the tests of shift look at: more would refuse for differences that do no harm
_FOLDS, _REPLICATES = 5, 300
_STRENGTH, _DENSE = 3.0, 0.15


@dataclass(frozen=True, slots=True)
class Test:
    """A test's statistic and p-value, in words a reader can weigh."""

    name: str
    statistic: float
    low: float
    high: float
    p_value: float
    level: float
    says: str

    @property
    def refuses(self) -> bool:
        """Whether the assumption is rejected."""
        return self.p_value < self.level


def classifier_test(
    kinds: Sequence[Features], asked: Features, shares: Sequence[float], families: Int[np.ndarray, " all"],
    rng: np.random.Generator, level: float = LEVEL, advance: Callable[[int], None] = lambda _: None,
) -> Test:  # fmt: skip
    """Return whether a classifier tells the texts asked about from the labelled ones, mixed at `shares`.

    The two-sample classifier test (Lopez-Paz & Oquab, 2017), with labelled texts weighted to the fitted mixture, its
    area under the curve out of folds that keep families together, and its error from redrawing families.
    """
    from scipy.stats import norm
    from sklearn.linear_model import LogisticRegression

    sizes = [len(one) for one in (*kinds, asked)]
    weight = np.concatenate([np.full(n, w / n) for n, w in zip(sizes, (*shares, 1.0), strict=True)])
    is_asked = np.arange(sum(sizes)) >= sum(sizes[:-1])
    rows = _rows((*kinds, asked))
    _, member = np.unique(families, return_inverse=True)
    n = int(member.max()) + 1
    fold = (rng.permutation(n) % _FOLDS)[member]
    score = np.zeros(len(rows.indptr) - 1)
    for one in range(_FOLDS):
        inside = (fold != one) & (weight > 0)
        model = LogisticRegression(C=_STRENGTH, solver="liblinear")
        balance = weight * (len(weight) / 2)
        model.fit(rows[inside], is_asked[inside], sample_weight=balance[inside])
        score[fold == one] = model.decision_function(rows[fold == one])
        advance(1)
    drawn = np.ones((_REPLICATES + 1, len(member)))
    for one in range(1, _REPLICATES + 1):
        drawn[one] = np.bincount(rng.integers(n, size=n), minlength=n)[member]
    areas = _areas(score, is_asked, weight * drawn)
    area, error = float(areas[0]), max(float(np.nanstd(areas[1:])), 1e-9)
    p = float(norm.sf((area - 0.5) / error))
    z = float(norm.ppf(0.95))
    says = (
        f"a classifier tells them from the labelled texts, mixed at the estimated share, with an area of {area:.2f} "
        f"(0.50 is chance){', which is more than chance' if p < level else ''}"
    )
    return Test("classifier between corpus and mixture", area, area - z * error, min(1.0, area + z * error), p, level,
                says)  # fmt: skip


def _rows(sides: Sequence[Features]) -> Any:
    from scipy import sparse
    from sklearn.feature_extraction.text import TfidfTransformer

    weigh = TfidfTransformer(sublinear_tf=True)
    counts = [sparse.vstack([one.words for one in sides]), sparse.vstack([one.characters for one in sides])]
    counts = [one[:, np.flatnonzero(np.bincount(one.indices, minlength=one.shape[1]) > 1)] for one in counts]
    words, characters = (weigh.fit_transform(one) for one in counts)
    dense = standardised(np.concatenate([one.dense for one in sides]))
    return sparse.hstack([words, characters, sparse.csr_matrix(_DENSE * dense)]).tocsr()


def standardised(rows: Float[np.ndarray, "texts columns"]) -> Float[np.ndarray, "texts columns"]:
    """Return columns with mean 0 and spread 1, cut at four spreads; 0 where there is no number."""
    spread = np.nanstd(rows, axis=0)
    return np.nan_to_num(np.clip((rows - np.nanmean(rows, axis=0)) / np.where(spread > 1e-12, spread, 1.0), -4, 4))


def _areas(
    score: Float[np.ndarray, " texts"], positive: np.ndarray, weights: Float[np.ndarray, "lines texts"]
) -> Float[np.ndarray, " lines"]:
    """Return the weighted area under the curve for each line of weights (ties among scores have measure zero)."""
    order = np.argsort(score, kind="stable")
    weights, positive = weights[:, order], positive[order]
    below = np.cumsum(weights * ~positive, axis=1)
    total = below[:, -1] * (weights * positive).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((weights * positive * below).sum(axis=1) / total)
