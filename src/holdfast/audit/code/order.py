"""The order of a notebook's cells: as they stand, and as they were run."""

import ast
import builtins
from bisect import bisect_left
from dataclasses import dataclass

from holdfast.audit.code.protocol import verb_of
from holdfast.audit.code.source import Cell, CodeFile
from holdfast.audit.code.walking import nodes

_BUILTIN = set(dir(builtins))


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A cell that was run after one that stands below it, or needs what only a later one defines."""

    cell: Cell
    other: Cell
    names: tuple[str, ...]
    needs: bool = False  # it cannot run from top to bottom
    again: bool = False  # it must have been run before too, and fits nothing: the names may hold what they held then


@dataclass(frozen=True, slots=True)
class _Known:
    """What a cell does with names."""

    cell: Cell
    reads: set[str]  # before it sets them
    writes: set[str]  # imports among them
    imports: set[str]


def misplaced(file: CodeFile) -> list[Misplaced]:
    """Return the cells out of order, where a name holds another value than it would from top to bottom."""
    cells = [_names(cell) for cell in file.cells]
    found = [*_needing(cells), *sorted(_run_later(cells), key=lambda one: one.again)]
    unique: dict[int | None, Misplaced] = {}
    for one in found:
        unique.setdefault(one.cell.number, one)
    return sorted(unique.values(), key=lambda one: one.cell.number or 0)


def _needing(cells: list[_Known]) -> list[Misplaced]:
    found = []
    defined: set[str] = set()
    for number, one in enumerate(cells):
        missing = one.reads - defined - _BUILTIN
        for later in cells[number + 1 :]:
            if names := tuple(sorted(missing & later.writes)):
                found.append(Misplaced(one.cell, later.cell, names, needs=True))
                break
        defined |= one.writes
    return found


def _run_later(cells: list[_Known]) -> list[Misplaced]:
    """Return cells between which a name had another value, by the counts, than it has from top to bottom.

    A count that stands twice comes from two sessions of the kernel: then counts say nothing of what was run first.
    """
    counted = [one for one in cells if one.cell.count is not None]
    counts = [one.cell.count or 0 for one in counted]
    if len({*counts}) < len(counts):
        return []
    kept = _longest(counts)
    found: dict[tuple[int, int, bool], set[str]] = {}
    for number, one in enumerate(counted):
        for name in sorted(one.reads):
            setting = [at for at, other in enumerate(counted) if name in other.writes - other.imports and at != number]
            above = max((at for at in setting if at < number), default=None)
            before = max((at for at in setting if counts[at] < counts[number]), key=counts.__getitem__, default=None)
            if above == before or above is None:
                continue
            other = above if before is None or counts[above] > counts[number] else before
            late, early = (number, other) if other in kept and number not in kept else (other, number)
            found.setdefault((late, early, before is None and not _fits(counted[late].cell)), set()).add(name)
    return [
        Misplaced(counted[late].cell, counted[early].cell, tuple(sorted(names)), again=again)
        for (late, early, again), names in found.items()
    ]


def _fits(cell: Cell) -> bool:
    """Return whether a cell fits something: what stands below it is of another fit, were it run again."""
    calls = (one.func for one in nodes(cell.tree) if isinstance(one, ast.Call))
    return any(isinstance(one, ast.Attribute) and verb_of(one.attr).startswith("fit") for one in calls)


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


def _names(cell: Cell) -> _Known:
    """Return the names that a cell reads before it sets them, and those that it sets."""
    reads: set[str] = set()
    writes: set[str] = set()
    imports: set[str] = set()
    for statement in cell.tree.body:
        deep = isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        now_reads = set[str]() if deep else _free(statement)
        now_writes = {statement.name} if deep else _bound(statement)  # type: ignore[attr-defined]
        loops = isinstance(statement, ast.For | ast.With | ast.If | ast.While | ast.Try)
        reads |= now_reads - writes - (now_writes if loops else set())
        writes |= now_writes
        imports |= now_writes if isinstance(statement, ast.Import | ast.ImportFrom) else set()
    return _Known(cell, reads, writes, imports)


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
