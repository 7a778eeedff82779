"""Expressions: what a value holds after arithmetic, comparison, indexing, comprehension."""

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from holdfast.audit.code.arithmetic import combined, met
from holdfast.audit.code.attributes import attribute, settled
from holdfast.audit.code.binding import assign
from holdfast.audit.code.column_expressions import merged
from holdfast.audit.code.column_names import item
from holdfast.audit.code.columns import mask_of, negated, picked
from holdfast.audit.code.comprehensions import comprehension
from holdfast.audit.code.estimators import transformed
from holdfast.audit.code.joining import element, joined
from holdfast.audit.code.machine import Machine, TooMuch, text_of
from holdfast.audit.code.names import lookup
from holdfast.audit.code.protocol import told_by_use
from holdfast.audit.code.rows import Step
from holdfast.audit.code.scores import column_of_scores
from holdfast.audit.code.values import (
    NOTHING,
    UNKNOWN,
    Columns,
    Const,
    Data,
    Estimator,
    Expression,
    Function,
    Object,
    Score,
    Seq,
    Table,
    Unknown,
    data_of,
    items_of,
    learned_in,
)

_KNOWN = Data | Estimator | Seq | Table | Object | Function  # what is not None


def evaluate(m: Machine, node: ast.expr) -> Any:
    """Return what an expression holds."""
    m.step()
    run = _EXPRESSIONS.get(type(node))
    if run is None:
        return UNKNOWN
    try:
        return run(m, node)
    except TooMuch:
        raise
    except RecursionError:
        m.flow.complete = False
        return UNKNOWN


def _constant(m: Machine, node: ast.Constant) -> Any:
    del m
    return Const(node.value)


def _attribute(m: Machine, node: ast.Attribute) -> Any:
    return settled(attribute(m, evaluate(m, node.value), node.attr, node))


def _subscript(m: Machine, node: ast.Subscript) -> Any:  # noqa: C901, PLR0911 a ladder of cases
    owner = evaluate(m, node.value)
    key = evaluate(m, node.slice)
    if isinstance(owner, Data):
        return picked(m, node, owner, node.slice, key)
    if isinstance(owner, Seq):
        if owner.ranked and isinstance(key, Const) and key.value in (0, -1):
            m.decide(node, owner.ranked, "the best one")
        return _item(m, owner, node.slice, key)
    if isinstance(owner, Table):
        return _entry(owner, key)
    if isinstance(owner, Estimator):
        held = data_of(key) if owner.fits and owner.kind != "model" else None
        if held is not None and held.rows and not held.record:
            return transformed(m, owner, held)  # `tfidf[corpus]`, as gensim has it
        return next((part for part in owner.parts if part.name == getattr(key, "value", None)), owner)
    if isinstance(owner, Score):
        if owner.ranked and isinstance(key, Const) and key.value in (0, -1):
            m.decide(node, owner.ranked, "the best one")
        return column_of_scores(owner, key)
    if isinstance(owner, Object) and "__getitem__" in owner.kind.methods:
        found = data_of(owner)
        return UNKNOWN if found is None else replace(found, record=True)
    if isinstance(owner, Columns):
        return item(owner, node.slice, key)
    if isinstance(owner, Unknown):
        learned = owner.learned | (learned_in(key) if not (isinstance(key, Data) and key.rows) else NOTHING)
        return Unknown(learned) if learned else UNKNOWN
    return UNKNOWN


def _entry(owner: Table, key: Any) -> Any:
    if isinstance(key, Const) and isinstance(key.value, str | int | float | bool | None) and key.value in owner.items:
        return owner.items[key.value]
    if owner.rest is not None:
        return owner.rest
    return element(Seq(list(owner.items.values()))) if owner.items else UNKNOWN


def _item(m: Machine, owner: Seq, node: ast.expr, key: Any) -> Any:
    if isinstance(node, ast.Slice):
        return replace(owner, items=_cut(m, owner, node), ranked=NOTHING, loops=())
    if isinstance(key, Const) and isinstance(key.value, int) and owner.rest is None:
        return owner.items[key.value] if -len(owner.items) <= key.value < len(owner.items) else UNKNOWN
    found = items_of(owner)
    if isinstance(key, Data) and (inside := data_of(owner)) is not None:
        return replace(inside, rows=inside.rows)
    return element(owner) if found else UNKNOWN


def _cut(m: Machine, owner: Seq, node: ast.Slice) -> list[Any]:
    """Return the items of a slice; all of them where its ends, or the items, are not known."""
    ends = [None if one is None else evaluate(m, one) for one in (node.lower, node.upper, node.step)]
    told = [one.value if isinstance(one, Const) else one for one in ends]
    known = owner.rest is None and all(one is None or (type(one) is int) for one in told) and told[2] != 0
    return owner.items[slice(*told)] if known else list(owner.items)


def _binary(m: Machine, node: ast.BinOp) -> Any:
    chain = [node]  # a sum of many terms is a deep tree to the left: it is walked, not recursed into
    while isinstance(chain[-1].left, ast.BinOp):
        chain.append(chain[-1].left)
    left = evaluate(m, chain[-1].left)
    for one in reversed(chain):
        left = combined(m, one, left, evaluate(m, one.right))
    return left


def _compare(m: Machine, node: ast.Compare) -> Any:  # noqa: PLR0911 a ladder of cases
    left = evaluate(m, node.left)
    rights = [evaluate(m, one) for one in node.comparators]
    right = rights[0]
    if isinstance(node.ops[0], ast.Is | ast.IsNot) and right == Const(None) and isinstance(left, Const | _KNOWN):
        return Const(value=(left == Const(None)) == isinstance(node.ops[0], ast.Is))
    if expression := merged([one for one in (left, right) if isinstance(one, Expression)]):
        return expression
    if isinstance(left, Const) and isinstance(right, Const) and len(rights) == 1:
        return _compared(m, node, left.value == right.value)
    if isinstance(left, Data) and isinstance(right, Data):
        made = met(left, right)
        if made.role in {"error", "predictions", "statistic"}:
            return made
        return mask_of(replace(made, where=None), node, right)
    if isinstance(left, Data) or isinstance(right, Data):
        base, other = (left, right) if isinstance(left, Data) else (right, left)
        if base.where is not None and base.where.kind == "sample":
            return base
        if base.role == "statistic" and other == Const(0) and _spread(m, base):
            return UNKNOWN  # constant columns are told from others
        if base.role in {"predictions", "error", "statistic", "count"}:
            return replace(base, learned=base.learned | learned_in(other))
        return mask_of(replace(base, learned=base.learned | learned_in(other)), node, other)
    return UNKNOWN


def _compared(m: Machine, node: ast.Compare, same: bool) -> Any:  # noqa: FBT001 the one fact there is
    """Return whether two literals are the same. A setting may be another one day; a loop's turn is what it is."""
    turn = isinstance(node.left, ast.Name) and node.left.id in m.turning
    if isinstance(node.ops[0], ast.Eq) and (same or turn):
        return Const(value=same)
    return Const(value=not same) if isinstance(node.ops[0], ast.NotEq) and turn else UNKNOWN


def _spread(m: Machine, value: Data) -> bool:
    """Return whether a statistic says how far values spread."""
    return all(m.flow.learned[one].what in {"var", "std", "ptp"} for one in value.learned)


def _unary(m: Machine, node: ast.UnaryOp) -> Any:
    value = evaluate(m, node.operand)
    if isinstance(node.op, ast.USub):
        if isinstance(value, Const) and isinstance(value.value, int | float):
            return Const(-value.value)
        if isinstance(value, Unknown | Const):
            return Const("negative") if isinstance(node.operand, ast.Name) else UNKNOWN
    if isinstance(node.op, ast.Invert) and isinstance(value, Data) and value.where is None and value.role == "table":
        return replace(value, role="mask", where=Step(("where", text_of(node.operand, 200)), ("no", ("yes",))))
    if isinstance(node.op, ast.Invert | ast.Not | ast.USub) and isinstance(value, Data) and value.role == "mask":
        return negated(value)
    return value if isinstance(value, Data | Score | Expression) else UNKNOWN


def _either(m: Machine, node: ast.BoolOp) -> Any:
    found = [evaluate(m, one) for one in node.values]
    compared = [one for one, part in zip(found, node.values, strict=True) if isinstance(part, ast.Compare)]
    if isinstance(node.op, ast.And) and Const(value=False) in compared:
        return Const(value=False)
    result: Any = UNKNOWN
    for one in found:
        result = joined(result, one)
    return result


def _choice(m: Machine, node: ast.IfExp) -> Any:
    test = evaluate(m, node.test)
    if isinstance(test, Const) and isinstance(test.value, bool) and isinstance(node.test, ast.Compare):
        return evaluate(m, node.body if test.value else node.orelse)
    return joined(evaluate(m, node.body), evaluate(m, node.orelse))


def _lambda(m: Machine, node: ast.Lambda) -> Any:
    return Function(node, m.scope, m.cell)


def _listing(m: Machine, node: ast.List | ast.Tuple | ast.Set) -> Any:
    items: list[Any] = []
    rest = None
    for one in node.elts[:2000]:
        value = evaluate(m, one.value if isinstance(one, ast.Starred) else one)
        if isinstance(one, ast.Starred):
            if isinstance(value, Seq):
                items.extend(value.items)
                value = value.rest
            rest = joined(rest, value)
        else:
            items.append(value)
    return Seq(items, rest, fixed=isinstance(node, ast.Tuple), loops=m.loops)


def _dict(m: Machine, node: ast.Dict) -> Any:
    made = Table()
    for key, one in list(zip(node.keys, node.values, strict=True))[:2000]:
        value = evaluate(m, one)
        name = evaluate(m, key) if key is not None else UNKNOWN
        if isinstance(name, Const) and isinstance(name.value, str | int | float | bool | None):
            made.items[name.value] = value
        elif key is None and isinstance(value, Table):
            made.items.update(value.items)
        else:
            made.rest = joined(made.rest, value)
    return made


def _joined_text(m: Machine, node: ast.JoinedStr) -> Any:
    """Return a text with what is known of it filled in; `f"y_{h}"` stays one name for all that it may become."""
    parts = []
    for one in node.values:
        held: Any = evaluate(m, one.value) if isinstance(one, ast.FormattedValue) else one
        plain = isinstance(held, Const | ast.Constant) and isinstance(held.value, str | int)
        parts.append(str(held.value) if plain else f"{{{text_of(one, 80)}}}")
    return Const("".join(parts)[:200])


def _call(m: Machine, node: ast.Call) -> Any:
    from holdfast.audit.code.calls import call

    return call(m, node)


def _named(m: Machine, node: ast.NamedExpr) -> Any:
    before, m.wanted = m.wanted, (node.target.id,)
    value = told_by_use(m, node.target.id, evaluate(m, node.value), node.value)
    m.wanted = before
    assign(m, node.target, value)
    return value


def _inner(m: Machine, node: Any) -> Any:
    return evaluate(m, node.value) if node.value is not None else UNKNOWN


def _yield(m: Machine, node: ast.Yield) -> Any:
    if m.returns and node.value is not None:
        m.returns[-1].append(Seq([], rest=evaluate(m, node.value)))
    return UNKNOWN


def _name(m: Machine, node: ast.Name) -> Any:
    return lookup(m, node.id)


_EXPRESSIONS: dict[type, Callable[[Machine, Any], Any]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.BinOp: _binary,
    ast.Compare: _compare,
    ast.UnaryOp: _unary,
    ast.BoolOp: _either,
    ast.IfExp: _choice,
    ast.Lambda: _lambda,
    ast.List: _listing,
    ast.Tuple: _listing,
    ast.Set: _listing,
    ast.Dict: _dict,
    ast.ListComp: comprehension,
    ast.SetComp: comprehension,
    ast.GeneratorExp: comprehension,
    ast.DictComp: comprehension,
    ast.JoinedStr: _joined_text,
    ast.Call: _call,
    ast.NamedExpr: _named,
    ast.Starred: _inner,
    ast.Await: _inner,
    ast.YieldFrom: _inner,
    ast.Yield: _yield,
}
