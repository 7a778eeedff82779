"""Attributes of values: parts of tables, what estimators know after a fit, methods."""

import ast
from dataclasses import replace
from typing import Any

from holdfast.audit.code.column_names import names_of
from holdfast.audit.code.columns import column_of, part_named
from holdfast.audit.code.machine import Machine, name_of
from holdfast.audit.code.values import (
    NOTHING,
    UNKNOWN,
    Class,
    Columns,
    Const,
    Data,
    Estimator,
    Expression,
    Function,
    Method,
    Module,
    Object,
    Ref,
    Score,
    Table,
    Unknown,
)

SAME = {"values", "T", "str", "dt", "cat", "loc", "iloc", "at", "iat", "array", "data", "flat", "real", "sparse", "ix"}
_NOT_DATA = {"columns", "dtypes", "dtype", "ndim", "name", "empty", "device", "class_names", "classes", "DESCR", "plot"}
_LEARNT = {
    "feature_importances_": "importance",
    "coef_": "importance",
    "scores_": "select",
    "pvalues_": "select",
    "support_": "select",
    "ranking_": "select",
    "components_": "",
    "mean_": "",
    "scale_": "",
    "statistics_": "",
    "params": "",
}
_PARTS = {
    "wv",
    "best_estimator_",
    "named_steps",
    "estimator",
    "base_estimator_",
    "model",
    "module",
    "steps",
    "estimators_",
}


def attribute(m: Machine, owner: Any, name: str, node: ast.AST) -> Any:  # noqa: C901, PLR0911 a ladder of cases
    """Return `owner.name`."""
    if isinstance(owner, Data) and name == "columns" and owner.role != "statistic":
        return names_of(owner, typed=name_of(getattr(getattr(node, "value", None), "func", None)) == "select_dtypes")
    if isinstance(owner, Data):
        return _of_data(m, owner, name)
    if isinstance(owner, Ref):
        return Ref(f"{owner.name}.{name}")
    if isinstance(owner, Estimator):
        return _of_estimator(m, owner, name, node)
    if isinstance(owner, Object):
        return of_object(owner, name)
    if isinstance(owner, Columns | Expression) and name in SAME:
        return owner
    if isinstance(owner, Score) and name in {"iloc", "loc", "values", "index", "T"}:
        return owner
    if isinstance(owner, Class):
        if name in owner.methods:
            return Function(owner.methods[name], owner.scope, owner.cell)
        return owner.attributes.get(name, UNKNOWN)
    if isinstance(owner, Table) and name in owner.items:
        return owner.items[name]
    if isinstance(owner, Module):
        return owner.scope.names.get(name, UNKNOWN)
    return Method(owner, name)


def of_object(owner: Object, name: str) -> Any:
    """Return an attribute or bound method of an instance."""
    if name in owner.attributes:
        return owner.attributes[name]
    if name in owner.kind.methods:
        made = Function(owner.kind.methods[name], owner.kind.scope, owner.kind.cell, owner)
        if any("property" in ast.unparse(one) for one in made.node.decorator_list):  # type: ignore[union-attr]
            return UNKNOWN
        return made
    return Method(owner, name)


def _origin(m: Machine, owner: Data) -> frozenset[int]:
    """Return the first or last of all dates, from which time is counted: that teaches nothing."""
    return frozenset(one for one in owner.learned if m.flow.learned[one].what in {"min", "max", "amin", "amax"})


def _turned(m: Machine, owner: Data) -> Data:
    """Return a table turned over: what was stacked row below row are columns, and no copies of records."""
    stacked = {one for one in owner.learned if m.flow.learned[one].kind == "augment"}
    return replace(owner, learned=owner.learned - stacked) if stacked else owner


def _of_data(m: Machine, owner: Data, name: str) -> Any:  # noqa: PLR0911 a ladder of cases
    if name == "dt":
        return replace(owner, learned=owner.learned - _origin(m, owner))
    if name in SAME:
        if owner.role == "bundle" and name == "data":
            return replace(owner, role="table")
        return _turned(m, owner) if name == "T" else owner
    if name in {"index", "index_"}:
        return replace(owner, role="index") if owner.role != "statistic" else owner
    if name in {"shape", "size"}:
        return replace(owner, role="count", learned=NOTHING, columns={})
    if name == "columns":
        return owner
    if name == "name" and owner.column is not None:
        return Const(owner.column)
    if name in _NOT_DATA or name.startswith("__"):
        return UNKNOWN if name != "plot" else Method(UNKNOWN, name)
    if owner.role == "bundle" and name in {"target", "labels", "targets"}:
        return replace(owner, role="label")
    return Method(owner, name)


def _of_estimator(m: Machine, owner: Estimator, name: str, node: ast.AST) -> Any:  # noqa: PLR0911 a ladder of cases
    if name in _PARTS:
        return owner
    if name in _LEARNT and owner.fits:
        events = [m.flow.learned[one] for one in owner.fits]
        found = set(owner.fits)
        if _LEARNT[name]:
            found = {
                m.learn(
                    "importance",
                    f"{event.what}.{name}",
                    node,
                    replace(event.data, rows=event.rows),
                    label=event.label or event.kind == "model",
                    origin=event.id,
                )
                for event in events
            }
        return Data(role="statistic", learned=frozenset(found))
    if owner.kind == "select" and owner.fits and name.endswith("_"):  # the names or numbers of what was chosen
        return Data(role="statistic", learned=frozenset(owner.fits))
    if name in {"concordance_index_", "concordance_index"} and owner.fits and owner.kind == "model":
        judged = predicted_by(m, owner)
        return Score(frozenset({m.score(name, node, judged)}))
    if name in {"labels_", "embedding_"} and owner.fits:
        event = m.flow.learned[owner.fits[-1]]
        return replace(event.data, learned=event.data.known | {event.id}, columns={}, role="table", column=None)
    if name == "best_params_" and owner.fits:
        event = m.flow.learned[owner.fits[-1]]
        return Unknown(frozenset({m.learn("tuned", event.what, node, event.data, origin=event.id, given=event.given)}))
    if name == "history" and "watched" in owner.held:
        return Score(frozenset({m.score("validation", node, replace(owner.held["watched"], by=owner))}))
    if name in {"best_score_", "best_params_", "cv_results_", "history", "classes_", "n_features_in_"}:
        return UNKNOWN
    return Method(owner, name)


def predicted_by(m: Machine, owner: Estimator) -> Data:
    """Return what a model predicts for the rows that it was fitted on."""
    event = m.flow.learned[owner.fits[-1]]
    return replace(event.data, models=frozenset({event.id}), by=owner, role="predictions", columns={}, column=None)


def settled(value: Any) -> Any:
    """Return a value that was not called: a column where an attribute of a table is one."""
    if isinstance(value, Method) and isinstance(value.owner, Data):
        owner = value.owner
        if value.name in owner.foretold or part_named(owner, value.name) is not None:
            return column_of(owner, value.name)
        learned = owner.learned | owner.brought(value.name)
        if owner.role == "statistic":
            return replace(owner, column=value.name)
        if owner.column is not None:
            return owner  # `column.dt.year`, `column.cat.codes`
        role = "table" if owner.role == "bundle" else owner.role
        only = None if owner.role == "bundle" else frozenset({value.name})
        of = owner.made.get(value.name, frozenset()) | {value.name}
        return replace(owner, learned=learned, columns={}, only=only, column=value.name, role=role, gone=None, of=of)
    return value
