"""The person's own model: found by name, made anew for every fit, and handed its columns in a form that it takes."""

import importlib
import importlib.util
import inspect
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.audit.models.inputs import Inputs
from holdfast.audit.models.model import Form, Model
from holdfast.core.errors import BadInput, NotApplicable


def load_estimator(reference: str) -> Model:
    """Return the model that `module:factory` or `file.py:factory` names. This runs the person's code.

    What is named may be a class, a function that returns an estimator, or an estimator itself.
    Raises BadInput when it cannot be imported or is no estimator.
    """
    return as_model(named(reference), reference)


def named(reference: str) -> Any:
    """Return what `module:name` or `file.py:name` names. This runs the person's code. Raises BadInput."""
    place, colon, attribute = reference.rpartition(":")
    if not colon or not place or not attribute:
        raise BadInput(f"a model is named as module:factory or file.py:factory, got {reference!r}")
    module = _module_of_file(Path(place)) if place.endswith(".py") else _module_called(place)
    found: Any = module
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise BadInput(f"{place} has nothing called {part!r}")
        found = getattr(found, part)
    return found


def as_model(given: Any, name: str = "") -> Model:
    """Return an estimator, class of estimators or function that returns one as a model that can be fitted again.

    Raises BadInput for anything else.
    """
    if isinstance(given, Model):
        return given
    if isinstance(given, str):
        return load_estimator(given)
    form: Form = "frame" if importlib.util.find_spec("pandas") else "matrix"
    if callable(given) and not _is_estimator(given):
        title = name or str(getattr(given, "__name__", type(given).__name__))
        _made(given, title)  # a factory that fails, fails here and not in the middle of an audit
        return Model(title, lambda seed: _seeded(_made(given, title), seed), form, own=True)
    if not _is_estimator(given):
        raise BadInput(f"a model needs fit and predict; {name or type(given).__name__} has not both")
    return Model(name or type(given).__name__, lambda seed: _seeded(_unfitted(given), seed), form, own=True)


def _is_estimator(given: Any) -> bool:
    return not inspect.isclass(given) and hasattr(given, "fit") and hasattr(given, "predict")


def _made(factory: Callable[[], Any], name: str) -> Any:
    try:
        made = factory()
    except Exception as error:
        raise BadInput(f"the model {name} cannot be made: {type(error).__name__}: {error}") from error
    if not _is_estimator(made):
        raise BadInput(f"{name} must return an estimator with fit and predict, got {type(made).__name__}")
    return made


def _unfitted(given: Any) -> Any:
    """Return an unfitted copy, so that the person's own object is not touched."""
    from copy import deepcopy

    from sklearn.base import clone

    try:
        return clone(given)
    except TypeError:
        return deepcopy(given)


def _seeded(estimator: Any, seed: int) -> Any:
    """Give every random part that nobody seeded the seed of the run; a seed that was set stays."""
    if hasattr(estimator, "get_params"):
        unset = {
            name: seed
            for name, value in estimator.get_params(deep=True).items()
            if value is None and (name == "random_state" or name.endswith("__random_state"))
        }
        if unset:
            estimator.set_params(**unset)
    return estimator


def fit_own(
    inputs: Inputs, places: np.ndarray, target: np.ndarray, model: Model, *, seed: int, without: Sequence[str]
) -> tuple[Any, Form, Mapping[str, Any] | None]:
    """Fit the person's model to the columns as they are; if it refuses those, to the encoded ones.

    A single column of texts is handed over as a series too, which is what vectorisers take, and one of images as
    pixels.

    A pipeline that names a column which is left out gets it filled with one value: that tells it nothing either.
    Raises NotApplicable.
    """
    as_numbers = inputs.encoding.names or any(block.kind == "vector" for block in inputs.encoding.blocks)
    ways: list[tuple[Form, Mapping[str, Any] | None]] = [("matrix", None)] if as_numbers else []
    if model.form == "frame":
        # Pipelines that start with a vectoriser want texts, not a frame of one column; networks want pixels.
        alone: dict[str, tuple[Form, ...]] = {"text": ("series",), "image": ("pixels", "flat")}
        forms = alone.get(inputs.alone, ()) if not without else ()
        ways = [("frame", None), *((form, None) for form in forms), *ways]
        named = [name for name in without if name in inputs.frame.columns]
        if named:
            ways.insert(1, ("frame", {name: inputs.frame[name].iloc[places].dropna().min() for name in named}))
    if not ways:
        raise NotApplicable("there is no column that can be handed to the model")
    first: Exception | None = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for form, blank in ways:
            estimator = model.make(seed)
            try:
                estimator.fit(inputs.take(form, places, without, blank=blank), target)
            except Exception as error:  # noqa: BLE001 it is the person's code: anything may come
                first = first or error
                continue
            return estimator, form, blank
    assert first is not None
    raise failed(model, "fit", first) from first


def failed(model: Model, verb: str, error: Exception) -> BadInput:
    """Return what to raise when the person's code raised `error`."""
    text = str(error).partition("\n")[0][:300]
    return BadInput(f"the model {model.name} failed to {verb}: {type(error).__name__}: {text}")


def _module_called(name: str) -> Any:
    # A script finds modules beside it and in the working folder; so does a person who names one.
    folder = str(Path.cwd())
    added = folder not in sys.path
    if added:
        sys.path.insert(0, folder)
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise BadInput(f"cannot import {name}: {type(error).__name__}: {error}") from error
    finally:
        if added:
            sys.path.remove(folder)


def _module_of_file(path: Path) -> Any:
    if not path.is_file():
        raise BadInput(f"no file {path}")
    name = f"holdfast_model_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # so that estimators defined there can be pickled, as joblib does
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise BadInput(f"cannot run {path}: {type(error).__name__}: {error}") from error
    return module
