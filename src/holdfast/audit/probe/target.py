"""Which code is meant: `file.py:name` or `module:name` to a callable and its form. Runs the person's code."""

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.audit.probe.pipeline import FORMS, About, Form
from holdfast.core.errors import BadInput


@dataclass(frozen=True)
class Target:
    """The code: what to call, in which form; `arity` counts the positional parameters of `fit_predict`."""

    about: About
    call: Callable[..., Any]
    arity: int = 2


def find(reference: str, form: Form | None = None) -> Target:
    """Return what `file.py:name` or `module:name` names. Raises BadInput."""
    place, colon, attribute = reference.rpartition(":")
    if not colon or not place or not attribute:
        raise BadInput(f"code is named as file.py:function or module:function, got {reference!r}")
    module = _of_file(Path(place)) if place.endswith(".py") else _called(place)
    found: Any = module
    for part in attribute.split("."):
        if not hasattr(found, part):
            known = [name for name, item in vars(module).items() if callable(item) and not name.startswith("_")]
            raise BadInput(f"{place} has nothing called {part!r}; it has {', '.join(known[:12]) or 'no function'}")
        found = getattr(found, part)
    return as_target(found, reference, form)


def as_target(found: Any, name: str, form: Form | None = None) -> Target:
    """Return a function, estimator, or class or factory of estimators as a target. Raises BadInput."""
    if form is not None and form not in FORMS:
        raise BadInput(f"no form {form!r}; forms are {', '.join(FORMS)}")
    file, line = _place(found)
    if _is_estimator(found):
        if form not in {None, "estimator"}:
            raise BadInput(f"{name} is an estimator, not a function of the form {form}")
        return Target(About(name, "estimator", file, line), lambda: _unfitted(found))
    if not callable(found):
        raise BadInput(f"{name} is neither a function nor an estimator, but {type(found).__name__}")
    if inspect.isclass(found) and hasattr(found, "fit") and hasattr(found, "predict"):
        return Target(About(name, "estimator", file, line), found)
    arity = _arity(found, name)
    guessed: Form = "estimator" if arity == 0 else "features" if arity == 1 else "fit_predict"
    chosen: Form = form or guessed
    wanted = {"estimator": (0, 0), "features": (1, 1), "split": (1, 1), "fit_predict": (2, 4)}[chosen]
    if not wanted[0] <= arity <= wanted[1]:
        raise BadInput(
            f"{name} takes {arity} positional parameters. Wanted is fit_predict(train, test), features(frame), "
            "split(frame), or a function without parameters that returns an estimator"
        )
    return Target(About(name, chosen, file, line), found, arity)


def made(target: Target) -> Any:
    """Return a new estimator of a target of that form. Raises BadInput when it is none."""
    estimator = target.call()
    if not _is_estimator(estimator):
        raise BadInput(
            f"{target.about.name} takes no parameters, so it should return an estimator with fit and predict; "
            f"it returned {type(estimator).__name__}"
        )
    return estimator


def _arity(function: Callable[..., Any], name: str) -> int:
    """Return how many parameters a caller must give."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError) as error:
        raise BadInput(f"{name} does not say which parameters it takes; wrap it in a function that does") from error
    positional = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    return sum(item.kind in positional and item.default is item.empty for item in parameters)


def _is_estimator(found: Any) -> bool:
    return not inspect.isclass(found) and hasattr(found, "fit") and hasattr(found, "predict")


def _unfitted(found: Any) -> Any:
    from copy import deepcopy

    try:
        from sklearn.base import clone
    except ImportError:
        return deepcopy(found)
    try:
        return clone(found)
    except TypeError:
        return deepcopy(found)


def _place(found: Any) -> tuple[str, int]:
    try:
        return inspect.getsourcefile(found) or "", inspect.getsourcelines(found)[1]
    except (OSError, TypeError):
        return "", 0


def _called(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise BadInput(f"cannot import {name}: {type(error).__name__}: {error}") from error


def _of_file(path: Path) -> Any:
    if not path.is_file():
        raise BadInput(f"no file {path}")
    name = path.stem if path.stem.isidentifier() and path.stem not in sys.modules else f"probed_{abs(hash(path.stem))}"
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # so that workers that the code starts find its functions by name
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)  # a script finds the modules beside it
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise BadInput(f"cannot run {path}: {type(error).__name__}: {error}{_at(error, path)}") from error
    return module


def _at(error: Exception, path: Path) -> str:
    line, trace = None, None if isinstance(error, SyntaxError) else error.__traceback__  # that one says its line
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename).name == path.name:
            line = trace.tb_lineno
        trace = trace.tb_next
    return f" (line {line})" if line else ""
