"""What a fit learns: by the estimator or by its steps, from which records, watching which others."""

import ast
from dataclasses import replace
from typing import Any

from holdfast.audit.code.column_names import both
from holdfast.audit.code.events import Fitted, Split, Validated
from holdfast.audit.code.machine import Args, Machine, name_of, text_of
from holdfast.audit.code.sides import by_use
from holdfast.audit.code.values import NOTHING, Columns, Data, Estimator, Object, Seq, data_of, items_of, together
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
    label = data_of(args.get(1, "y", "Y", "labels", "target")) or data.beside
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
    for part in _computed(owner):
        part.fits = new
    if (owner.kind == "model" or _final(owner).kind == "model") and new:
        _note_model(m, owner, new[-1], data, label, args, node)
    return owner


def _computed(owner: Estimator, depth: int = 8) -> list[Estimator]:
    """Return the layers of a network that others go into: what another network takes over of them is fitted too."""
    if owner.kind not in {"model", ""} or not depth:
        return []
    inner = [one for part in owner.parts for one in _computed(part, depth - 1)]
    return inner if owner.kind or not owner.parts else [owner, *inner]


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
    if not watched and (share := args.text(None, "validation_split")):
        key = ("split", "validation", m.number(data.rows), share)
        m.split(Split(m.place(node), "validation_split", key, (data,), shuffled=False, seeded=True))
        return
    if watched and _final(owner).name in _KEEPS_LEARNING:
        owner.held["watched"] = watched[0]
    if owner.kind == "search":
        m.flow.validated.append(Validated(m.place(node), owner.name, data, label, args.text(0, "X"), takes_of(owner)))
    by_use(m, data, "train", node)
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
            takes=takes_of(owner),
        )
    )


def takes_of(owner: Estimator, depth: int = 4) -> Columns | None:
    """Return the columns that all steps let through, None where one is not known."""
    if "takes" in owner.settings:
        return owner.settings["takes"]
    known = kind_of(owner.name) in _TAKES_ALL or owner.name in {"Pipeline", "make_pipeline", "make_imb_pipeline"}
    result: Columns | None = Columns() if known and depth > 0 else None
    for part in owner.parts:
        result = both(result, takes_of(part, depth - 1))
    return result


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
