"""What the program defines is followed inside: its functions, the instances of its classes, what nobody calls."""

import ast
from dataclasses import replace
from typing import Any

from holdfast.audit.code.binding import assign
from holdfast.audit.code.joining import joined
from holdfast.audit.code.machine import MOST_DEPTH, MOST_STEPS_AWAY, Args, Machine, name_of, spelled
from holdfast.audit.code.names import given
from holdfast.audit.code.protocol import gives_windows
from holdfast.audit.code.unknown import unknown_call
from holdfast.audit.code.values import (
    UNKNOWN,
    Class,
    Const,
    Data,
    Estimator,
    Function,
    Object,
    Scope,
    Seq,
    Table,
)
from holdfast.audit.code.vocabulary import kind_of

_MODELS = {"Module", "LightningModule", "Model", "ClassifierMixin", "RegressorMixin", "PreTrainedModel", "Sequential"}
_TRANSFORMERS = {"TransformerMixin", "BaseEstimator"}
_WRITTEN = ("columns", "only", "gone", "made", "learned")  # of a table, what storing columns changes


def inlined(m: Machine, function: Function, args: Args, node: ast.AST) -> Any:
    """Return what a function of the program returns for these arguments, following it."""
    function.called = True
    if isinstance(function.cell, str):
        if m.away > MOST_STEPS_AWAY:
            m.flow.complete, m.flow.stopped = False, m.flow.stopped or m.flow.reached
            return unknown_call(m, function.name, args, node)
        m.followed.add(id(function.node))
    for made in m.functions:
        if isinstance(made, Function) and made.node is function.node:
            made.called = True
    if m.depth >= MOST_DEPTH or function.node in m.active:
        return unknown_call(m, function.name, args, node)
    scope = Scope(outer=function.scope)
    _bind(m, function, args, scope)
    outer, cell, sites = m.scope, m.cell, m.sites
    m.sites = (*sites, m.place(node))
    m.scope, m.cell, m.depth = scope, function.cell, m.depth + 1
    m.active.append(function.node)
    m.entered.add(id(function.node))
    m.returns.append([])
    anchor = m.anchor
    if isinstance(function.owner, Object) and function.owner.estimator is not None and anchor is None:
        m.anchor, m.cell = node, cell
    try:
        if isinstance(function.node, ast.Lambda):
            return m.evaluate(m, function.node.body)
        m.execute(m, function.node.body)
        found = m.returns[-1]
    finally:
        m.returns.pop()
        m.active.pop()
        m.anchor = anchor
        m.scope, m.cell, m.depth, m.sites = outer, cell, m.depth - 1, sites
    _write_back(m, function, args, scope)
    return _returned(found)


def _bind(m: Machine, function: Function, args: Args, scope: Scope) -> None:
    spec = function.node.args
    names = [one.arg for one in [*spec.posonlyargs, *spec.args]]
    if function.owner is not None and names:
        static = any(name_of(one) == "staticmethod" for one in getattr(function.node, "decorator_list", []))
        if not static:
            scope.names[names.pop(0)] = function.owner
    for name, value in zip(names, args.values, strict=False):
        scope.names[name] = m.note_name(name, value)
    written = {**dict(zip(names, args.nodes, strict=False)), **args.named_nodes}
    scope.spelled = {
        name: spelled(m, node)
        for name, node in written.items()
        if not isinstance(scope.names.get(name), Const) and not _rebound(function.node, name)
    }
    if spec.vararg:
        scope.names[spec.vararg.arg] = Seq(list(args.values[len(names) :]), fixed=True)
    keywords = [one.arg for one in spec.kwonlyargs]
    extra = Table()
    for name, value in args.named.items():
        if name in names or name in keywords:
            scope.names[name] = m.note_name(name, value)
        else:
            extra.items[name] = value
    if spec.kwarg:
        scope.names[spec.kwarg.arg] = extra
    defaults = dict(zip(reversed(names), reversed(spec.defaults), strict=False))
    defaults |= {one.arg: value for one, value in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if value}
    for name in [*names, *keywords]:
        if name not in scope.names:
            scope.names[name] = m.evaluate(m, defaults[name]) if name in defaults else UNKNOWN


def _returned(found: list[Any]) -> Any:
    if not found:
        return UNKNOWN
    if len(found) > 1 and all(isinstance(one, Seq) and one.rest is None for one in found):
        lengths = {len(one.items) for one in found}
        if len(lengths) == 1:
            columns = zip(*(one.items for one in found), strict=True)
            return Seq([_returned(list(column)) for column in columns], fixed=True)
    result = found[0]
    for one in found[1:]:
        result = joined(result, one)
    return result


def _write_back(m: Machine, function: Function, args: Args, scope: Scope) -> None:
    """Bind arguments anew that the function changed in place: `frame['a'] = …` reaches the caller's frame."""
    names = [one.arg for one in function.node.args.args]
    if function.owner is not None:
        names = names[1:]
    for name, value, node in zip(names, args.values, args.nodes, strict=False):
        after = scope.names.get(name)
        if not isinstance(node, ast.Name) or not isinstance(value, Data) or not isinstance(after, Data):
            continue
        changed = any(getattr(after, one) != getattr(value, one) for one in _WRITTEN)
        if changed and after.rows == value.rows and after.column == value.column and not _rebound(function.node, name):
            assign(m, node, replace(value, **{one: getattr(after, one) for one in _WRITTEN}))


def _rebound(function: ast.AST, name: str) -> bool:
    return any(
        isinstance(one, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == name for target in one.targets)
        for one in ast.walk(function)
    )


def instance(m: Machine, made: Class, args: Args, node: ast.AST) -> Any:
    """Return an instance of a class of the program."""
    made.called = True
    if isinstance(made.cell, str):
        m.followed.add(id(made.node))
    kinds = {base.rsplit(".", 1)[-1] for base in made.bases}
    new = Object(made, dict(made.attributes))
    m.objects.setdefault(id(made.node), new)
    if kinds & _MODELS or any(kind_of(base) == "model" for base in made.bases):
        new.estimator = Estimator(made.node.name, "model")
    elif kinds & _TRANSFORMERS or any(kind_of(base) for base in made.bases) or {"fit", "transform"} <= {*made.methods}:
        kind = next((kind_of(base) for base in made.bases if kind_of(base)), "transform")
        new.estimator = Estimator(made.node.name, kind)
    if "__init__" in made.methods and not kinds & _MODELS:
        inlined(m, Function(made.methods["__init__"], made.scope, made.cell, new), args, node)
    elif "__init__" not in made.methods:
        fields = [
            one.target.id
            for one in made.node.body
            if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
        ]
        new.attributes.update(zip(fields, args.values, strict=False))
        new.attributes.update(args.named)
    if gives_windows(made):
        new.attributes |= {
            name: replace(one, ordered=one.ordered or "sliding windows")
            for name, one in new.attributes.items()
            if isinstance(one, Data)
        }
    return new


def uncalled(m: Machine) -> None:
    """Follow functions that the program defines and does not call, with arguments as their names speak."""
    for made in list(m.functions):
        if made.called or id(made.node) in m.followed:
            continue
        if isinstance(made, Function):
            inlined(m, made, _guessed(m, made, skip=0), made.node)
            continue
        node = made.node
        first = made.methods.get("__init__")
        guessed = _guessed(m, Function(first, made.scope, made.cell), skip=1) if first else Args()
        instance(m, made, guessed, node)
    for new in list(m.objects.values()):
        made = new.kind
        for name, inner in made.methods.items() if new.estimator is None else ():
            if not name.startswith("_") and id(inner) not in m.entered and id(made.node) not in m.followed:
                method = Function(inner, made.scope, made.cell, new)
                inlined(m, method, _guessed(m, method, skip=1), inner)


def _guessed(m: Machine, function: Function, skip: int) -> Args:
    spec = function.node.args
    names = [one.arg for one in [*spec.posonlyargs, *spec.args]][skip:]
    free = names[: len(names) - len(spec.defaults)] if spec.defaults else names
    return Args(tuple(given(m, name, (function.name, function.cell)) for name in free))
