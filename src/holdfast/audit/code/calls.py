"""Calls: of functions of the program, which are followed inside, of methods and of what libraries offer."""

import ast
from dataclasses import replace
from typing import Any

from holdfast.audit.code.attributes import attribute
from holdfast.audit.code.binding import assign
from holdfast.audit.code.columns import dropped, stored
from holdfast.audit.code.estimators import METHODS as ESTIMATOR_METHODS
from holdfast.audit.code.estimators import predicted, transformed
from holdfast.audit.code.frames import method_of_data
from holdfast.audit.code.functions import drawn, library
from holdfast.audit.code.joining import element, joined
from holdfast.audit.code.machine import MOST_DEPTH, MOST_STEPS_AWAY, Args, Machine, name_of
from holdfast.audit.code.names import called, given
from holdfast.audit.code.protocol import ad_hoc, gives_windows, kind_by_verbs, verb_of
from holdfast.audit.code.scores import judged, reduced, tallied
from holdfast.audit.code.unknown import unknown_call
from holdfast.audit.code.values import (
    UNKNOWN,
    Class,
    Data,
    Estimator,
    Function,
    Method,
    Object,
    Partial,
    Ref,
    Scope,
    Score,
    Seq,
    Splitter,
    Table,
    Unknown,
    data_of,
    items_of,
    scores_in,
)
from holdfast.audit.code.vocabulary import kind_of

_MODELS = {"Module", "LightningModule", "Model", "ClassifierMixin", "RegressorMixin", "PreTrainedModel", "Sequential"}
_TRANSFORMERS = {"TransformerMixin", "BaseEstimator"}
_OPTIMISERS = {
    "optimize",
    "fmin",
    "gp_minimize",
    "forest_minimize",
    "minimize",
    "differential_evolution",
    "dual_annealing",
    "basinhopping",
    "minimize_scalar",
    "BayesianOptimization",
    "maximize",
    "PSO",
}


def call(m: Machine, node: ast.Call) -> Any:
    """Return what a call returns, after noting what it does."""
    owner: Any = None
    if isinstance(node.func, ast.Attribute):
        owner = m.evaluate(m, node.func.value)
        function = attribute(m, owner, node.func.attr, node)
    elif isinstance(node.func, ast.Name) and m.scope.find(node.func.id) is None:
        function = called(node.func.id)
    else:
        function = m.evaluate(m, node.func)
    args = _arguments(m, node)
    if isinstance(function, Method) and (made := ad_hoc(m, owner, function.name, args, node)) is not None:
        function = Method(made, function.name)
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name | ast.Attribute):
            assign(m, node.func.value, made)
    result = apply(m, function, args, node)
    _change(m, node, owner, args, result)
    return result


def _arguments(m: Machine, node: ast.Call) -> Args:
    values, nodes = [], []
    for one in node.args[:200]:
        value = m.evaluate(m, one)
        if isinstance(one, ast.Starred) and isinstance(value, Seq) and value.rest is None:
            values.extend(value.items)
            nodes.extend([one.value] * len(value.items))
        else:
            values.append(value)
            nodes.append(one)
    named = {one.arg: m.evaluate(m, one.value) for one in node.keywords if one.arg}
    for keyword in node.keywords:
        if keyword.arg is None:
            value = m.evaluate(m, keyword.value)
            if isinstance(value, Unknown):
                named["**"] = value
            if isinstance(value, Table):
                named |= {key: held for key, held in value.items.items() if isinstance(key, str) and key not in named}
    return Args(tuple(values), named, tuple(nodes), {keyword.arg or "**": keyword.value for keyword in node.keywords})


def _change(m: Machine, node: ast.Call, owner: Any, args: Args, result: Any) -> None:
    """Bind the owner anew where the call changed it in place."""
    if not isinstance(owner, Data) or not isinstance(node.func, ast.Attribute):
        return
    if args.constant(None, "inplace") is True and isinstance(result, Data):
        assign(m, node.func.value, result)
    elif node.func.attr in {"insert", "pop"} and args.constant(0 if node.func.attr == "pop" else 1) is not None:
        name = args.constant(0 if node.func.attr == "pop" else 1)
        if node.func.attr == "pop" and isinstance(name, str):
            assign(m, node.func.value, dropped(owner, [name]))
        elif isinstance(name, str) and len(args.nodes) > 2:
            assign(m, node.func.value, stored(m, owner, args.nodes[1], args.values[1], args.values[2]))


def apply(m: Machine, function: Any, args: Args, node: ast.AST) -> Any:  # noqa: PLR0911 a ladder of cases
    """Return what calling a value returns."""
    name = name_of(getattr(node, "func", None))
    if name in _OPTIMISERS:
        _optimised(m, args, node)
    key = args.named.get("key")
    if name in {"max", "min", "sorted"} and isinstance(key, Function | Partial) and args.values:
        return _best_by(m, key, args, node)
    if isinstance(function, Partial):
        filled = Args((*function.values, *args.values), {**function.named, **args.named}, (), args.named_nodes)
        return apply(m, function.function, filled, node)
    if isinstance(function, Function):
        return inlined(m, function, args, node)
    if isinstance(function, Class):
        return instance(m, function, args, node)
    if isinstance(function, Ref):
        return library(m, function.name, args, node)
    if isinstance(function, Method):
        return _method(m, function, args, node)
    if isinstance(function, Estimator):
        return _called_estimator(m, function, args, node)
    if isinstance(function, Object):
        return _called_object(m, function, args, node)
    return unknown_call(m, name, args, node)


def _method(m: Machine, method: Method, args: Args, node: ast.AST) -> Any:  # noqa: PLR0911 a ladder of cases
    owner, name = method.owner, method.name
    if isinstance(owner, Estimator) and owner.kind == "random":
        return drawn(m, owner, name, args, node)
    if isinstance(owner, Estimator):
        return _of_estimator(m, owner, name, args, node)
    if isinstance(owner, Object) and owner.estimator is not None:
        run = ESTIMATOR_METHODS.get(name)
        if name == "fit_transform" and "fit" in owner.kind.methods:
            inlined(m, Function(owner.kind.methods["fit"], owner.kind.scope, owner.kind.cell, owner), args, node)
            if "transform" in owner.kind.methods:
                made = Function(owner.kind.methods["transform"], owner.kind.scope, owner.kind.cell, owner)
                return inlined(m, made, Args(args.values[:1]), node)
        return run(m, owner.estimator, args, node) if run else unknown_call(m, name, args, node)
    if isinstance(owner, Data):
        return method_of_data(m, owner, name, args, node)
    if isinstance(owner, Splitter):
        from holdfast.audit.code.splits import folds

        return folds(m, owner, args) if name == "split" else UNKNOWN
    if isinstance(owner, Seq | Table):
        return _method_of_container(m, owner, name, args, node)
    if isinstance(owner, Score):
        return judged(m, owner, name, node)
    return unknown_call(m, name, args, node)


def _of_estimator(m: Machine, owner: Estimator, name: str, args: Args, node: ast.AST) -> Any:
    if not owner.kind and not owner.fits and verb_of(name).startswith("fit"):
        base = name_of(getattr(getattr(node, "func", None), "value", None))
        owner.kind = kind_by_verbs({name}.union(*(m.asked.get(one, set()) for one in (base, *m.wanted[:1]))))
    if not owner.kind and not owner.fits:
        if name == "search":
            owner.kind = "search"
        elif (found := tallied(m, owner, name, args, node)) is not None:
            return found
    if owner.kind == "search" and name.startswith("get_best"):
        return owner
    run = ESTIMATOR_METHODS.get(name) or ESTIMATOR_METHODS.get(verb_of(name))
    return run(m, owner, args, node) if run else unknown_call(m, name, args, node)


def _method_of_container(m: Machine, owner: Any, name: str, args: Args, node: ast.AST) -> Any:
    from holdfast.audit.code.containers import method

    return method(m, owner, name, args, node)


def _called_estimator(m: Machine, owner: Estimator, args: Args, node: ast.AST) -> Any:
    data = data_of(args.get(0)) or next(iter(args.data()), None)
    if not owner.kind and not owner.fits and (found := tallied(m, owner, "update", args, node)) is not None:
        return found
    if data is None:
        inner = [one for one in [*args.values, *items_of(args.get(0))] if isinstance(one, Estimator)]
        if not inner:
            return UNKNOWN
        return Estimator(owner.name, owner.kind, [*inner, owner], dict(owner.settings), list(owner.fits))
    if owner.kind == "model":
        return predicted(m, owner, data)
    if owner.fits:
        return transformed(m, owner, data)
    return unknown_call(m, "", args, node, learned=owner.learned)


def _called_object(m: Machine, owner: Object, args: Args, node: ast.AST) -> Any:
    if owner.estimator is not None and owner.estimator.kind == "model":
        data = data_of(args.get(0))
        return UNKNOWN if data is None else predicted(m, owner.estimator, data)
    if "__call__" in owner.kind.methods:
        made = Function(owner.kind.methods["__call__"], owner.kind.scope, owner.kind.cell, owner)
        return inlined(m, made, args, node)
    return unknown_call(m, owner.kind.node.name, args, node)


def _best_by(m: Machine, function: Any, args: Args, node: ast.AST) -> Any:
    """Return what `max(candidates, key=score)` does: each candidate is judged, and the scores choose."""
    outer = m.loops
    m.enter(node, "candidates", "key")
    result = apply(m, function, Args((element(args.get(0)),)), node)
    found = data_of(result)
    if found is not None and found.role == "error" and found.rows:
        result = reduced(m, found, node)
    m.loops = outer
    m.decide(node, scores_in(result), "the best one")
    return UNKNOWN


def _optimised(m: Machine, args: Args, node: ast.AST) -> None:
    for one in args.everything():
        if isinstance(one, Function):
            m.objective += 1
            outer = m.loops
            m.enter(node, "candidates", one.name)
            inlined(m, one, Args(), node)
            m.loops = outer
            m.objective -= 1


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
    if spec.vararg and len(args.values) > len(names):
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
        if after.columns != value.columns and after.rows == value.rows and not _rebound(function.node, name):
            assign(m, node, replace(value, columns=after.columns, only=after.only))


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
    new = Object(made)
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
        new = instance(m, made, guessed, node)
        if not isinstance(new, Object) or new.estimator is not None:
            continue
        for name, inner in made.methods.items():
            if not name.startswith("_"):
                method = Function(inner, made.scope, made.cell, new)
                inlined(m, method, _guessed(m, method, skip=1), inner)


def _guessed(m: Machine, function: Function, skip: int) -> Args:
    spec = function.node.args
    names = [one.arg for one in [*spec.posonlyargs, *spec.args]][skip:]
    free = names[: len(names) - len(spec.defaults)] if spec.defaults else names
    return Args(tuple(given(m, name, (function.name, function.cell)) for name in free))
