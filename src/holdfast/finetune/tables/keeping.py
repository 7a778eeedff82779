"""A model kept as JSON: which estimator, how it was set, how columns become numbers, and what it learnt from.

Nothing is pickled. A straight line is kept as its numbers. Any other estimator is fitted again from the rows that it
learnt from, which gives the same model to the last bit; where those rows have changed, it is refused.
"""

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ValidationError

from holdfast.core.errors import BadInput
from holdfast.core.finding import FROZEN
from holdfast.core.store import as_json
from holdfast.core.text import one_line
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.tables.columns import Encoder
from holdfast.finetune.tables.estimators import made
from holdfast.finetune.tables.fitting import Fitted, Plan

FILE = "estimator.json"
# Linear models whose fitted state is public and whole: coef_, intercept_ and, for classes, classes_.
_LINES = ("LinearRegression", "Ridge", "Lasso", "ElasticNet", "LogisticRegression")
_PACKAGES = ("scikit-learn", "numpy", "scipy")  # whose releases may change what a fit comes to
_FORMAT = 1


class Line(BaseModel):
    """A straight line: its numbers, which JSON keeps to the last bit."""

    model_config = FROZEN
    weights: tuple[tuple[float, ...], ...]
    biases: tuple[float, ...]
    codes: tuple[int, ...] = ()  # of the classes that it knows
    flat: bool = False  # whether the weights are one line, not a matrix


class Kept(BaseModel):
    """A model of a table."""

    model_config = FROZEN
    format: int = _FORMAT
    estimator: str
    settings: dict[str, Any]
    seed: int
    stops: bool
    label: str
    task: str
    classes: tuple[str, ...]
    encoder: Encoder
    frames: bool
    inputs: tuple[str, ...]  # as the recipe had them
    data: dict[str, str]  # the files it learnt from
    original: str | None
    rows: int
    rounds: int
    digest: str  # of everything that a fit depends on
    packages: dict[str, str]
    line: Line | None = None


def paths_of(recipe: Recipe) -> tuple[dict[str, str], str | None]:
    """Return the files of a recipe by split, and those of the original task, so that they are found from anywhere."""
    data = {"all": recipe.data} if isinstance(recipe.data, str) else dict(recipe.data)
    return {name: _absolute(one) for name, one in data.items()}, _absolute(recipe.original) if recipe.original else None


def packages() -> dict[str, str]:
    """Return the releases of what fits."""
    return {name: version(name) for name in _PACKAGES}


def written(kept: Kept, folder: Path) -> None:
    """Write a model into a folder. Raises OSError."""
    (folder / FILE).write_bytes(as_json(kept, indent=1))


def read(folder: Path) -> Kept:
    """Return the model of a folder. Raises BadInput for what was not written here."""
    path = folder / FILE
    try:
        found = Kept.model_validate(json.loads(path.read_bytes()))
    except (OSError, ValueError, ValidationError) as error:
        first = one_line(str(error).partition("\n")[0], 200)
        raise BadInput(f"{one_line(str(path))} is no model that was kept here: {first}") from error
    if found.format != _FORMAT:
        raise BadInput(f"{one_line(str(path))} has format {found.format}; this release reads {_FORMAT}")
    return found


def line_of(one: Fitted) -> Line | None:
    """Return a straight line as numbers; None for any other estimator."""
    estimator = one.estimator
    if type(estimator).__name__ not in _LINES or not type(estimator).__module__.startswith("sklearn.linear_model"):
        return None
    weights = np.asarray(estimator.coef_, dtype=np.float64)
    return Line(
        weights=tuple(map(tuple, np.atleast_2d(weights).tolist())),
        biases=tuple(np.atleast_1d(np.asarray(estimator.intercept_, dtype=np.float64)).tolist()),
        codes=tuple(int(code) for code in getattr(estimator, "classes_", ())),
        flat=weights.ndim == 1,
    )


def from_line(kept: Kept, line: Line) -> Fitted:
    """Return the estimator of a straight line, ready to answer."""
    estimator = made(kept.estimator, kept.settings, kept.seed)
    weights, biases = np.array(line.weights), np.array(line.biases)
    estimator.coef_ = weights[0] if line.flat else weights
    estimator.intercept_ = float(biases[0]) if line.flat else biases
    estimator.n_features_in_ = weights.shape[1]
    if line.codes:
        estimator.classes_ = np.array(line.codes)
    return Fitted(estimator, kept.classes, kept.rows, kept.rounds, 0, 0.0)


def plan_of(kept: Kept) -> Plan:
    """Return what a model is fitted by."""
    return Plan(kept.estimator, kept.settings, kept.seed, kept.stops)


def changes(before: Mapping[str, str]) -> str:
    """Return which releases are others than when a model was kept; empty where none is."""
    now = packages()
    return ", ".join(
        f"{name} {now[name]} instead of {was}" for name, was in before.items() if now.get(name, was) != was
    )


def _absolute(text: str) -> str:
    place, at, release = text.partition("@")
    return f"{Path(place).resolve()}{at}{release}" if Path(place).exists() else text
