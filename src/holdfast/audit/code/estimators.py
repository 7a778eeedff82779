"""What estimators do: fit, transform, predict, score, resample, cross-validate."""

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from holdfast.audit.code.fitting import fit
from holdfast.audit.code.leaks import is_held_out
from holdfast.audit.code.machine import Args, Machine
from holdfast.audit.code.values import (
    UNKNOWN,
    Const,
    Data,
    Estimator,
    Seq,
    Unknown,
    data_of,
)


def transformed(m: Machine, owner: Estimator, data: Data) -> Data:
    """Return records as a fitted transformer leaves them."""
    for one in owner.fits:
        if m.flow.learned[one].kind == "unknown":
            m.flow.learned[one] = replace(m.flow.learned[one], kind="transform")
    role = data.role if data.role in {"label", "table", "predictions"} else "table"
    narrow = any(m.flow.learned[one].kind in {"select", "reduce", "words", "cluster"} for one in owner.fits)
    if not owner.fits:
        return replace(data, where=None)
    columns = {} if narrow else data.columns
    learned = data.learned.union(*data.columns.values()) if narrow and data.columns else data.learned
    same = all(m.flow.learned[one].kind in {"scale", "impute"} for one in owner.fits)
    gone, only = (data.gone, data.only) if same else (None, None if data.column is None else data.only)
    return replace(
        data, learned=learned | set(owner.fits), columns=columns, role=role, where=None, gone=gone, only=only
    )


def transform(m: Machine, owner: Estimator, args: Args, node: ast.AST) -> Any:
    """Return the transformed records."""
    if owner.kind == "select" and not owner.fits:  # by a model that was fitted before: `SelectFromModel(forest)`
        events = [m.flow.learned[one] for part in owner.parts for one in part.fits]
        owner.fits = [
            m.learn("select", owner.name, node, replace(one.data, rows=one.rows), label=one.label, origin=one.id)
            for one in events
        ]
    data = data_of(args.get(0, "X", "x", "raw_documents", "texts"))
    return UNKNOWN if data is None else transformed(m, owner, data)


def fit_transform(m: Machine, owner: Estimator, args: Args, node: ast.AST) -> Any:
    """Note what is learned, and return the transformed records."""
    fit(m, owner, args, node)
    return transform(m, owner, args, node)


def fit_resample(m: Machine, owner: Estimator, args: Args, node: ast.AST) -> Any:
    """Return resampled records and labels, with the resampling noted."""
    data, label = data_of(args.get(0, "X")), data_of(args.get(1, "y"))
    if data is None:
        return Seq([UNKNOWN, UNKNOWN], fixed=True)
    kind = owner.kind if owner.kind in {"over", "under"} else "over"
    new = m.learn(kind, owner.name, node, data, given=args.text(0, "X"), owner=owner.text, label=True)
    made = [replace(one, learned=one.learned | {new}) for one in (data, label) if one is not None]
    return Seq(made, fixed=True)


def predicted(m: Machine, owner: Estimator, data: Data) -> Data:
    """Return the predictions of a model for records."""
    if not owner.fits and owner.name in {"Model", "Functional"}:  # a network that takes over layers of another
        owner.fits = [one for part in owner.parts for one in part.fits if not part.kind]
    for one in owner.fits:
        event = m.flow.learned[one]
        if event.kind == "unknown":
            m.flow.learned[one] = replace(event, kind="model")
    models = frozenset(one for one in owner.fits if m.flow.learned[one].kind == "model")
    learned = data.known.union(owner.learned, owner.fits, *(m.flow.learned[one].inherits for one in owner.fits))
    return replace(
        data,
        learned=learned,
        columns={},
        only=None,
        role="predictions",
        gone=None,
        of=frozenset(),
        own=data.known,
        models=models,
        by=owner,
        column=None,
        where=None,
    )


def predict(m: Machine, owner: Estimator, args: Args, node: ast.AST) -> Any:
    """Return predictions."""
    del node
    data = data_of(args.get(0, "X", "x", "data", "test_dataset", "dataloaders"))
    if data is not None and owner.name.endswith("Trainer"):  # its: predictions, labels, metrics
        return Seq([predicted(m, owner, data), replace(data, role="label"), UNKNOWN], fixed=True)
    if data is None and owner.kind == "model" and owner.fits:  # `model.forecast(24)`: for rows that are yet to come
        return predicted(m, owner, Data())
    return UNKNOWN if data is None else predicted(m, owner, data)


def support(m: Machine, owner: Estimator, args: Args, node: ast.AST) -> Any:
    """Return which columns a selector has chosen."""
    del m, args, node
    return Data(role="statistic", learned=frozenset(owner.fits)) if owner.fits else UNKNOWN


def fit_predict(m: Machine, owner: Estimator, args: Args, node: ast.AST) -> Any:
    """Return labels or clusters for the records that were fitted."""
    fit(m, owner, args, node)
    data = data_of(args.get(0, "X"))
    if data is None:
        return UNKNOWN
    if owner.kind in {"cluster", "outlier"}:
        return replace(data, learned=data.known | set(owner.fits), columns={}, only=None, column=None)
    return predicted(m, owner, data)


def score(m: Machine, owner: Estimator, args: Args, node: ast.AST) -> Any:
    """Note that a model was judged; return the score."""
    found = [one for one in map(data_of, args.values[:2]) if one is not None and one.rows]
    if not found:
        found = args.data()[:2]
    if not found and "eval_dataset" in owner.held:
        found = [owner.held["eval_dataset"]]
    if not found:
        return UNKNOWN
    if owner.kind in {"cluster", "reduce", "outlier"} and not is_held_out(m.flow, found[0].rows):
        return UNKNOWN
    guessed = predicted(m, owner, found[0])
    from holdfast.audit.code.scores import taken

    return taken(m, f"{owner.text or owner.name}.score", node, guessed, text=args.text(0, "X", "x"))


def adapt(m: Machine, owner: Estimator, args: Args, node: ast.AST) -> Any:
    """Note what a layer learns from records."""
    return fit(m, owner, args, node)


def split(m: Machine, owner: Estimator, args: Args, node: ast.AST) -> Any:
    """Return the folds of a splitter of unknown make."""
    from holdfast.audit.code.splits import folds_of

    data = args.data()
    return folds_of(data, ("fold", m.cell, getattr(node, "lineno", 0), owner.name)) if data else UNKNOWN


def itself(m: Machine, owner: Estimator, args: Args, node: ast.AST) -> Any:
    """Return the estimator; settings and layers make no other of it."""
    del m, node
    for one in args.everything():
        if isinstance(one, Estimator) and owner.kind == "pipeline":
            owner.parts.append(one)
    return owner


def flow(m: Machine, owner: Estimator, args: Args, node: ast.AST) -> Any:
    """Return the batches of an image generator: rows of the arrays given, or a folder of its own."""
    data = data_of(args.get(0, "x"))
    learned = frozenset(owner.fits)
    if data is not None:
        return replace(data, learned=data.learned | learned)
    folder = args.constant(0, "directory") or args.text(0, "directory")
    side_text = str(args.constant(None, "subset") or "")
    data = Data(rows=m.source("folder", str(folder), side_text))
    del node
    return replace(data, learned=learned)


def set_settings(m: Machine, owner: Estimator, args: Args, node: ast.AST) -> Any:
    """Keep settings given later."""
    del m, node
    owner.settings |= {name: value.value for name, value in args.named.items() if isinstance(value, Const)}
    owner.learned |= frozenset[int]().union(*(one.learned for one in args.everything() if isinstance(one, Unknown)))
    return owner


METHODS: dict[str, Callable[[Machine, Estimator, Args, ast.AST], Any]] = {
    **dict.fromkeys(
        ("fit", "partial_fit", "train", "fit_generator", "train_on_batch", "fit_on_texts", "adapt", "search"), fit
    ),
    **dict.fromkeys(("transform", "inverse_transform", "texts_to_sequences", "texts_to_matrix"), transform),
    "fit_transform": fit_transform,
    **dict.fromkeys(("get_support", "get_feature_names_out"), support),
    **dict.fromkeys(("fit_resample", "fit_sample"), fit_resample),
    **dict.fromkeys(
        (
            "predict",
            "predict_proba",
            "decision_function",
            "predict_log_proba",
            "forecast",
            "predict_classes",
            "predict_generator",
            "predict_partial_hazard",
            "score_samples",
        ),
        predict,
    ),
    "fit_predict": fit_predict,
    **dict.fromkeys(("score", "evaluate", "evaluate_generator", "test", "validate", "model_performance"), score),
    "split": split,
    **dict.fromkeys(
        (
            "to",
            "cuda",
            "eval",
            "compile",
            "add",
            "add_module",
            "cpu",
            "build",
            "double",
            "half",
            "named_steps",
            "partial",
        ),
        itself,
    ),
    **dict.fromkeys(("flow", "flow_from_directory", "flow_from_dataframe"), flow),
    "set_params": set_settings,
}
