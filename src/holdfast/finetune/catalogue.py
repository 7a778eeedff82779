"""What there is: kinds of task, controls and methods, each a file of its folder that is found by itself."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, did_you_mean, unknown
from holdfast.finetune.adapting.definitions import Adaptation
from holdfast.finetune.controls.definitions import Control
from holdfast.finetune.methods.definitions import MethodKind
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.tables.estimators import FAMILIES, TABLE
from holdfast.finetune.tasks.definitions import Kind


@cache
def kinds() -> Mapping[str, Kind]:
    """Return the kinds of task by name."""
    return {one.name: one for one in _found("tasks", "kind")}


@cache
def controls() -> Mapping[str, Control]:
    """Return the controls by name."""
    return {one.name: one for one in _found("controls", "control")}


@cache
def methods() -> Mapping[str, MethodKind]:
    """Return the methods by name."""
    return {one.name: one for one in _found("methods", "method")}


@cache
def adaptations() -> Mapping[str, Adaptation]:
    """Return the ways to adapt a model by name."""
    return {one.name: one for one in _found("adapting", "adaptation")}


def adaptation(name: str) -> Adaptation:
    """Return a way to adapt by name. Raises BadInput."""
    known = adaptations()
    if name not in known:
        raise unknown("way to adapt", name, known)
    return known[name]


@cache
def predictors() -> Mapping[str, Any]:
    """Return what predicts by the name of its task, of tasks that can."""
    modules = _modules("tasks")
    found = {one.kind.name: one.predictor for one in modules if hasattr(one, "kind") and hasattr(one, "predictor")}
    return {**found, TABLE: importlib.import_module("holdfast.finetune.tables.answering").predictor}


def kind_for(dataset: Dataset, recipe: Recipe) -> Kind:
    """Return the kind of task that a recipe asks for or that suits the data. Raises BadInput."""
    known = kinds()
    if recipe.task != "auto":
        if recipe.task not in known:
            raise unknown("task", recipe.task, (*known, TABLE))
        return known[recipe.task]
    fitting = [one for one in known.values() if one.suits(dataset, recipe)]
    if not fitting:
        hint = did_you_mean(recipe.model, FAMILIES)
        if hint and not Path(recipe.model).exists():
            raise BadInput(f"no estimator {recipe.model!r} for tables.{hint}")
        columns = ", ".join(f"{one.name} ({one.kind})" for one in dataset.columns[:12])
        raise BadInput(
            f"no task suits {dataset.name}: its columns are {columns}. Name the label (--label) or the task: "
            + ", ".join(f"{one.name} ({one.says})" for one in known.values())
        )
    return fitting[0]


def _found(folder: str, name: str) -> Iterator[Any]:
    yield from (getattr(module, name) for module in _modules(folder) if hasattr(module, name))


def _modules(folder: str) -> Iterator[Any]:
    package = importlib.import_module(f"holdfast.finetune.{folder}")
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda one: one.name):
        yield importlib.import_module(f"{package.__name__}.{module.name}")
