"""How well one column alone tells the label, out of sample: the label's mean in each bin, learnt on other folds."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float, Int

from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.rows.rows import RowKeys

MOST_BINS = 64
N_FOLDS = 3
_ROWS_A_BIN = 15  # fewer make bins of numbers too coarse to learn from
_MOST_CLASSES = 50  # the most frequent ones; a hundred rare classes say nothing one by one
_LEAST_OF_CLASS = 10  # rows of a class in the sample, for its AUC to count
_MOST_CELLS = 2_000_000  # bins × folds × classes held at once
_PRIOR_ROWS = 2.0  # weight of the overall mean in each bin's mean
# Under the null, fold i learnt from fold j and fold j from fold i give one and the same product of deviations, so
# folds are no independent tests: the variance of their mean is twice what it would be. Simulation agrees (1.3 to 1.4).
_FOLDS_DEPEND = float(np.sqrt(2.0))


@dataclass(frozen=True, slots=True)
class Score:
    """How well bins tell the label, out of sample.

    `value` is an AUC (mean over classes, one against the rest), or for a number the R² of its ranks, so that heavy
    tails do not decide. `gain` is the same between 0 (chance) and 1 (perfect). `balanced` is the mean recall of the
    classes when each row gets the most frequent class of its bin, nan for a number. `p_value` is one-sided, against
    a column that tells nothing.
    """

    value: float
    gain: float
    balanced: float
    p_value: float


NOTHING = Score(0.5, 0.0, 0.0, 1.0)


@dataclass(frozen=True)
class Target:
    """The label of some rows, with their folds: what columns are scored against.

    `classes` is the place of each row's class among those that count (the frequent ones) or the last, shared place;
    `ranks` are the ranks of a numeric label between 0 and 1. One of them is empty.
    """

    rows: Int[np.ndarray, " sample"]
    folds: Int[np.ndarray, " sample"]
    classes: Int[np.ndarray, " sample_or_none"]
    n_classes: int
    ranks: Float[np.ndarray, " none_or_sample"]

    @property
    def metric(self) -> str:
        """What a score's value is."""
        return "AUC" if self.n_classes else "R² of ranks"

    def score(self, bins: np.ndarray) -> Score:
        """Return how well `bins` (a whole number from 0 for each row) tell the label."""
        if not len(bins):
            return NOTHING
        if self.n_classes:
            return _classes_score(self._counts(bins))
        n_bins = int(bins.max()) + 1
        cells = bins * N_FOLDS + self.folds
        shape, size = (n_bins, N_FOLDS), n_bins * N_FOLDS
        counts = np.bincount(cells, minlength=size).reshape(shape).astype(np.float64)
        sums = np.bincount(cells, self.ranks, minlength=size).reshape(shape)
        return _ranks_score(counts, sums, self.ranks)

    def balanced(self, bins: np.ndarray) -> float:
        """Return the mean recall of the classes alone, as in the score of `bins`; 0 where no class counts."""
        if not len(bins):
            return NOTHING.balanced
        counts = self._counts(bins)
        total = counts.sum(axis=(0, 1))
        return _recalled(counts, _chances(counts), total) if len(_judged(total)) else NOTHING.balanced

    def _counts(self, bins: np.ndarray) -> Float[np.ndarray, "bins folds classes"]:
        """Return how many rows of each class lie in each bin and fold."""
        n_bins = int(bins.max()) + 1
        cells = (bins * N_FOLDS + self.folds) * self.n_classes + self.classes
        counts = np.bincount(cells, minlength=n_bins * N_FOLDS * self.n_classes)
        return counts.reshape(n_bins, N_FOLDS, self.n_classes).astype(np.float64)

    def bins(self, values: pa.ChunkedArray | pa.Array) -> Int[np.ndarray, " sample"]:
        """Return the bin of each of the sample's values of a column: numbers by quantile, other values one each."""
        kind = values.type
        if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_timestamp(kind):
            whole = pc.cast(values, pa.int64()) if pa.types.is_timestamp(kind) else values
            return number_bins(pc.cast(whole, pa.float64(), safe=False).to_numpy(zero_copy_only=False))
        return value_bins(values, _MOST_CELLS // (N_FOLDS * max(1, self.n_classes)))


def target(labels: Labels, row_keys: RowKeys, mask: np.ndarray, most_rows: int) -> Target:
    """Return the labels of at most `most_rows` rows of `mask` that have one, chosen and put into folds by content."""
    rows = row_keys.sample(mask & labels.known, most_rows)
    folds = row_keys.folds(rows, N_FOLDS)
    if not labels.is_classes:
        return Target(rows, folds, np.zeros(0, np.int64), 0, ranks_of(labels.values[rows]))
    counts = np.bincount(labels.codes[rows], minlength=len(labels.classes))
    frequent = np.sort(np.argsort(-counts, kind="stable")[:_MOST_CLASSES])
    frequent = frequent[counts[frequent] > 0]
    place = np.full(len(labels.classes), len(frequent), dtype=np.int64)
    place[frequent] = np.arange(len(frequent))
    classes = place[labels.codes[rows]]
    return Target(rows, folds, classes, int(classes.max()) + 1 if len(rows) else 1, np.zeros(0))


def number_bins(values: np.ndarray) -> Int[np.ndarray, " sample"]:
    """Return bins of about equal size; few distinct values, and those frequent enough, have their own; 0 is missing."""
    bins = np.zeros(len(values), dtype=np.int64)
    known = ~np.isnan(values)
    numbers = values[known]
    if not len(numbers):
        return bins
    most = int(np.clip(len(numbers) // _ROWS_A_BIN, 4, MOST_BINS))
    ordered = np.sort(numbers)
    distinct = ordered[np.concatenate(([True], ordered[1:] != ordered[:-1]))]
    if len(distinct) > most:
        picked = ordered[np.arange(most) * len(ordered) // most]
        repeated = picked[1:][picked[1:] == picked[:-1]]
        distinct = np.unique(np.concatenate((picked, np.nextafter(repeated, np.inf))))
    bins[known] = np.searchsorted(distinct, numbers, side="right")
    return bins


def value_bins(values: pa.ChunkedArray | pa.Array, most: int) -> Int[np.ndarray, " sample"]:
    """Return one bin for each value that occurs twice or more; the rest shares bin 1, missing is bin 0."""
    joined = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if pa.types.is_null(joined.type):
        return np.zeros(len(joined), dtype=np.int64)
    encoded = joined.dictionary_encode()
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    counts = np.bincount(codes[codes >= 0], minlength=len(encoded.dictionary))
    least = 2
    while np.count_nonzero(counts >= least) > most:
        least *= 2
    own = counts >= least
    place = np.ones(len(counts) + 1, dtype=np.int64)
    place[:-1][own] = 2 + np.arange(np.count_nonzero(own))
    place[-1] = 0
    return place[codes]


def ranks_of(values: np.ndarray) -> Float[np.ndarray, " sample"]:
    """Return mid-ranks between 0 and 1; equal values share theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2.0
    return np.asarray((middle[place.reshape(-1)] - 0.5) / max(1, len(values)))


def normal_tail(z: float) -> float:
    """Return the chance that a standard normal exceeds z."""
    from math import erfc, sqrt

    return 0.5 * erfc(z / sqrt(2.0))


def _classes_score(counts: np.ndarray) -> Score:
    """Return the score from counts by bin, fold and class."""
    total = counts.sum(axis=(0, 1))
    chance = _chances(counts)
    rest = counts.sum(axis=2, keepdims=True) - counts
    judged = _judged(total)
    if not len(judged):
        return NOTHING
    if len(total) == 2:
        judged = judged[-1:]  # the AUC of one class against the other is that of the other against the one
    areas, weights, variances = _areas(chance[:, :, judged], counts[:, :, judged], rest[:, :, judged])
    weight = weights.sum(axis=0)
    share = weights / np.maximum(weight, 1e-300)
    per_class = (areas * share).sum(axis=0)[weight > 0]
    if not len(per_class):
        return NOTHING
    value = float(per_class.mean())
    # The deviation of a mean is at most the mean of the deviations, however the classes depend on each other.
    deviation = float(np.sqrt((variances * share**2).sum(axis=0)[weight > 0]).mean())
    balanced = _recalled(counts, chance, total)
    return Score(
        value, max(0.0, 2 * value - 1), balanced, normal_tail((value - 0.5) / max(_FOLDS_DEPEND * deviation, 1e-12))
    )


def _chances(counts: np.ndarray) -> Float[np.ndarray, "bins folds classes"]:
    """Return how likely each class is in each bin, learnt on the other folds."""
    by_fold = counts.sum(axis=0)
    learnt = counts.sum(axis=1, keepdims=True) - counts
    prior = by_fold.sum(axis=0) - by_fold
    prior = prior / np.maximum(prior.sum(axis=1, keepdims=True), 1.0)
    return np.asarray((learnt + _PRIOR_ROWS * prior) / (learnt.sum(axis=2, keepdims=True) + _PRIOR_ROWS))


def _judged(total: np.ndarray) -> Int[np.ndarray, " judged"]:
    """Return the classes with enough rows, and enough rows of others, for an AUC."""
    return np.flatnonzero((total >= _LEAST_OF_CLASS) & (total.sum() - total >= _LEAST_OF_CLASS))


def _recalled(counts: np.ndarray, chance: np.ndarray, total: np.ndarray) -> float:
    """Return the mean recall of the classes when each row gets the likeliest class of its bin."""
    guess = chance.argmax(axis=2)
    right = np.take_along_axis(counts, guess[:, :, None], axis=2)[:, :, 0]
    recalled = np.bincount(guess.ravel(), right.ravel(), minlength=len(total))
    return float((recalled / np.maximum(total, 1.0))[total >= _LEAST_OF_CLASS].mean())


def _areas(scores: np.ndarray, hits: np.ndarray, rest: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return AUC, weight (pairs) and null variance for each fold and class; equal scores count half."""
    order = np.argsort(scores, axis=0, kind="stable")
    scores, hits, rest = (np.take_along_axis(part, order, axis=0) for part in (scores, hits, rest))
    n = len(scores)
    places = np.arange(n)[:, None, None]
    new = np.ones(scores.shape, dtype=bool)
    new[1:] = scores[1:] > scores[:-1]
    first = np.maximum.accumulate(np.where(new, places, 0), axis=0)
    ends = np.ones(scores.shape, dtype=bool)
    ends[:-1] = new[1:]
    last = np.minimum.accumulate(np.where(ends, places, n - 1)[::-1], axis=0)[::-1]
    upto = np.cumsum(rest, axis=0)
    below = np.take_along_axis(upto - rest, first, axis=0)
    within = np.take_along_axis(upto, last, axis=0) - below
    n_hits, n_rest = hits.sum(axis=0), rest.sum(axis=0)
    pairs = n_hits * n_rest
    areas = (hits * (below + within / 2)).sum(axis=0) / np.maximum(pairs, 1.0)
    # Mann & Whitney (1947); ties only make it smaller.
    return areas, pairs, (n_hits + n_rest + 1) / (12 * np.maximum(pairs, 1.0))


def _ranks_score(counts: np.ndarray, sums: np.ndarray, ranks: np.ndarray) -> Score:
    """Return the score from row counts and rank sums by bin and fold."""
    n = len(ranks)
    spread = float(((ranks - ranks.mean()) ** 2).sum())
    if n < 2 * _LEAST_OF_CLASS or spread <= 0:
        return Score(0.0, 0.0, float("nan"), 1.0)
    prior = (sums.sum() - sums.sum(axis=0)) / np.maximum(counts.sum() - counts.sum(axis=0), 1.0)
    learnt, size = sums.sum(axis=1, keepdims=True) - sums, counts.sum(axis=1, keepdims=True) - counts
    guess = (learnt + _PRIOR_ROWS * prior) / (size + _PRIOR_ROWS)
    squares = float((ranks**2).sum())
    error = squares - 2 * float((guess * sums).sum()) + float((counts * guess**2).sum())
    value = 1 - error / spread
    # Correlation inside folds, since the prior differs from fold to fold and against each fold's own mean.
    here = np.maximum(counts.sum(axis=0), 1.0)
    centred = guess - (guess * counts).sum(axis=0) / here
    cross = float((centred * sums).sum())
    own = squares - float((sums.sum(axis=0) ** 2 / here).sum())
    spread_of_guess = float((counts * centred**2).sum())
    if spread_of_guess <= 1e-12 * n or own <= 0:
        return Score(value, max(0.0, value), float("nan"), 1.0)
    r = min(cross / np.sqrt(spread_of_guess * own), 1 - 1e-12)
    z = float(np.arctanh(r)) * np.sqrt(max(n - 5, 1)) / _FOLDS_DEPEND
    return Score(value, max(0.0, value), float("nan"), normal_tail(z))
