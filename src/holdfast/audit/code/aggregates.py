"""What is computed over all records: statistics, correlations, ranks, which learn, and counts, which do not."""

import ast
from dataclasses import replace
from typing import Any

from holdfast.audit.code.groups import counted as counted_apart
from holdfast.audit.code.machine import Args, Machine, text_of
from holdfast.audit.code.rows import Interval
from holdfast.audit.code.values import NOTHING, UNKNOWN, Const, Data, Seq, Unknown, data_of

COUNTS = {
    "sum", "count", "nunique", "unique", "value_counts", "isnull", "isna", "duplicated", "any", "all", "info",
    "hist", "plot", "boxplot", "show", "to_csv", "to_parquet", "to_excel", "to_pickle", "to_sql",
    "memory_usage", "keys", "nbytes", "size", "numel", "dim", "get_shape",
    "equals", "cumcount", "ngroup", "notnull", "notna", "len", "sizeof", "bincount",
}  # fmt: skip


def counted(m: Machine, owner: Data, name: str, node: ast.AST) -> Any:
    """Return a count or a display, which carries nothing of the values."""
    if owner.role == "statistic" and name in {"sum", "any", "all"}:
        return owner
    if owner.role == "statistic" and owner.record and name in {"head", "tail"}:
        return replace(owner, record=False)
    if name in {"nunique", "value_counts"}:
        counted_apart(m, owner, node)
    if name in {"isnull", "isna", "notnull", "notna", "duplicated"}:
        return replace(owner, role="mask", where=None, learned=NOTHING, columns={})
    if name in {"any", "all"} and owner.role == "mask":
        return owner
    if name == "unique":
        return replace(owner, role="values", learned=NOTHING, columns={})
    if name == "size":
        return replace(owner, role="count", learned=NOTHING, columns={})
    return _sum(m, owner, node) if name == "sum" and owner.role == "table" else UNKNOWN


def _sum(m: Machine, owner: Data, node: ast.AST) -> Any:
    """Return the sum of one column, which is a statistic of it like its mean."""
    if owner.models:
        return owner
    over_rows = owner.column is not None or any(
        one.arg == "axis" and isinstance(one.value, ast.Constant) and one.value.value == 0
        for one in getattr(node, "keywords", ())
    )
    return statistic(m, owner, "sum", Args(), node) if over_rows and not owner.record and not owner.aside else UNKNOWN


def _one_window(owner: Data) -> bool:
    """Return whether this is a window that a loop moves along, which becomes one record."""
    last = [path[-1] for path in owner.rows if len(path) > 1 and path[-1].kind == "window"]
    bounded = all(isinstance(one.side, Interval) and None not in (one.side.low, one.side.high) for one in last)
    return bool(last) and len(last) == len(owner.rows) and bounded


def per_record(owner: Data, args: Args, position: int = 0) -> bool:
    """Return whether a reduction goes along each record, so that it learns nothing over records."""
    if owner.record or _one_window(owner):
        return True
    for name in ("axis", "dim"):
        if (value := args.get(None, name)) is not None:
            if isinstance(value, Const):
                return value.value not in (0, None, "index", "rows")
            if isinstance(value, Seq):
                return not any(isinstance(one, Const) and one.value == 0 for one in value.items)
            return isinstance(value, Unknown)  # whichever it is, nothing can be said of it
    value = args.get(position)
    if isinstance(value, Seq) and value.items and position == 0:  # `x.mean((1, 2))`
        return all(isinstance(one, Const) and isinstance(one.value, int) and one.value != 0 for one in value.items)
    return isinstance(value, Const) and value.value in (1, -1, "columns") and not isinstance(value.value, bool)


def statistic(m: Machine, owner: Data, name: str, args: Args, node: ast.AST, position: int = 0) -> Any:
    """Note that a statistic over records was computed; return it."""
    if owner.role in {"statistic", "count", "mask", "index"}:
        if owner.role == "mask":
            return UNKNOWN
        return owner
    if owner.role == "predictions" or not owner.rows:
        return replace(owner, where=None)
    if per_record(owner, args, position):
        single = owner.record or _one_window(owner)
        return replace(owner, columns={}, learned=owner.known, where=None, column=None, record=single)
    new = m.learn("statistic", name, node, owner, given=text_of(node))
    return Data(role="statistic", learned=frozenset({new}), column=owner.column)


def correlation(m: Machine, owner: Data, name: str, args: Args, node: ast.AST) -> Any:
    """Note that columns were compared over records; return what came out."""
    if owner.role == "statistic" or not owner.rows:
        return owner
    other = data_of(args.get(0, "other"))
    shown = owner.role == "label" or (other is not None and (other.role == "label" or other.column is not None))
    column = other.column if other is not None else None
    if owner.column is not None and column is not None and owner.column in m.flow.label_columns:
        column = owner.column
    new = m.learn("corr", name, node, owner, given=text_of(node), label=other is not None and shown, column=column)
    return Data(role="statistic", learned=frozenset({new}), column=column)


def ranked(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return each value's place among all of them, which takes all of them to know."""
    if owner.record or owner.role not in {"table", "label"} or not owner.rows or per_record(owner, args):
        return owner
    new = m.learn("scale", "rank", node, owner, given=text_of(node))
    return replace(owner, learned=owner.learned | {new}, where=None)
