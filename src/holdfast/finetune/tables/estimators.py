"""Estimators by name: a short one, one of scikit-learn, or a person's own; made anew for every fit."""

import importlib
import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.audit.models.own import named
from holdfast.core.errors import BadInput, unknown
from holdfast.core.text import one_line
from holdfast.finetune.recipe import Recipe

TABLE = "table"  # the name of the task
_ROUNDS = 500  # at most, where validation rows say when to stop: a hundred are not enough at low rates


@dataclass(frozen=True, slots=True)
class Family:
    """A short name: its two estimators, how they differ from scikit-learn's defaults, and what a search tries."""

    classifier: str
    regressor: str
    settings: Mapping[str, Any]
    space: Mapping[str, Any]


# Ranges around scikit-learn's defaults, as wide as tables of a few hundred to a few million rows have wanted them
# (Grinsztajn et al., 2022, 2207.08815, appendix A.4, search the same keys).
FAMILIES: Mapping[str, Family] = {
    "boosting": Family(
        "sklearn.ensemble:HistGradientBoostingClassifier", "sklearn.ensemble:HistGradientBoostingRegressor", {},
        {"learning_rate": {"low": 0.02, "high": 0.3, "log": True}, "max_leaf_nodes": [7, 15, 31, 63],
         "min_samples_leaf": [5, 20, 60], "l2_regularization": [0.0, 1.0, 10.0]},
    ),
    "forest": Family(
        "sklearn.ensemble:RandomForestClassifier", "sklearn.ensemble:RandomForestRegressor", {},
        {"min_samples_leaf": [1, 3, 10, 30], "max_features": [0.2, 0.33, 0.6, 1.0]},
    ),
    "linear": Family(
        "sklearn.linear_model:LogisticRegression", "sklearn.linear_model:Ridge", {"max_iter": 1000},
        {"C": {"low": 0.001, "high": 100.0, "log": True}, "alpha": {"low": 0.01, "high": 1000.0, "log": True}},
    ),
    "nearest": Family(
        "sklearn.neighbors:KNeighborsClassifier", "sklearn.neighbors:KNeighborsRegressor", {},
        {"n_neighbors": [3, 5, 10, 20, 50], "weights": ["uniform", "distance"]},
    ),
    "network": Family(
        "sklearn.neural_network:MLPClassifier", "sklearn.neural_network:MLPRegressor", {"max_iter": 500},
        {"alpha": {"low": 1e-5, "high": 1.0, "log": True},
         "learning_rate_init": {"low": 1e-4, "high": 0.01, "log": True}},
    ),
}  # fmt: skip
# What an estimator's freedom hangs on most, the first that it has: more of it, or less, is tried by the guard.
_STRENGTHS = ("learning_rate", "learning_rate_init", "C", "alpha", "n_neighbors", "n_estimators")
_WHOLE = ("n_neighbors", "n_estimators")


def names_estimator(recipe: Recipe) -> bool:
    """Return whether a recipe is for a table: it says so, or its model is the name of an estimator.

    A person's own `module:name` is looked at, which runs it, as making it would: an estimator has fit and predict.
    """
    name = recipe.model
    if recipe.task == TABLE:
        return True
    if recipe.task != "auto" or Path(name).exists():
        return False
    if name in FAMILIES or name.startswith("sklearn."):
        return True
    place, colon, attribute = name.rpartition(":")
    if not colon or not place or not attribute.isidentifier():
        return False
    try:
        found = named(name)
    except BadInput:
        return False  # whoever makes it says what is wrong with it
    return hasattr(found, "fit") and hasattr(found, "predict")


def reference_of(name: str, *, classes: bool) -> str:
    """Return the full name of an estimator, `module:name`. Raises BadInput for what names none."""
    if name in FAMILIES:
        return FAMILIES[name].classifier if classes else FAMILIES[name].regressor
    if ":" not in name:
        module, _, last = name.rpartition(".")
        if module.startswith("sklearn"):
            return f"{module}:{last}"
        raise unknown("estimator", one_line(name, 80), (*FAMILIES, "sklearn.module:Name", "module:name"))
    return name


def settings_of(name: str) -> Mapping[str, Any]:
    """Return how a short name differs from scikit-learn's defaults."""
    return FAMILIES[name].settings if name in FAMILIES else {}


def made(reference: str, settings: Mapping[str, Any], seed: int) -> Any:
    """Return a fresh, unfitted estimator; what is random and was given no seed gets this one. Raises BadInput."""
    from sklearn.base import clone

    found = _named(reference)
    try:
        estimator = clone(found) if _is_estimator(found) else found()
    except Exception as error:
        text = one_line(str(error), 300)
        raise BadInput(f"the estimator {one_line(reference)} cannot be made: {type(error).__name__}: {text}") from error
    if not _is_estimator(estimator):
        raise BadInput(
            f"{one_line(reference)} is of type {type(estimator).__name__}; wanted an estimator with fit and predict"
        )
    known: Mapping[str, Any] = _parameters(estimator)
    for name in settings:
        if name not in known:
            raise unknown(f"parameter of {one_line(reference, 80)} (options.estimator)", name, known)
    unset = {name: seed for name, value in known.items() if value is None and _last(name) == "random_state"}
    if unset or settings:
        estimator.set_params(**{**unset, **settings})
    return estimator


def stopping(estimator: Any, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what lets an estimator stop early by itself, where it can and was not told otherwise."""
    known = _parameters(estimator)
    if "early_stopping" not in known or "early_stopping" in settings:
        return {}
    more = {"max_iter": _ROUNDS} if takes_validation(estimator) and "max_iter" not in settings else {}
    return {"early_stopping": True, **more}


def takes_validation(estimator: Any) -> bool:
    """Return whether `fit` takes validation rows to stop by; others put rows of their own aside."""
    return "X_val" in inspect.signature(estimator.fit).parameters


def takes_categories(estimator: Any) -> bool:
    """Return whether an estimator takes codes of categories and missing values as they are."""
    return "categorical_features" in _parameters(estimator)


def takes_frames(estimator: Any) -> bool:
    """Return whether an estimator prepares named columns by itself: a pipeline that begins with their names."""
    steps: Any = getattr(estimator, "steps", None)
    return bool(steps) and type(steps[0][1]).__name__ == "ColumnTransformer"


def is_for_classes(estimator: Any) -> bool | None:
    """Return whether an estimator gives classes; None where it does not say."""
    from sklearn.base import is_classifier, is_regressor

    try:
        return True if is_classifier(estimator) else False if is_regressor(estimator) else None
    except (AttributeError, TypeError):
        return None


def knows_its_rows(estimator: Any) -> bool:
    """Return whether an estimator answers the rows that it learnt from by themselves, as forests and neighbours do."""
    known = _parameters(estimator)
    return any(_last(name) in {"oob_score", "n_neighbors"} for name in known)


def strength(estimator: Any) -> tuple[str, float] | None:
    """Return the parameter that an estimator's freedom hangs on most, and its value; None where none is known."""
    known = _parameters(estimator)
    for wanted in _STRENGTHS:
        for name, value in known.items():
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if _last(name) == wanted and number and math.isfinite(value) and value > 0:
                return name, float(value)
    return None


def times(name: str, value: float, factor: float) -> float | int:
    """Return a strength times a factor; whole where it counts something."""
    return max(1, round(value * factor)) if _last(name) in _WHOLE else value * factor


def has_seed(estimator: Any) -> bool:
    """Return whether an estimator draws anything."""
    return any(_last(name) == "random_state" for name in _parameters(estimator))


def _last(name: str) -> str:
    """Return the parameter's own name, without the steps of a pipeline before it."""
    return name.rpartition("__")[2]


def _parameters(estimator: Any) -> dict[str, Any]:
    try:
        return dict(estimator.get_params(deep=True))
    except Exception:  # noqa: BLE001 a person's class need not have any
        return {}


def _named(reference: str) -> Any:
    try:
        return named(reference)
    except BadInput as error:
        module, _, name = reference.rpartition(":")
        if module.startswith("sklearn.") and importlib.util.find_spec("sklearn"):
            try:
                near = [one for one in dir(importlib.import_module(module)) if one[:1].isupper()]
            except ImportError:
                raise error from None
            raise unknown(f"estimator in {module}", name, near) from error
        raise


def _is_estimator(given: Any) -> bool:
    return not inspect.isclass(given) and hasattr(given, "fit") and hasattr(given, "predict")
