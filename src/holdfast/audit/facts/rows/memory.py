"""How much of the label carries over from one row to the next in time, with and without what the features explain."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from holdfast.audit.definitions import fact
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.learning.encoding import Encoding
from holdfast.audit.facts.time.order import FEWEST_ROWS, TimeOrder, autocorrelation, centred_inside
from holdfast.audit.threads import one_thread
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.record import Sampled

LAGS = range(1, 49)  # two days of hours, four years of months
_MOST_ROWS = 5_000  # a model is fitted twice on half of them: 0.1 CPU-seconds at 30 columns
_STRETCH = 500  # rows in a row: long enough for every lag
_MOST_COLUMNS = 100
_ROUNDS, _RATE, _LEAVES = 15, 0.3, 15  # 30 rounds at 0.15 explain no more
_FEWEST_TO_FIT = 60
_FEWEST_STEPS = 20  # of a column that rises all along; fewer are years or seasons
_FOLLOWS = 0.4  # share of a column's variance that the label explains
_OWN_LAGS = range(1, 6)
_NOTHING = 4.0  # standard errors
_MOST_CLASSES = 20
_MOST_TO_FIT = 50  # classes: boosting grows a tree for each


@dataclass(frozen=True)
class LabelMemory:
    """Autocorrelation of the label and of its residual, by lag, over stretches of rows that follow each other.

    The residual is what a boosting model fitted on other stretches leaves; equal to the centred label when there is
    no feature to fit on (`n_features` is 0). `rows` are the rows looked at, in time order; `stretch` numbers the
    stretches; `label` and `predicted` hold their label and its out-of-fold prediction (columns are classes).
    `n_pairs` counts the pairs behind lag 1: under independence the correlation there has deviation 1/√n_pairs.
    """

    lags: tuple[int, ...]
    raw: Float[np.ndarray, " lags"]
    residual: Float[np.ndarray, " lags"]
    n_pairs: int
    n_features: int
    rows: Int[np.ndarray, " looked_at"]
    stretch: Int[np.ndarray, " looked_at"]
    label: Float[np.ndarray, "looked_at columns"]
    predicted: Float[np.ndarray, "looked_at columns"]
    sampled: Sampled | None

    @property
    def carried_over(self) -> float:
        """Correlation of what features leave unexplained with the same in the row before."""
        return float(self.residual[0])

    @property
    def standard_errors(self) -> float:
        """How many standard errors `carried_over` lies above 0 if rows were independent."""
        return float(self.residual[0] * np.sqrt(self.n_pairs))


@fact(costly=True)
def label_memory(dataset: Dataset, time_order: TimeOrder, labels: Labels, encoding: Encoding | None) -> LabelMemory:
    """How much of the label carries over from one row to the next in time."""
    known = labels.known[time_order.rows]
    rows, series = time_order.rows[known], time_order.series[known]
    if len(rows) < FEWEST_ROWS:
        raise NotApplicable(f"only {len(rows)} rows have both a time and a label")
    at = _stretches(len(rows))
    rows, series = rows[at], series[at]
    stretch = _numbered(series, at)
    label = _as_table(labels, rows)
    columns = (
        _columns(dataset, encoding, rows, label, stretch)
        if encoding is not None and len(rows) >= _FEWEST_TO_FIT
        else []
    )
    predicted = np.full_like(label, np.nan)
    part = _halves(stretch)
    if columns and encoding is not None:
        matrix = np.stack([encoding.column(name, rows) for name in columns], axis=1)
        kinds = {name: bool(flag) for name, flag in zip(encoding.names, encoding.categorical, strict=True)}
        predicted = _out_of_fold(matrix, [kinds[name] for name in columns], labels, rows, part)
    if not np.isfinite(predicted).all():
        columns, predicted = [], np.full_like(label, label.mean(axis=0))
    # A mean that differs from one half or series to the next is a shift, not memory.
    residual = centred_inside(label - predicted, np.unique(series * 2 + part, return_inverse=True)[1].reshape(-1))
    inside = stretch * 2 + part
    raw, _ = autocorrelation(label, stretch, LAGS)
    left, pairs = autocorrelation(residual, inside, LAGS)
    sampled = None
    if len(rows) < int(known.sum()):
        sampled = Sampled(what="autocorrelation of the label", rows=len(rows), of=int(known.sum()))
    return LabelMemory(tuple(LAGS), raw, left, int(pairs[0]), len(columns), rows, stretch, label, predicted, sampled)


def _stretches(n: int) -> np.ndarray:
    """Return which of `n` ordered rows to look at: all, or evenly spaced stretches of rows in a row."""
    if n <= _MOST_ROWS:
        return np.arange(n)
    starts = np.linspace(0, n - _STRETCH, _MOST_ROWS // _STRETCH).astype(np.int64)
    return np.unique((starts[:, None] + np.arange(_STRETCH)).reshape(-1))


def _numbered(series: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return a number for each row that changes with the series and wherever rows were left out."""
    breaks = np.r_[False, (series[1:] != series[:-1]) | (np.diff(at) != 1)]
    return np.cumsum(breaks)


def _halves(stretch: np.ndarray) -> np.ndarray:
    """Return 0 or 1 per row: pieces of about a tenth of all rows go to either side in turn, none over two stretches."""
    n = len(stretch)
    return (np.arange(n) * 10 // max(n, 1)) % 2


def _as_table(labels: Labels, rows: np.ndarray) -> np.ndarray:
    """Return the label as one column, or one per class where there are more than two."""
    if not labels.is_classes or len(labels.classes) <= 2:
        return labels.values[rows].reshape(-1, 1)
    return (labels.codes[rows][:, None] == _frequent(labels, rows)).astype(np.float64)


def _columns(
    dataset: Dataset, encoding: Encoding, rows: np.ndarray, label: np.ndarray, stretch: np.ndarray
) -> list[str]:
    """Return the columns to fit on: no times, nothing that only counts rows, which would be the place itself.

    Columns that are made of the label are left out too: they would explain its memory away.
    """
    chosen = []
    for name in encoding.names[: 4 * _MOST_COLUMNS]:
        if dataset[name].kind == "time":
            continue
        values = encoding.column(name, rows)
        steps = np.diff(values[np.isfinite(values)])
        if not len(steps) or not steps.any():
            continue
        monotone = bool((steps >= 0).all() or (steps <= 0).all())
        if monotone and (steps != 0).sum() >= _FEWEST_STEPS:
            continue
        if dataset[name].kind == "number" and _made_of(label, values, stretch):
            continue
        chosen.append(name)
        if len(chosen) == _MOST_COLUMNS:
            break
    return chosen


def _made_of(label: np.ndarray, values: np.ndarray, stretch: np.ndarray) -> bool:
    """Return whether a column follows the label closely and, once the label is known, carries nothing over itself.

    What causes a label with memory has a memory of its own, also beyond the label; what is made of the label has not.
    """
    known = np.isfinite(values)
    if known.mean() < 0.5:
        return False
    design = np.column_stack([np.ones(len(label)), label])
    with np.errstate(over="ignore", invalid="ignore"):
        centred = np.where(known, values - values[known].mean(), 0.0)
        fitted = np.linalg.lstsq(design[known], centred[known], rcond=None)[0]
        left = np.where(known, centred - design @ fitted, np.nan)
        explained = 1 - float(np.nansum(left**2) / (centred**2).sum())
    if not explained >= _FOLLOWS:
        return False
    own, pairs = autocorrelation(left, stretch, _OWN_LAGS)
    return bool((np.abs(own) * np.sqrt(np.maximum(pairs, 1)) < _NOTHING).all())


def _out_of_fold(
    matrix: np.ndarray, categorical: list[bool], labels: Labels, rows: np.ndarray, part: np.ndarray
) -> np.ndarray:
    """Return predictions of each half by a model fitted on the other; NaN where one cannot be fitted."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    as_classes = labels.is_classes and len(labels.classes) > 2
    kept = _frequent(labels, rows) if as_classes else np.array([1])
    predicted = np.full((len(rows), len(kept)), np.nan)
    for side in (0, 1):
        fit, score = part != side, part == side
        target = labels.codes[rows[fit]] if labels.is_classes else labels.values[rows[fit]]
        if not score.any() or len(np.unique(target)) < 2:
            return np.full_like(predicted, np.nan)
        make = HistGradientBoostingClassifier if labels.is_classes else HistGradientBoostingRegressor
        model = make(
            max_iter=_ROUNDS if not as_classes else max(5, _ROUNDS // len(labels.classes)),
            max_leaf_nodes=_LEAVES,
            learning_rate=_RATE,
            early_stopping=False,
            categorical_features=categorical if any(categorical) else None,
            random_state=0,
        )
        with one_thread():  # on so few rows a second thread mostly waits, and waiting is paid for
            model.fit(matrix[fit], target)
            said = model.predict_proba(matrix[score]) if labels.is_classes else model.predict(matrix[score])
        if not labels.is_classes:
            predicted[score, 0] = said
            continue
        places = {int(code): place for place, code in enumerate(model.classes_)}
        for column, code in enumerate(kept):
            predicted[score, column] = said[:, places[int(code)]] if int(code) in places else 0.0
    return predicted


def _frequent(labels: Labels, rows: np.ndarray) -> np.ndarray:
    """Return the codes of the most frequent classes, in their order."""
    counts = np.bincount(labels.codes[rows], minlength=len(labels.classes))
    return np.sort(np.argsort(-counts, kind="stable")[:_MOST_CLASSES])
