"""Arithmetic on values: what two of them make together, and where a statistic meets records."""

import ast
import operator
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from holdfast.audit.code.arrays import projected
from holdfast.audit.code.column_expressions import merged
from holdfast.audit.code.column_names import combined as combined_names
from holdfast.audit.code.columns import both
from holdfast.audit.code.joining import joined
from holdfast.audit.code.machine import Machine, text_of
from holdfast.audit.code.rows import apart
from holdfast.audit.code.values import (
    NOTHING,
    UNKNOWN,
    Columns,
    Const,
    Data,
    Expression,
    Score,
    Seq,
    Unknown,
    learned_in,
    scores_in,
    together,
)

_FOLDED: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}


def combined(m: Machine, node: ast.BinOp, left: Any, right: Any) -> Any:  # noqa: C901, PLR0911 a ladder of cases
    """Return what an operation on two values holds."""
    if isinstance(left, Const) and isinstance(right, Const):
        return _folded(node, left.value, right.value)
    if expression := merged([one for one in (left, right) if isinstance(one, Expression)]):
        return expression
    if isinstance(left, Columns) or isinstance(right, Columns):
        return combined_names(node, left, right)
    if isinstance(left, Score) or isinstance(right, Score):
        return Score(scores_in(left) | scores_in(right))
    if isinstance(left, Data) and isinstance(right, Data):
        if left.role == right.role == "mask" and isinstance(node.op, ast.BitAnd):
            return both(left, right, text_of(node, 200))
        if isinstance(node.op, ast.Add) and apart(left.rows, right.rows) and left.role != "predictions":
            return together([left, right])  # two lists, one behind the other
        return _applied(m, node, left, right)
    if isinstance(left, Data) or isinstance(right, Data):
        base, other = (left, right) if isinstance(left, Data) else (right, left)
        if base.role == "count":
            return UNKNOWN
        if base.role == "mask" and base.where is not None:
            return replace(base, where=replace_text(base, text_of(node, 200)))
        return replace(base, learned=base.learned | learned_in(other), where=None)
    if isinstance(left, Seq) and isinstance(right, Seq) and isinstance(node.op, ast.Add):
        rest = joined(left.rest, right.rest) if left.rest is not None or right.rest is not None else None
        return Seq([*left.items, *right.items], rest, fixed=True)
    if isinstance(left, Seq) and isinstance(node.op, ast.Mult):
        return Seq(left.items * 2, left.rest) if len(left.items) == 1 else left
    learned = learned_in(left) | learned_in(right)
    return Unknown(learned) if learned else UNKNOWN


def _applied(m: Machine, node: ast.BinOp, left: Data, right: Data) -> Any:
    """Return what two sets of records make together, after noting where a statistic meets records."""
    if isinstance(node.op, ast.MatMult) and "statistic" in {left.role, right.role}:
        return projected(m, left, right, node)
    for one, other in ((left, right), (right, left)):
        if one.rows and not one.aside and one.role in {"table", "label", "bundle"} and other.role == "statistic":
            m.apply_statistic(node, other.learned)
    return met(left, right)


def replace_text(mask: Data, text: str) -> Any:
    """Return the step of a mask that arithmetic has made another one."""
    return replace(mask.where, key=("where", text), side=("yes",)) if mask.where else None


def _folded(node: ast.BinOp, left: Any, right: Any) -> Any:
    run = _FOLDED.get(type(node.op))
    numbers = isinstance(left, int | float) and isinstance(right, int | float)
    texts = isinstance(left, str) and isinstance(right, str) and isinstance(node.op, ast.Add)
    if run is None or not (numbers or texts) or (texts and len(left) + len(right) > 1000):
        return UNKNOWN
    try:
        result = run(left, right)
    except (ArithmeticError, ValueError):
        return UNKNOWN
    return Const(result) if texts or abs(result) < 1e12 else UNKNOWN


def met(left: Data, right: Data) -> Data:
    """Return what two sets of records make together; predictions less labels are errors."""
    if "error" in {left.role, right.role}:
        base = left if left.role == "error" else right
        return replace(base, models=left.models | right.models, by=left.by or right.by)
    guessed = [one for one in (left, right) if one.role == "predictions"]
    if len(guessed) == 1 and all(one.rows for one in (left, right)):
        other = right if guessed[0] is left else left
        known = guessed[0].models or guessed[0].by is not None
        return replace(guessed[0], rows=guessed[0].rows if known else other.rows | guessed[0].rows, role="error")
    bases = [one for one in (left, right) if one.role not in {"statistic", "count"} and one.rows]
    base = bases[0] if bases else left
    other = right if base is left else left
    columns = dict(base.columns)
    if base.column is None:
        for name, ids in other.columns.items():
            columns[name] = columns.get(name, NOTHING) | ids
    return replace(
        base,
        learned=base.learned | other.learned | other.aside,
        columns=columns,
        models=base.models | other.models,
        by=base.by or other.by,
        ordered=base.ordered or other.ordered,
        of=base.of | other.of,
        where=None,
    )
