"""What a function that nobody knows returns."""

import ast
from dataclasses import replace
from typing import Any

from holdfast.audit.code.leaks import is_held_out
from holdfast.audit.code.machine import Args, Machine
from holdfast.audit.code.protocol import verb_of
from holdfast.audit.code.rows import simplified
from holdfast.audit.code.scores import DECIDERS, metric
from holdfast.audit.code.values import (
    NOTHING,
    UNKNOWN,
    Data,
    Estimator,
    Function,
    Score,
    Unknown,
    learned_in,
    scores_in,
)

SILENT = {
    "print", "display", "show", "plot", "hist", "scatter", "figure", "len", "isinstance", "type", "hasattr",
    "head", "imshow", "bar", "heatmap", "pairplot", "countplot", "boxplot", "distplot", "histplot", "barplot",
    "title", "savefig", "pprint", "info", "debug", "warning", "log_metric", "makedirs", "exists", "join_",
    "format", "subplots", "scatterplot", "lineplot", "violinplot", "kdeplot", "jointplot", "axvline", "axhline",
    "clear_session",
}  # fmt: skip
_JUDGES = ("score", "evaluate", "metric", "accuracy", "rmse", "auc", "report", "test")


def unknown_call(m: Machine, name: str, args: Args, node: ast.AST, learned: frozenset[int] = NOTHING) -> Any:  # noqa: C901 a ladder of cases
    """Return what an unknown function returns: the records it was given, with all that was learned on the way."""
    if name in SILENT:
        return UNKNOWN
    for one in args.everything():
        if isinstance(one, Function) and not one.called and name != "optimize":
            m.apply(m, one, Args(tuple(replace(held, record=True) for held in args.data()[:1])), node)
    found = [one for one in args.data() if one.role != "count"]
    for one in args.everything():
        learned |= learned_in(one) if not isinstance(one, Estimator) else one.learned
    scores = frozenset[int]().union(*(scores_in(one) for one in args.everything()))
    if not found:
        if scores:
            if name in DECIDERS:
                m.decide(node, scores, name)
            return Score(scores, ranked=name == "sorted")
        return Unknown(learned) if learned else UNKNOWN
    rows = [one for one in found if one.rows]
    guessed = [one for one in rows if one.role in {"predictions", "error"}]
    labels = [one for one in rows if one.role not in {"predictions", "error"}]
    if guessed and labels:
        if any(word in name.lower() for word in _JUDGES):
            return metric(m, name, args, node)
        return replace(
            guessed[0], rows=simplified(path for one in labels for path in one.rows), role="error", column="loss"
        )
    base = _base(m, name, rows or found)
    for one in rows[1:]:
        if one.role == "label" and base.role == "label":
            continue
        learned |= one.aside
    role = base.role if base.role in {"predictions", "label", "error", "statistic", "index", "mask"} else "table"
    if role == "table" and verb_of(name) == "predict":  # `predict(params, X_test)`
        role = "predictions"
    return replace(base, learned=base.learned | learned, role=role, where=None, models=base.models)


def _base(m: Machine, name: str, found: list[Data]) -> Data:
    """Return the records that a function is about: mostly the first, of `predict(params, X)` the last."""
    if verb_of(name) != "predict":
        return found[0]
    return next((one for one in found if is_held_out(m.flow, one.rows)), found[-1])
