"""Scores: where one is taken, and where scores decide something."""

import ast
from dataclasses import replace
from typing import Any

from holdfast.audit.code.machine import Args, Machine
from holdfast.audit.code.values import UNKNOWN, Data, Estimator, Score, data_of, scores_in

DECIDERS = {"max", "min", "argmax", "argmin", "idxmax", "idxmin", "nlargest", "nsmallest", "nanargmax", "argsort"}


def taken(m: Machine, metric: str, node: ast.AST, found: Data, text: str = "") -> Score:
    """Note a score and return it."""
    if found.by is not None:
        fits = [one for one in found.by.fits if m.flow.learned[one].kind == "model"]
        found = replace(found, models=found.models | set(fits))
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
    if any(one.role == "predictions" for one in args.data()) and len(args.data()) > 1:
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


def judged(m: Machine, owner: Score, name: str, node: ast.AST) -> Any:
    """Return what a method of scores returns."""
    if name in DECIDERS:
        m.decide(node, owner.ids, name)
    return Score(owner.ids, ranked=owner.ranked or name in {"sort_values", "sort"})


def reduced(m: Machine, errors: Data, node: ast.AST, name: str = "accuracy") -> Score:
    """Return the mean of errors or hits as a score."""
    return taken(m, name, node, replace(errors, role="predictions"))
