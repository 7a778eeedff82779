"""Models that an audit fits: the person's own, named as `module:factory`, or gradient boosting on encoded columns."""

import importlib
import importlib.util
import inspect
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from jaxtyping import Float

from holdfast.audit.facts.encoding import Encoding
from holdfast.audit.facts.labels import Labels
from holdfast.audit.threads import one_thread
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, NotApplicable

Form = Literal["frame", "matrix"]
MOST_TREES, MOST_ROUNDS, FEWEST_ROUNDS = 300, 100, 10  # of the default model: seconds, whatever the classes


@dataclass(frozen=True)
class Model:
    """What to fit: `make(seed)` returns an unfitted estimator with scikit-learn's `fit` and `predict`.

    `form` is how rows are handed to it: a pandas frame of the feature columns as they are, or the encoded matrix.
    """

    name: str
    make: Callable[[int], Any]
    form: Form = "matrix"
    own: bool = False  # the person's own, not the default


@dataclass(frozen=True)
class Predictions:
    """What a model says about rows. For classes, `values` are codes and the matrices have a column for each class.

    `scores` rank the classes; they are the probabilities where the model gives those.
    """

    values: Float[np.ndarray, " rows"]
    classes: tuple[str, ...] = ()
    probabilities: Float[np.ndarray, "rows classes"] | None = None
    scores: Float[np.ndarray, "rows classes"] | None = None

    def take(self, places: np.ndarray) -> "Predictions":
        """Return the predictions at `places`."""
        return Predictions(
            self.values[places],
            self.classes,
            None if self.probabilities is None else self.probabilities[places],
            None if self.scores is None else self.scores[places],
        )


@dataclass(frozen=True)
class Inputs:
    """Rows of a data set, cut once, in the forms that models take. Places count within `rows`."""

    dataset: Dataset
    encoding: Encoding
    rows: np.ndarray

    @cached_property
    def matrix(self) -> Float[np.ndarray, "rows columns"]:
        """The encoded feature columns."""
        return self.encoding.matrix(self.rows)

    @cached_property
    def frame(self) -> Any:
        """The feature columns as a pandas frame, values as they are."""
        names = [column.name for column in self.dataset.of(role="feature")]
        return self.dataset.table.select(names).take(pa.array(self.rows)).to_pandas()

    def take(
        self, form: Form, places: np.ndarray, without: Sequence[str] = (), *, blank: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the rows at `places` in the form wanted, lacking the columns `without`.

        With `blank`, a frame keeps those columns, each filled with one value.
        """
        if form == "frame" and blank:
            return self.frame.iloc[places].assign(**blank)
        if form == "frame":
            return self.frame.iloc[places].drop(columns=[name for name in without if name in self.frame.columns])
        kept = [i for i, name in enumerate(self.encoding.names) if name not in without]
        return self.matrix[np.ix_(places, np.array(kept, dtype=np.int64))]


@dataclass(frozen=True)
class Fitted:
    """A model that has learnt, and which columns it was given."""

    estimator: Any
    model: Model
    form: Form
    without: tuple[str, ...]
    classes: tuple[str, ...]
    blank: Mapping[str, Any] | None = None


def fit(
    inputs: Inputs,
    labels: Labels,
    places: np.ndarray,
    *,
    model: Model | None = None,
    seed: int = 0,
    without: Sequence[str] = (),
) -> Fitted:
    """Return the model (the default one, if None) fitted to the rows of `inputs` at `places`.

    Rows without a label are left out. Classes are handed over as whole numbers in sorted order of their values.
    Raises NotApplicable when there is nothing to learn from, and BadInput when the person's own model fails.
    """
    target = (labels.codes if labels.is_classes else labels.values)[inputs.rows[places]]
    known = labels.known[inputs.rows[places]]
    places, target = places[known], target[known]
    if not len(places):
        raise NotApplicable("no training row has a label")
    if labels.is_classes and len(np.unique(target)) < 2:
        raise NotApplicable("the training rows hold one class only")
    if model is None:
        # A boosting model grows one tree for each class and round.
        rounds = int(np.clip(MOST_TREES // max(len(labels.classes), 1), FEWEST_ROUNDS, MOST_ROUNDS))
        model = Model("gradient boosting", lambda seed: default_estimator(inputs.encoding, labels, seed, rounds=rounds))
    if not model.own:
        without = (*without, *_empty(inputs, places, without))
        if not set(inputs.encoding.names) - set(without):
            raise NotApplicable("no feature column holds a value in the training rows")
        estimator = _default_for(model.make(seed), inputs.encoding, without)
        with one_thread(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as: so many classes that the label could be a quantity
            estimator.fit(inputs.take(model.form, places, without), target)
        return Fitted(estimator, model, model.form, tuple(without), labels.classes)
    estimator, form, blank = _fit_own(inputs, places, target, model, seed=seed, without=without)
    return Fitted(estimator, model, form, tuple(without), labels.classes, blank)


def predict(fitted: Fitted, inputs: Inputs, places: np.ndarray) -> Predictions:
    """Return what the fitted model says about the rows of `inputs` at `places`."""
    if not len(places):
        width = len(fitted.classes)
        return Predictions(np.empty(0), fitted.classes, np.empty((0, width)), np.empty((0, width)))
    given = inputs.take(fitted.form, places, fitted.without, blank=fitted.blank)
    with warnings.catch_warnings(), nullcontext() if fitted.model.own else one_thread():
        warnings.simplefilter("ignore")
        try:
            return _predictions(fitted, given)
        except Exception as error:
            if fitted.model.own:
                raise _failed(fitted.model, "predict", error) from error
            raise


def fit_and_predict(
    dataset: Dataset,
    encoding: Encoding,
    labels: Labels,
    train_rows: np.ndarray,
    test_rows: np.ndarray,
    *,
    model: Model | None = None,
    seed: int = 0,
) -> Predictions:
    """Return what a model learnt from `train_rows` says about `test_rows`, both row numbers of the data set."""
    rows = np.concatenate([train_rows, test_rows])
    inputs = Inputs(dataset, encoding, rows)
    fitted = fit(inputs, labels, np.arange(len(train_rows)), model=model, seed=seed)
    return predict(fitted, inputs, np.arange(len(train_rows), len(rows)))


def default_estimator(encoding: Encoding, labels: Labels, seed: int, *, rounds: int = 100) -> Any:
    """Return an unfitted boosting model for `encoding.matrix`; it takes NaN and category codes as they are.

    Histogram gradient boosting (Ke et al., 2017) is the usual strong default on tables (Grinsztajn et al., 2022).
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingClassifier if labels.is_classes else HistGradientBoostingRegressor
    return kind(
        max_iter=rounds,
        categorical_features=encoding.categorical if encoding.categorical.any() else None,
        early_stopping=False,
        random_state=seed,
    )


def load_estimator(reference: str) -> Model:
    """Return the model that `module:factory` or `file.py:factory` names. This runs the person's code.

    What is named may be a class, a function that returns an estimator, or an estimator itself.
    Raises BadInput when it cannot be imported or is no estimator.
    """
    place, colon, attribute = reference.rpartition(":")
    if not colon or not place or not attribute:
        raise BadInput(f"a model is named as module:factory or file.py:factory, got {reference!r}")
    module = _module_of_file(Path(place)) if place.endswith(".py") else _module_called(place)
    found: Any = module
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise BadInput(f"{place} has nothing called {part!r}")
        found = getattr(found, part)
    return as_model(found, reference)


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


def _default_for(estimator: Any, encoding: Encoding, without: Sequence[str]) -> Any:
    """Tell the default model which of the columns left are categories."""
    if without and estimator.get_params().get("categorical_features") is not None:
        kept = np.array([name not in without for name in encoding.names])
        estimator.set_params(categorical_features=encoding.categorical[kept] if kept.any() else None)
    return estimator


def _empty(inputs: Inputs, places: np.ndarray, without: Sequence[str]) -> list[str]:
    """Return the columns that hold no value at `places`: scikit-learn's boosting fails on them."""
    return [
        name
        for place, name in enumerate(inputs.encoding.names)
        if name not in without and np.isnan(inputs.matrix[places, place]).all()
    ]


def _fit_own(
    inputs: Inputs, places: np.ndarray, target: np.ndarray, model: Model, *, seed: int, without: Sequence[str]
) -> tuple[Any, Form, Mapping[str, Any] | None]:
    """Fit the person's model to the columns as they are; if it refuses those, to the encoded ones.

    A pipeline that names a column which is left out gets it filled with one value: that tells it nothing either.
    """
    ways: list[tuple[Form, Mapping[str, Any] | None]] = [("matrix", None)]
    if model.form == "frame":
        ways.insert(0, ("frame", None))
        named = [name for name in without if name in inputs.frame.columns]
        if named:
            ways.insert(1, ("frame", {name: inputs.frame[name].iloc[places].dropna().min() for name in named}))
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
    raise _failed(model, "fit", first) from first


def _failed(model: Model, verb: str, error: Exception) -> BadInput:
    text = str(error).partition("\n")[0][:300]
    return BadInput(f"the model {model.name} failed to {verb}: {type(error).__name__}: {text}")


def _predictions(fitted: Fitted, given: Any) -> Predictions:
    values = np.asarray(fitted.estimator.predict(given), dtype=np.float64).reshape(-1)
    if len(values) != len(given):
        raise ValueError(f"{len(values):,} predictions for {len(given):,} rows")
    if not fitted.classes:
        return Predictions(values)
    known = np.asarray(getattr(fitted.estimator, "classes_", np.arange(len(fitted.classes))), dtype=np.int64)
    shape = (len(values), len(fitted.classes))
    if hasattr(fitted.estimator, "predict_proba"):
        probabilities = np.zeros(shape)
        probabilities[:, known] = np.asarray(fitted.estimator.predict_proba(given), dtype=np.float64)
        return Predictions(values, fitted.classes, probabilities, probabilities)
    if hasattr(fitted.estimator, "decision_function"):
        raw = np.asarray(fitted.estimator.decision_function(given), dtype=np.float64)
        scores = np.full(shape, -np.inf)
        scores[:, known] = np.stack([-raw, raw], axis=1) if raw.ndim == 1 else raw
        return Predictions(values, fitted.classes, None, scores)
    return Predictions(values, fitted.classes)


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
