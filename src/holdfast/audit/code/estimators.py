"""What estimators do: fit, transform, predict, score, resample, cross-validate."""

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from holdfast.audit.code.events import Fitted, Validated
from holdfast.audit.code.machine import Args, Machine, name_of, text_of
from holdfast.audit.code.values import (
    NOTHING,
    UNKNOWN,
    Const,
    Data,
    Estimator,
    Object,
    Seq,
    Unknown,
    data_of,
    items_of,
    together,
)
from holdfast.audit.code.vocabulary import BORING, UNSUPERVISED_SELECTORS, kind_of, side_of

_STOPPERS = {"EarlyStopping", "ModelCheckpoint", "ReduceLROnPlateau", "early_stopping", "EarlyStoppingCallback"}
_PATIENCE = {
    "early_stopping_rounds",
    "early_stopping",
    "od_type",
    "od_wait",
    "use_best_model",
    "patience",
    "stopping_rounds",
}
_WATCHED = {"validation_data", "eval_set", "valid_sets", "evals", "eval_dataset", "tuning_data", "eval_data"}
_TAKES_ALL = {"model", "scale", "impute", "reduce", "search", "over", "under"}
_KEEPS_LEARNING = {"Sequential", "Model", "Functional"}


def fit(m: Machine, owner: Estimator, args: Args, node: ast.AST) -> Any:
    """Note what a fit learns; return the estimator."""
    data = data_of(args.get(0, "X", "x", "data", "df", "dtrain", "train_set", "train_dataloaders", "raw_documents"))
    if isinstance(args.get(0), Estimator | Object) and owner.kind == "model":  # `trainer.fit(model, loader, loader)`
        data = data_of(args.get(1, "train_dataloaders", "train_dataloader"))
        args = Args((data, None), {"val_dataloaders": args.get(2, "val_dataloaders"), **args.named}, args.nodes[1:2])
    if data is None and owner.kind == "model":
        data = owner.held.get("train_dataset") or next(iter(args.data()), None)
        args = Args(args.values, {**owner.held, **args.named}, args.nodes, args.named_nodes)
    if data is None:
        return owner
    label = data_of(args.get(1, "y", "Y", "labels", "target"))
    if label is not None and label.column is not None and owner.kind in {"model", "pipeline", "search"}:
        m.flow.label_columns.add(label.column)
    before = _already(owner)
    if before:
        data = replace(data, learned=data.learned | before)
    text = args.text(0, "X", "x", "data", "df", "dtrain", "train_set", "raw_documents")
    new = [
        _learnt(m, owner, part, data, label, text, node)
        for part in _learners(owner)
        if part.kind not in BORING and part.kind not in {"over", "under"}
    ]
    if owner.name in _KEEPS_LEARNING or "partial" in text_of(getattr(node, "func", None)):
        new = [*owner.fits, *new]
    owner.fits = new
    if (owner.kind == "model" or _final(owner).kind == "model") and new:
        _note_model(m, owner, new[-1], data, label, args, node)
    return owner


def _already(owner: Estimator, depth: int = 6) -> frozenset[int]:
    """Return what the layers of a network had learned before it is fitted."""
    if owner.kind != "model" or depth == 0:
        return NOTHING
    found: set[int] = set()
    for part in owner.parts:
        if part.kind in {"scale", "words"}:
            found.update(part.fits)
        if part is not owner:
            found |= _already(Estimator(part.name, "model", part.parts), depth - 1)
    return frozenset(found)


def _learners(owner: Estimator) -> list[Estimator]:
    """Return what learns when this is fitted: the steps of a pipeline of transformers, itself otherwise."""
    if owner.kind == "pipeline" and _final(owner).kind != "model":
        return [one for part in owner.parts for one in _learners(part)] if owner.parts else [owner]
    return [owner]


def _final(owner: Estimator) -> Estimator:
    """Return what an estimator comes down to: the last step of a pipeline, what a search searches over."""
    if owner.kind in {"pipeline", "search"} and owner.parts:
        last = _final(owner.parts[-1])
        if owner.kind == "search":
            return replace_kind(last)
        if any(_final(part).kind == "model" for part in owner.parts):
            return next(_final(part) for part in owner.parts if _final(part).kind == "model")
        return last
    return replace_kind(owner) if owner.kind == "search" else owner


def replace_kind(owner: Estimator) -> Estimator:
    """Return an estimator as a model: what is searched over predicts."""
    return owner if owner.kind == "model" else Estimator(owner.name, "model")


def _learnt(
    m: Machine, owner: Estimator, part: Estimator, data: Data, label: Data | None, text: str, node: ast.AST
) -> int:
    final = _final(part)
    kind = "model" if final.kind == "model" else part.kind or "unknown"
    if kind == "pipeline":
        kind = "transform"
    if data.role == "label" and kind == "scale":
        data = replace(data, column=data.column)
    supervised = label is not None and kind in {"select", "target", "model", "bin", "reduce", "unknown"}
    if kind == "select" and part.name in UNSUPERVISED_SELECTORS:
        supervised = False
    return m.learn(kind, part.name, node, data, given=text, owner=owner.text, label=supervised)


def _note_model(
    m: Machine, owner: Estimator, learned: int, data: Data, label: Data | None, args: Args, node: ast.AST
) -> None:
    watched = [
        found
        for name in args.named
        if name in _WATCHED or side_of(name) == "valid"
        for found in _watched(args.get(None, name))
    ]
    if not watched and args.given("validation_split"):
        return
    if watched and _final(owner).name in _KEEPS_LEARNING:
        owner.held["watched"] = watched[0]
    if owner.kind == "search":
        m.flow.validated.append(Validated(m.place(node), owner.name, data, label, args.text(0, "X")))
    m.flow.fitted.append(
        Fitted(
            place=m.place(node),
            model=learned,
            name=_final(owner).name if owner.kind != "search" else owner.name,
            owner=owner.text,
            data=data,
            label=label,
            watched=tuple(watched),
            decides=_decider(owner, args, node) if watched else "",
            loops=m.loops,
            settings=owner.settings.get("text", ""),
            takes_all=_takes_all(owner),
        )
    )


def _takes_all(owner: Estimator, depth: int = 4) -> bool:
    """Return whether every step is known, and none picks columns."""
    known = kind_of(owner.name) in _TAKES_ALL or owner.name in {"Pipeline", "make_pipeline", "make_imb_pipeline"}
    return known and depth > 0 and all(_takes_all(part, depth - 1) for part in owner.parts)


def _watched(held: Any) -> list[Data]:
    """Return the records in `(X, y)` or `[(X1, y1), (X2, y2)]`, a set at a time."""
    if isinstance(held, Data):
        return [held]
    if isinstance(held, Seq):
        if any(isinstance(one, Seq) for one in held.items):
            return [found for one in held.items for found in _watched(one)]
        found = [one for one in map(data_of, items_of(held)) if one is not None]
        if not held.fixed:
            return found
        return [together(found)] if found else []
    found_data = data_of(held)
    return [found_data] if found_data is not None else []


def _decider(owner: Estimator, args: Args, node: ast.AST) -> str:
    if "load_best_model_at_end" in owner.settings:
        return "load_best_model_at_end"
    for callback in [*items_of(args.get(None, "callbacks")), *owner.parts]:
        name = getattr(callback, "name", "")
        kept = (
            "monitor" if "Trainer" in owner.name else "save_best_only"
        )  # Lightning keeps the best if told what to watch
        if name == "ModelCheckpoint" and not callback.settings.get(kept):
            continue
        if name in _STOPPERS:
            return str(name)
    for name in _PATIENCE:
        if (args.given(name) and args.constant(None, name) is not False) or owner.settings.get(name):
            return name
    if name_of(getattr(node, "func", None)) == "search" or args.given("tuning_data"):
        return "search"
    if "CatBoost" in owner.name and args.given("eval_set") and owner.settings.get("use_best_model") is not False:
        return "use_best_model"  # the default of CatBoost where an eval_set is given
    return ""


def transformed(m: Machine, owner: Estimator, data: Data) -> Data:
    """Return records as a fitted transformer leaves them."""
    for one in owner.fits:
        if m.flow.learned[one].kind == "unknown":
            m.flow.learned[one] = replace(m.flow.learned[one], kind="transform")
    role = data.role if data.role in {"label", "table"} else "table"
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
    del node
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
    if data is not None and owner.held:  # a trainer's: predictions, labels, metrics
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
    if owner.kind in {"cluster", "reduce", "outlier"}:
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
