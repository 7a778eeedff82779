"""Few columns that together give the label exactly: by a sum, a product, or a comparison of two."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from holdfast.audit.definitions import fact
from holdfast.audit.facts.labels.associations import Associations
from holdfast.audit.facts.labels.conditional import Target, number_bins
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.labels.rivals import EXACT, model_gain, numbers_at
from holdfast.audit.facts.learning.encoding import Encoding
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.record import Sampled

MOST_PARTS = 4
_MOST_COLUMNS = 60
_MOST_PAIRED = 16
_MOST_ROWS = 4_000
_MOST_COMPARED = 2_000
_LEAST_ROWS = 60
_ROWS_A_COLUMN = 5
_LEFT_OVER = 1e-4  # share of the label's variance that an exact relation leaves: rounding to two digits does
_PART = 1e-3  # share of the label's variance below which a column is no part of the relation
_SEPARATED = 0.995  # mean recall of a cut that was learnt on other rows, whose place is known to a row or two
_REST = 0.9  # gain of all other columns, from which the classes lie apart anyway
_ALONE = 0.98  # a column that scores so much alone needs no second one


@dataclass(frozen=True, slots=True)
class Combination:
    """Columns that give the label together.

    `formula` says how, in words; `fit` is R² on rows that the formula was not fitted on, or the mean recall of the
    classes, which is exact from `least` on; `alone` is the best such figure of one of its columns.
    """

    columns: tuple[str, ...]
    formula: str
    fit: float
    alone: float
    least: float


@dataclass(frozen=True)
class Combinations:
    """The combinations found, at most one a kind."""

    found: tuple[Combination, ...]
    metric: str
    sampled: Sampled | None


@fact()
def label_combinations(
    dataset: Dataset, labels: Labels, encoding: Encoding, associations: Associations
) -> Combinations:
    """Sums, differences, products and ratios of two to four columns that give the label exactly.

    For a number: least squares on all numeric columns at once (then on their logarithms) shows whether an exact
    relation exists at all, and columns are taken away one by one while it stays exact. For classes: sums and
    differences of two of the most telling columns, cut where the classes change, when the others leave them mixed.
    """
    names = [n for n, score in associations.ranked if dataset[n].kind == "number" and score.value < EXACT]
    if len(names) < 2:
        raise NotApplicable(f"{len(names)} numeric features that do not give the label alone; a combination needs 2")
    target = associations.target
    rows, folds = target.rows[:_MOST_ROWS], target.folds[:_MOST_ROWS]
    n = len(target.rows)
    sampled = Sampled(what="search for combinations of columns", rows=_MOST_ROWS, of=n) if n > _MOST_ROWS else None
    if labels.is_classes:
        pair = _compared(dataset, target, rows, names[:_MOST_PAIRED])
        if pair and model_gain(encoding, target, [name for name, _ in associations.ranked], pair.columns) >= _REST:
            pair = None
        return Combinations((pair,) if pair else (), "mean recall", sampled)
    names = names[:_MOST_COLUMNS]
    table = np.stack([numbers_at(dataset, name, rows) for name in names], axis=1)
    linear = _exact_sum(table, labels.values[rows], folds, names)
    if linear is not None:
        return Combinations((linear,), "R²", sampled)
    product = _exact_product(table, labels.values[rows], folds, names)
    return Combinations((product,) if product else (), "R²", sampled)


def _exact_sum(table: np.ndarray, y: np.ndarray, folds: np.ndarray, names: list[str]) -> Combination | None:
    """Return the smallest weighted sum of columns that equals y, if there is one of at most `MOST_PARTS`."""
    table, y, folds, names = _complete(table, y, folds, names)
    if len(y) < _LEAST_ROWS or len(names) < 2 or np.ptp(y) == 0:
        return None
    while len(names) * _ROWS_A_COLUMN > int((folds != 0).sum()):  # the least telling ones go first
        names, table = names[:-1], table[:, :-1]
    kept = list(range(len(names)))
    left_over, weights = _residual(table, y, folds)
    if not left_over <= _LEFT_OVER:
        return None
    while len(kept) > 1:
        parts = (weights * table[:, kept].std(axis=0)) ** 2
        smaller = [k for i, k in enumerate(kept) if i != int(parts.argmin())]
        left_over_then, weights_then = _residual(table[:, smaller], y, folds)
        if not left_over_then <= _LEFT_OVER:
            break
        kept, left_over, weights = smaller, left_over_then, weights_then
    parts = (weights * table[:, kept].std(axis=0)) ** 2 / y.var()
    if not 2 <= len(kept) <= MOST_PARTS or parts.min() < _PART:
        return None
    alone = max(1 - _residual(table[:, [k]], y, folds)[0] for k in kept)
    chosen = sorted(zip(kept, weights, strict=True), key=lambda pair: names[pair[0]])
    formula = " ".join(_term(float(weight), names[k], first=i == 0) for i, (k, weight) in enumerate(chosen))
    return Combination(tuple(names[k] for k, _ in chosen), formula, 1 - left_over, alone, 1 - _LEFT_OVER)


def _exact_product(table: np.ndarray, y: np.ndarray, folds: np.ndarray, names: list[str]) -> Combination | None:
    """Return a product or ratio of columns that equals y, found as a sum of logarithms."""
    positive = np.flatnonzero(np.nanmin(table, axis=0, initial=np.inf) > 0)
    use = y > 0
    if len(positive) < 2 or use.mean() < 0.95:
        return None
    with np.errstate(invalid="ignore"):
        logs = np.log(table[use][:, positive])
    found = _exact_sum(logs, np.log(y[use]), folds[use], [names[i] for i in positive])
    if found is None:
        return None
    return Combination(found.columns, f"exp({found.formula}) of their logarithms", found.fit, found.alone, found.least)


def _compared(dataset: Dataset, target: Target, rows: np.ndarray, names: list[str]) -> Combination | None:
    """Return the sum or difference of two columns that tells the classes apart, if one does and neither alone does."""
    rows = rows[:_MOST_COMPARED]
    part = Target(rows, target.folds[: len(rows)], target.classes[: len(rows)], target.n_classes, target.ranks)
    if len(rows) < _LEAST_ROWS or target.n_classes < 2:
        return None
    numbers = {name: numbers_at(dataset, name, rows) for name in names}
    singly = {name: part.balanced(number_bins(values)) for name, values in numbers.items()}
    best: Combination | None = None
    for one, other in combinations(names, 2):
        alone = max(singly[one], singly[other])
        if alone >= _ALONE:
            continue
        for sign, word in ((-1.0, "-"), (1.0, "+")):
            with np.errstate(invalid="ignore", over="ignore"):
                values = numbers[one] + sign * numbers[other]
            # Bins are cut by quantile, so that one bin holds the cut between the classes; see how pure the rest is.
            fit = _sharpened(part, values) if part.balanced(number_bins(values)) >= 0.9 else 0.0
            if fit >= _SEPARATED and (best is None or fit > best.fit):
                best = Combination((one, other), f"{one} {word} {other}", fit, alone, _SEPARATED)
    return best


def _sharpened(part: Target, values: np.ndarray) -> float:
    """Return the mean recall of two classes when `values` is cut at the best place learnt on the other folds."""
    known = np.isfinite(values)
    if part.n_classes != 2 or known.mean() < 0.95:
        return part.balanced(number_bins(values))
    recalls = []
    for fold in range(3):
        train, test = known & (part.folds != fold), known & (part.folds == fold)
        order = np.argsort(values[train], kind="stable")
        ordered, hits = values[train][order], part.classes[train][order]
        n_hits, n_rest = hits.sum(), (1 - hits).sum()
        if not n_hits or not n_rest or not test.any():
            return 0.0
        above = 1 - np.cumsum(hits) / n_hits + np.cumsum(1 - hits) / n_rest  # twice the mean recall of "above is a hit"
        ends = np.append(ordered[1:] > ordered[:-1], True)
        above = np.where(ends, above, 1.0)
        place = int(np.abs(above - 1).argmax())
        following = ordered[min(place + 1, len(ordered) - 1)]
        guess = values[test] > (ordered[place] + following) / 2
        truth = part.classes[test] == 1
        if above[place] < 1:
            guess = ~guess
        if truth.all() or not truth.any():
            return 0.0
        recalls.append((guess[truth].mean() + (~guess[~truth]).mean()) / 2)
    return float(np.mean(recalls))


def _complete(
    table: np.ndarray, y: np.ndarray, folds: np.ndarray, names: list[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
    """Return rows and columns without gaps: columns that miss more than a twentieth go, then rows."""
    finite = np.isfinite(table)
    columns = np.flatnonzero((finite.mean(axis=0) >= 0.95) & (np.abs(np.where(finite, table, 0)).max(axis=0) < 1e100))
    rows = finite[:, columns].all(axis=1) & np.isfinite(y)
    table = table[np.ix_(rows, columns)]
    varied = np.ptp(table, axis=0) > 0 if len(table) else np.zeros(len(columns), dtype=bool)
    return table[:, varied], y[rows], folds[rows], [names[i] for i in columns[varied]]


def _residual(table: np.ndarray, y: np.ndarray, folds: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the share of y's variance that least squares leaves on unseen rows, and the weights of the columns."""
    train, test = folds != 0, folds == 0
    if not train.any() or test.sum() < 3 or y[test].var() == 0:
        return np.inf, np.zeros(table.shape[1])
    centre, scale = table[train].mean(axis=0), np.maximum(table[train].std(axis=0), 1e-300)
    middle = y[train].mean()
    weights = np.linalg.lstsq((table[train] - centre) / scale, y[train] - middle, rcond=1e-10)[0]
    error = y[test] - middle - (table[test] - centre) / scale @ weights
    return float((error**2).mean() / y[test].var()), weights / scale


def _term(weight: float, name: str, *, first: bool) -> str:
    sign = "-" if weight < 0 else "" if first else "+"
    size = abs(weight)
    text = name if abs(size - 1) < 5e-3 else f"{size:.4g} × {name}"
    return f"{sign}{text}" if first else f"{sign} {text}"
