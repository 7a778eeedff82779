"""Expressions of columns, as polars and Spark write them: `pl.col("price").mean().over("shop").alias("level")`."""

import ast
from dataclasses import replace
from typing import Any

from holdfast.audit.code.machine import Args, Machine, text_of
from holdfast.audit.code.rows import stepped
from holdfast.audit.code.series import joined_in
from holdfast.audit.code.values import NOTHING, Data
from holdfast.audit.code.vocabulary import STATISTICS

_FRAME = "the frame of an expression"


def with_columns(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return a table with new columns: a statistic in an expression is one of all rows."""
    del node
    columns, names = dict(owner.columns), set()
    for given, name in [*((one, "") for one in args.nodes), *((one, key) for key, one in args.named_nodes.items())]:
        for part in given.elts if isinstance(given, ast.List | ast.Tuple) else [given]:
            target = name or _name_of_result(part)
            columns[target] = columns.get(target, NOTHING) | _learnt(m, owner, part)
            names.add(target)
    learned = frozenset[int]().union(*(joined_in(one) for one in args.everything()))
    only = None if owner.only is None else owner.only | names
    return replace(owner, learned=owner.learned | learned, columns=columns, only=only, where=None)


def _learnt(m: Machine, owner: Data, given: ast.AST) -> frozenset[int]:
    """Return what an expression learns from the column that it begins with: a statistic, or the future."""
    found = set()
    over = any(isinstance(one, ast.Attribute) and one.attr == "over" for one in ast.walk(given))
    for one in ast.walk(given):
        if not isinstance(one, ast.Call) or not isinstance(one.func, ast.Attribute):
            continue
        base: ast.AST = one.func.value
        while isinstance(base, ast.Call | ast.Attribute) and not _is_column(base):
            base = base.func if isinstance(base, ast.Call) else base.value
        name = one.func.attr
        if not _is_column(base):
            continue
        if name in STATISTICS:
            kind, column = "group" if over else "statistic", next(iter(columns_told(base)), owner.column)
            found.add(m.learn(kind, name, one, owner, given=text_of(one), column=column))
        elif (name in {"shift", "diff", "pct_change"} and _argument(one).startswith("-")) or _centred(one):
            found.add(m.learn("future", name, one, owner, given=text_of(one)))
    return frozenset(found)


def _argument(call: ast.Call) -> str:
    given = [*call.args, *(one.value for one in call.keywords if one.arg in {"n", "periods"})]
    return text_of(given[0]) if given else ""


def _centred(call: ast.Call) -> bool:
    return any(
        one.arg == "center" and isinstance(one.value, ast.Constant) and one.value.value is True for one in call.keywords
    )


def _name_of_result(given: ast.AST) -> str:
    """Return the column that an expression makes: what `alias` says, or the column that it begins with."""
    match given:
        case ast.Call(func=ast.Attribute(attr="alias"), args=[ast.Constant(value=name)]):
            return str(name)
    return next(iter(columns_told(given)), "")


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
