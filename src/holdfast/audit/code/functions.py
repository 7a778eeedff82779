"""What functions of libraries return; one that is not known returns its records as they came."""

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from holdfast.audit.code.aggregates import counted, statistic
from holdfast.audit.code.arrays import (
    BOTH_WAYS,
    as_number,
    batches,
    by_likelihood,
    cut,
    datetime,
    directions,
    enumerated,
    first,
    folded,
    frame,
    keyed,
    listed,
    nonzero,
    parts_of,
    product,
    roll,
    smooth,
    subset,
    where,
    windowed,
    zipped,
    zscore,
)
from holdfast.audit.code.column_expressions import column, conditional
from holdfast.audit.code.column_names import selector
from holdfast.audit.code.comprehensions import MOST_UNROLLED
from holdfast.audit.code.drawing import arange, choice, delete, permutation, random_mask, resample, shuffle
from holdfast.audit.code.estimators import METHODS as ESTIMATOR_METHODS
from holdfast.audit.code.events import Validated
from holdfast.audit.code.fitting import takes_of
from holdfast.audit.code.frames import method_of_data
from holdfast.audit.code.joining import element
from holdfast.audit.code.loading import loaded, opened
from holdfast.audit.code.machine import Args, Machine, text_of
from holdfast.audit.code.making import by_formula, by_its_name, kind_by_parts, made, trainer
from holdfast.audit.code.namespaces import NAMESPACES, default_of, kind_of_tuple, namespace, parser, tuple_of
from holdfast.audit.code.protocol import learns_when_made, verb_of
from holdfast.audit.code.rows import parents
from holdfast.audit.code.scores import DECIDERS, curve, metric, reduced
from holdfast.audit.code.splits import (
    note_draw,
    note_folds,
    random_split,
    splitter,
    train_test_split,
)
from holdfast.audit.code.stacking import beside, concat
from holdfast.audit.code.unknown import SILENT, unknown_call
from holdfast.audit.code.values import (
    NOTHING,
    UNKNOWN,
    Columns,
    Data,
    Estimator,
    Object,
    Partial,
    Score,
    Seq,
    Splitter,
    data_of,
    scores_in,
)
from holdfast.audit.code.vocabulary import (
    BUILDERS,
    CORRELATIONS,
    CROSS_VALIDATION,
    CURVES,
    DATASETS,
    FILE_OF_RECORDS,
    LOADERS,
    METRICS,
    READS,
    SPLITTERS,
    STATISTICS,
    kind_of,
)

_SETTINGS = ("yaml.", "toml.", "tomllib.", "tomli.", "omegaconf.", "configparser.", "hydra.", "os.environ", "os.getenv")
_WORDS = {"Word2Vec", "Doc2Vec", "FastText"}
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
_SUPERVISED_SCORES = {
    "mutual_info_classif", "mutual_info_regression", "f_classif", "f_regression", "chi2", "ttest_ind",
    "pointbiserialr", "pearsonr", "spearmanr", "f_oneway", "kruskal", "mannwhitneyu",
}  # fmt: skip


def library(m: Machine, name: str, args: Args, node: ast.AST) -> Any:  # noqa: C901, PLR0911, PLR0912 a ladder of cases
    """Return what a function or class of a library returns."""
    last = name.rsplit(".", 1)[-1]
    if name.startswith(_SETTINGS):
        return UNKNOWN
    if isinstance(args.get(0), Columns) and last in {"list", "sorted", "set", "array", "asarray", "tuple", "Index"}:
        return args.get(0)
    if (taught := _taught_by_class(m, name, args, node)) is not None:
        return taught
    if last in _EXACT:
        return _EXACT[last](m, args, node)
    if last in CROSS_VALIDATION:
        return cross_validated(m, last, args, node)
    if last in METRICS and args.data():
        return metric(m, last, args, node)
    if last in CURVES:
        return Seq([curve(m, last, args, node)] * 3, fixed=True)
    if last in SPLITTERS:
        return splitter(m, last, args, node)
    if last == "RandomSplitter" or args.given("valid_pct") or (last == "setup" and args.given("target")):
        note_draw(m, last, args, node)  # fastai, PyCaret
    if last in _SEEDS:
        m.seeded = True
        return UNKNOWN
    if (last in _WORDS or last.startswith("build_vocab")) and (texts := next(iter(args.data()), None)) is not None:
        return _taught(m, last, "words", texts, args, node)
    if last.endswith("Trainer"):
        return trainer(name, args)
    if last in BUILDERS or kind_of(name):
        return made(name, BUILDERS.get(last) or kind_of(name), args)
    if not LOADERS.match(last) and (texts := learns_when_made(m, last, args)) is not None:
        return _taught(m, last, "transform", texts, args, node)
    if (written := by_formula(m, name, args)) is not None:
        return written
    if (found := by_its_name(m, last, args, node)) is not None:
        return found
    if last in _SUPERVISED_SCORES:
        return _supervised(m, last, args, node)
    if last in SILENT:
        return _count(args) if last == "len" else UNKNOWN
    if LOADERS.match(last) or DATASETS.match(last) or ".read." in name:
        return loaded(m, last, args, node)
    found = data_of(args.get(0)) if args.values else None
    if last == "argsort" and found is not None and found.role == "statistic":
        return replace(found, record=True)
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
        if not any(isinstance(one, ast.Constant) for one in args.nodes):  # `max(0.0, score)` clips and chooses nothing
            m.decide(node, scores, last)
        return Score(scores)
    if last[:1].isupper() and (
        all(one.role == "count" for one in args.data()) or any(isinstance(one, Estimator) for one in args.values)
    ):
        return made(name, kind_by_parts(last, args, m.asked.get(m.wanted[0], set()) if m.wanted else set()), args)
    path = args.constant(0)
    if isinstance(path, str) and FILE_OF_RECORDS.search(path) and READS.match(last) and not args.data():
        return loaded(m, last, args, node)
    if last[:1].islower() and not args.data() and "." in name and _is_layer(name):
        return UNKNOWN
    return unknown_call(m, last, args, node)


def _taught_by_class(m: Machine, name: str, args: Args, node: ast.AST) -> Estimator | None:
    """Return the model that a class makes and fits in one go: `NaiveBayesClassifier.train(pairs)`."""
    parts = name.split(".")
    kind = kind_of(parts[-2]) if len(parts) > 1 and verb_of(parts[-1]) == "fit" else ""
    if kind != "model" or not args.data():
        return None
    owner = made(".".join(parts[:-1]), kind, Args())
    ESTIMATOR_METHODS["fit"](m, owner, args, node)
    return owner


def _taught(m: Machine, name: str, kind: str, data: Data, args: Args, node: ast.AST) -> Estimator:
    """Return what learns from records when it is made, such as word vectors."""
    owner = Estimator(name, kind)
    owner.fits.append(m.learn(kind, name, node, data, given=args.text(0, "sentences", "documents", "corpus")))
    owner.learned = frozenset(owner.fits)
    return owner


def _is_layer(name: str) -> bool:
    return name.startswith(("matplotlib", "seaborn", "os.", "sys.", "warnings"))


def _supervised(m: Machine, name: str, args: Args, node: ast.AST) -> Any:
    found = data_of(args.get(0, "X"))
    if found is None or not found.rows:
        return UNKNOWN
    found = replace(found, rows=parents(one.rows for one in args.data()) or found.rows)
    new = m.learn("select", name, node, found, given=args.text(0, "X"), label=len(args.values) > 1 or args.given("y"))
    return Data(role="statistic", learned=frozenset({new}))


def _count(args: Args) -> Any:
    found = data_of(args.get(0))
    if found is None or not found.rows or found.record:
        return UNKNOWN
    return replace(found, role="count", learned=NOTHING, columns={}, where=None)


def cross_validated(m: Machine, last: str, args: Args, node: ast.AST) -> Any:
    """Note a cross-validation; return its scores or predictions."""
    data = data_of(args.get(1, "X"))
    label = data_of(args.get(2, "y"))
    if data is None:
        return UNKNOWN
    owner = args.get(0, "estimator")
    cv = args.get(None, "cv")
    if isinstance(cv, Splitter):
        note_folds(m, cv, (data,))
    text = getattr(owner, "text", "") or getattr(owner, "name", "")
    takes = takes_of(owner) if isinstance(owner, Estimator) else None
    m.flow.validated.append(Validated(m.place(node), last, data, label, args.text(1, "X") or text, takes))
    if last == "cross_val_predict":
        return replace(data, role="guesses", columns={}, column=None)
    return UNKNOWN


def drawn(m: Machine, owner: Estimator, name: str, args: Args, node: ast.AST) -> Any:
    """Return what a random generator draws; one that was made with a seed counts as a seed."""
    seeded, m.seeded = m.seeded, m.seeded or bool(owner.settings.get("text"))
    result = library(m, f"random.{name}", args, node)
    m.seeded = seeded
    return result


def _generator(m: Machine, args: Args, node: ast.AST) -> Any:
    del m, node
    return made("default_rng", "random", args)


def _train(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return the booster that `xgb.train` and `lgb.train` fit."""
    from holdfast.audit.code.fitting import fit

    data = data_of(args.get(1, "dtrain", "train_set", "pool", "dtrain"))
    if data is None:
        return unknown_call(m, "train", args, node)
    settings = {"text": args.text(0, "params")}
    owner = Estimator("Booster", "model", settings=settings)
    rest = Args((data, data.beside or data), args.named, tuple(args.nodes[1:2]) * 2, args.named_nodes)
    watched = args.get(3, "evals", "valid_sets")
    if watched is not None:
        rest = Args(rest.values, {**args.named, "evals": watched}, rest.nodes, args.named_nodes)
    fit(m, owner, rest, node)
    return owner


def _clone(m: Machine, args: Args, node: ast.AST) -> Any:
    del m, node
    owner = args.get(0)
    if isinstance(owner, Estimator):
        return Estimator(owner.name, owner.kind, owner.parts, dict(owner.settings), [], owner.text, held=owner.held)
    return owner if owner is not None else UNKNOWN


def _partial(m: Machine, args: Args, node: ast.AST) -> Any:
    del m, node
    if not args.values:
        return UNKNOWN
    function = args.nodes[0] if len(args.nodes) == len(args.values) else None
    return Partial(args.values[0], Args(args.values[1:], args.named, args.nodes[1:], args.named_nodes), function)


def _merge(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return the first table with the columns of the second; where neither is known, what there is."""
    left = data_of(args.get(0, "left"))
    if left is None or not left.rows:
        return beside(m, args, node)
    other = Args(args.values[1:], args.named, args.nodes[1:], args.named_nodes)
    result = method_of_data(m, left, "merge", other, node)
    if args.constant(None, "direction") in {"forward", "nearest"}:
        new = m.learn("future", f"merge_asof({args.text(None, 'direction')})", node, left, given=text_of(node))
        result = replace(result, learned=result.learned | {new})
    return result


def _isin(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return a mask of the records whose value is among others: `np.isin(who, held)`."""
    found = data_of(args.get(0))
    rest = Args(args.values[1:], args.named, args.nodes[1:], args.named_nodes)
    return UNKNOWN if found is None else method_of_data(m, found, "isin", rest, node)


def _map(m: Machine, args: Args, node: ast.AST) -> Any:
    function, over = args.get(0), args.get(1)
    if over is None:
        return UNKNOWN
    beside_it = tuple(element(one) for one in args.values[2:])
    if isinstance(over, Seq) and over.rest is None and 0 < len(over.items) <= MOST_UNROLLED:
        return Seq([m.apply(m, function, Args((one, *beside_it)), node) for one in over.items])
    return Seq([], rest=m.apply(m, function, Args((element(over), *beside_it)), node))


_EXACT: dict[str, Callable[[Machine, Args, ast.AST], Any]] = {
    **dict.fromkeys(("train_test_split", "train_valid_split", "temporal_train_test_split"), train_test_split),
    "random_split": random_split,
    **dict.fromkeys(
        (
            "concat",
            "concatenate",
            "vstack",
            "row_stack",
            "cat",
            "append",
            "r_",
            "ConcatDataset",
            "chain",
            "concatenate_datasets",
        ),
        concat,
    ),
    **dict.fromkeys(("hstack", "column_stack", "c_"), beside),
    **dict.fromkeys(("permutation", "randperm"), permutation),
    **dict.fromkeys(("arange", "range"), arange),
    **dict.fromkeys(("choice", "randint", "choices", "sample", "integers"), choice),
    **dict.fromkeys(("rand", "random", "random_sample", "uniform"), random_mask),
    "delete": delete,
    **dict.fromkeys(("setdiff1d", "difference"), delete),
    "shuffle": shuffle,
    "resample": resample,
    "zip": zipped,
    "enumerate": enumerated,
    **dict.fromkeys(("dict", "OrderedDict"), keyed),
    "array_split": parts_of,
    **dict.fromkeys(("list", "tuple", "set", "tqdm", "sorted_", "reversed"), listed),
    **dict.fromkeys(("DataFrame", "Series", "array", "asarray", "stack", "from_dict", "tensor", "from_numpy"), frame),
    **dict.fromkeys(("where", "select"), where),
    "flatnonzero": nonzero,
    **dict.fromkeys(("isin", "in1d"), _isin),
    **dict.fromkeys(("qcut", "cut"), cut),
    **dict.fromkeys(("boxcox", "yeojohnson"), by_likelihood),
    "reduce": folded,
    **dict.fromkeys(("svd", "svds", "eigh", "eig"), directions),
    **dict.fromkeys(
        (
            "zscore",
            "scale",
            "minmax_scale",
            "robust_scale",
            "maxabs_scale",
            "quantile_transform",
            "power_transform",
            "winsorize",
            "rankdata",
        ),
        zscore,
    ),
    **dict.fromkeys(BOTH_WAYS, smooth),
    **dict.fromkeys(("sliding_window_view", "timeseries_dataset_from_array", "TimeseriesGenerator"), windowed),
    **dict.fromkeys(("dot", "matmul", "einsum"), product),
    **dict.fromkeys(("default_rng", "RandomState", "Random"), _generator),
    "roll": roll,
    **dict.fromkeys(("to_datetime", "to_numeric"), datetime),
    **dict.fromkeys(("float", "int", "round", "str", "abs"), as_number),
    **dict.fromkeys(("DMatrix", "Pool", "Dataset", "QuantileDMatrix", "TensorDataset", "DataLoader"), batches),
    "train": _train,
    **dict.fromkeys(("clone", "deepcopy", "copy"), _clone),
    "map": _map,
    **dict.fromkeys(("merge", "merge_asof"), _merge),
    "partial": _partial,
    "Subset": subset,
    "next": first,
    "open": opened,
    "col": column,
    "get_dummies": listed,
    "make_column_selector": selector,
    "when": conditional,
    "namedtuple": kind_of_tuple,
    "namedtuple_of": tuple_of,
    "ArgumentParser": parser,
    **dict.fromkeys(("field", "Field", "Option"), default_of),
    **dict.fromkeys(NAMESPACES, namespace),
    "iter": listed,
}
