"""A labelled program as syntax trees whose statements know which lines they were, so that labels move along."""

import ast
import builtins
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests" / "code_cases"))

from run import BY_CELL, Cell, CodeCase, Place

Origin = tuple[int | None, int]  # a cell (None in scripts) and a line of the program as it was written
Block = list[ast.stmt]
BODIES = ("body", "orelse", "finalbody")
BUILTINS = frozenset(dir(builtins))


class NotApplicable(Exception):
    """The rewrite says nothing about this program."""


@dataclass
class Part:
    """A cell, or the whole script."""

    number: int | None
    executed: int | None
    body: Block


@dataclass
class Program:
    """A case whose statements have `origins`: the lines that they stand for."""

    case: CodeCase
    parts: list[Part]

    def script(self) -> Block:
        """The statements as one script. Raises NotApplicable where the order of cells is what the case is about."""
        counts = [part.executed for part in self.parts if part.executed is not None]
        if counts != sorted(counts) or any(place.check == BY_CELL for group in self.case.expected for place in group):
            raise NotApplicable
        return [statement for part in self.parts for statement in part.body]

    def become(self, body: Block) -> None:
        """Become one script."""
        self.parts = [Part(None, None, body)]

    def text(self) -> tuple[str, ...]:
        """The code, part by part."""
        return tuple(ast.unparse(fixed(part.body)) for part in self.parts)


def read(case: CodeCase) -> Program:
    """Return a case as trees. Raises NotApplicable where it is no plain Python, or where comments say something."""
    parts = []
    for cell in case.cells:
        if "holdfast:" in cell.code or "type:" in cell.code:
            raise NotApplicable
        try:
            body = ast.parse(cell.code).body
        except SyntaxError:
            raise NotApplicable from None
        for statement in walked(body):
            last = statement.end_lineno if not blocks(statement) else header_end(statement)
            first = min([statement.lineno, *(one.lineno for one in getattr(statement, "decorator_list", []))])
            statement.origins = frozenset((cell.number, line) for line in range(first, (last or first) + 1))
        parts.append(Part(cell.number, cell.executed, body))
    return Program(case, parts)


def written(program: Program) -> CodeCase:
    """Return the program as a case again, with its labels where their statements are now."""
    cells, moved = [], {}
    for part, text in zip(program.parts, program.text(), strict=True):
        new = ast.parse(text).body
        for before, after in zip(walked(part.body), walked(new), strict=True):
            for origin in origins(before):
                moved.setdefault(origin, set()).add((part.number, after.lineno))
        cells.append(Cell(text + "\n", part.number, part.executed))
    case = program.case

    def places(group: frozenset[Place]) -> frozenset[Place]:
        found = set()
        for one in group:
            if one.check == BY_CELL:
                found.add(one)
            else:
                found |= {Place(one.check, *where) for where in moved.get((one.cell, one.line), ())}
        return frozenset(found)

    groups = tuple(filter(None, map(places, case.expected)))
    if len(groups) < len(case.expected):
        raise RuntimeError(f"a label of {case.name} was lost")
    return CodeCase(case.name, tuple(cells), groups, places(case.allowed))


def fixed(body: Block) -> ast.Module:
    """Return statements as a module that can be written."""
    return ast.fix_missing_locations(ast.Module(body=body or [ast.Pass()], type_ignores=[]))


def header_end(statement: ast.stmt) -> int:
    """Return the last line of what stands before a statement's block."""
    return max(statement.lineno, blocks(statement)[0][0].lineno - 1)


def blocks(statement: ast.stmt) -> list[Block]:
    """Return the blocks of statements inside a statement."""
    found = [getattr(statement, name, None) for name in BODIES]
    found += [handler.body for handler in getattr(statement, "handlers", [])]
    found += [one.body for one in getattr(statement, "cases", [])]
    return [one for one in found if isinstance(one, list) and one]


def walked(body: Block) -> Iterator[ast.stmt]:
    """Yield all statements, outer ones first, in the order in which they stand."""
    for statement in body:
        yield statement
        for block in blocks(statement):
            yield from walked(block)


def origins(statement: ast.stmt) -> frozenset[Origin]:
    """Return the lines that a statement stands for."""
    return getattr(statement, "origins", frozenset())


def at(new: ast.stmt, *sources: ast.stmt) -> ast.stmt:
    """Return a new statement that stands for what others stood for."""
    new.origins = origins(new).union(*map(origins, sources))
    return new


def lines(text: str, *sources: ast.stmt) -> Block:
    """Return statements from text, all of which stand for `sources`."""
    found = ast.parse(text).body
    for one in walked(found):
        at(one, *sources)
    return found


def name(text: str) -> ast.Name:
    """Return a name that is read."""
    return ast.Name(text, ast.Load())


def store(text: str) -> ast.Name:
    """Return a name that is bound."""
    return ast.Name(text, ast.Store())


def assigned(target: str, value: ast.expr, *sources: ast.stmt) -> ast.stmt:
    """Return `target = value`."""
    return at(ast.Assign([store(target)], value), *sources)


def each_block(program: Program, change: Callable[[Block], Block]) -> None:
    """Change every block of statements, inner ones first."""

    def inside(body: Block) -> Block:
        for statement in body:
            for field in BODIES:
                held = getattr(statement, field, None)
                if isinstance(held, list) and held:
                    setattr(statement, field, inside(held))
            for holder in (*getattr(statement, "handlers", []), *getattr(statement, "cases", [])):
                holder.body = inside(holder.body)
        return change(body)

    for part in program.parts:
        part.body = inside(part.body)


def each_statement(program: Program, change: Callable[[ast.stmt], Block | ast.stmt | None]) -> None:
    """Replace statements by what `change` returns for them; None leaves one as it is."""

    def block(body: Block) -> Block:
        made: Block = []
        for statement in body:
            new = change(statement)
            made += [statement] if new is None else new if isinstance(new, list) else [new]
        return made

    each_block(program, block)


def each_pair(program: Program, joined: Callable[[ast.stmt, ast.stmt], Block | ast.stmt | None]) -> None:
    """Replace a statement and the one before it by what `joined` makes of both; None leaves them as they are."""

    def block(body: Block) -> Block:
        made: Block = []
        for statement in body:
            new = joined(made[-1], statement) if made else None
            if new is None:
                made.append(statement)
            else:
                made[-1:] = new if isinstance(new, list) else [new]
        return made

    each_block(program, block)


def each_expression(program: Program, change: Callable[[ast.expr], ast.expr | None]) -> None:
    """Replace expressions, inner ones first, by what `change` returns; None leaves one as it is."""

    class Change(ast.NodeTransformer):
        def generic_visit(self, node: ast.AST) -> ast.AST:
            super().generic_visit(node)
            new = change(node) if isinstance(node, ast.expr) else None
            return node if new is None else new

    for part in program.parts:
        for statement in part.body:
            Change().visit(statement)


def nodes(program: Program) -> Iterator[ast.AST]:
    """Yield every node of the program."""
    for part in program.parts:
        for statement in part.body:
            yield from ast.walk(statement)


def used(program: Program) -> set[str]:
    """Return every name that occurs, attributes and parameters among them."""
    found = set(BUILTINS)
    for node in nodes(program):
        for field in ("id", "attr", "arg", "name", "asname"):
            if isinstance(value := getattr(node, field, None), str):
                found.update(value.split("."))
    return found


def fresh(program: Program) -> Callable[[str], str]:
    """Return a maker of names that the program does not have, such as `held`, then `held_2`."""
    taken = used(program)

    def make(stem: str) -> str:
        number, found = 1, stem
        while found in taken:
            number += 1
            found = f"{stem}_{number}"
        taken.add(found)
        return found

    return make


def bound(body: Block) -> list[str]:
    """Return the names that statements bind in their own scope, first ones first."""
    found: dict[str, None] = {}

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[node.name] = None
            return
        if isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            return
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                found[alias.asname or alias.name.partition(".")[0]] = None
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found[node.id] = None
        for child in ast.iter_child_nodes(node):
            visit(child)

    for statement in body:
        visit(statement)
    return list(found)


def read_in(body: Block) -> set[str]:
    """Return the names that statements read, those read inside functions among them."""
    found = set()
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                found.add(node.id)
            if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                found.add(node.target.id)
            if isinstance(node, ast.Delete):
                found |= {one.id for one in node.targets if isinstance(one, ast.Name)}
    return found


def parted(body: Block) -> tuple[Block, Block]:
    """Return what stays at the top of a script, imports and definitions, and the rest.

    Raises NotApplicable where a definition needs what the rest binds, or the other way round.
    """
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    top = [one for one in body if isinstance(one, kinds)]
    rest = [one for one in body if not isinstance(one, kinds)]
    names = set(bound(rest))
    if names & read_in([one for one in top if not isinstance(one, ast.Import | ast.ImportFrom)]) or len(rest) < 2:
        raise NotApplicable
    if names & set(bound(top)) or any(isinstance(one, ast.Global | ast.Nonlocal) for one in walked(body)):
        raise NotApplicable
    return top, rest


def docless(body: Block) -> Block:
    """Return statements without a text at the beginning that says what they do."""
    first = body[0] if body else None
    said = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    return body[1:] if said else body
