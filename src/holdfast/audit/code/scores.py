"""Scores: where one is taken, and where scores decide something."""

import ast
from dataclasses import replace
from typing import Any

from holdfast.audit.code.machine import Args, Machine, strings
from holdfast.audit.code.sides import by_use
from holdfast.audit.code.values import (
    NOTHING,
    UNKNOWN,
    Const,
    Data,
    Estimator,
    Score,
    Seq,
    Table,
    data_of,
    items_of,
    scores_in,
)

DECIDERS = {"max", "min", "argmax", "argmin", "idxmax", "idxmin", "nlargest", "nsmallest", "nanargmax", "argsort"}

_SORTS = {"sort_values", "sort"}


def taken(m: Machine, metric: str, node: ast.AST, found: Data, text: str = "") -> Score:
    """Note a score and return it."""
    if found.by is not None:
        fits = [one for one in found.by.fits if m.flow.learned[one].kind == "model"]
        found = replace(found, models=found.models | set(fits))
    by_use(m, found, "test", node)
    return Score(frozenset({m.score(metric, node, found, text=text)}))


def metric(m: Machine, name: str, args: Args, node: ast.AST) -> Any:
    """Note that a metric was computed from labels and predictions."""
    every = [one for one in map(data_of, [*args.values[:3], *args.named.values()]) if one is not None]
    found = [one for one in every if one.rows]
    ahead = [one for one in every if one.by is not None and not one.rows]  # a forecast of rows that are not named
    if len(found) == 1 and len(ahead) == 1 and found[0].by is None:
        return taken(m, name, node, replace(ahead[0], rows=found[0].rows), text=args.text(0, "y_true"))
    guessed = next((one for one in found if one.models or one.by is not None), None)
    if guessed is None:
        scores = scores_in(args.get(0))
        if scores:
            return Score(scores)
        model = next((one for one in args.values if isinstance(one, Estimator) and one.kind == "model"), None)
        if model is not None and found:  # `nltk.classify.accuracy(classifier, pairs)`
            return taken(m, name, node, replace(found[0], by=model), text=args.text(1))
        if len(found) < 2:
            return UNKNOWN
        guessed = found[1]
    rows = guessed.rows
    held = [one for one in found if one is not guessed and one.rows]
    if held and guessed.by is None and not guessed.models and all(one.rows != rows for one in held):
        rows = held[0].rows  # of `accuracy(params, X_test, y_test)` the two that go together
    return taken(m, name, node, replace(guessed, rows=rows), text=args.text(0, "y_true"))


def tallied(m: Machine, owner: Estimator, name: str, args: Args, node: ast.AST) -> Any:
    """Return what an object that adds up hits returns, as those of torchmetrics do; None where it is none such."""
    is_loss = owner.name.endswith("Loss")  # of which a backward pass is to come
    if not is_loss and any(one.role == "predictions" for one in args.data()) and len(args.data()) > 1:
        found = metric(m, owner.name, args, node)
        if isinstance(found, Score):
            owner.settings["tallied"] = found
            return found
    return owner.settings.get("tallied") if name in {"compute", "result", "value"} else None


def curve(m: Machine, name: str, args: Args, node: ast.AST) -> Any:
    """Return the points of a curve: what is read off them was learned from these records and their labels."""
    score = metric(m, name, args, node)
    found = [one for one in args.data() if one.rows]
    if not isinstance(score, Score) or not found:
        return UNKNOWN
    base = replace(found[0], column=None)
    new = m.learn("threshold", name, node, base, given=args.text(0, "y_true"), label=True)
    return Data(role="statistic", learned=frozenset({new}))


def judged(m: Machine, owner: Score, name: str, args: Args, node: ast.AST) -> Any:
    """Return what a method of scores returns."""
    if name in DECIDERS | _SORTS:
        keys = strings(args.get(1 if name in {"nlargest", "nsmallest"} else 0, "by", "columns"))
        by = owner.ids
        if owner.columns is not None and keys is not None:
            by = NOTHING.union(*(owner.columns.get(key, NOTHING) for key in keys))
        m.flow.spared |= (owner.ids | owner.beside) - by
        if name in _SORTS:
            return replace(owner, ranked=by)
        m.decide(node, by, name)
    return owner


def table_of_scores(value: Any, args: Args) -> Score | None:
    """Return the table that scores are put into, column by column where these are named; None where there are none."""
    ids = scores_in(value)
    names = strings(args.get(None, "columns"))
    columns: dict[str, frozenset[int]] = {}
    for row in [value] if isinstance(value, Table) else items_of(value):
        named = row
        if isinstance(row, Seq) and names is not None and row.rest is None:
            named = Table(dict(zip(names, row.items, strict=False)))
        if not isinstance(named, Table) or named.rest is not None:
            return Score(ids) if ids else None
        for name, one in named.items.items():
            columns[str(name)] = columns.get(str(name), NOTHING) | scores_in(one)
    return Score(ids, columns=columns) if ids else None


def column_of_scores(owner: Score, key: Any) -> Score:
    """Return a column of a table of scores; the table where its columns are not known."""
    if owner.columns is None or not isinstance(key, Const) or not isinstance(key.value, str):
        return owner
    ids = owner.columns.get(key.value, NOTHING)
    return Score(ids, owner.ranked, beside=owner.ids - ids)


def reduced(m: Machine, errors: Data, node: ast.AST, name: str = "accuracy") -> Score:
    """Return the mean of errors or hits as a score."""
    return taken(m, name, node, replace(errors, role="predictions"))
