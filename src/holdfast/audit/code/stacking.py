"""Records put below or beside each other; the same records twice are an augmentation."""

import ast
from dataclasses import replace
from typing import Any

from holdfast.audit.code.machine import Args, Machine, text_of
from holdfast.audit.code.rows import contains
from holdfast.audit.code.values import (
    UNKNOWN,
    Const,
    Data,
    Score,
    Seq,
    Table,
    Unknown,
    data_of,
    items_of,
    learned_in,
    scores_in,
    together,
)


def concatenated(m: Machine, values: list[Any], node: ast.AST, args: Args | None = None) -> Any:
    """Return records one below the other; the same records twice are an augmentation."""
    if args is not None and per_column(args):
        found = [one for one in map(data_of, values) if one is not None]
        return side_by_side(found) if found else UNKNOWN
    found = [one for one in map(data_of, values) if one is not None and one.rows]
    if not found:
        return scored_or_unknown(values)
    result = together(found)
    again = _again(found)
    if again is not None and result.role in {"table", "label"}:
        new = m.learn("augment", "concatenation", node, replace(again), given=text_of(node))
        result = replace(result, learned=result.learned | {new})
    return replace(result, record=False)


def scored_or_unknown(values: list[Any]) -> Any:
    """Return the scores in values, if there are any."""
    scores = frozenset[int]().union(*(scores_in(one) for one in values))
    learned = frozenset[int]().union(*(learned_in(one) for one in values))
    return Score(scores) if scores else Unknown(learned) if learned else UNKNOWN


def _again(found: list[Data]) -> Data | None:
    """Return records that occur in two of the parts."""
    for number, one in enumerate(found):
        if one.role in {"predictions", "statistic", "count", "guesses"} or one.record:
            continue
        for other in found[number + 1 :]:
            if other.record or other.role in {"predictions", "statistic", "count"} or one.only != other.only:
                continue
            if contains(one.rows, other.rows) or contains(other.rows, one.rows):
                return one
    return None


def per_column(args: Args) -> bool:
    """Return whether things are put side by side, not below each other."""
    axis = args.constant(1, "axis") if args.constant(None, "axis") is None else args.constant(None, "axis")
    return axis in (1, -1, "columns", 2, 3)


def side_by_side(found: list[Data]) -> Data:
    """Return tables as one, column beside column."""
    base = next((one for one in found if one.rows), found[0])
    learned = frozenset[int]().union(*(one.learned for one in found))
    columns: dict[str, frozenset[int]] = {}
    for one in found:
        columns.update(one.columns)
        if one.column is not None:
            columns[one.column] = one.learned
    ordered = next((one.ordered for one in found if one.ordered), "")
    return replace(
        base,
        learned=learned,
        columns=columns,
        only=None,
        gone=None,
        column=None,
        ordered=ordered,
        role="table",
        where=None,
    )


def repeated(m: Machine, owner: Data, node: ast.AST) -> Data:
    """Return records that were repeated."""
    if owner.record or owner.role != "table":
        return owner
    new = m.learn("augment", "repeat", node, owner, given=text_of(node))
    return replace(owner, learned=owner.learned | {new})


def concat(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return a list of tables or arrays as one."""
    listed = args.get(0, "objs", "arrays", "tensors", "values")
    if isinstance(listed, Table):
        listed = Seq(list(listed.items.values()), listed.rest)
    if not isinstance(listed, Seq):
        values = [one for one in args.values if not isinstance(one, Const)]
        if len(values) > 1:
            return concatenated(m, values, node)
        return element_wise(listed)
    if listed.rest is not None and not listed.items:
        return element_wise(listed.rest)
    return concatenated(m, items_of(listed), node, args)


def element_wise(value: Any) -> Any:
    """Return a list of records as the records."""
    found = data_of(value)
    if found is None:
        return scored_or_unknown([value])
    return replace(found, record=False)


def beside(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return tables side by side."""
    del m, node
    found = [one for one in map(data_of, items_of(args.get(0)) or list(args.values)) if one is not None]
    return side_by_side(found) if found else UNKNOWN
