"""Rows by position: slices, the windows and single rows that a loop goes through, and where it begins and ends."""

import ast
from dataclasses import replace
from typing import Any

from holdfast.audit.code.groups import from_many
from holdfast.audit.code.machine import Machine, name_of, spelled
from holdfast.audit.code.rows import Interval, Step, Symbol, stepped
from holdfast.audit.code.values import Const, Data


def sliced(m: Machine, owner: Data, node: ast.Slice, *, inclusive: bool = False) -> Data:
    """Return the rows of a slice."""
    if owner.role in {"statistic", "count"}:
        bounded = node.lower is not None or node.upper is not None
        return replace(owner, record=False) if bounded and owner.record else owner
    if node.lower is None and node.upper is None:
        turned = isinstance(node.step, ast.UnaryOp)
        return replace(owner, backwards=not owner.backwards) if turned and not owner.record else owner
    low, high = _bound(m, node.lower), _bound(m, node.upper)
    if low == 0:
        low = None
    window = any(
        isinstance(one, ast.Name) and one.id in m.turning
        for bound in (node.lower, node.upper)
        if bound is not None
        for one in ast.walk(bound)
    )
    axis = "index" if isinstance(low, str) or isinstance(high, str) else "position"
    key = _window(m, axis, node) if window else ("range", axis)
    step = Step(key, Interval(low, high, high_in=inclusive))
    piece = window and None not in {low, high}
    if owner.record and piece:  # several pieces of one recording
        return replace(owner, one_per=owner.one_per or "record")
    if owner.record or not owner.rows:
        return owner
    one_per = owner.one_per or ("record" if piece and from_many(owner.rows) else "")
    return replace(owner, rows=stepped(owner.rows, step), where=None, one_per=one_per)


def _bound(m: Machine, node: ast.expr | None) -> Any:
    if node is None:
        return None
    value = m.evaluate(m, node)
    if isinstance(value, Const) and isinstance(value.value, int | float | str):
        return value.value
    return Symbol(spelled(m, node))


def counted_row(m: Machine, owner: Data, node: ast.expr) -> Data | None:
    """Return the row whose number a loop counts, None where it is none such."""
    if not isinstance(node, ast.Name) or node.id not in m.turning or not _counts(m, node.id) or owner.record:
        return None
    side = Interval(Symbol(node.id), Symbol(f"{node.id} + 1"))
    return replace(owner, rows=stepped(owner.rows, Step(_window(m, "position", node), side)), where=None, record=True)


def _counts(m: Machine, name: str) -> bool:
    """Return whether a loop's name counts through numbers, such as those of rows."""
    loops = [m.flow.loops[one] for one in m.loops]
    return any(name in loop.names and loop.text.startswith("range(") for loop in loops)


def ends(m: Machine, node: ast.expr) -> tuple[Any, Any]:
    """Return where a loop over `range(a, b)` begins and ends, where it begins at what has no number."""
    if not isinstance(node, ast.Call) or name_of(node.func) != "range" or len(node.args) < 2:
        return None, None
    first = node.args[0]
    starts = first.args if isinstance(first, ast.Call) and name_of(first.func) == "max" else [first]
    found = [_bound(m, one) for one in starts]
    symbols = [one for one in found if isinstance(one, Symbol)]
    numbers = [one for one in found if isinstance(one, int | float)]
    return symbols[0] if symbols else max(numbers, default=None), _bound(m, node.args[1])


def _window(m: Machine, axis: str, node: ast.AST) -> tuple[Any, ...]:
    """Return the key of a window, with the ends of the loop that moves it."""
    names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    around = [m.flow.loops[one] for one in m.loops if names & m.flow.loops[one].names]
    return ("window", axis, *around[-1].ends) if around else ("window", axis)


def without_windows(data: Data) -> Data:
    """Return records as they are once a loop has gathered all its windows: those between where it begins and ends."""
    kinds = {step.kind for path in data.rows for step in path[1:]}
    if "group" in kinds:
        rows = frozenset((path[0], *(step for step in path[1:] if step.kind != "group")) for path in data.rows)
        return without_windows(replace(data, rows=rows))
    if "window" in kinds:
        rows = frozenset((path[0], *(one for step in path[1:] for one in _gathered(step))) for path in data.rows)
        return replace(data, rows=rows, record=False, ordered=data.ordered or "sliding windows", of=frozenset())
    return replace(data, record=False) if data.record else data


def _gathered(step: Step) -> tuple[Step, ...]:
    if step.kind != "window":
        return (step,)
    low, high = step.key[2:] if len(step.key) > 2 else (None, None)
    parts = isinstance(low, Symbol) or (isinstance(high, Symbol) and "len(" not in high.text)
    return (Step(("range", "position"), Interval(low, high)),) if parts else ()
