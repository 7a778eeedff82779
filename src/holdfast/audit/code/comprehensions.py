"""Comprehensions: a loop in an expression."""

import ast
from dataclasses import replace
from typing import Any

from holdfast.audit.code.binding import assign
from holdfast.audit.code.column_names import kept
from holdfast.audit.code.groups import counted, gathered
from holdfast.audit.code.joining import element, joined, kind_of_loop
from holdfast.audit.code.machine import Machine, strings, text_of
from holdfast.audit.code.slices import without_windows
from holdfast.audit.code.values import (
    NOTHING,
    Const,
    Data,
    Seq,
    Table,
    Unknown,
    data_of,
    learned_in,
)
from holdfast.audit.code.vocabulary import FILE_OF_RECORDS, side_of

MOST_UNROLLED = 6  # items of a written-down list that are followed one by one


def comprehension(m: Machine, node: Any) -> Any:  # noqa: C901 a ladder of cases
    """Return the list or dict that a comprehension makes."""
    outer, loops, turning = dict(m.scope.names), m.loops, m.turning
    guards: frozenset[int] = NOTHING
    single = False
    names = kept(m, node) if not isinstance(node, ast.DictComp) else None
    if isinstance(names, Seq) or (names is not None and names.certain):
        return names
    several = _unrolled(m, node)
    if several is not None:
        return several
    for part in node.generators:
        over = m.evaluate(m, part.iter)
        single |= data_of(over) is not None
        m.enter(node, kind_of_loop(part.iter, over), text_of(part.iter))
        m.turning = m.turning | {name.id for name in ast.walk(part.target) if isinstance(name, ast.Name)}
        assign(m, part.target, element(over))
        for test in part.ifs:
            m.evaluate(m, test)
            for one in ast.walk(test):
                if isinstance(one, ast.Name | ast.Subscript):
                    guards |= learned_in(m.evaluate(m, one))
    if isinstance(node, ast.DictComp):
        m.evaluate(m, node.key)
        result: Any = Table(rest=m.evaluate(m, node.value))
    else:
        value = m.evaluate(m, node.elt)
        if isinstance(value, Data):
            value = gathered(m, value, node, several=len(node.generators) > 1)
            value = without_windows(value)
        if guards and not (isinstance(value, Data) and value.rows):
            value = Unknown(guards | learned_in(value))
        if single and len(node.generators) == 1 and isinstance(value, Unknown) and value.learned and not guards:
            records = data_of(m.evaluate(m, node.generators[0].iter))
            value = replace(records, learned=value.learned, columns={}, column=None) if records is not None else value
        result = Seq([], rest=value)
        if isinstance(node, ast.SetComp):
            _count_persons(m, node, element_of=m.evaluate(m, node.generators[0].iter))
    m.scope.names, m.loops, m.turning = outer, loops, turning
    return names if names is not None and not guards else result


def _count_persons(m: Machine, node: ast.SetComp, element_of: Any) -> None:
    """Note that a program lists the persons whose records it has: `{one["patient"] for one in records}`."""
    told = node.elt.slice if isinstance(node.elt, ast.Subscript) else None
    name = told.value if isinstance(told, ast.Constant) else getattr(node.elt, "attr", "")
    held = data_of(element_of)
    if isinstance(name, str) and held is not None:
        counted(m, held, node, name)


def _of_sides(m: Machine, node: ast.DictComp, over: Seq) -> Table | None:
    """Return a dict of named records or sides of a split by their names, None where there are none such."""
    names = strings(over) or [str(one.items[0].value) for one in over.items if _named(one)]
    pairs = all(isinstance(one, Seq) and isinstance(one.items[-1], Data | Const) for one in over.items)
    if len(names) != len(over.items) or not (pairs or all(map(side_of, names))):
        return None
    outer = dict(m.scope.names)
    made = Table()
    for item in over.items:
        assign(m, node.generators[0].target, item)
        key, value = m.evaluate(m, node.key), m.evaluate(m, node.value)
        if isinstance(key, Const) and isinstance(key.value, str):
            made.items[key.value] = value
        else:
            made.rest = value if made.rest is None else joined(made.rest, value)
    m.scope.names = outer
    return made


def _named(item: Any) -> bool:
    return isinstance(item, Seq) and len(item.items) == 2 and isinstance(item.items[0], Const)


def _is_file(item: Any) -> bool:
    return isinstance(item, Const) and isinstance(item.value, str) and bool(FILE_OF_RECORDS.search(item.value))


def _unrolled(m: Machine, node: Any) -> Seq | Table | None:
    """Return a comprehension over a few listed values item by item, None where it is none."""
    if len(node.generators) != 1 or node.generators[0].ifs:
        return None
    over = m.evaluate(m, node.generators[0].iter)
    if not isinstance(over, Seq) or over.rest is not None or not 1 < len(over.items) <= MOST_UNROLLED:
        return None
    if isinstance(node, ast.DictComp):
        return _of_sides(m, node, over)
    if not all(isinstance(one, Data | Seq) or _is_file(one) for one in over.items):
        return None
    outer = dict(m.scope.names)
    made = []
    for item in over.items:
        assign(m, node.generators[0].target, item)
        made.append(m.evaluate(m, node.elt))
    m.scope.names = outer
    return Seq(made)
