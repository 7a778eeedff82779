"""Methods of lists and dicts."""

import ast
from dataclasses import replace
from typing import Any

from holdfast.audit.code.frames import method_of_data
from holdfast.audit.code.groups import gathered
from holdfast.audit.code.joining import element, joined
from holdfast.audit.code.machine import Args, Machine, name_of
from holdfast.audit.code.namespaces import of_parser
from holdfast.audit.code.scores import DECIDERS
from holdfast.audit.code.slices import without_windows
from holdfast.audit.code.values import (
    UNKNOWN,
    Const,
    Data,
    Expression,
    Score,
    Seq,
    Table,
    Unknown,
    data_of,
    items_of,
    learned_in,
    scores_in,
)
from holdfast.audit.code.vocabulary import LABEL_NAME, STATISTICS

_READS_OFF = {
    "split",
    "rsplit",
    "strip",
    "partition",
    "basename",
    "int",
    "str",
    "float",
    "get",
    "index",
    "lower",
    "upper",
}


def method(m: Machine, owner: Any, name: str, args: Args, node: ast.AST) -> Any:  # noqa: C901 a ladder of cases
    """Return what a method of a list or dict returns, after changing it."""
    if isinstance(owner, Table):
        return _of_dict(m, owner, name, args, node)
    if name in {"append", "add", "appendleft", "insert"}:
        _append(m, owner, args.get(1 if name == "insert" else 0), node)
        return UNKNOWN
    if name in {"extend", "update"}:
        value = args.get(0)
        if isinstance(value, Seq):
            for one in value.items if not m.loops else []:
                owner.items.append(one)
            if m.loops or value.rest is not None:
                for one in items_of(value):
                    _append(m, owner, one, node)
        elif isinstance(value, Data):
            _append(m, owner, value, node)
        return UNKNOWN
    if name == "sort":
        key = args.named.get("key")
        owner.ranked = scores_in(m.apply(m, key, Args((element(owner),)), node) if key is not None else owner)
        m.flow.spared |= scores_in(owner) - owner.ranked
    if name in DECIDERS | {"index"}:
        m.decide(node, scores_in(owner) | scores_in(args.get(0)), name)
    if name in {"pop", "copy"}:
        return element(owner) if name == "pop" else Seq(list(owner.items), owner.rest)
    return UNKNOWN


def _one_a_record(m: Machine, owner: Seq, value: Any) -> Any:
    """Return what a loop over records appends: a dict or list of unknown values, one a record, is of that record."""
    inner = m.loops[len(owner.loops) :]
    records = m.going.get(inner[0]) if len(inner) == 1 else None
    if records is None or not isinstance(value, Table | Seq) or data_of(value) is not None or scores_in(value):
        return value
    return replace(records, learned=learned_in(value), columns={}, only=None, column=None, role="table", gone=None)


def _append(m: Machine, owner: Seq, value: Any, node: ast.AST) -> None:
    value = _one_a_record(m, owner, value)
    if isinstance(value, Data):
        pieces = any(step.kind == "window" for path in value.rows for step in path[1:])
        value = gathered(m, value, node, several=len(m.loops) > len(owner.loops) + 1)
        value = without_windows(value)
        twice = _in_this_turn(m, owner, value, node) if not pieces else None
        if twice is not None:
            value = twice
    elif m.guards and isinstance(value, Unknown | Const):
        value = Unknown(m.guards | learned_in(value))
    if isinstance(value, Expression):
        owner.items.append(value)
    elif not m.turned.issuperset(m.loops[len(owner.loops) :]) or isinstance(owner.rest, Data):
        owner.rest = joined(owner.rest, value)
    elif len(owner.items) < 200:
        owner.items.append(value)


def _in_this_turn(m: Machine, owner: Seq, value: Data, node: ast.AST) -> Data | None:
    """Return the value marked as a copy where a loop appends the same records for the second time."""
    if not m.loops or not value.rows or value.role in {"predictions", "statistic", "count"}:
        return None
    if _in_inner_turns(m, owner, node) and value.role == "table":
        new = m.learn("augment", "append", node, value, given="")
        return replace(value, learned=value.learned | {new})
    key = (id(owner), m.loops[:1], value.rows)
    line = getattr(node, "lineno", 0)
    first, arms = m.appended.setdefault(key, (line, m.arms))
    called = LABEL_NAME.match(name_of(getattr(getattr(node, "func", None), "value", None)))
    if first == line or value.role == "label" or called or _exclusive(arms, m.arms):
        return None
    new = m.learn("augment", "append", node, value, given="")
    return replace(value, learned=value.learned | {new})


def _in_inner_turns(m: Machine, owner: Seq, node: ast.AST) -> bool:
    """Return whether a loop inside one over records appends what a call makes of the record, some times over."""
    if len(m.loops) < 2 or len(owner.loops) > len(m.loops) - 2 or not isinstance(node, ast.Call) or not node.args:
        return False
    inner, outer = m.flow.loops[m.loops[-1]], m.flow.loops[m.loops[-2]]
    made: ast.expr = node.args[0]
    while isinstance(made, ast.Subscript | ast.Attribute):  # `aug(image=image)["image"]`
        made = made.value
    return (
        outer.over == "records"
        and inner.over in {"candidates", "repeats"}
        and isinstance(made, ast.Call)
        and name_of(made.func) not in STATISTICS | _READS_OFF
        and not LABEL_NAME.match(name_of(getattr(node.func, "value", None)))
    )


def _exclusive(first: tuple[tuple[int, int], ...], second: tuple[tuple[int, int], ...]) -> bool:
    """Return whether two places stand in different arms of one branch."""
    return any(one[0] == other[0] and one[1] != other[1] for one in first for other in second)


def _of_dict(m: Machine, owner: Table, name: str, args: Args, node: ast.AST) -> Any:  # noqa: C901, PLR0911 a ladder of cases
    if name == "items":
        listed = [Seq([Const(key), value], fixed=True) for key, value in list(owner.items.items())[:50]]
        return Seq(listed, None if owner.rest is None else Seq([UNKNOWN, owner.rest], fixed=True))
    if name == "values":
        return Seq(list(owner.items.values()), owner.rest)
    if name == "keys":
        return Seq([Const(key) for key in owner.items])
    if name in {"get", "pop", "setdefault"}:
        key = args.constant(0)
        if isinstance(key, str | int) and key in owner.items:
            return owner.items[key]
        return owner.rest if owner.rest is not None else UNKNOWN
    if name == "update":
        other = args.get(0)
        if isinstance(other, Table):
            owner.items.update(other.items)
            owner.rest = joined(owner.rest, other.rest)
        owner.items.update(args.named)
    if (parsed := of_parser(owner, name, args)) is not None:
        return parsed
    if name == "copy":
        return Table(dict(owner.items), owner.rest)
    if any(isinstance(one, Data) for one in owner.items.values()):  # parts of a data set: each goes through it
        each = {
            key: method_of_data(m, one, name, args, node) if isinstance(one, Data) else one
            for key, one in owner.items.items()
        }
        return Table(each, owner.rest)
    return UNKNOWN


def scored(value: Any) -> Score | None:
    """Return the scores in a container as one value."""
    found = scores_in(value)
    return Score(found) if found else None
