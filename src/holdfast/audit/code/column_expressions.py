"""Expressions of columns, as polars and Spark write them: `pl.col("price").mean().over("shop").alias("level")`.

They are values that a program may keep in lists, return from functions and hand on; what they do is done to the table
that takes them in.
"""

import ast
from dataclasses import replace
from typing import Any

from holdfast.audit.code.columns import narrowed
from holdfast.audit.code.machine import Args, Machine, strings, text_of
from holdfast.audit.code.rows import stepped
from holdfast.audit.code.series import foreseen, goes_back, joined_in
from holdfast.audit.code.values import Const, Data, Expression, Seq, items_of
from holdfast.audit.code.vocabulary import STATISTICS

_FRAME = "the frame of an expression"
_IN_ORDER = ("shift", "diff", "pct_change", "rolling", "ewm", "cum_", "lag", "lead")


def column(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return the expression that `pl.col("price")` is."""
    del m, node
    names = [name for one in args.values for name in strings(one) or []]
    return Expression(tuple(names))


def conditional(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return the expression that `pl.when(…)` begins, with what its condition speaks of."""
    del m, node
    return merged([one for one in args.values if isinstance(one, Expression)]) or Expression(())


def merged(found: list[Expression]) -> Expression | None:
    """Return expressions as one that does what each of them does, None where there are none."""
    if not found:
        return None
    columns = tuple(dict.fromkeys(name for one in found for name in one.columns))
    steps = tuple(step for one in found for step in one.steps)
    return Expression(columns, found[0].name, steps, over=any(one.over for one in found))


def method(owner: Expression, name: str, args: Args, node: ast.AST) -> Expression:
    """Return an expression after a method."""
    if name in {"alias", "rename"}:
        told = args.constant(0)
        return replace(owner, name=told if isinstance(told, str) else owner.name)
    if name == "over":
        return replace(owner, over=True)
    inner = [one for value in args.everything() for one in (value, *items_of(value)) if isinstance(one, Expression)]
    whole = merged([owner, *inner]) or owner
    return replace(whole, name=owner.name, steps=(*whole.steps, (name, args, node)))


def with_columns(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return a table with new columns: a statistic in an expression is one of all rows."""
    del node
    learned = frozenset[int]().union(*(joined_in(one) for one in args.everything()))
    given: list[Any] = [
        one for value in args.values for one in (items_of(value) if isinstance(value, Seq) else [value])
    ]
    if len(given) > 1 and isinstance(given[0], Const) and isinstance(given[0].value, str):  # Spark: a name, then what
        given = [replace(given[1], name=given[0].value)] if isinstance(given[1], Expression) else []
    given += [replace(one, name=name) for name, one in args.named.items() if isinstance(one, Expression)]
    result = replace(owner, learned=owner.learned | learned, where=None)
    for one in given:
        if isinstance(one, Expression):
            result = _with(m, owner, result, one)
    return result


def _with(m: Machine, owner: Data, result: Data, given: Expression) -> Data:
    """Return a table with the column that an expression makes of another table."""
    names = [given.name] if given.name else list(given.columns[:1])
    if not names:  # `pl.col(c)` of a loop
        return replace(result, learned=result.learned | _learnt(m, owner, given))
    columns, made = dict(result.columns), {key: one for key, one in result.made.items() if key not in names}
    brought = frozenset[int]().union(*(owner.brought(one) for one in given.columns))
    in_order = next((name for name, _, _ in given.steps if name.startswith(_IN_ORDER)), "")
    for name in names:
        columns[name] = brought | _learnt(m, owner, given)
        if set(given.columns) - {name} and not (in_order or given.over):
            made[name] = frozenset(given.columns)
    only = None if result.only is None else result.only | set(names)
    gone = None if result.gone is None else result.gone - set(names)
    ordered = result.ordered or (f"{in_order}(…)" if in_order else "")
    return replace(result, columns=columns, only=only, gone=gone, made=made, ordered=ordered)


def _learnt(m: Machine, owner: Data, given: Expression) -> frozenset[int]:
    """Return what an expression learns from the columns that it begins with: a statistic, or the future."""
    found = set()
    name = next(iter(given.columns), owner.column)
    ahead = replace(owner, column=name, columns={}, only=None)
    for what, args, node in given.steps:
        if what in STATISTICS:
            kind = "group" if given.over else "statistic"
            found.add(m.learn(kind, what, node, owner, given=text_of(node), column=name))
        elif not foreseen(ahead) and (looks := _looks_ahead(what, args)):
            found.add(m.learn("future", looks, node, owner, given=text_of(node)))
    return frozenset(found)


def _looks_ahead(name: str, args: Args) -> str:
    """Return how a method brings later rows to earlier ones, nothing where it does not."""
    if name in {"shift", "diff", "pct_change"}:
        return f"{name}({args.text(0, 'n', 'periods')})" if goes_back(args) else ""
    if name in {"backward_fill", "bfill"} or args.constant(1, "strategy") == "backward":
        return "bfill"
    return f"{name}(center=True)" if args.constant(None, "center") is True else ""


def picked_columns(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return the columns that are selected, by name or by expression; anything else leaves the table as it is."""
    flat = [one for value in args.values for one in (items_of(value) if isinstance(value, Seq) else [value])]
    names = [name for one in flat for name in strings(one) or []]
    expressions = [one for one in flat if isinstance(one, Expression)]
    if not flat or len(names) + len(expressions) < len(flat) or any(not one.columns for one in expressions):
        return replace(owner, where=None, gone=None)
    made = with_columns(m, owner, Args(tuple(expressions), args.named), node)
    return narrowed(made, [*names, *(one.name or one.columns[0] for one in expressions), *args.named])


def _is_column(node: ast.AST) -> bool:
    """Return whether an expression is `pl.col(…)`."""
    return isinstance(node, ast.Call) and (
        (isinstance(node.func, ast.Attribute) and node.func.attr == "col")
        or (isinstance(node.func, ast.Name) and node.func.id == "col")
    )


def columns_told(node: ast.AST) -> list[str]:
    """Return the columns that an expression of polars speaks of: `pl.col("price").mean()`."""
    return [
        str(one.args[0].value)
        for one in ast.walk(node)
        if _is_column(one) and isinstance(one, ast.Call) and one.args and isinstance(one.args[0], ast.Constant)
    ]


class _Columns(ast.NodeTransformer):
    """Writes `pl.col("day")` as `frame["day"]`."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if _is_column(node) and len(node.args) == 1:
            frame = ast.copy_location(ast.Name(_FRAME, ast.Load()), node)
            return ast.copy_location(ast.Subscript(frame, node.args[0], ast.Load()), node)
        return self.generic_visit(node)


def filtered(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return the rows that expressions of columns pick; any other filter leaves them as they are."""
    del node
    found = replace(owner, where=None)
    for given in args.nodes:
        if not any(_is_column(one) for one in ast.walk(given)):
            continue
        copied = ast.parse(ast.unparse(given), mode="eval").body
        outer = m.scope.names
        m.scope.names = {**outer, _FRAME: owner}
        mask = m.evaluate(m, _Columns().visit(copied))
        m.scope.names = outer
        if isinstance(mask, Data) and mask.where is not None:
            found = replace(found, rows=stepped(found.rows, mask.where))
    return found
