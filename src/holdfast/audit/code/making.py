"""Estimators are made: with their parts, settings and what they are given."""

import ast
import re
from dataclasses import replace
from typing import Any

from holdfast.audit.code.column_names import taken
from holdfast.audit.code.groups import from_many
from holdfast.audit.code.machine import Args, Machine, text_of
from holdfast.audit.code.protocol import kind_by_verbs
from holdfast.audit.code.values import (
    Const,
    Data,
    Estimator,
    Object,
    Seq,
    Unknown,
    data_of,
    items_of,
    learned_in,
)
from holdfast.audit.code.vocabulary import FORMULA

_DOES = (
    (
        re.compile(r"^(?:select|choose|pick|filter)_(?:\w+_)?(?:features?|columns|variables|predictors|genes)$"),
        "select",
    ),
    (re.compile(r"^(?:standardi[sz]e|whiten|z_?score|min_?max)(?:_(?:features?|columns|data))?$"), "scale"),
    (re.compile(r"^(?:pca|umap|tsne|nmf)$"), "reduce"),
)


def kind_by_parts(last: str, args: Args, asked: set[str]) -> str:
    """Return what a class of unknown name is, by the estimators that it is given."""
    if "Pipeline" in last:
        return "pipeline"
    parts = [one for value in args.everything() for one in _estimators(value)]
    if not any(part.kind in {"model", "search"} for part in parts):
        return ""
    return "select" if kind_by_verbs(asked) == "transform" else "model"  # it asks a model which columns are good


def made(name: str, kind: str, args: Args) -> Estimator:
    """Return a new estimator with its parts and settings."""
    last = name.rsplit(".", 1)[-1]
    parts = [one for value in args.everything() for one in _estimators(value)]
    settings: dict[str, Any] = {
        key: value.value if isinstance(value, Const) else True
        for key, value in args.named.items()
        if value != Const(None)
    }
    texts = [f"{key}={text_of(one)}" for key, one in sorted(args.named_nodes.items())]
    settings["text"] = ", ".join([*(text_of(one) for one in args.nodes), *texts])
    if last in {"ColumnTransformer", "make_column_transformer"}:
        settings["takes"] = taken(args)
    held = [one for one in args.values if isinstance(one, Data) and one.rows]
    tuned = frozenset[int]().union(*(one.learned for one in args.everything() if isinstance(one, Unknown)))
    stats = frozenset[int]().union(
        *(learned_in(one) for one in args.everything() if isinstance(one, Data | Seq | Unknown))
    )
    kept = {"train_dataset": held[-1]} if held and kind == "model" else {}
    result = Estimator(last, kind, parts, settings, learned=stats if not kind else tuned)
    result.held = kept
    return result


def by_formula(m: Machine, name: str, args: Args) -> Estimator | None:
    """Return the model that a formula and a table make: `smf.ols("y ~ a + b", data=table)`."""
    texts = [one.value for one in args.everything() if isinstance(one, Const) and isinstance(one.value, str)]
    formula = next((one for one in texts if FORMULA.search(one)), "")
    held = data_of(args.get(1, "data")) if formula else None
    if held is None or not held.rows:
        return None
    m.flow.label_columns.update(re.findall(r"[^\W\d]\w*", formula.partition("~")[0]))
    owner = made(name, "model", args)
    owner.held = {"train_dataset": held}
    return owner


def by_its_name(m: Machine, name: str, args: Args, node: ast.AST) -> Data | None:
    """Return what a function does to records whose name says that it learns from them: `select_features(X, y)`."""
    kind = next((kind for pattern, kind in _DOES if pattern.match(name)), "")
    found = data_of(args.get(0)) if kind else None
    if found is None or not found.rows or found.record or found.role != "table" or from_many(found.rows):
        return None
    label = kind == "select" and len(args.data()) > 1
    if kind == "select" and not label:
        return None
    new = m.learn(kind, name, node, found, given=args.text(0), label=label)
    return replace(found, learned=found.known | {new}, columns={}, only=None, column=None, where=None)


def trainer(name: str, args: Args) -> Estimator:
    """Return a trainer that holds its records and settings, as those of transformers and Lightning do."""
    result = made(name, "model", args)
    result.held = {key: found for key, value in args.named.items() if (found := data_of(value)) is not None}
    for part in result.parts:
        if part.settings.get("load_best_model_at_end") is True:
            result.settings["load_best_model_at_end"] = True
    result.parts += [one for one in items_of(args.get(None, "callbacks")) if isinstance(one, Estimator)]
    return result


def _estimators(value: Any, depth: int = 4) -> list[Estimator]:
    if isinstance(value, Estimator):
        return [value]
    if isinstance(value, Object) and value.estimator is not None:
        return [value.estimator]
    if depth == 0:
        return []
    return [one for item in items_of(value) for one in _estimators(item, depth - 1)]
