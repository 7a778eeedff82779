"""Following programs from their first statement to their last, cell by cell, without running any of it."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from holdfast.audit.code.calls import apply
from holdfast.audit.code.events import Flow
from holdfast.audit.code.expressions import evaluate
from holdfast.audit.code.inlining import uncalled
from holdfast.audit.code.machine import Machine, TooMuch
from holdfast.audit.code.modules import Modules, imported, modules_of
from holdfast.audit.code.protocol import verbs_in, words_in
from holdfast.audit.code.source import CodeFile
from holdfast.audit.code.statements import execute
from holdfast.audit.code.values import Scope


def follow_all(files: Sequence[CodeFile]) -> tuple[Flow, ...]:
    """Return what happens in each file. Those that import others come first, so that a function is told of once."""
    modules = modules_of(files)
    followed: set[int] = set()
    flows = {id(file): follow(file, modules, followed) for file in _importers_first(files, modules)}
    return tuple(flows[id(file)] for file in files)


def as_run(file: CodeFile) -> CodeFile | None:
    """Return a notebook with its cells in the order of their execution counts, None where they stand in it."""
    held = [cell for cell in file.cells if cell.tree.body]
    counts = [cell.count for cell in held if cell.count is not None]
    if not file.notebook or len(counts) < len(held) or len({*counts}) < len(counts) or counts == sorted(counts):
        return None
    return replace(file, cells=tuple(sorted(held, key=lambda cell: cell.count or 0)))


def follow(file: CodeFile, modules: Modules | None = None, followed: set[int] | None = None) -> Flow:
    """Return what happens in a script or notebook, in the order in which it is written.

    `followed` takes the functions of other files that were followed from here; those in it are not followed again
    where nothing calls them.
    """
    flow = Flow(file.name)
    for cell in file.cells:
        for number, line in enumerate(cell.source.splitlines(), 1):
            flow.lines[cell.number, number] = line.strip()[:200]
    asked = verbs_in(cell.tree for cell in file.cells)
    flow.words = words_in(cell.tree for cell in file.cells)
    m = Machine(flow, Scope(), evaluate, execute, apply, asked=asked, modules=modules)
    m.followed = followed if followed is not None else set()
    try:
        for cell in file.cells:
            m.cell = cell.number
            execute(m, cell.tree.body)
        uncalled(m)
    except (TooMuch, RecursionError):
        flow.complete, flow.stopped = False, flow.stopped or flow.reached
    return flow


def _importers_first(files: Sequence[CodeFile], modules: Modules) -> list[CodeFile]:
    needs: dict[str, set[str]] = {}
    with suppress(RecursionError):
        needs = imported(files, modules)
    if not needs:
        return list(files)
    users: dict[str, int] = {}
    for others in needs.values():
        for name in others:
            users[name] = users.get(name, 0) + 1
    ready = [file for file in files if not users.get(file.name)]
    by_name = {file.name: file for file in files}
    found, seen = [], set()
    while ready:
        file = ready.pop()
        if file.name in seen:
            continue
        seen.add(file.name)
        found.append(file)
        for name in sorted(needs.get(file.name, ())):
            users[name] -= 1
            if not users[name]:
                ready.append(by_name[name])
    listed = {id(file) for file in found}
    return [*found, *(file for file in files if id(file) not in listed)]  # those that import each other in a ring
