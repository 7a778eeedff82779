"""Statements: names are bound, branches joined, loops run once, functions kept for when they are called."""

import ast
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from holdfast.audit.code.columns import stored
from holdfast.audit.code.events import Split
from holdfast.audit.code.machine import Machine, TooMuch, name_of, part, text_of
from holdfast.audit.code.values import (
    NOTHING,
    UNKNOWN,
    Class,
    Const,
    Data,
    Estimator,
    Function,
    Object,
    Ref,
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
from holdfast.audit.code.vocabulary import LABEL_NAME, side_of

_SAVES = {"save", "save_weights", "dump", "save_model", "deepcopy", "state_dict", "append", "save_pretrained"}


def execute(m: Machine, body: Iterable[ast.stmt]) -> None:
    """Follow statements, one after another; one that cannot be followed is passed over."""
    for statement in body:
        m.step()
        run = _STATEMENTS.get(type(statement))
        if run is None:
            continue
        try:
            run(m, statement)
        except TooMuch:
            raise
        except RecursionError:
            m.flow.complete = False


def _expression(m: Machine, node: ast.Expr) -> None:
    m.evaluate(m, node.value)


def _assign(m: Machine, node: ast.Assign) -> None:
    before, m.wanted = m.wanted, tuple(_names(node.targets[0]))
    value = m.evaluate(m, node.value)
    m.wanted = before
    for target in node.targets:
        assign(m, target, value)


def _annotated(m: Machine, node: ast.AnnAssign) -> None:
    if node.value is not None:
        m.wanted = tuple(_names(node.target))
        assign(m, node.target, m.evaluate(m, node.value))
        m.wanted = ()


def _augmented(m: Machine, node: ast.AugAssign) -> None:
    target = _as_load(node.target)
    assign(m, node.target, m.evaluate(m, ast.copy_location(ast.BinOp(target, node.op, node.value), node)))


def _as_load(target: ast.expr) -> ast.expr:
    if isinstance(target, ast.Name):
        return ast.copy_location(ast.Name(target.id, ast.Load()), target)
    if isinstance(target, ast.Attribute):
        return ast.copy_location(ast.Attribute(target.value, target.attr, ast.Load()), target)
    if isinstance(target, ast.Subscript):
        return ast.copy_location(ast.Subscript(target.value, target.slice, ast.Load()), target)
    return target


def assign(m: Machine, target: ast.expr, value: Any) -> None:
    """Bind a value to a target: a name, attribute, item or a tuple of them."""
    if isinstance(target, ast.Name):
        value = m.note_name(target.id, value)
        if isinstance(value, Estimator) and not value.text:
            value.text = target.id
        if isinstance(value, Const) and isinstance(value.value, str) and LABEL_NAME.match(target.id.lower()):
            m.flow.label_columns.add(value.value)
        m.scope.names[target.id] = value
        if isinstance(value, Data) and value.rows and value.rows not in m.flow.made_at:
            m.flow.made_at[value.rows] = m.place(target)
            m.flow.frames[value.rows] = tuple(id(one) for one in m.active)
        _name_sides(m, target, value)
    elif isinstance(target, ast.Tuple | ast.List):
        _unpack(m, target, value)
    elif isinstance(target, ast.Starred):
        assign(m, target.value, Seq([], rest=value))
    elif isinstance(target, ast.Attribute):
        owner = m.evaluate(m, target.value)
        value = m.note_name(target.attr, value)
        if isinstance(owner, Object):
            owner.attributes[target.attr] = value
        elif isinstance(owner, Data) and isinstance(value, Data | Unknown):
            key = ast.copy_location(ast.Constant(target.attr), target)
            assign(m, target.value, stored(m, owner, key, Const(target.attr), value))
    elif isinstance(target, ast.Subscript):
        _assign_item(m, target, value)


def _assign_item(m: Machine, target: ast.Subscript, value: Any) -> None:
    base = target.value
    if isinstance(base, ast.Attribute) and base.attr in {"loc", "iloc", "at", "iat", "values"}:
        base = base.value
    owner = m.evaluate(m, base)
    key = m.evaluate(m, target.slice)
    if isinstance(owner, Table):
        if isinstance(key, Const) and _hashable(key.value):
            owner.items[key.value] = value
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
    sides = [side_of(_first_name(one)) for one in wanted]
    data = data_of(value)
    parts = data is not None and bool(data.rows) and "train" in sides and bool({"test", "valid"} & set(sides))
    if data is not None and parts and not data.record:
        key = ("split", "named", m.cell, target.lineno, m.number(data.rows))
        m.split(
            Split(m.place(target), "split", key, (data,), "", shuffled=False, seeded=True, after=len(m.flow.learned))
        )
        for one, side in zip(wanted, sides, strict=True):
            assign(m, one, part(data, key, side or "train"))
        return
    if data is not None and data.role == "bundle" and len(wanted) > 1 and all(isinstance(o, ast.Tuple) for o in wanted):
        key = ("split", "bundle", m.number(data.rows))
        for one, name in zip(wanted, ("train", "valid", "test")[-len(wanted) :] if len(wanted) > 2 else ("train", "test"), strict=False):
            assign(m, one, replace(part(data, key, name), role="table"))
        return
    listed = items_of(value)
    for number, one in enumerate(wanted):
        if isinstance(value, Data | Score):
            assign(m, one, value if not isinstance(value, Data) else replace(value, column=None))
        elif isinstance(value, Seq) and number < len(value.items):
            assign(m, one, value.items[number])
        else:
            assign(m, one, listed[-1] if listed and isinstance(value, Seq) else UNKNOWN)


def _first_name(node: ast.expr) -> str:
    names = list(_names(node))
    return names[0] if names else ""


def _names(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Tuple | ast.List):
        return [name for one in node.elts for name in _names(one)]
    return [name_of(node)]


def _name_sides(m: Machine, target: ast.Name, value: Any) -> None:
    """Note a split where names say that two disjoint parts of the same rows are for training and for testing."""
    side = side_of(target.id)
    if not side or not isinstance(value, Data) or not value.rows or value.role not in {"table", "bundle"} or value.record:
        return
    for path in value.rows:
        if len(path) < 2 or path[-1].kind not in {"range", "where", "sample", "by"}:
            continue
        parent = path[:-1]
        m.appended.setdefault(hash((parent, side)), value.known)
        opposite = {"train": ("test", "valid")}.get(side, ("train",))
        held = next((m.appended[key] for key in (hash((parent, one)) for one in opposite) if key in m.appended), None)
        if held is not None:  # what is in both parts was in the whole
            columns = {name: ids & held for name, ids in value.columns.items()}
            rows = frozenset({parent})
            whole = replace(value, rows=rows, where=None, learned=value.learned & held, columns=columns)
            key, drawn = ("manual", parent), value.drawn is not None
            place = value.drawn or m.place(target)
            event = Split(place, "slices", key, (whole,), "", shuffled=drawn, seeded=not drawn, after=len(m.flow.learned))
            m.split(event)


def joined(first: Any, second: Any) -> Any:
    """Return a value that stands for either of two."""
    if first is None or first is second or isinstance(first, Const | Unknown):
        return second if not (isinstance(second, Const | Unknown) and isinstance(first, Unknown)) else first
    if second is None or isinstance(second, Const | Unknown):
        return first
    if isinstance(first, Data) and isinstance(second, Data):
        return together([first, second])
    if isinstance(first, Score) and isinstance(second, Score):
        return Score(first.ids | second.ids)
    return second


def _if(m: Machine, node: ast.If) -> None:
    test = m.evaluate(m, node.test)
    if isinstance(test, Const) and not test.value and not isinstance(node.test, ast.Name):
        execute(m, node.orelse)
        return
    guards = m.guards
    m.guards = guards | (_statistics(node.test, m) if m.flow.learned else NOTHING)
    scores = frozenset[int]().union(*(scores_in(m.evaluate(m, one)) for one in _compared(node.test)))
    if scores and _keeps(node.body):
        m.decide(node, scores, "if")
    before = dict(m.scope.names)
    arms, m.arms = m.arms, (*m.arms, (id(node), 0))
    execute(m, node.body)
    after_then = m.scope.names
    m.arms = (*arms, (id(node), 1))
    if node.orelse:
        m.scope.names = dict(before)
        execute(m, node.orelse)
        merged = m.scope.names
        for name, value in after_then.items():
            if name not in merged or merged[name] is before.get(name):
                merged[name] = value
            elif value is not before.get(name):
                merged[name] = joined(merged[name], value)
    m.guards, m.arms = guards, arms


def _compared(test: ast.expr) -> list[ast.expr]:
    if isinstance(test, ast.Compare):
        return [test.left, *test.comparators]
    if isinstance(test, ast.BoolOp):
        return [one for value in test.values for one in _compared(value)]
    return []


def _statistics(test: ast.expr, m: Machine) -> frozenset[int]:
    found = frozenset[int]().union(*(learned_in(m.evaluate(m, one)) for one in _compared(test)))
    return frozenset(one for one in found if m.flow.learned[one].kind in {"statistic", "corr", "select", "model"})


def _keeps(body: list[ast.stmt]) -> bool:
    """Return whether statements keep something: assign, stop the loop, save."""
    for statement in body:
        if isinstance(statement, ast.Assign | ast.AugAssign | ast.Break | ast.Return):
            return True
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            if name_of(statement.value.func) in _SAVES:
                return True
        elif isinstance(statement, ast.If) and (_keeps(statement.body) or _keeps(statement.orelse)):
            return True
    return False


def _for(m: Machine, node: ast.For | ast.AsyncFor) -> None:
    over = m.evaluate(m, node.iter)
    outer_loops, outer_turning = m.loops, m.turning
    m.enter(node, kind_of_loop(m, node.iter, over), text_of(node.iter), _names(node.target), _count(over))
    m.turning = m.turning | set(_names(node.target))
    items = _turns(over)
    for item in items:
        assign(m, node.target, item)
        execute(m, node.body)
    m.loops, m.turning = outer_loops, outer_turning
    execute(m, node.orelse)


def _count(over: Any) -> int:
    """Return how many turns a loop over a written-down list takes, 1 where that is not known."""
    return max(1, len(over.items)) if isinstance(over, Seq) and over.rest is None else 1


def _turns(over: Any) -> list[Any]:
    """Return what a loop's target holds, turn by turn; most loops are followed once."""
    item = element(over)
    if isinstance(over, Seq) and over.rest is None and 1 < len(over.items) <= 4:
        kinds = {type(one) for one in over.items}
        if (kinds <= {Data, Seq} or Object in kinds) and not any(isinstance(one, Estimator) for one in _deep(over)):
            return over.items
    return [item]


def element(value: Any) -> Any:
    """Return what one turn of a loop over a value sees."""
    if isinstance(value, Data):
        if value.role in {"statistic", "count"}:
            return value
        return replace(value, record=True, column=None)
    if isinstance(value, Splitter | Estimator):
        return UNKNOWN
    if isinstance(value, Seq):
        found = items_of(value)
        if not found:
            return UNKNOWN
        if all(isinstance(one, Seq) for one in found):
            width = min(len(one.items) for one in found)
            columns = [_either([one.items[i] for one in found]) for i in range(width)]
            return Seq(columns, fixed=True)
        return _either(found)
    if isinstance(value, Table):
        return UNKNOWN
    if isinstance(value, Unknown | Score):
        return value
    if isinstance(value, Object):
        found_data = data_of(value)
        return UNKNOWN if found_data is None else replace(found_data, record=True)
    return UNKNOWN


def _either(found: list[Any]) -> Any:
    result = found[0]
    for one in found[1:]:
        if isinstance(result, Const) and isinstance(one, Const):
            result = UNKNOWN
        else:
            result = joined(result, one)
    return result


def kind_of_loop(m: Machine, node: ast.expr, over: Any) -> str:
    """Return what a loop goes through: folds, models, records, epochs or candidates."""
    inner = node
    while (
        isinstance(inner, ast.Call)
        and name_of(inner.func) in {"enumerate", "tqdm", "trange", "list", "zip"}
        and inner.args
    ):
        inner = inner.args[0]
    if isinstance(inner, ast.Call) and name_of(inner.func) in {"split", "KFold"}:
        return "folds"
    if any(isinstance(one, Estimator) for one in _deep(over)):
        return "models"
    if isinstance(over, Data) or isinstance(element(over), Data):
        return "records"
    text = text_of(inner).lower()
    if "epoch" in text or (isinstance(inner, ast.Call) and name_of(inner.func) == "trange"):
        return "epochs"
    if "seed" in text or "repeat" in text or "fold" in text:
        return "repeats"
    del m
    return "candidates"


def _deep(value: Any, depth: int = 3) -> list[Any]:
    inside = items_of(value)
    return inside + ([one for item in inside for one in _deep(item, depth - 1)] if depth else [])


def _while(m: Machine, node: ast.While) -> None:
    m.evaluate(m, node.test)
    outer = m.loops
    m.enter(node, "epochs" if "epoch" in text_of(node.test).lower() else "candidates", text_of(node.test))
    execute(m, node.body)
    m.loops = outer
    execute(m, node.orelse)


def _with(m: Machine, node: ast.With | ast.AsyncWith) -> None:
    for item in node.items:
        value = m.evaluate(m, item.context_expr)
        if item.optional_vars is not None:
            assign(m, item.optional_vars, value)
    execute(m, node.body)


def _try(m: Machine, node: Any) -> None:
    execute(m, node.body)
    execute(m, node.orelse)
    for handler in node.handlers:
        before = dict(m.scope.names)
        execute(m, handler.body)
        for name, value in before.items():  # what the body made stays; a handler repairs what is missing
            m.scope.names[name] = value
    execute(m, node.finalbody)


def _function(m: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    made = Function(node, m.scope, m.cell)
    m.functions.append(made)
    m.scope.names[node.name] = made


def _class(m: Machine, node: ast.ClassDef) -> None:
    bases = []
    for base in node.bases:
        value = m.evaluate(m, base)
        bases.append(value.name if isinstance(value, Ref) else text_of(base))
    made = Class(node, m.scope, m.cell, bases=tuple(bases))
    m.functions.append(made)
    for base in node.bases:
        value = m.evaluate(m, base)
        if isinstance(value, Class):
            made.methods.update(value.methods)
            made.bases += value.bases
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            made.methods[statement.name] = statement
    m.scope.names[node.name] = made


def _import(m: Machine, node: ast.Import) -> None:
    for alias in node.names:
        if alias.asname:
            m.scope.names[alias.asname] = Ref(alias.name)
        else:
            root = alias.name.partition(".")[0]
            m.scope.names[root] = Ref(root)


def _import_from(m: Machine, node: ast.ImportFrom) -> None:
    for alias in node.names:
        m.scope.names.setdefault(alias.asname or alias.name, UNKNOWN)
        m.scope.names[alias.asname or alias.name] = Ref(f"{node.module or ''}.{alias.name}")


def _return(m: Machine, node: ast.Return) -> None:
    if m.returns:
        m.returns[-1].append(UNKNOWN if node.value is None else m.evaluate(m, node.value))


def _delete(m: Machine, node: ast.Delete) -> None:
    for target in node.targets:
        if isinstance(target, ast.Name):
            m.scope.names.pop(target.id, None)
        elif isinstance(target, ast.Subscript):
            owner = m.evaluate(m, target.value)
            key = m.evaluate(m, target.slice)
            if isinstance(owner, Data) and isinstance(key, Const) and isinstance(key.value, str):
                columns = {name: ids for name, ids in owner.columns.items() if name != key.value}
                assign(m, target.value, replace(owner, columns=columns))


def _match(m: Machine, node: ast.Match) -> None:
    m.evaluate(m, node.subject)
    for case in node.cases:
        execute(m, case.body)


def _assert(m: Machine, node: ast.Assert) -> None:
    m.evaluate(m, node.test)


def _global(m: Machine, node: ast.Global | ast.Nonlocal) -> None:
    for name in node.names:
        found = m.scope.find(name)
        if found is not None:
            m.scope.names[name] = found


_STATEMENTS: dict[type, Callable[[Machine, Any], None]] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.If: _if,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Return: _return,
    ast.Delete: _delete,
    ast.Match: _match,
    ast.Assert: _assert,
    ast.Global: _global,
    ast.Nonlocal: _global,
}
