"""The order of a notebook's cells: as they stand, and as they were run."""

import ast
import builtins
from bisect import bisect_left
from dataclasses import dataclass

from holdfast.audit.code.source import Cell, CodeFile
from holdfast.audit.code.walking import nodes

_BUILTIN = set(dir(builtins))


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A cell that was run after one that stands below it, or needs what only a later one defines."""

    cell: Cell
    other: Cell
    names: tuple[str, ...]
    needs: bool  # it cannot run from top to bottom


def misplaced(file: CodeFile) -> list[Misplaced]:
    """Return the cells out of order, where the order matters for a name that both know."""
    cells = [(cell, *_names(cell.tree)) for cell in file.cells]
    found = [*_needing(cells), *_run_later(cells)]
    unique: dict[int | None, Misplaced] = {}
    for one in found:
        unique.setdefault(one.cell.number, one)
    return sorted(unique.values(), key=lambda one: one.cell.number or 0)


def _needing(cells: list[tuple[Cell, set[str], set[str]]]) -> list[Misplaced]:
    found = []
    defined: set[str] = set()
    for number, (cell, reads, writes) in enumerate(cells):
        missing = reads - defined - _BUILTIN
        for later, _, later_writes in cells[number + 1 :]:
            names = tuple(sorted(missing & later_writes))
            if names:
                found.append(Misplaced(cell, later, names, needs=True))
                break
        defined |= writes
    return found


def _run_later(cells: list[tuple[Cell, set[str], set[str]]]) -> list[Misplaced]:
    counted = [entry for entry in cells if entry[0].count is not None]
    kept = _longest([entry[0].count or 0 for entry in counted])
    found = []
    for number, (cell, reads, writes) in enumerate(counted):
        if number in kept:
            continue
        for other_number, (other, other_reads, other_writes) in enumerate(counted):
            before = other_number < number
            if other_number == number or before == ((other.count or 0) < (cell.count or 0)):
                continue
            names = writes & (other_reads | other_writes) | reads & other_writes
            if names:
                found.append(Misplaced(cell, other, tuple(sorted(names)), needs=False))
                break
    return found


def _longest(counts: list[int]) -> set[int]:
    """Return the positions of a longest increasing run of counts: the cells that are in order."""
    ends: list[int] = []
    places: list[int] = []
    previous: list[int] = []
    for number, count in enumerate(counts):
        place = bisect_left(ends, count)
        previous.append(places[place - 1] if place else -1)
        if place == len(ends):
            ends.append(count)
            places.append(number)
        else:
            ends[place] = count
            places[place] = number
    kept, at = set(), places[-1] if places else -1
    while at >= 0:
        kept.add(at)
        at = previous[at]
    return kept


def _names(tree: ast.Module) -> tuple[set[str], set[str]]:
    """Return the names that a cell reads before it sets them, and those that it sets."""
    reads: set[str] = set()
    writes: set[str] = set()
    for statement in tree.body:
        deep = isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        now_reads = set[str]() if deep else _free(statement)
        now_writes = {statement.name} if deep else _bound(statement)  # type: ignore[attr-defined]
        loops = isinstance(statement, ast.For | ast.With | ast.If | ast.While | ast.Try)
        reads |= now_reads - writes - (now_writes if loops else set())
        writes |= now_writes
    return reads, writes


def _bound(statement: ast.stmt) -> set[str]:
    """Return the names that a statement sets, or changes inside."""
    found: set[str] = set()
    for node in nodes(statement):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            root = node.value
            while isinstance(root, ast.Subscript | ast.Attribute):
                root = root.value
            if isinstance(root, ast.Name):
                found.add(root.id)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
    return found


def _free(tree: ast.AST) -> set[str]:
    """Return the names that are read and come from around: no parameter, no target of a comprehension."""
    found: set[str] = set()
    waiting: list[tuple[ast.AST, frozenset[str]]] = [(tree, frozenset())]
    while waiting:
        node, own = waiting.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in own:
            found.add(node.id)
        own |= _own(node)
        waiting += [(one, own) for one in ast.iter_child_nodes(node)]
    return found


def _own(node: ast.AST) -> frozenset[str]:
    """Return the names that are known only inside an expression or function: parameters, targets of its loops."""
    if isinstance(node, ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef):
        inside: list[ast.AST] = [node.args]
        inside += [] if isinstance(node, ast.Lambda) else node.body
    elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        inside = [part.target for part in node.generators]
    else:
        return frozenset()
    named = [one for part in inside for one in ast.walk(part)]
    targets = {one.id for one in named if isinstance(one, ast.Name) and not isinstance(one.ctx, ast.Load)}
    return frozenset(targets | {one.arg for one in named if isinstance(one, ast.arg)})
