"""The same constants in one place: a dict, a command line, a dataclass, names at the top."""

import ast
from collections.abc import Callable

from rewrites.program import Block, NotApplicable, Program, fresh, lines


def _gathered(program: Program, read: Callable[[str], str]) -> dict[str, object]:
    """Replace literals among the arguments of calls by settings; return these by their names."""
    make = fresh(program)
    found: dict[str, object] = {}

    class Change(ast.NodeTransformer):
        def visit_Call(self, node: ast.Call) -> ast.AST:
            self.generic_visit(node)
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if called in {"print", "format", "field", "get", "info", "strip", "replace", "split"} or not called:
                return node
            node.args = [self.held(one, f"{called}_{number}") for number, one in enumerate(node.args)]
            for keyword in node.keywords:
                keyword.value = self.held(keyword.value, keyword.arg or "option")
            return node

        def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
            return node  # what stands in the body of a class may be needed by those who make it

        def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
            return node

        def held(self, node: ast.expr, key: str) -> ast.expr:
            value = ast.literal_eval(node) if isinstance(node, ast.Constant | ast.UnaryOp) and _literal(node) else None
            if isinstance(value, bool) or not isinstance(value, int | float | str):
                return node
            key = next((one for one in found if one.startswith(key) and found[one] == value), None) or make(key)
            found[key] = value
            return ast.parse(read(key), mode="eval").body

    for part in program.parts:
        part.body = [Change().visit(one) for one in part.body]
    if not found:
        raise NotApplicable
    return found


def _literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except ValueError:
        return False
    return True


def _put(program: Program, before: Block) -> None:
    """Put statements behind the imports at the top."""
    body = program.parts[0].body
    first = next(
        (number for number, one in enumerate(body) if not isinstance(one, ast.Import | ast.ImportFrom)), len(body)
    )
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        first = max(first, 1)
    body[first:first] = before


def in_dict(program: Program) -> None:
    """Literals given to calls in a dict `CONFIG`."""
    found = _gathered(program, lambda key: f"CONFIG['{key}']")
    _put(program, lines(f"CONFIG = {found!r}"))


def in_names(program: Program) -> None:
    """Literals given to calls as constants with names."""
    found = _gathered(program, lambda key: f"SET_{key}".upper())
    _put(program, lines("\n".join(f"{f'SET_{key}'.upper()} = {value!r}" for key, value in found.items())))


def in_arguments(program: Program) -> None:
    """Literals given to calls as defaults of a command line."""
    found = _gathered(program, lambda key: f"args.{key}")
    flags = [
        f"parser.add_argument('--{key.replace('_', '-')}', type={type(value).__name__}, default={value!r})"
        for key, value in found.items()
    ]
    text = ["import argparse", "parser = argparse.ArgumentParser()", *flags, "args = parser.parse_args()"]
    _put(program, lines("\n".join(text)))


def in_dataclass(program: Program) -> None:
    """Literals given to calls as fields of a dataclass."""
    found = _gathered(program, lambda key: f"cfg.{key}")
    fields = [f"    {key}: {type(value).__name__} = {value!r}" for key, value in found.items()]
    text = ["from dataclasses import dataclass", "@dataclass", "class Config:", *fields, "cfg = Config()"]
    _put(program, lines("\n".join(text)))


def elsewhere(program: Program) -> None:
    """Literals given to calls in a file that is not there: nobody can know them, so that less may be said."""
    _gathered(program, lambda key: f"CONFIG['{key}']")
    _put(program, lines("import yaml\nwith open('config.yaml') as file:\n    CONFIG = yaml.safe_load(file)"))
