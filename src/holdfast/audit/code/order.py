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
        now_reads: set[str] = set()
        now_writes: set[str] = set()
        for node in nodes(statement) if not deep else ():
            if isinstance(node, ast.Name):
                (now_reads if isinstance(node.ctx, ast.Load) else now_writes).add(node.id)
            elif isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
                root = node.value
                while isinstance(root, ast.Subscript | ast.Attribute):
                    root = root.value
                if isinstance(root, ast.Name):
                    now_writes.add(root.id)
            elif isinstance(node, ast.alias):
                now_writes.add((node.asname or node.name).partition(".")[0])
            elif isinstance(node, ast.arg):
                now_writes.add(node.arg)
        if deep:
            now_writes.add(statement.name)  # type: ignore[attr-defined]
        local = {node.id for node in nodes(statement) if isinstance(node, ast.comprehension) for node in _targets(node)}
        loops = isinstance(statement, ast.For | ast.With | ast.If | ast.While | ast.Try)
        reads |= now_reads - writes - local - (now_writes if loops else set())
        writes |= now_writes
    return reads, writes


def _targets(node: ast.comprehension) -> list[ast.Name]:
    return [one for one in ast.walk(node.target) if isinstance(one, ast.Name)]
