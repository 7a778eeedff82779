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
_TESTS = ("test", "eval", "valid", "score", "judge")
_JUDGES = ("score", "evaluate", "metric", "accuracy", "rmse", "auc", "report", "test")


def unknown_call(m: Machine, name: str, args: Args, node: ast.AST, learned: frozenset[int] = NOTHING) -> Any:  # noqa: C901 a ladder of cases
    """Return what an unknown function returns: the records it was given, with all that was learned on the way."""
    if name in SILENT:
        return UNKNOWN
    for one in args.everything():
        if isinstance(one, Function) and not one.called and name != "optimize":
            m.apply(m, one, Args(tuple(replace(held, record=True) for held in args.data()[:1])), node)
    found = [one for one in args.data() if one.role != "count"]
    if any(one.rows for one in found) and (verb := _done_by(name)):
        for one in args.values:
            if isinstance(one, Estimator) and one.kind == "model":
                return _as_method(m, one, verb, args, node)
    learned |= frozenset[int]().union(*map(learned_in, args.everything()))
    scores = frozenset[int]().union(*(scores_in(one) for one in args.everything()))
    if not found:
        if scores:
            if name in DECIDERS:
                m.decide(node, scores, name)
            return Score(scores, ranked=scores if name == "sorted" else NOTHING)
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
    learned |= frozenset[int]().union(
        *(one.aside for one in rows if one is not base and not one.role == base.role == "label")
    )
    role = base.role if base.role in {"predictions", "label", "error", "statistic", "index", "mask"} else "table"
    if role == "table" and verb_of(name) == "predict":  # `predict(params, X_test)`
        role = "predictions"
    return replace(base, learned=base.learned | learned, role=role, where=None, models=base.models, gone=None)


def _base(m: Machine, name: str, found: list[Data]) -> Data:
    """Return the records that a function is about: mostly the first, of `predict(params, X)` the last."""
    if verb_of(name) != "predict":
        return found[0]
    return next((one for one in found if is_held_out(m.flow, one.rows)), found[-1])


def _done_by(name: str) -> str:
    """Return what a function does with a model that it is given: fit, predict, score or nothing."""
    verb = verb_of(name)
    return verb if verb in {"fit", "predict"} else "score" if name.startswith(_TESTS) else ""


def _as_method(m: Machine, model: Estimator, verb: str, args: Args, node: ast.AST) -> Any:
    """Return what `evaluate(model, X_test)` does, read as `model.evaluate(X_test)`."""
    from holdfast.audit.code.estimators import METHODS

    at = next(number for number, one in enumerate(args.values) if one is model)
    values, nodes = list(args.values), list(args.nodes)
    del values[at], nodes[at : at + 1]
    return METHODS[verb](m, model, Args(tuple(values), args.named, tuple(nodes), args.named_nodes), node)
