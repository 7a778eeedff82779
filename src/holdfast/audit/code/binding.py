"""Names and items are bound to values, and names say what rows are for."""

import ast
from dataclasses import replace
from typing import Any

from holdfast.audit.code.columns import stored
from holdfast.audit.code.events import Split
from holdfast.audit.code.joining import joined
from holdfast.audit.code.machine import Machine, name_of, part
from holdfast.audit.code.sides import by_name
from holdfast.audit.code.values import (
    UNKNOWN,
    Const,
    Data,
    Estimator,
    Object,
    Score,
    Seq,
    Table,
    Unknown,
    data_of,
    items_of,
)
from holdfast.audit.code.vocabulary import LABEL_NAME, side_of


def assign(m: Machine, target: ast.expr, value: Any) -> None:
    """Bind a value to a target: a name, attribute, item or a tuple of them."""
    if isinstance(target, ast.NamedExpr):
        target = target.target
    if isinstance(target, ast.Name):
        m.scope.names[target.id] = _named(m, target.id, value, target)
    elif isinstance(target, ast.Tuple | ast.List):
        _unpack(m, target, value)
    elif isinstance(target, ast.Starred):
        assign(m, target.value, Seq([], rest=value))
    elif isinstance(target, ast.Attribute):
        owner = m.evaluate(m, target.value)
        if isinstance(owner, Object):
            owner.attributes[target.attr] = _named(m, target.attr, value, target)
        elif isinstance(owner, Table):
            owner.items[target.attr] = _named(m, target.attr, value, target)
        elif isinstance(owner, Data) and isinstance(value, Data | Unknown):
            key = ast.copy_location(ast.Constant(target.attr), target)
            assign(m, target.value, stored(m, owner, key, Const(target.attr), value))
    elif isinstance(target, ast.Subscript):
        _assign_item(m, target, value)


def _named(m: Machine, name: str, value: Any, node: ast.AST) -> Any:
    """Return a value under the name of a variable, an attribute or a key, after noting what the name says of it."""
    value = m.note_name(name, value)
    if isinstance(value, Estimator) and not value.text:
        value.text = name
    if isinstance(value, Const) and isinstance(value.value, str) and LABEL_NAME.match(name.lower()):
        m.flow.label_columns.add(value.value)
    if isinstance(value, Data) and value.rows and not value.record and value.rows not in m.flow.made_at:
        m.flow.made_at[value.rows] = m.place(node)
        m.flow.frames[value.rows] = tuple(id(one) for one in m.active)
    by_name(m, name, value, node)
    return value


def _assign_item(m: Machine, target: ast.Subscript, value: Any) -> None:
    base = target.value
    if isinstance(base, ast.Attribute) and base.attr in {"loc", "iloc", "at", "iat", "values"}:
        base = base.value
    owner = m.evaluate(m, base)
    key = m.evaluate(m, target.slice)
    if isinstance(owner, Table):
        if isinstance(key, Const) and _hashable(key.value):
            owner.items[key.value] = _named(m, key.value, value, target) if isinstance(key.value, str) else value
        else:
            owner.rest = joined(owner.rest, value)
    elif isinstance(owner, Seq):
        owner.rest = joined(owner.rest, value)
    elif isinstance(owner, Data):
        assign(m, base, stored(m, owner, target.slice, key, value))
    elif isinstance(owner, Unknown | Const) and isinstance(value, Data | Score) and isinstance(base, ast.Name):
        kept = replace(value, column=None) if isinstance(value, Data) else value
        m.scope.names[base.id] = joined(owner, kept)  # an empty array or frame that is filled


def _hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _unpack(m: Machine, target: ast.Tuple | ast.List, value: Any) -> None:
    wanted = target.elts
    if isinstance(value, Seq) and value.rest is None and len(value.items) == len(wanted):
        for one, item in zip(wanted, value.items, strict=True):
            assign(m, one, item)
        return
    if (parts := _in_parts(m, target, value)) is not None:
        for one, item in zip(wanted, parts, strict=False):
            assign(m, one, item)
        return
    listed = items_of(value)
    for number, one in enumerate(wanted):
        if isinstance(value, Data | Score):
            assign(m, one, value if not isinstance(value, Data) else replace(value, column=None))
        elif isinstance(value, Seq | Table) and number < len(value.items):
            assign(m, one, items_of(value)[number])
        else:
            assign(m, one, listed[-1] if listed and isinstance(value, Seq) else UNKNOWN)


def _in_parts(m: Machine, target: ast.Tuple | ast.List, value: Any) -> list[Data] | None:
    """Return the parts of records that are unpacked, None where each target holds what there is."""
    data, wanted = data_of(value), target.elts
    if data is None:
        return None
    sides = [side_of(_first_name(one)) for one in wanted]
    mixed = value is not data and isinstance(value, Seq) and value.rest is not None and len(data.rows) > 1
    if data.rows and not data.record and not mixed and "train" in sides and {"test", "valid"} & set(sides):
        key = ("split", "named", m.cell, target.lineno, m.number(data.rows))
        m.split(Split(m.place(target), "split", key, (data,), shuffled=False, seeded=True))
        return [part(data, key, side or "train") for side in sides]
    if data.role == "bundle" and len(wanted) > 1 and all(isinstance(one, ast.Tuple) for one in wanted):
        bundle = ("split", "bundle", m.number(data.rows))
        names = ("train", "valid", "test")[-len(wanted) :] if len(wanted) > 2 else ("train", "test")
        return [replace(part(data, bundle, name), role="table") for name in names]
    if (value is data or mixed) and _may_be_parts(data, wanted, sides):
        steps = [("item", m.cell, target.lineno, number) for number in range(len(wanted))]
        return [replace(part(data, step, "it"), column=None, role="table") for step in steps]
    return None


def _may_be_parts(data: Data, wanted: list[ast.expr], sides: list[str]) -> bool:
    """Return whether records that come in several parts may be other rows in each: neither the same nor apart."""
    if not data.rows or data.record or data.role not in {"table", "bundle"}:
        return False
    return len(set(sides)) > 1 or not any(LABEL_NAME.match(_first_name(one)) for one in wanted)


def _first_name(node: ast.expr) -> str:
    names = list(names_in(node))
    return names[0] if names else ""


def names_in(node: ast.expr) -> list[str]:
    """Return the names that a target binds."""
    if isinstance(node, ast.Tuple | ast.List):
        return [name for one in node.elts for name in names_in(one)]
    return [name_of(node)]
