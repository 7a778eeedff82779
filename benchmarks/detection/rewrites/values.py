"""The same values with and without names of their own: inlined, bound on the way, as functions and lambdas."""

import ast

from rewrites.calls import hoisted, replaced
from rewrites.program import (
    Block,
    NotApplicable,
    Program,
    assigned,
    at,
    each_expression,
    each_pair,
    each_statement,
    fresh,
    lines,
    name,
    nodes,
    origins,
    store,
)


def inlined(program: Program) -> None:
    """A name that is used once, in the next statement, gives way to what it holds."""
    counts: dict[str, int] = {}
    for node in nodes(program):
        if isinstance(node, ast.Name):
            counts[node.id] = counts.get(node.id, 0) + 1

    def joined(before: ast.stmt, statement: ast.stmt) -> ast.stmt | None:
        target = before.targets[0] if isinstance(before, ast.Assign) and len(before.targets) == 1 else None
        if isinstance(target, ast.Name) and counts[target.id] == 2 and hoisted(statement):
            found = [one for one in _evaluated(statement) if getattr(one, "id", "") == target.id]
            if len(found) == 1 and isinstance(before.value, ast.Call | ast.Subscript):
                replaced(statement, found[0], before.value)
                return at(statement, before)
        return None

    each_pair(program, joined)


def _evaluated(statement: ast.stmt) -> list[ast.AST]:
    """Return the expressions that a statement evaluates once."""
    found: list[ast.AST] = []

    def visit(node: ast.AST) -> None:
        found.append(node)
        if not isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            for child in ast.iter_child_nodes(node):
                visit(child)

    if getattr(statement, "value", None) is not None:
        visit(statement.value)
    return found


def walrus(program: Program) -> None:
    """`a = f(x)` and `g(a)` become `g((a := f(x)))`."""

    def joined(before: ast.stmt, statement: ast.stmt) -> ast.stmt | None:
        target = before.targets[0] if isinstance(before, ast.Assign) and len(before.targets) == 1 else None
        if isinstance(target, ast.Name) and isinstance(before.value, ast.Call) and hoisted(statement):
            found = [one for one in _evaluated(statement) if getattr(one, "id", "") == target.id]
            if found:
                replaced(statement, found[0], ast.NamedExpr(store(target.id), before.value))
                return at(statement, before)
        return None

    each_pair(program, joined)


def defined(program: Program) -> None:
    """Lambdas become functions with a `def`, in the statement before."""
    make = fresh(program)

    def change(statement: ast.stmt) -> list[ast.stmt] | None:
        if not hoisted(statement):
            return None
        before = []
        for one in _evaluated(statement):
            if isinstance(one, ast.Lambda):
                called = make("do")
                result = at(ast.Return(one.body), statement)
                before.append(at(ast.FunctionDef(called, one.args, [result], []), statement))
                replaced(statement, one, name(called))
        return [*before, statement] if before else None

    each_statement(program, change)


def lambdas(program: Program) -> None:
    """Functions of one statement become lambdas."""

    def change(statement: ast.stmt) -> ast.stmt | None:
        if not isinstance(statement, ast.FunctionDef) or statement.decorator_list or len(statement.body) != 1:
            return None
        only = statement.body[0]
        if not isinstance(only, ast.Return) or only.value is None:
            return None
        for one in ast.walk(statement.args):
            if isinstance(one, ast.arg):
                one.annotation = None
        made = assigned(statement.name, ast.Lambda(statement.args, only.value), statement)
        made.origins = origins(statement) | origins(only)
        return made

    for part in program.parts:  # methods stay: their lambdas would have another name in a traceback, and look odd
        part.body = [change(statement) or statement for statement in part.body]


def annotated(program: Program) -> None:
    """Names and parameters get types."""

    def change(statement: ast.stmt) -> ast.stmt | None:
        if isinstance(statement, ast.FunctionDef):
            for one in statement.args.args:
                one.annotation = one.annotation or (None if one.arg in {"self", "cls"} else name("object"))
            statement.returns = statement.returns or name("object")
        if (
            isinstance(statement, ast.Assign)
            and len(statement.targets) == 1
            and isinstance(statement.targets[0], ast.Name)
        ):
            return at(ast.AnnAssign(statement.targets[0], name("object"), statement.value, 1), statement)
        return None

    each_statement(program, change)


def formatted(program: Program) -> None:
    """`print("a", b)` becomes `print(f"a {b}")`."""

    def change(node: ast.expr) -> None:
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print" and node.args and not node.keywords:
            if any(isinstance(one, ast.Starred | ast.JoinedStr) for one in node.args):
                return
            values: list[ast.expr] = []
            for number, one in enumerate(node.args):
                values += [ast.Constant(" ")] if number else []
                values.append(one if isinstance(getattr(one, "value", None), str) else ast.FormattedValue(one, -1))
            node.args = [ast.JoinedStr(values)]

    each_expression(program, change)


def printed_later(program: Program) -> None:
    """What is printed gets a name, is kept in a dict of results, and printed at the end."""
    make = fresh(program)
    body = program.script()
    results = make("results")
    made: Block = lines(f"{results} = {{}}")
    count = 0
    for one in body:
        call = one.value if isinstance(one, ast.Expr) else None
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "print" and call.args and not call.keywords:
            for value in call.args:
                if isinstance(value, ast.Call):
                    count += 1
                    item = ast.Subscript(name(results), ast.Constant(f"value_{count}"), ast.Store())
                    made.append(at(ast.Assign([item], value), one))
        else:
            made.append(one)
    if not count:
        raise NotApplicable
    kept = frozenset().union(*(getattr(one, "origins", frozenset()) for one in made))
    if any((place.cell, place.line) not in kept for group in program.case.expected for place in group):
        raise NotApplicable
    program.become([*made, *lines(f"for key, value in {results}.items():\n    print(key, value)")])
