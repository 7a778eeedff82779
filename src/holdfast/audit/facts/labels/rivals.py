"""Columns that alone tell much about the label, and what all the others achieve together without them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.audit.definitions import fact
from holdfast.audit.facts.columns.naming import AFTERWARDS, TIMES, words_of
from holdfast.audit.facts.labels.associations import Associations
from holdfast.audit.facts.labels.conditional import Score, Target, ranks_of
from holdfast.audit.facts.learning.encoding import Encoding
from holdfast.audit.threads import one_thread
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Severity
from holdfast.core.record import Sampled

EXACT = 0.999  # mean recall of the classes, or R² of ranks, from which a column gives the label
NEARLY = 0.96  # gain (2 AUC - 1, or R²) that only a copy with noise or a trivial task reaches
STRONG = 0.8
STRONG_BY_NAME = 0.3  # for a column whose name says that it is known afterwards
_LEAST_OTHERS = 2  # with fewer, a strong column is what the task is made of
_MOST_CANDIDATES = 4
_MOST_ROWS = 4_000
_MOST_COLUMNS = 200
_TREES = 120  # in all, over classes; enough to learn what 3,000 rows hold


@dataclass(frozen=True, slots=True)
class Rival:
    """A telling column: its score alone, the gain of all columns, and that of all others without it.

    `alone` and the gains are on the same scale (0 chance, 1 perfect). `rest` leaves out columns that give the label
    exactly, too, so that two copies of the label do not excuse each other.
    """

    column: str
    alone: Score
    full: float
    rest: float
    n_others: int

    @property
    def exact(self) -> bool:
        """Whether the column gives the label, row by row."""
        return is_exact(self.alone)

    @property
    def disguised(self) -> Severity | None:
        """How bad it is as a copy of the label, None if it need not be one."""
        missed, missed_by_rest = 1 - self.alone.gain, 1 - self.rest
        if self.exact:
            return Severity.WARNING if self.rest >= EXACT else Severity.ERROR
        if self.n_others < _LEAST_OTHERS:
            return None
        if self.alone.gain >= NEARLY and missed_by_rest >= 5 * missed:
            return Severity.ERROR
        return Severity.WARNING if self.alone.gain >= STRONG and missed_by_rest >= 3 * missed else None


@dataclass(frozen=True)
class Rivals:
    """The telling columns, the most telling first."""

    found: tuple[Rival, ...]
    metric: str
    sampled: Sampled | None


@fact()
def rivals(dataset: Dataset, encoding: Encoding, associations: Associations) -> Rivals:
    """Columns that alone tell so much about the label that it matters what the others achieve without them.

    Years and dates are left out: that a label moves with time is a trend, not a copy. The comparison is a small
    boosting model, learnt on two thirds of at most 4,000 rows and scored on the rest.
    """
    scores = [pair for pair in associations.ranked if is_strong(*pair, len(associations.scores))]
    chosen = [pair for pair in scores if not _is_time(dataset, pair[0])][:_MOST_CANDIDATES]
    if not chosen:
        return Rivals((), associations.target.metric, None)
    names = [name for name, _ in associations.ranked][:_MOST_COLUMNS]
    exact = {name for name, score in associations.ranked if is_exact(score)}
    full = model_gain(encoding, associations.target, names)
    found = tuple(
        Rival(
            name,
            score,
            full,
            model_gain(encoding, associations.target, names, {name, *exact}),
            len({*names} - {name, *exact}),
        )
        for name, score in chosen
    )
    n = len(associations.target.rows)
    sampled = Sampled(what="comparison of models without a column", rows=_MOST_ROWS, of=n) if n > _MOST_ROWS else None
    return Rivals(found, associations.target.metric, sampled)


def is_exact(score: Score) -> bool:
    """Return whether a column with this score gives the label."""
    return score.value >= EXACT and not score.balanced < EXACT


def is_strong(name: str, score: Score, n_columns: int) -> bool:
    """Return whether a column tells enough, beyond chance, to be compared with all others."""
    least = STRONG_BY_NAME if AFTERWARDS & set(words_of(name)) else STRONG
    return score.gain >= least and score.p_value * n_columns < 1e-4


def model_gain(
    encoding: Encoding,
    target: Target,
    names: Collection[str],
    without: Collection[str] = (),
    most_rows: int = _MOST_ROWS,
) -> float:
    """Return the gain of a boosting model on the named columns, out of sample; 0 if there are none."""
    from sklearn import ensemble  # loaded first: only threads of loaded libraries can be limited

    kept = [name for name in names if name not in without]
    rows, folds = target.rows[:most_rows], target.folds[:most_rows]  # in the order of their keys: any part is a sample
    train, test = folds != 0, folds == 0
    goal = target.classes[:most_rows] if target.n_classes else target.ranks[:most_rows]
    if not kept or len(np.unique(goal[train])) < 2 or len(np.unique(goal[test])) < 2:
        return 0.0
    table = np.stack([encoding.column(name, rows) for name in kept], axis=1)
    table[~np.isfinite(table)] = np.nan
    places = dict(zip(encoding.names, encoding.categorical.tolist(), strict=True))
    categorical = np.array([places[name] for name in kept])
    settings = {
        "max_leaf_nodes": 15,
        "learning_rate": 0.2,
        "early_stopping": False,
        "random_state": 0,
        "min_samples_leaf": min(20, max(2, int(train.sum()) // 20)),
        "categorical_features": categorical if categorical.any() else None,
    }
    with one_thread():  # threads of so small a model spend their time waiting for each other
        return _fitted_gain(ensemble, target, table, goal, train, test, settings)


def _fitted_gain(
    ensemble: Any,
    target: Target,
    table: np.ndarray,
    goal: np.ndarray,
    train: np.ndarray,
    test: np.ndarray,
    settings: dict[str, Any],
) -> float:
    if not target.n_classes:
        guess = ensemble.HistGradientBoostingRegressor(max_iter=_TREES // 2, **settings).fit(table[train], goal[train])
        error = ((goal[test] - guess.predict(table[test])) ** 2).mean() / goal[test].var()
        return float(max(0.0, 1 - error))
    seen, coded = np.unique(goal[train], return_inverse=True)
    rounds = max(8, min(_TREES // 2, _TREES // max(1, len(seen) if len(seen) > 2 else 1)))
    model = ensemble.HistGradientBoostingClassifier(max_iter=rounds, **settings).fit(table[train], coded)
    chance = model.predict_proba(table[test])
    areas = [_area(chance[:, i], goal[test] == k) for i, k in enumerate(seen)]
    known = [area for area in areas if area is not None]
    return max(0.0, 2 * float(np.mean(known)) - 1) if known else 0.0


def _area(scores: np.ndarray, hits: np.ndarray) -> float | None:
    n_hits, n_rest = int(hits.sum()), int((~hits).sum())
    if n_hits < 3 or n_rest < 3:
        return None
    ranks = ranks_of(scores) * len(scores) + 0.5
    return (float(ranks[hits].sum()) - n_hits * (n_hits + 1) / 2) / (n_hits * n_rest)


def _is_time(dataset: Dataset, name: str) -> bool:
    words = words_of(name)
    return dataset[name].kind == "time" or (bool(words) and all(w in TIMES or w.isdigit() for w in words))


def numbers_at(dataset: Dataset, name: str, rows: np.ndarray) -> np.ndarray:
    """Return the numbers of a column at `rows`, NaN where missing."""
    values = pc.cast(dataset.table.column(name).take(pa.array(rows)), pa.float64(), safe=False)
    return np.asarray(values.to_numpy(zero_copy_only=False))
