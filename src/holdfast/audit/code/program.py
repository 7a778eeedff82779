"""Following a program from its first statement to its last, cell by cell, without running any of it."""

from holdfast.audit.code.calls import apply, uncalled
from holdfast.audit.code.events import Flow
from holdfast.audit.code.expressions import evaluate
from holdfast.audit.code.machine import Machine, TooMuch
from holdfast.audit.code.protocol import verbs_in
from holdfast.audit.code.source import CodeFile
from holdfast.audit.code.statements import execute
from holdfast.audit.code.values import Scope


def follow(file: CodeFile) -> Flow:
    """Return what happens in a script or notebook, in the order in which it is written."""
    flow = Flow(file.name)
    for cell in file.cells:
        for number, line in enumerate(cell.source.splitlines(), 1):
            flow.lines[cell.number, number] = line.strip()[:200]
    m = Machine(flow, Scope(), evaluate, execute, apply, asked=verbs_in(cell.tree for cell in file.cells))
    try:
        for cell in file.cells:
            m.cell = cell.number
            execute(m, cell.tree.body)
        uncalled(m)
    except (TooMuch, RecursionError):
        flow.complete = False
    return flow
