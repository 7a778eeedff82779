"""Statements: names are bound, branches joined, loops run once, functions kept for when they are called."""

import ast
from collections.abc import Callable, Iterable
from typing import Any

from holdfast.audit.code.binding import assign, names_in
from holdfast.audit.code.columns import dropped
from holdfast.audit.code.joining import joined, kind_of_loop, turns, turns_of
from holdfast.audit.code.machine import Args, Machine, TooMuch, name_of, text_of
from holdfast.audit.code.modules import module
from holdfast.audit.code.protocol import told_by_names, told_by_use, verb_of
from holdfast.audit.code.slices import ends
from holdfast.audit.code.values import (
    NOTHING,
    UNKNOWN,
    Class,
    Const,
    Data,
    Function,
    Module,
    Object,
    Partial,
    Ref,
    Scope,
    Seq,
    data_of,
    learned_in,
    scores_in,
)

_SAVES = {"save", "save_weights", "dump", "save_model", "deepcopy", "state_dict", "append", "save_pretrained"}


def execute(m: Machine, body: Iterable[ast.stmt]) -> None:
    """Follow statements, one after another; one that cannot be followed is passed over."""
    for statement in body:
        if not m.depth:
            m.flow.reached = (m.cell, statement.lineno)
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
    value = m.evaluate(m, node.value)
    match node.value:
        case ast.Call(func=ast.Attribute() | ast.Name(), args=[ast.Name(id=name) as given, *_]):
            before = m.scope.names.get(name)
            if not isinstance(value, Data) or not isinstance(before, Data) or not isinstance(_callee(m, node), Ref):
                return
            if value.rows == before.rows and value.known > before.known:  # `sc.pp.scale(cells)` is for what it changes
                assign(m, given, value)


def _callee(m: Machine, node: ast.Expr) -> Any:
    return m.evaluate(m, node.value.func) if isinstance(node.value, ast.Call) else None


def _assign(m: Machine, node: ast.Assign) -> None:
    before, m.wanted = m.wanted, tuple(names_in(node.targets[0]))
    value = m.evaluate(m, node.value)
    m.wanted = before
    for target in node.targets:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple) and isinstance(value, Seq):
            pairs = zip(target.elts, value.items, node.value.elts, strict=False)
            told = [told_by_use(m, name_of(one), item, made) for one, item, made in pairs]
            value = value if len(told) < len(value.items) else Seq(told, value.rest, value.fixed)
        value = told_by_use(m, name_of(target), value, node.value)
        value = told_by_names(m, target, value, node.value)
        assign(m, target, value)


def _annotated(m: Machine, node: ast.AnnAssign) -> None:
    if node.value is not None:
        m.wanted = tuple(names_in(node.target))
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


def _if(m: Machine, node: ast.If) -> None:
    test = m.evaluate(m, node.test)
    if isinstance(test, Const) and not test.value and not isinstance(node.test, ast.Name):
        execute(m, node.orelse)
        return
    if test == Const(value=True) and isinstance(node.test, ast.Compare):
        execute(m, node.body)
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
    outer_loops, outer_turning, outer_turned = m.loops, m.turning, m.turned
    items = turns(over) if not _goes_through_names(over, node) else over.items
    count = 1 if len(items) > 1 else turns_of(over)  # turns that are followed one by one count by themselves
    m.enter(node, kind_of_loop(node.iter, over), text_of(node.iter), names_in(node.target), count, ends(m, node.iter))
    if (records := data_of(items[0])) is not None and records.record:
        m.going[m.loops[-1]] = records
    m.turning = m.turning | set(names_in(node.target))
    m.turned |= frozenset(m.loops[-1:] if len(items) > 1 else ())
    for item in items:
        assign(m, node.target, item)
        execute(m, node.body)
    m.loops, m.turning, m.turned = outer_loops, outer_turning, outer_turned
    execute(m, node.orelse)


_MOST_NAMES = 8  # in a loop whose turns are followed one by one


def _goes_through_names(over: Any, node: ast.For | ast.AsyncFor) -> bool:
    """Return whether a loop goes through the names of a few columns, stores each, and fits nothing."""
    listed = over.items if isinstance(over, Seq) and over.rest is None else []
    if not 1 < len(listed) <= _MOST_NAMES or not all(isinstance(one, Const) for one in listed):
        return False
    if not all(isinstance(one.value, str) for one in listed):
        return False
    inside = [one for statement in node.body for one in ast.walk(statement)]
    target = name_of(node.target)
    stores = any(
        isinstance(one, ast.Subscript) and isinstance(one.ctx, ast.Store) and target in text_of(one.slice)
        for one in inside
    )
    done = {verb_of(name_of(one.func)) for one in inside if isinstance(one, ast.Call)}
    return stores and done <= {"", "transform"}


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
    m.scope.names[node.name] = _decorated(m, made)


def _decorated(m: Machine, made: Function) -> Any:
    """Return what the program's own decorators make of a function; those of libraries leave it as it is."""
    result: Any = made
    for one in reversed(getattr(made.node, "decorator_list", [])):
        if isinstance(m.scope.find(_root(one)), Function | Class | Module):
            wrapped = m.apply(m, m.evaluate(m, one), Args((result,), nodes=(one,)), one)
            result = wrapped if isinstance(wrapped, Function | Partial | Object) else result
    return result


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


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
            made.attributes.update(value.attributes)
            made.bases += value.bases
    outer, m.scope = m.scope, Scope(made.attributes, m.scope)
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            made.methods[statement.name] = statement
        elif isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Name | ast.Lambda):
            known = made.methods.get(name_of(statement.value))  # `test_step = validation_step`
            made.methods.update({} if known is None else {name_of(one): known for one in statement.targets})
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            execute(m, [statement])
    m.scope = outer
    m.scope.names[node.name] = made


def _import(m: Machine, node: ast.Import) -> None:
    for alias in node.names:
        scope = module(m, alias.name) if alias.asname or "." not in alias.name else None
        if scope is not None:
            m.scope.names[alias.asname or alias.name] = Module(scope)
        elif alias.asname:
            m.scope.names[alias.asname] = Ref(alias.name)
        else:
            root = alias.name.partition(".")[0]
            m.scope.names[root] = Ref(root)


def _import_from(m: Machine, node: ast.ImportFrom) -> None:
    held = module(m, node.module or "", node.level)
    for alias in node.names:
        name = alias.asname or alias.name
        if held is not None and alias.name == "*":
            m.scope.names.update(held.names)
        elif held is not None and alias.name in held.names:
            m.scope.names[name] = held.names[alias.name]
        elif (inner := module(m, f"{node.module or ''}.{alias.name}", node.level)) is not None:
            m.scope.names[name] = Module(inner)
        else:
            m.scope.names[name] = Ref(f"{node.module or ''}.{alias.name}")


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
                assign(m, target.value, dropped(owner, [key.value]))


def _match(m: Machine, node: ast.Match) -> None:
    m.evaluate(m, node.subject)
    for case in node.cases:
        execute(m, case.body)


def _assert(m: Machine, node: ast.Assert) -> None:
    before = dict(m.flow.groups)
    m.evaluate(m, node.test)
    m.flow.groups = before  # `assert t["patient"].nunique() == len(t)` says that there is one row of each


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
