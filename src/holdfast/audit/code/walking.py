"""Walks through syntax trees: each node once, in no promised order, several times as fast as the standard library's."""

import ast
from collections.abc import Iterator

_NO_STATEMENTS = (ast.expr, ast.expr_context, ast.operator, ast.cmpop, ast.unaryop, ast.boolop)
_MARKS = (ast.expr_context, ast.operator, ast.cmpop, ast.unaryop, ast.boolop)  # they hold nothing


def nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield a tree's nodes, the tree first; operators and contexts are left out."""
    return _walk(tree, _MARKS)


def statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield a tree's nodes that are no expressions, the tree first."""
    return _walk(tree, _NO_STATEMENTS)


def _walk(tree: ast.AST, without: tuple[type, ...]) -> Iterator[ast.AST]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        held = node.__dict__
        for name in node._fields:
            value = held.get(name)
            if isinstance(value, list):
                waiting += [one for one in value if isinstance(one, ast.AST) and not isinstance(one, without)]
            elif isinstance(value, ast.AST) and not isinstance(value, without):
                waiting.append(value)
