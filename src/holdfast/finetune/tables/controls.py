"""Simpler ways to the same score on a table: no column, one column, a straight line, boosting as it comes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from holdfast.core.errors import BadInput, NotApplicable
from holdfast.finetune.tables.estimators import FAMILIES, made, settings_of, stopping
from holdfast.finetune.tables.fitting import Fitted, Plan, fitted, judged
from holdfast.finetune.tables.rows import Rows, Table
from holdfast.finetune.tables.work import Learning
from holdfast.finetune.tasks.definitions import Judged

_LEAVES = 8  # of the tree on one column of numbers
_FEWEST = 5  # rows of a leaf
_DOUBT = 2.0  # rows of the whole that stand beside the rows of each value (Laplace's rule, spread over classes)


@dataclass(frozen=True, slots=True)
class Simple:
    """A control: what it is, and what it makes of the test rows. It raises NotApplicable where it does not apply."""

    name: str
    says: str
    judge: Callable[[Learning], tuple[Judged, str]]  # and more to be said of it


def simple() -> tuple[Simple, ...]:
    """Return the controls, the simplest first."""
    return (
        Simple("no-column", "always the most frequent class, or the mean", _nothing),
        Simple("one-column", "the best single column", _one_column),
        Simple("linear", "a straight line through all columns", _linear),
        Simple("boosting", "gradient boosting as scikit-learn has it", _boosting),
    )


class _Steady:
    """Answers the same for every row: the shares of the classes, or the mean."""

    def __init__(self, table: Table, rows: Rows) -> None:
        self.value = _level(table, rows.y)
        self.classes_ = np.arange(len(table.label.classes))

    def predict_proba(self, x: np.ndarray) -> Float[np.ndarray, "rows classes"]:
        """Return the shares, once for each row."""
        return np.tile(self.value, (len(x), 1))

    def predict(self, x: np.ndarray) -> Float[np.ndarray, " rows"]:
        """Return the mean, once for each row."""
        return np.full(len(x), self.value[0])


class _ByValue:
    """Answers what training rows with the same value had, on the level of all of them where there are few."""

    def __init__(self, table: Table, column: np.ndarray, y: np.ndarray) -> None:
        self.level = _level(table, y)
        self.classes_ = np.arange(len(table.label.classes))
        wanted = np.eye(len(self.level))[y.astype(np.int64)] if table.label.is_classes else y[:, None]
        self.values, place = np.unique(np.nan_to_num(column, nan=-1.0), return_inverse=True)
        n = np.bincount(place)[:, None]
        sums = np.stack([np.bincount(place, weights=one) for one in wanted.T], axis=1)
        self.known = (sums + _DOUBT * self.level) / (n + _DOUBT)

    def predict_proba(self, x: np.ndarray) -> Float[np.ndarray, "rows answers"]:
        """Return what is known of each row's value."""
        wanted = np.nan_to_num(x[:, 0], nan=-1.0)
        at = np.searchsorted(self.values, wanted).clip(max=len(self.values) - 1)
        return np.where((self.values[at] == wanted)[:, None], self.known[at], self.level)

    def predict(self, x: np.ndarray) -> Float[np.ndarray, " rows"]:
        """Return the mean of each row's value."""
        return np.asarray(self.predict_proba(x)[:, 0])


def _level(table: Table, y: np.ndarray) -> Float[np.ndarray, " answers"]:
    if not table.label.is_classes:
        return np.array([float(np.mean(y))])
    counts = np.bincount(y.astype(np.int64), minlength=len(table.label.classes)) + 1.0
    return np.asarray(counts / counts.sum())


def _nothing(work: Learning) -> tuple[Judged, str]:
    table = work.plain
    rows = table.splits["train"]
    return judged(_of(_Steady(table, rows), table, rows), table, table.splits["test"]), ""


def _one_column(work: Learning) -> tuple[Judged, str]:
    """Fit each column alone, and take the one that answers validation rows best."""
    table = work.native
    found: list[tuple[float, str, Callable[[], Judged]]] = []
    train, valid, test = (table.splits[name] for name in ("train", "valid", "test"))
    for at, one in enumerate(table.encoder.columns):
        x, known, last = (rows.x[:, [at]] for rows in (train, valid, test))
        fit = _column_fit(table, x, train, categorical=one.kind == "category")
        loss = judged(fit, table, Rows(known, valid.y, valid.rows)).mean_loss
        found.append((loss, one.name, lambda fit=fit, x=last: judged(fit, table, Rows(x, test.y, test.rows))))  # type: ignore[misc]
    _, name, judge = min(found, key=lambda each: each[0])
    return judge(), f"{name}, which answers validation rows best"


def _column_fit(table: Table, x: np.ndarray, rows: Rows, *, categorical: bool) -> Fitted:
    if categorical:
        return _of(_ByValue(table, x[:, 0], rows.y), table, rows)
    reference = f"sklearn.tree:DecisionTree{'Classifier' if table.label.is_classes else 'Regressor'}"
    leaf = max(_FEWEST, len(rows) // 100)
    tree = made(reference, {"max_leaf_nodes": _LEAVES, "min_samples_leaf": leaf}, 0)
    return _of(tree.fit(x, rows.y), table, rows)


def _linear(work: Learning) -> tuple[Judged, str]:
    return _family(work, work.plain, "linear"), ""


def _boosting(work: Learning) -> tuple[Judged, str]:
    return _family(work, work.native, "boosting"), ""


def _family(work: Learning, table: Table, name: str) -> Judged:
    family = FAMILIES[name]
    reference = family.classifier if table.label.is_classes else family.regressor
    known = made(reference, {}, work.plan.seed).get_params()
    settings = {key: value for key, value in settings_of(name).items() if key in known}
    plan = Plan(reference, settings, work.plan.seed, stops=False)
    alike = plan.reference == work.plan.reference and dict(plan.settings) == dict(work.plan.settings)
    can_stop = work.plan.stops and stopping(made(plan.reference, plan.settings, plan.seed), plan.settings)
    if alike and not can_stop and not work.recipe.search:
        raise NotApplicable("it is the model itself")
    try:
        return judged(fitted(plan, table), table, table.splits["test"])
    except BadInput as error:
        raise NotApplicable(str(error)) from error


def _of(estimator: object, table: Table, rows: Rows) -> Fitted:
    return Fitted(estimator, table.label.classes, len(rows), 0, 0, 0.0)
