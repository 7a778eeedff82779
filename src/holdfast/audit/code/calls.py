"""Calls: of functions of the program, which are followed inside, of methods and of what libraries offer."""

import ast
from typing import Any

from holdfast.audit.code.attributes import attribute
from holdfast.audit.code.binding import assign
from holdfast.audit.code.column_expressions import method as of_expression
from holdfast.audit.code.column_names import IN_PLACE
from holdfast.audit.code.column_names import method as of_names
from holdfast.audit.code.columns import dropped, stored
from holdfast.audit.code.estimators import METHODS as ESTIMATOR_METHODS
from holdfast.audit.code.estimators import predicted, transformed
from holdfast.audit.code.frames import method_of_data
from holdfast.audit.code.functions import drawn, library
from holdfast.audit.code.inlining import inlined, instance
from holdfast.audit.code.joining import element
from holdfast.audit.code.machine import Args, Machine, name_of
from holdfast.audit.code.names import called
from holdfast.audit.code.protocol import ad_hoc, kind_by_verbs, verb_of
from holdfast.audit.code.saved import keep, read_again
from holdfast.audit.code.scores import judged, reduced, tallied
from holdfast.audit.code.unknown import unknown_call
from holdfast.audit.code.values import (
    UNKNOWN,
    Class,
    Columns,
    Data,
    Estimator,
    Expression,
    Function,
    Method,
    Object,
    Partial,
    Ref,
    Score,
    Seq,
    Splitter,
    Table,
    Unknown,
    data_of,
    items_of,
    scores_in,
)

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
    again = read_again(m, name_of(node.func), args) if isinstance(function, Ref | Method) else None
    result = apply(m, function, args, node) if again is None else again
    keep(m, name_of(node.func), owner, args)
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
    if isinstance(owner, Columns) and isinstance(node.func, ast.Attribute) and node.func.attr in IN_PLACE:
        assign(m, node.func.value, result)
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
        args = function.given.and_then(args)
        return apply(m, function.function, args, _in_one(function, args, node))
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


def _in_one(function: Partial, args: Args, node: ast.AST) -> ast.AST:
    """Return a call of a function with some arguments filled in as one call, where all of it is known."""
    if function.node is None or len(args.nodes) < len(args.values) or len(args.named_nodes) < len(args.named):
        return node
    named = [ast.keyword(key, value) for key, value in args.named_nodes.items() if key != "**"]
    return ast.copy_location(ast.Call(function.node, list(args.nodes), named), node)


def _method(m: Machine, method: Method, args: Args, node: ast.AST) -> Any:  # noqa: C901, PLR0911 a ladder of cases
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
    if isinstance(owner, Columns):
        return of_names(owner, name, args)
    if isinstance(owner, Expression):
        return of_expression(owner, name, args, node)
    if isinstance(owner, Score):
        return judged(m, owner, name, args, node)
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
    return run(m, owner, args, node) if run else unknown_call(m, name, args, node, owner.learned | {*owner.fits})


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
    """Return what `max(candidates, key=score)` does: each candidate is judged, and the scores choose.

    `sorted(candidates, key=score)` puts them in order, of which somebody may take the first.
    """
    outer = m.loops
    m.enter(node, "candidates", "key")
    result = apply(m, function, Args((element(args.get(0)),)), node)
    found = data_of(result)
    if found is not None and found.role == "error" and found.rows:
        result = reduced(m, found, node)
    m.loops = outer
    by, over = scores_in(result), args.get(0)
    m.flow.spared |= scores_in(over) - by
    if name_of(getattr(node, "func", None)) == "sorted":
        return Seq([], rest=element(over), ranked=by) if by else over
    m.decide(node, by, "the best one")
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
