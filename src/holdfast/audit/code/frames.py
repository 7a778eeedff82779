"""Methods of tables, columns and arrays, as pandas, NumPy, polars and PyTorch have them."""

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from holdfast.audit.code.aggregates import COUNTS, correlation, counted, ranked, statistic
from holdfast.audit.code.arrays import product
from holdfast.audit.code.column_expressions import columns_told, filtered, picked_columns, with_columns
from holdfast.audit.code.columns import column_of, narrowed, stored
from holdfast.audit.code.groups import grouped, one_each, one_left
from holdfast.audit.code.joining import element
from holdfast.audit.code.machine import Args, Machine, strings, text_of
from holdfast.audit.code.picking import between, difference, drop, head, isin, pop, query, reshuffled, take
from holdfast.audit.code.scores import reduced
from holdfast.audit.code.series import WINDOWS, bfill, fillna, joined_in, resampled, rolling, set_index, shift, sort
from holdfast.audit.code.splits import sample
from holdfast.audit.code.values import (
    NOTHING,
    UNKNOWN,
    Const,
    Data,
    Function,
    Partial,
    Ref,
    Seq,
    Table,
    data_of,
    learned_in,
)
from holdfast.audit.code.vocabulary import CORRELATIONS, STATISTICS

_KEEPS_COLUMNS = {
    "drop", "pop", "assign", "fillna", "fill_null", "dropna", "drop_nulls", "copy", "astype", "reset_index", "sample",
    "head", "tail", "query", "sort_values", "sort_index", "sort", "drop_duplicates", "ffill", "bfill", "round",
    "replace", "to_numpy", "where", "mask", "shuffle", "interpolate", "with_columns", "clip", "pipe", "filter_",
}  # fmt: skip
_ROW_BY_ROW = {
    "transform", "fillna", "cumcount", "ngroup", "cumsum", "cummax", "cummin", "rank", "ffill", "head", "tail",
    "filter", "apply", "sample", "get_group", "sort_values",
}  # fmt: skip
_GROUP_HARMLESS = {
    "size", "count", "cumcount", "ngroup", "nunique", "cumsum", "rank", "ffill", "first", "last", "head",
    "tail", "cummax", "cummin", "groups", "indices", "get_group", "filter", "unique", "nth", "sample",
}  # fmt: skip


def method_of_data(m: Machine, owner: Data, name: str, args: Args, node: ast.AST) -> Any:
    """Return what a method of records returns."""
    result = _method_of_data(m, owner, name, args, node)
    if isinstance(result, Data) and result.gone is not None and name not in _KEEPS_COLUMNS:
        result = replace(result, gone=None)
    return replace(result, only=None) if isinstance(result, Data) and name == "select_dtypes" else result


def _method_of_data(m: Machine, owner: Data, name: str, args: Args, node: ast.AST) -> Any:  # noqa: PLR0911 a ladder
    if owner.role == "error":
        return _of_errors(m, owner, name, node)
    if owner.role == "grouped":
        return _of_groups(m, owner, name, args, node)
    if owner.role == "window":
        return replace(owner, role="table") if name not in WINDOWS else owner
    if name in _SPECIAL:
        return _SPECIAL[name](m, owner, args, node)
    if name == "argsort" and owner.role == "statistic":
        return replace(owner, record=True)
    if name in CORRELATIONS:
        return correlation(m, owner, name, args, node)
    if name in STATISTICS:
        return statistic(m, owner, name, args, node)
    if name in COUNTS:
        return counted(m, owner, name, node)
    learned = frozenset[int]().union(*(joined_in(one) for one in args.everything()))
    return replace(owner, learned=owner.learned | learned, where=None)


def _of_errors(m: Machine, owner: Data, name: str, node: ast.AST) -> Any:
    if name == "backward":
        from holdfast.audit.code.training import backward

        return backward(m, owner, node)
    if name in {"mean", "sum", "item", "median", "numpy", "cpu_", "float_", "max_"}:
        return reduced(m, owner, node, name="accuracy" if owner.column != "loss" else "loss")
    return owner


def _of_groups(m: Machine, owner: Data, name: str, args: Args, node: ast.AST) -> Any:
    plain = replace(owner, role="table", aside=NOTHING)
    every = replace(plain, one_per="")  # as many rows as there were
    if name in {"shift", "diff", "pct_change", "bfill", "backfill"} or name in WINDOWS:
        return _SPECIAL[name](m, every, args, node)
    if name in _ROW_BY_ROW and not one_each(args, name):
        plain = every
    elif owner.one_per:
        plain = replace(plain, ordered="")  # one row a group is no series
    if name in {"apply", "transform", "agg", "aggregate"} and isinstance(args.get(0, "func"), Function):
        function = args.get(0, "func")
        inner = m.apply(m, function, Args((replace(plain),)), node)
        found = data_of(inner)
        if found is None:
            return plain
        return (
            plain
            if found.role == "statistic" and name != "transform"
            else replace(plain, learned=found.known | (NOTHING if found.rows else plain.learned))
        )
    harmless = name in _GROUP_HARMLESS or set(strings(args.get(0, "func")) or [""]) <= _GROUP_HARMLESS
    if harmless and name != "sample" and not (name == "transform" and args.constant(0, "func") == "last"):
        return plain
    if name == "sample":
        return sample(m, owner, args, node)
    what = f"groupby.{name}"
    column = owner.column
    spec = args.get(0, "func")
    keys = (
        [key for key in getattr(spec, "items", {}) if isinstance(key, str)]
        if hasattr(spec, "rest") and isinstance(getattr(spec, "items", None), dict)
        else []
    )
    named = [strings(value) for value in args.named.values()]
    keys += [name for given in (*args.nodes, *args.named_nodes.values()) for name in columns_told(given)]
    keys += [pair[0] for pair in named if pair and len(pair) == 2 and pair[1] not in _GROUP_HARMLESS]
    if not keys and any(pair and len(pair) == 2 for pair in named):
        return plain
    columns: list[str | None] = [*keys] or [column]
    source = replace(plain, record=False)
    new = [m.learn("group", what, node, source, given=text_of(node), column=one) for one in columns]
    if name in {"transform", "fillna"}:
        return replace(plain, learned=plain.learned | set(new))
    return replace(plain, aside=plain.aside | set(new), columns={}, only=None)


def _groupby(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    return grouped(m, owner, args, node) if owner.role != "statistic" else owner


def _apply(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    function = args.get(0, "func", "arg")
    if isinstance(function, Ref | Partial):
        result = data_of(m.apply(m, function, Args((owner,)), node))
        return replace(owner, learned=owner.learned | (result.known if result is not None else NOTHING), where=None)
    if not isinstance(function, Function):
        return replace(owner, learned=owner.learned | joined_in(function), where=None)
    name = getattr(getattr(node, "func", None), "attr", "apply")
    rows = args.constant(1, "axis") in (1, "columns") or name in {"applymap", "map"} or owner.column is not None
    seen = replace(owner, record=True) if rows else owner
    returned = m.apply(m, function, Args((seen,)), node)
    result = data_of(returned)
    learned = result.known if result is not None else learned_in(returned)
    if result is not None and result.role == "statistic" and name == "apply" and not rows:
        return result
    return replace(owner, learned=owner.learned | learned, where=None)


def _assign(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    result = owner
    for name, value in args.named.items():
        held = m.apply(m, value, Args((result,)), node) if isinstance(value, Function) else value
        result = stored(m, result, ast.copy_location(ast.Constant(name), node), Const(name), held)
    return result


def _pipe(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    function = args.get(0)
    return m.apply(m, function, Args((owner, *args.values[1:]), args.named), node)


def _merge(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    del m, node
    other = data_of(args.get(0, "right", "other"))
    if other is None:
        return owner
    columns = {**owner.columns, **other.columns}
    learned = owner.learned | other.aside
    if other.column is not None and not other.aside:
        columns[other.column] = columns.get(other.column, NOTHING) | other.learned
    else:
        learned |= other.learned
    return replace(owner, learned=learned, columns=columns, only=None, where=None)


def _rename(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return a table with other names for its columns, where a dict says which."""
    del m, node
    told = args.get(None, "columns") or args.get(0, "mapper", "index")
    if isinstance(told, Const) and isinstance(told.value, str) and owner.column is not None:
        return replace(owner, column=told.value)
    if not isinstance(told, Table):
        return replace(owner, where=None)
    names = {old: new.value for old, new in told.items.items() if isinstance(new, Const) and isinstance(new.value, str)}
    columns: dict[str, frozenset[int]] = {}
    for name, ids in owner.columns.items():
        new = names.get(name, name)
        columns[new] = columns.get(new, NOTHING) | ids
    only = None if owner.only is None else frozenset(names.get(name, name) for name in owner.only)
    return replace(owner, columns=columns, only=only, column=names.get(owner.column, owner.column), where=None)


def _append(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    from holdfast.audit.code.stacking import concatenated

    other = args.get(0)
    return concatenated(m, [owner, *([other] if not isinstance(other, Seq) else [*other.items])], node)


def _sample(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    return sample(m, owner, args, node) if owner.rows and owner.role in {"table", "label", "index"} else owner


def _guess(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return what a model that was loaded from a file predicts."""
    del m, node
    held = data_of(args.get(0, "X", "x"))
    return replace(held, role="predictions", columns={}, column=None) if held is not None else owner


def _where(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    del m, node
    learned = frozenset[int]().union(*(learned_in(one) for one in args.values[1:]))
    return replace(owner, learned=owner.learned | learned, where=None)


def _backward(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    from holdfast.audit.code.training import backward

    del args
    return backward(m, owner, node)


def _items(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    del m, args, node
    return Seq([], rest=Seq([UNKNOWN, element(owner)], fixed=True))


def _concatenate(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    from holdfast.audit.code.stacking import concatenated

    return concatenated(m, [owner, args.get(0)], node)


def _repeat(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    from holdfast.audit.code.stacking import repeated

    del args
    return repeated(m, owner, node)


def _ravel(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    del m, args, node
    return owner


def _split_ready(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return the parts of a Hugging Face data set; strings that are split stay what they are."""
    from holdfast.audit.code.splits import train_test_split
    from holdfast.audit.code.values import Table

    made = train_test_split(m, Args((owner,), args.named, (), args.named_nodes), node)
    return Table(dict(zip(("train", "test"), made.items, strict=True)))


def _random_parts(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return the parts of a Spark table that is split at random."""
    from holdfast.audit.code.splits import random_split

    named = {"generator": args.get(1, "seed"), **args.named} if args.get(1, "seed") is not None else args.named
    if args.given("random_state"):  # dask
        named = {**named, "generator": args.named["random_state"]}
    return random_split(m, Args((owner, args.get(0, "weights", "frac")), named, args.nodes[:1] * 2), node)


def _pivot(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return a table of a statistic of one column by another."""
    how = args.constant(None, "aggfunc") or "mean"
    names = strings(args.get(0, "values"))
    column = replace(owner, column=names[0] if names and len(names) == 1 else None, role="grouped")
    return _of_groups(m, column, str(how), Args(), node)


def _interpolated(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return records whose gaps are filled from both sides, which looks ahead unless it is told to go forward."""
    if args.constant(None, "limit_direction") == "forward" or args.constant(0, "method") in {"ffill", "pad"}:
        return replace(owner, where=None)
    return bfill(m, owner, args, node)


def _product(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    return product(m, Args((owner, *args.values), args.named, args.nodes[:0], args.named_nodes), node)


def _once(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    del m, node
    return one_left(replace(owner, where=None), args)


def _get(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return the column that `table.get("a")` gives."""
    del m, node
    names = strings(args.get(0, "key"))
    if names is None or owner.record:
        return owner
    return column_of(owner, names[0]) if isinstance(args.get(0, "key"), Const) else narrowed(owner, names)


_OPERATORS: dict[str, type[ast.cmpop]] = {
    "eq": ast.Eq, "ne": ast.NotEq, "lt": ast.Lt, "le": ast.LtE, "gt": ast.Gt, "ge": ast.GtE,
}  # fmt: skip


def _compared(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return what `guessed.eq(labels)` does, read as `guessed == labels`."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not args.nodes:
        return owner
    compare = ast.Compare(node.func.value, [_OPERATORS[node.func.attr]()], [args.nodes[0]])
    return m.evaluate(m, ast.copy_location(compare, node))


def _sizes(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    del m, args, node
    return replace(owner, role="count", learned=NOTHING, columns={})


_SPECIAL: dict[str, Callable[[Machine, Data, Args, ast.AST], Any]] = {
    **dict.fromkeys(("groupby", "group_by", "groupBy"), _groupby),
    "pivot_table": _pivot,
    "interpolate": _interpolated,
    "rank": ranked,
    "dot": _product,
    "fillna": fillna,
    "fill_null": fillna,
    **dict.fromkeys(("bfill", "backfill"), bfill),
    **dict.fromkeys(("shift", "diff", "pct_change", "tshift", "lag"), shift),
    **dict.fromkeys(("rolling", "expanding", "ewm", "rolling_mean"), rolling),
    "drop": drop,
    "pop": pop,
    "get": _get,
    **dict.fromkeys(("sort_values", "sort", "sort_index"), sort),
    **dict.fromkeys(("resample", "asfreq"), resampled),
    **dict.fromkeys(("apply", "map", "applymap", "transform", "progress_apply", "map_elements"), _apply),
    "assign": _assign,
    "pipe": _pipe,
    **dict.fromkeys(("merge", "join"), _merge),
    "append": _append,
    "rename": _rename,
    "sample": _sample,
    "query": query,
    "isin": isin,
    **dict.fromkeys(("head", "tail"), head),
    **dict.fromkeys(("take", "skip"), take),
    "shuffle": reshuffled,
    **dict.fromkeys(("predict", "predict_proba"), _guess),
    **dict.fromkeys(("with_columns", "with_column"), with_columns),
    "filter": filtered,
    "select": picked_columns,
    "between": between,
    **dict.fromkeys(("difference", "symmetric_difference"), difference),
    **dict.fromkeys(("where", "mask"), _where),
    "backward": _backward,
    **dict.fromkeys(("iterrows", "itertuples", "items", "iteritems"), _items),
    **dict.fromkeys(("concatenate", "concat"), _concatenate),
    **dict.fromkeys(("repeat", "tile"), _repeat),
    **dict.fromkeys(("ravel", "flatten", "reshape", "to_numpy", "copy", "astype", "reset_index"), _ravel),
    "set_index": set_index,
    "drop_duplicates": _once,
    "train_test_split": _split_ready,
    **dict.fromkeys(("randomSplit", "random_split"), _random_parts),
    "size": _sizes,
    **dict.fromkeys(_OPERATORS, _compared),
}
