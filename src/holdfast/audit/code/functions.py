"""What functions of libraries return; one that is not known returns its records as they came."""

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from holdfast.audit.code.columns import by_index
from holdfast.audit.code.events import Validated
from holdfast.audit.code.frames import CORRELATIONS, STATISTICS, counted, method_of_data, statistic
from holdfast.audit.code.machine import Args, Machine, text_of
from holdfast.audit.code.rows import Step, contains, simplified, stepped
from holdfast.audit.code.scores import DECIDERS, curve, metric, reduced
from holdfast.audit.code.splits import (
    bundle,
    by_side,
    is_seeded,
    folds_of,
    note_folds,
    random_split,
    splitter,
    train_test_split,
)
from holdfast.audit.code.statements import element
from holdfast.audit.code.values import (
    NOTHING,
    UNKNOWN,
    Const,
    Data,
    Estimator,
    Function,
    Object,
    Score,
    Seq,
    Splitter,
    Table,
    Unknown,
    data_of,
    items_of,
    learned_in,
    scores_in,
    together,
)
from holdfast.audit.code.vocabulary import (
    BUILDERS,
    CROSS_VALIDATION,
    CURVES,
    DATASETS,
    LOADERS,
    METRICS,
    SPLITTERS,
    kind_of,
)

_SILENT = {"print", "display", "show", "plot", "hist", "scatter", "figure", "len", "isinstance", "type", "hasattr", "head",
           "imshow", "bar", "heatmap", "pairplot", "countplot", "boxplot", "distplot", "histplot", "barplot", "title", "savefig",
           "pprint", "info", "debug", "warning", "log_metric", "makedirs", "exists", "join_", "format", "subplots",
           "scatterplot", "lineplot", "violinplot", "kdeplot", "jointplot", "axvline", "axhline", "clear_session"}  # fmt: skip
_SEEDS = {
    "seed",
    "manual_seed",
    "set_random_seed",
    "set_seed",
    "seed_everything",
    "manual_seed_all",
    "seed_all",
    "fix_seed",
}
_SUPERVISED_SCORES = {"mutual_info_classif", "mutual_info_regression", "f_classif", "f_regression", "chi2", "ttest_ind",
                      "pointbiserialr", "pearsonr", "spearmanr", "f_oneway", "kruskal", "mannwhitneyu"}  # fmt: skip
_JUDGES = ("score", "evaluate", "metric", "accuracy", "rmse", "auc", "report", "test")


def library(m: Machine, name: str, args: Args, node: ast.AST) -> Any:
    """Return what a function or class of a library returns."""
    last = name.rsplit(".", 1)[-1]
    for table in (_EXACT,):
        if last in table:
            return table[last](m, args, node)
    if last in CROSS_VALIDATION:
        return cross_validated(m, last, args, node)
    if last in METRICS and args.data():
        return metric(m, last, args, node)
    if last in CURVES:
        return Seq([curve(m, last, args, node)] * 3, fixed=True)
    if last in SPLITTERS:
        return splitter(m, last, args, node)
    if last in _SEEDS:
        m.seeded = True
        return UNKNOWN
    if last.endswith("Trainer"):
        return _trainer(m, name, args)
    if last in BUILDERS or kind_of(name):
        return made(m, name, BUILDERS.get(last) or kind_of(name), args)
    if last in _SUPERVISED_SCORES:
        return _supervised(m, last, args, node)
    if last in _SILENT:
        return _count(args) if last == "len" else UNKNOWN
    if LOADERS.match(last) or DATASETS.match(last):
        return loaded(m, last, args, node)
    found = data_of(args.get(0)) if args.values else None
    if found is not None and not isinstance(args.get(0), Object):
        if last in STATISTICS and isinstance(args.get(0), Data | Seq):
            if found.role == "error":
                return reduced(m, found, node)
            position = 2 if "percentile" in last or last == "quantile" else 1
            return statistic(m, found, last, args, node, position)
        if last in CORRELATIONS:
            return method_of_data(
                m, found, last, Args(args.values[1:], args.named, args.nodes[1:], args.named_nodes), node
            )
        if last in {"isnull", "isna", "unique", "bincount", "value_counts"}:
            return counted(m, found, last, node)
        if last in {"sum", "sqrt", "float", "abs", "square"} and found.role == "error":
            return found if last in {"sqrt", "abs", "square"} else reduced(m, found, node)
        if last in {"mean_squared_error", "mse", "mae"}:
            return metric(m, last, args, node)
    if last in DECIDERS and (scores := frozenset[int]().union(*(scores_in(one) for one in args.everything()))):
        m.decide(node, scores, last)
        return Score(scores)
    if last[:1].isupper() and (not args.data() or any(isinstance(one, Estimator) for one in args.values)):
        return made(m, name, _kind_by_parts(last, args), args)
    if last[:1].islower() and not args.data() and "." in name and _is_layer(name):
        return UNKNOWN
    return unknown_call(m, last, args, node)


def _is_layer(name: str) -> bool:
    return name.startswith(("matplotlib", "seaborn", "os.", "sys.", "warnings"))


def _kind_by_parts(last: str, args: Args) -> str:
    if "Pipeline" in last:
        return "pipeline"
    parts = [one for value in args.everything() for one in _estimators(value)]
    if any(part.kind in {"model", "search"} for part in parts):
        return "model"
    return ""


def made(m: Machine, name: str, kind: str, args: Args) -> Estimator:
    """Return a new estimator with its parts and settings."""
    del m
    last = name.rsplit(".", 1)[-1]
    parts = [one for value in args.everything() for one in _estimators(value)]
    settings: dict[str, Any] = {
        key: value.value if isinstance(value, Const) else True
        for key, value in args.named.items()
        if value != Const(None)
    }
    texts = [f"{key}={text_of(one)}" for key, one in sorted(args.named_nodes.items())]
    settings["text"] = ", ".join([*(text_of(one) for one in args.nodes), *texts])
    held = [one for one in args.values if isinstance(one, Data) and one.rows]
    tuned = frozenset[int]().union(*(one.learned for one in args.everything() if isinstance(one, Unknown)))
    stats = frozenset[int]().union(
        *(learned_in(one) for one in args.everything() if isinstance(one, Data | Seq | Unknown))
    )
    kept = {"train_dataset": held[-1]} if held and kind == "model" else {}
    result = Estimator(last, kind, parts, settings, learned=stats if not kind else tuned)
    result.held = kept
    return result


def _trainer(m: Machine, name: str, args: Args) -> Estimator:
    """Return a trainer that holds its records and settings, as those of transformers and Lightning do."""
    result = made(m, name, "model", args)
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


def _supervised(m: Machine, name: str, args: Args, node: ast.AST) -> Any:
    found = data_of(args.get(0, "X"))
    if found is None or not found.rows:
        return UNKNOWN
    new = m.learn("select", name, node, found, given=args.text(0, "X"), label=len(args.values) > 1 or args.given("y"))
    return Data(role="statistic", learned=frozenset({new}))


def _count(args: Args) -> Any:
    found = data_of(args.get(0))
    if found is None or not found.rows or found.record:
        return UNKNOWN
    return replace(found, role="count", learned=NOTHING, columns={}, where=None)


def loaded(m: Machine, last: str, args: Args, node: ast.AST) -> Any:
    """Return records that come from outside: from a file, a folder, a built-in data set."""
    path = args.constant(0, "filepath_or_buffer", "path", "directory", "root", "io")
    line = getattr(node, "lineno", 0)
    given = args.data()
    if given and last in {"load", "download"}:
        return unknown_call(m, last, args, node)
    known = isinstance(path, str)
    key = ("file", path) if known else ("read", last, m.cell, line, tuple(m.active))
    if DATASETS.match(last):
        key = ("set", last)
    data = Data(rows=m.source(*key))
    if last in {"DataReader", "download"}:
        data = replace(data, ordered=f"{last}(…)")
    for name in ("train", "split", "subset"):
        if name in args.named:
            data = by_side(m, data, args.named[name])
    if last.startswith("make_") or args.constant(None, "return_X_y") is True:
        features = replace(data)
        return Seq([features, replace(data, role="label")], fixed=True)
    if last.startswith(("load_", "fetch_")) or str(path).endswith(".npz") or (last == "load" and "tfds" in text_of(node)):
        return bundle(data) if not any(step for path in data.rows for step in path[1:]) else data
    if args.given("index_col") and args.given("parse_dates"):
        data = replace(data, ordered="an index of dates")
    return data


def cross_validated(m: Machine, last: str, args: Args, node: ast.AST) -> Any:
    """Note a cross-validation; return its scores or predictions."""
    data = data_of(args.get(1, "X"))
    label = data_of(args.get(2, "y"))
    if data is None:
        return UNKNOWN
    owner = args.get(0, "estimator")
    cv = args.get(None, "cv")
    if isinstance(cv, Splitter):
        note_folds(m, cv, (data,), args.text(1, "X"), node)
    text = getattr(owner, "text", "") or getattr(owner, "name", "")
    m.flow.validated.append(Validated(m.place(node), last, data, label, args.text(1, "X") or text))
    if last == "cross_val_predict":
        return replace(data, role="guesses", columns={}, column=None)
    return UNKNOWN


def concatenated(m: Machine, values: list[Any], node: ast.AST, args: Args | None = None) -> Any:
    """Return records one below the other; the same records twice are an augmentation."""
    if args is not None and per_column(args):
        found = [one for one in map(data_of, values) if one is not None]
        return side_by_side(found) if found else UNKNOWN
    found = [one for one in map(data_of, values) if one is not None and one.rows]
    if not found:
        return scored_or_unknown(values)
    result = together(found)
    again = _again(found)
    if again is not None and result.role in {"table", "label"}:
        new = m.learn("augment", "concatenation", node, replace(again), given=text_of(node))
        result = replace(result, learned=result.learned | {new})
    return replace(result, record=False)


def scored_or_unknown(values: list[Any]) -> Any:
    """Return the scores in values, if there are any."""
    scores = frozenset[int]().union(*(scores_in(one) for one in values))
    learned = frozenset[int]().union(*(learned_in(one) for one in values))
    return Score(scores) if scores else Unknown(learned) if learned else UNKNOWN


def _again(found: list[Data]) -> Data | None:
    """Return records that occur in two of the parts."""
    for number, one in enumerate(found):
        if one.role in {"predictions", "statistic", "count", "guesses"} or one.record:
            continue
        for other in found[number + 1 :]:
            if other.record or other.role in {"predictions", "statistic", "count"} or one.only != other.only:
                continue
            if contains(one.rows, other.rows) or contains(other.rows, one.rows):
                return one
    return None


def per_column(args: Args) -> bool:
    """Return whether things are put side by side, not below each other."""
    axis = args.constant(1, "axis") if args.constant(None, "axis") is None else args.constant(None, "axis")
    return axis in (1, -1, "columns", 2, 3)


def side_by_side(found: list[Data]) -> Data:
    """Return tables as one, column beside column."""
    base = next((one for one in found if one.rows), found[0])
    learned = frozenset[int]().union(*(one.learned for one in found))
    columns: dict[str, frozenset[int]] = {}
    for one in found:
        columns.update(one.columns)
        if one.column is not None:
            columns[one.column] = one.learned
    ordered = next((one.ordered for one in found if one.ordered), "")
    return replace(
        base, learned=learned, columns=columns, only=None, column=None, ordered=ordered, role="table", where=None
    )


def repeated(m: Machine, owner: Data, node: ast.AST) -> Data:
    """Return records that were repeated."""
    if owner.record or owner.role not in {"table"}:
        return owner
    new = m.learn("augment", "repeat", node, owner, given=text_of(node))
    return replace(owner, learned=owner.learned | {new})


def drawn(m: Machine, owner: Estimator, name: str, args: Args, node: ast.AST) -> Any:
    """Return what a random generator draws; one that was made with a seed counts as a seed."""
    seeded, m.seeded = m.seeded, m.seeded or bool(owner.settings.get("text"))
    result = library(m, f"random.{name}", args, node)
    m.seeded = seeded
    return result


def _generator(m: Machine, args: Args, node: ast.AST) -> Any:
    del node
    return made(m, "default_rng", "random", args)


def unknown_call(m: Machine, name: str, args: Args, node: ast.AST, learned: frozenset[int] = NOTHING) -> Any:
    """Return what an unknown function returns: the records it was given, with all that was learned on the way."""
    if name in _SILENT:
        return UNKNOWN
    for one in args.everything():
        if isinstance(one, Function) and not one.called and name not in {"optimize"}:
            m.apply(m, one, Args(tuple(replace(held, record=True) for held in args.data()[:1])), node)
    found = args.data()
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
    base = rows[0] if rows else found[0]
    for one in rows[1:]:
        if one.role == "label" and base.role == "label":
            continue
        learned |= one.aside
    role = base.role if base.role in {"predictions", "label", "error", "statistic", "index", "mask"} else "table"
    return replace(base, learned=base.learned | learned, role=role, where=None, models=base.models)


def _concat(m: Machine, args: Args, node: ast.AST) -> Any:
    listed = args.get(0, "objs", "arrays", "tensors", "values")
    if isinstance(listed, Table):
        listed = Seq(list(listed.items.values()), listed.rest)
    if not isinstance(listed, Seq):
        values = [one for one in args.values if not isinstance(one, Const)]
        if len(values) > 1:
            return concatenated(m, values, node)
        return element_wise(listed)
    if listed.rest is not None and not listed.items:
        return element_wise(listed.rest)
    return concatenated(m, items_of(listed), node, args)


def element_wise(value: Any) -> Any:
    """Return a list of records as the records."""
    found = data_of(value)
    if found is None:
        return scored_or_unknown([value])
    return replace(found, record=False)


def _beside(m: Machine, args: Args, node: ast.AST) -> Any:
    del m, node
    found = [one for one in map(data_of, items_of(args.get(0)) or list(args.values)) if one is not None]
    return side_by_side(found) if found else UNKNOWN


def _permutation(m: Machine, args: Args, node: ast.AST) -> Any:
    found = data_of(args.get(0))
    if found is None or not found.rows:
        return Data(rows=m.source("index", args.text(0)), role="index")
    role = "index" if found.role in {"count", "index"} else found.role
    return replace(found, role=role, where=None, drawn=None if is_seeded(m, args) else m.place(node))


def _arange(m: Machine, args: Args, node: ast.AST) -> Any:
    del node
    counts = [one for one in args.values if isinstance(one, Data) and one.role == "count"]
    if counts and len(args.values) == 1:
        return replace(counts[0], role="index")
    del m
    return UNKNOWN


def _choice(m: Machine, args: Args, node: ast.AST) -> Any:
    found = data_of(args.get(0))
    replacing = args.constant(2, "replace")
    if found is None or not found.rows:
        return scored_or_unknown(list(args.values))
    role = "index" if found.role in {"count", "index"} else found.role
    key = ("sample", m.cell, getattr(node, "lineno", 0), replacing)
    drawn = None if is_seeded(m, args) else m.place(node)
    return replace(found, role=role, rows=stepped(found.rows, Step(key, "in")), drawn=drawn)


def _random(m: Machine, args: Args, node: ast.AST) -> Any:
    found = data_of(args.get(0))
    if found is None or found.role != "count":
        return UNKNOWN
    key = ("sample", m.cell, getattr(node, "lineno", 0))
    return replace(found, role="mask", where=Step(key, "in"))


def _delete(m: Machine, args: Args, node: ast.AST) -> Any:
    from holdfast.audit.code.splits import without

    del m, node
    first, second = data_of(args.get(0)), data_of(args.get(1))
    if first is None:
        return UNKNOWN
    smaller = without(first, second) if second is not None else None
    return smaller if smaller is not None else first


def _shuffle(m: Machine, args: Args, node: ast.AST) -> Any:
    found = [one for one in args.values if isinstance(one, Data)]
    if not is_seeded(m, args) and len(found) == 1 and args.nodes:
        found = [replace(found[0], drawn=m.place(node))]
        if isinstance(args.nodes[0], ast.Name) and args.nodes[0].id in m.scope.names:
            m.scope.names[args.nodes[0].id] = found[0]  # shuffled in place
    return Seq(list(found), fixed=True) if len(found) > 1 else found[0] if found else UNKNOWN


def _resample(m: Machine, args: Args, node: ast.AST) -> Any:
    found = [one for one in map(data_of, args.values) if one is not None]
    if not found:
        return UNKNOWN
    if args.constant(None, "replace") is False:
        return Seq(list(found), fixed=True) if len(found) > 1 else found[0]
    new = m.learn("over", "resample", node, found[0], given=args.text(0))
    step = Step(("sample", m.cell, getattr(node, "lineno", 0), "with replacement"), "in")
    copies = [replace(one, learned=one.learned | {new}, rows=stepped(one.rows, step)) for one in found]
    return Seq(list(copies), fixed=True) if len(copies) > 1 else copies[0]


def _zip(m: Machine, args: Args, node: ast.AST) -> Any:
    del m, node
    return Seq([], rest=Seq([element(one) for one in args.values], fixed=True))


def _enumerate(m: Machine, args: Args, node: ast.AST) -> Any:
    del m, node
    over = args.get(0)
    return Seq([], rest=Seq([UNKNOWN, element(over) if over is not None else UNKNOWN], fixed=True))


def _list(m: Machine, args: Args, node: ast.AST) -> Any:
    value = args.get(0)
    del node
    if isinstance(value, Seq | Table):
        return Seq(list(items_of(value))) if isinstance(value, Seq) and value.rest is None else value
    if value is None:
        return Seq([])
    del m
    return value


def _frame(m: Machine, args: Args, node: ast.AST) -> Any:
    value = args.get(0, "data")
    del node
    if isinstance(value, Table):
        scores = scores_in(value)
        if scores:
            return Score(scores)
        found = {name: data_of(one) for name, one in value.items.items()}
        kept = [one for one in found.values() if one is not None]
        if not kept:
            return UNKNOWN
        base = together(kept)
        columns = {str(name): one.known for name, one in found.items() if one is not None}
        return replace(base, learned=NOTHING, columns=columns, column=None, role="table", only=None)
    scores = scores_in(value)
    if scores:
        return Score(scores)
    found_data = data_of(value)
    del m
    if found_data is None:
        return Unknown(learned_in(value)) if learned_in(value) else UNKNOWN
    role = found_data.role if found_data.role in {"label", "predictions", "statistic", "guesses"} else "table"
    return replace(found_data, record=False, role=role, where=None)


def _where(m: Machine, args: Args, node: ast.AST) -> Any:
    condition = data_of(args.get(0))
    if condition is None:
        return UNKNOWN
    if len(args.values) == 1:
        return Seq([replace(condition, role="index")], fixed=True)
    learned = frozenset[int]().union(*(learned_in(one) for one in args.values))
    del m, node
    role = "predictions" if condition.role in {"predictions", "error"} else "table"
    return replace(condition, role=role, learned=learned, where=None)


def _cut(m: Machine, args: Args, node: ast.AST) -> Any:
    found = data_of(args.get(0, "x"))
    if found is None or not found.rows:
        return UNKNOWN
    if isinstance(args.get(1, "q"), Seq) and learned_in(args.get(1, "q")):
        return replace(found, learned=found.learned | learned_in(args.get(1)))
    new = m.learn("bin", "qcut", node, found, given=args.text(0, "x"))
    return replace(found, learned=found.learned | {new}, where=None)


def _zscore(m: Machine, args: Args, node: ast.AST) -> Any:
    found = data_of(args.get(0, "X", "x", "a"))
    if found is None or not found.rows:
        return UNKNOWN
    name = getattr(getattr(node, "func", None), "attr", "") or text_of(getattr(node, "func", None))
    if name == "normalize":
        return found
    new = m.learn("scale", name, node, found, given=args.text(0, "X", "x", "a"))
    return replace(found, learned=found.learned | {new}, where=None)


def _smooth(m: Machine, args: Args, node: ast.AST) -> Any:
    found = data_of(args.get(0, "x", "input")) or next(iter(args.data()), None)
    if found is None or not found.rows:
        return UNKNOWN
    name = text_of(getattr(node, "func", None)).rpartition(".")[2]
    new = m.learn("future", name, node, found, given=text_of(node))
    return replace(found, learned=found.learned | {new}, where=None)


def _roll(m: Machine, args: Args, node: ast.AST) -> Any:
    found = data_of(args.get(0, "a"))
    if found is None:
        return UNKNOWN
    if args.text(1, "shift").startswith("-"):
        return _smooth(m, args, node)
    return found


def _datetime(m: Machine, args: Args, node: ast.AST) -> Any:
    del m, node
    found = data_of(args.get(0))
    return found if found is not None else args.get(0) or UNKNOWN


def _as_number(m: Machine, args: Args, node: ast.AST) -> Any:
    value = args.get(0)
    if isinstance(value, Const | Score):
        return value
    found = data_of(value)
    if found is not None and found.role == "error":
        return reduced(m, found, node, name="loss" if found.column == "loss" else "accuracy")
    if found is not None and found.role in {"statistic", "predictions", "table", "label"}:
        return found
    return UNKNOWN


def _dmatrix(m: Machine, args: Args, node: ast.AST) -> Any:
    del m, node
    found = [one for one in args.data() if one.rows]
    if not found:
        return UNKNOWN
    index = data_of(args.get(None, "sampler", "batch_sampler"))
    rows = by_index(found[0].rows, index.rows) if index is not None and index.rows else found[0].rows
    return replace(found[0], role="table", rows=rows)


def _train(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return the booster that `xgb.train` and `lgb.train` fit."""
    from holdfast.audit.code.estimators import fit

    data = data_of(args.get(1, "dtrain", "train_set", "pool", "dtrain"))
    if data is None:
        return unknown_call(m, "train", args, node)
    settings = {"text": args.text(0, "params")}
    owner = Estimator("Booster", "model", settings=settings)
    rest = Args((data, data), args.named, tuple(args.nodes[1:2]) * 2, args.named_nodes)
    watched = args.get(3, "evals", "valid_sets")
    if watched is not None:
        rest = Args(rest.values, {**args.named, "evals": watched}, rest.nodes, args.named_nodes)
    fit(m, owner, rest, node)
    return owner


def _split_folds(m: Machine, args: Args, node: ast.AST) -> Any:
    return folds_of(m, args.data(), ("fold", m.cell, getattr(node, "lineno", 0)))


def _clone(m: Machine, args: Args, node: ast.AST) -> Any:
    del m, node
    owner = args.get(0)
    if isinstance(owner, Estimator):
        return Estimator(owner.name, owner.kind, owner.parts, dict(owner.settings), [], owner.text, held=owner.held)
    return owner if owner is not None else UNKNOWN


def _map(m: Machine, args: Args, node: ast.AST) -> Any:
    function, over = args.get(0), args.get(1)
    return Seq([], rest=m.apply(m, function, Args((element(over),)), node)) if over is not None else UNKNOWN


def _subset(m: Machine, args: Args, node: ast.AST) -> Any:
    data, index = data_of(args.get(0, "dataset")), data_of(args.get(1, "indices"))
    del m, node
    if data is None:
        return UNKNOWN
    return replace(data, rows=by_index(data.rows, index.rows)) if index is not None else data


def _bundle_frame(m: Machine, args: Args, node: ast.AST) -> Any:
    return loaded(m, "load_dataset", args, node)


def _first(m: Machine, args: Args, node: ast.AST) -> Any:
    del m, node
    value = args.get(0)
    return element(value) if value is not None else UNKNOWN


_EXACT: dict[str, Callable[[Machine, Args, ast.AST], Any]] = {
    **dict.fromkeys(("train_test_split", "train_valid_split", "temporal_train_test_split"), train_test_split),
    "random_split": random_split,
    **dict.fromkeys(
        ("concat", "concatenate", "vstack", "row_stack", "cat", "append", "r_", "ConcatDataset", "chain"), _concat
    ),
    **dict.fromkeys(("hstack", "column_stack", "c_", "merge"), _beside),
    **dict.fromkeys(("permutation", "randperm"), _permutation),
    **dict.fromkeys(("arange", "range"), _arange),
    **dict.fromkeys(("choice", "randint", "choices", "sample", "integers"), _choice),
    **dict.fromkeys(("rand", "random", "random_sample", "uniform"), _random),
    "delete": _delete,
    **dict.fromkeys(("setdiff1d", "difference"), _delete),
    "shuffle": _shuffle,
    "resample": _resample,
    "zip": _zip,
    "enumerate": _enumerate,
    **dict.fromkeys(("list", "tuple", "set", "tqdm", "sorted_", "reversed"), _list),
    **dict.fromkeys(("DataFrame", "Series", "array", "asarray", "stack", "from_dict", "tensor", "from_numpy"), _frame),
    **dict.fromkeys(("where", "select"), _where),
    "qcut": _cut,
    **dict.fromkeys(
        ("zscore", "scale", "minmax_scale", "robust_scale", "maxabs_scale", "quantile_transform", "power_transform"),
        _zscore,
    ),
    **dict.fromkeys(
        ("savgol_filter", "filtfilt", "sosfiltfilt", "gaussian_filter1d", "detrend", "seasonal_decompose"), _smooth
    ),
    **dict.fromkeys(("default_rng", "RandomState", "Random"), _generator),
    "roll": _roll,
    **dict.fromkeys(("to_datetime", "to_numeric"), _datetime),
    **dict.fromkeys(("float", "int", "round", "str", "abs"), _as_number),
    **dict.fromkeys(("DMatrix", "Pool", "Dataset", "QuantileDMatrix", "TensorDataset", "DataLoader"), _dmatrix),
    "train": _train,
    **dict.fromkeys(("clone", "deepcopy", "copy"), _clone),
    "map": _map,
    "Subset": _subset,
    "next": _first,
    "iter": _list,
}
