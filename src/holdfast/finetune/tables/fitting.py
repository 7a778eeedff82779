"""An estimator fitted to rows, and what it makes of others."""

import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from holdfast.audit.threads import one_thread
from holdfast.core.errors import BadInput
from holdfast.core.text import one_line
from holdfast.finetune.tables.estimators import made, stopping, takes_categories, takes_validation
from holdfast.finetune.tables.rows import Rows, Table
from holdfast.finetune.tasks.definitions import Judged


@dataclass(frozen=True)
class Plan:
    """Everything that a fit depends on beside its rows."""

    reference: str
    settings: Mapping[str, Any]
    seed: int
    stops: bool = True  # early, where the estimator can

    def with_settings(self, more: Mapping[str, Any]) -> "Plan":
        """Return the plan with other settings."""
        return replace(self, settings={**self.settings, **more})


@dataclass(frozen=True)
class Fitted:
    """An estimator that has learnt, in how many rounds, and what that took."""

    estimator: Any
    classes: tuple[str, ...]
    n: int  # rows that it learnt from
    rounds: int
    most: int  # rounds that it was allowed
    seconds: float
    notes: tuple[str, ...] = ()
    may_stop: bool = False  # before all rounds are over, as validation rows say

    @property
    def stopped(self) -> bool:
        """Whether it stopped early."""
        return self.may_stop and 0 < self.rounds < self.most


def fitted(plan: Plan, table: Table, rows: Rows | None = None) -> Fitted:
    """Return the estimator fitted to training rows, all of them if None; validation rows say when to stop.

    Raises BadInput where it fails.
    """
    rows = table.splits["train"] if rows is None else rows
    if table.label.is_classes and len(known := np.unique(rows.y)) < 2:
        one = one_line(table.label.classes[int(known[0])], 60) if len(known) else "none"
        raise BadInput(f"the rows to learn from hold one class, {one!r}: there is nothing to tell apart")
    estimator = made(plan.reference, plan.settings, plan.seed)
    more = dict(stopping(estimator, plan.settings)) if plan.stops else {}
    if takes_categories(estimator) and table.encoder.native and "categorical_features" not in plan.settings:
        flags = table.encoder.categorical
        more["categorical_features"] = flags if flags.any() else None
    if more:
        estimator.set_params(**more)
    extra: dict[str, Any] = {}
    if more.get("early_stopping") and takes_validation(estimator):
        valid = table.splits["valid"]
        seen = valid.take(np.flatnonzero(np.isin(valid.y, np.unique(rows.y)))) if table.label.is_classes else valid
        extra = {"X_val": seen.x, "y_val": seen.y}
    started = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught, one_thread():
        warnings.simplefilter("always")
        try:
            estimator.fit(_as_taken(rows.x), rows.y, **extra)
        except Exception as error:
            raise _failed(plan, "fit", error) from error
    told = sorted({one_line(str(one.message).partition("\n")[0], 200) for one in caught if _converges(one)})
    most = getattr(estimator, "max_iter", 0)
    return Fitted(
        estimator, table.label.classes, len(rows), _rounds(estimator),
        most if isinstance(most, int) else 0, time.perf_counter() - started, tuple(told),
        may_stop=bool(more.get("early_stopping")),
    )  # fmt: skip


def judged(one: Fitted, table: Table, rows: Rows) -> Judged:
    """Return what a fitted estimator makes of rows.

    Classes: right or wrong, and minus log p, no p being surer than one row in n + 2 allows (Laplace), n being those
    learnt from. Numbers: 1 − squared error over the variance of these rows, whose mean is R²; and the squared error
    in variances of the training labels.
    """
    found, weight = answered(one, rows.x), np.ones(len(rows))
    if not table.label.is_classes:
        squared = (found[:, 0] - rows.y) ** 2
        variance = float(np.var(rows.y)) or 1.0
        return Judged(1.0 - squared / variance, squared / table.spread, weight)
    codes = rows.y.astype(np.int64)
    right = (found.argmax(axis=1) == codes).astype(np.float64)
    floor = 1.0 / (one.n + 2.0)
    return Judged(right, -np.log(np.clip(found[np.arange(len(codes)), codes], floor, 1.0)), weight)


def answered(one: Fitted, x: Any) -> np.ndarray:
    """Return the probability of each class (rows × classes), or the number foretold (rows × 1). Raises BadInput.

    An estimator that gives no probabilities is as sure as its answer: 1 and 0.
    """
    if not len(x):
        return np.zeros((0, len(one.classes) or 1))
    estimator, x = one.estimator, _as_taken(x)
    with warnings.catch_warnings(), one_thread():
        warnings.simplefilter("ignore")
        try:
            if not one.classes:
                return np.asarray(estimator.predict(x), dtype=np.float64).reshape(len(x), -1)[:, :1]
            found = np.zeros((len(x), len(one.classes)))
            if hasattr(estimator, "predict_proba"):
                known = np.asarray(estimator.classes_, dtype=np.int64)
                found[:, known] = np.asarray(estimator.predict_proba(x), dtype=np.float64)
            else:
                found[np.arange(len(x)), np.asarray(estimator.predict(x), dtype=np.int64)] = 1.0
        except Exception as error:
            raise BadInput(
                f"{type(estimator).__name__} failed to predict: {type(error).__name__}: "
                f"{one_line(str(error).partition(chr(10))[0], 300)}"
            ) from error
    return found


def _rounds(estimator: Any) -> int:
    """Return in how many rounds an estimator was fitted; 0 where it knows none, as solvers in closed form."""
    found = getattr(estimator, "n_iter_", None)
    return 0 if found is None else int(np.max(found))


def _as_taken(x: Any) -> Any:
    """Return rows as an estimator takes them: named columns as a frame."""
    return x.to_pandas() if isinstance(x, pa.Table) else x


def _failed(plan: Plan, verb: str, error: Exception) -> BadInput:
    text = one_line(str(error).partition("\n")[0], 300)
    return BadInput(f"{one_line(plan.reference)} failed to {verb}: {type(error).__name__}: {text}")


def _converges(caught: warnings.WarningMessage) -> bool:
    from sklearn.exceptions import ConvergenceWarning

    return issubclass(caught.category, ConvergenceWarning)
