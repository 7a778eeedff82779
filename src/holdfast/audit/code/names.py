"""Names that a program uses but does not define here: libraries by their usual names, data by theirs."""

import re
from typing import Any

from holdfast.audit.code.machine import Machine
from holdfast.audit.code.rows import Step
from holdfast.audit.code.values import UNKNOWN, Data, Estimator, Ref
from holdfast.audit.code.vocabulary import DATA_NAME, LABEL_NAME, side_of

_USUAL = {
    "np": "numpy",
    "pd": "pandas",
    "plt": "matplotlib.pyplot",
    "sns": "seaborn",
    "tf": "tensorflow",
    "nn": "torch.nn",
    "xgb": "xgboost",
    "lgb": "lightgbm",
    "sm": "statsmodels.api",
}
_OBJECTS = (
    (re.compile(r"scaler|normali[sz]er", re.IGNORECASE), "scale", "StandardScaler"),
    (re.compile(r"imputer", re.IGNORECASE), "impute", "SimpleImputer"),
    (re.compile(r"^pca$|^svd$"), "reduce", "PCA"),
    (re.compile(r"vectori[sz]er|^tfidf$", re.IGNORECASE), "words", "TfidfVectorizer"),
    (re.compile(r"smote|oversampler", re.IGNORECASE), "over", "SMOTE"),
    (re.compile(r"selector", re.IGNORECASE), "select", "SelectKBest"),
    (re.compile(r"model|clf|classifier|regressor|estimator|network|^net$", re.IGNORECASE), "model", "model"),
)
_FAMILY = re.compile(r"^(?:[XxYy](?:_.*)?|features?|labels?|targets?)$")


def lookup(m: Machine, name: str) -> Any:
    """Return what a name holds; one that nobody defined holds what its name says."""
    found = m.scope.find(name)
    if found is not None:
        return found
    if name in _USUAL:
        return Ref(_USUAL[name])
    value = given(m, name)
    if value is UNKNOWN:
        return Ref(name)
    top = m.scope
    while top.outer is not None:
        top = top.outer
    top.names[name] = value
    return value


def called(name: str) -> Any:
    """Return what a name that nobody defined holds where it is called: a function or a model."""
    for pattern, kind, class_name in _OBJECTS:
        if kind == "model" and pattern.search(name) and name.islower() and "_" not in name:
            return Estimator(class_name, kind, text=name)
    return Ref(name)


def given(m: Machine, name: str, key: tuple[Any, ...] = ()) -> Any:
    """Return what something called `name` holds when nothing else is known: records, a model, or anything."""
    for pattern, kind, class_name in _OBJECTS:
        if pattern.search(name) and not side_of(name):
            return Estimator(class_name, kind, text=name) if name.islower() else UNKNOWN
    if not DATA_NAME.match(name) or name.endswith(
        ("_path", "_dir", "_file", "_size", "_cols", "_columns", "_fn", "_loss")
    ):
        return UNKNOWN
    side = side_of(name)
    source = ("given", *key) if side or _FAMILY.match(name) else ("given", name, *key)
    path: tuple[Any, ...] = (source,)
    if side:
        path = (source, Step(("split", "given", *key), side))
    role = "label" if LABEL_NAME.match(name) else "table"
    return m.note_name(name, Data(rows=frozenset({path}), role=role))
