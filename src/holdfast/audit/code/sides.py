"""Rows that are parted by hand: names, or what is done with the parts, say which are for training and for testing."""

import ast
from dataclasses import replace
from typing import Any

from holdfast.audit.code.events import Split
from holdfast.audit.code.machine import Machine
from holdfast.audit.code.values import Data
from holdfast.audit.code.vocabulary import side_of


def by_name(m: Machine, name: str, value: Any, node: ast.AST) -> None:
    """Note which side the name of rows speaks of."""
    side = side_of(name)
    if side and isinstance(value, Data) and value.role in {"table", "bundle"}:
        _note(m, value, side, node)


def by_use(m: Machine, data: Data, side: str, node: ast.AST) -> None:
    """Note that a model was fitted (`train`) or judged (`test`) on rows whose names say nothing."""
    if data.rows and data.rows not in m.flow.sides:
        learned = frozenset(one for one in data.learned if m.flow.learned[one].kind != "filter")  # the cut itself
        _note(m, replace(data, role="table", column=None, learned=learned), side, node)


def _note(m: Machine, value: Data, side: str, node: ast.AST) -> None:
    """Note a split where two disjoint parts of the same rows are for training and for testing."""
    if value.record:
        return
    for whole_path in value.rows:
        path = whole_path
        while len(path) > 1 and path[-1].kind == "window":  # windows over a part are of that part
            path = path[:-1]
        if len(path) < 2 or path[-1].kind not in {"range", "where", "sample", "by"}:
            continue
        parent = path[:-1]
        m.sides.setdefault((parent, side), (value.known, value.drawn))
        opposite = {"train": ("test", "valid")}.get(side, ("train",))
        held = next((m.sides[parent, one] for one in opposite if (parent, one) in m.sides), None)
        if held is not None:  # what is in both parts was in the whole
            held, first_drawn = held
            columns = {name: ids & held for name, ids in value.columns.items()}
            rows = frozenset({parent})
            whole = replace(value, rows=rows, where=None, learned=value.learned & held, columns=columns)
            key, drawn = ("manual", parent), bool(value.drawn or first_drawn)
            place = value.drawn or first_drawn or m.place(node)
            event = Split(place, "slices", key, (whole,), shuffled=drawn, seeded=not drawn)
            m.split(event)
