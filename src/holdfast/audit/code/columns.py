"""Items of a table: rows by slice, mask and index, columns by name, and what a stored column brings with it."""

import ast
import re
from dataclasses import replace
from typing import Any

from holdfast.audit.code.events import Split
from holdfast.audit.code.groups import counted_apart
from holdfast.audit.code.machine import Machine, strings, text_of
from holdfast.audit.code.rows import Interval, Rows, Step, Symbol, apart, of_parts, stepped
from holdfast.audit.code.slices import counted_row, sliced
from holdfast.audit.code.splits import sampled
from holdfast.audit.code.values import NOTHING, Columns, Const, Data, Seq, Unknown, data_of, learned_in
from holdfast.audit.code.vocabulary import LABEL_NAME, side_of

_LABELS = {"target", "label", "labels", "y", "class", "outcome", "Target", "Label", "Class", "Outcome", "TARGET"}
_PART = re.compile(r"^(?P<side>train|test|val|valid|dev)_(?:mask|idx|index|indices|ids)$")
_PLACES = {0: "train", 1: "test", -1: "test"}  # `load_data()[0]`
_SIDES = {"train": "train", "test": "test", "validation": "valid", "valid": "valid", "val": "valid", "dev": "valid"}


def stored(m: Machine, owner: Data, key_node: ast.expr, key: Any, value: Any) -> Data:
    """Return a table after `owner[key] = value`."""
    held = data_of(value)
    learned = learned_in(value) | (held.aside - owner.aside if held else NOTHING)
    ordered = owner.ordered or (held.ordered if held and not held.ordered.startswith("sorted by") else "")
    partly = False
    if isinstance(key_node, ast.Tuple) and isinstance(key, Seq) and len(key.items) > 1:
        first = key_node.elts[0]
        partly = not (isinstance(first, ast.Slice) and first.lower is None and first.upper is None)
        key = key.items[-1]
    names = strings(key)
    if names is None:
        if isinstance(key, Data) and key.role == "mask" and not learned:
            return replace(owner, ordered=ordered)
        return replace(owner, learned=owner.learned | learned, ordered=ordered)
    m.flow.label_columns |= set(names) & _LABELS
    columns = dict(owner.columns)
    for name in names:
        columns[name] = learned | (columns.get(name, NOTHING) if partly or len(names) > 1 else NOTHING)
    only = None if owner.only is None else owner.only | set(names)
    foretold = {name: one for name, one in owner.foretold.items() if name not in names}
    if held is not None and held.role in {"predictions", "error"} and not partly and held.rows == owner.rows:
        foretold |= dict.fromkeys(names, replace(held, foretold={}))
    gone = None if owner.gone is None else owner.gone - set(names)
    made = {name: one for name, one in owner.made.items() if name not in names}
    if held is not None and len(names) == 1 and held.of - {names[0]}:
        made[names[0]] = held.of
    return replace(owner, columns=columns, only=only, ordered=ordered, foretold=foretold, gone=gone, made=made)


def picked(m: Machine, node: ast.expr, owner: Data, key_node: ast.expr, key: Any) -> Any:  # noqa: C901, PLR0911 a ladder of cases
    """Return `owner[key]`; `node` is the whole expression."""
    if isinstance(key_node, ast.Slice):
        return sliced(m, owner, key_node, inclusive=_by_label(node))
    if isinstance(key, Columns):
        counted_apart(m, owner, sorted(key.without), node)
        return picked_by(owner, key)
    if isinstance(key_node, ast.Tuple) and isinstance(key, Seq):
        return _cross(m, node, owner, key_node, key)
    if isinstance(key, Const):
        return _single(m, owner, key.value)
    names = strings(key)
    if names is not None:
        return narrowed(owner, names)
    if (
        isinstance(key, Data)
        and key.role == "statistic"
        and isinstance(key_node, ast.Name)
        and key_node.id in m.turning
    ):
        return replace(owner, column=None, where=None)
    if isinstance(key, Data):
        return _by_data(m, node, owner, key, text_of(key_node, 200))
    if isinstance(key, Unknown) and key.learned:
        return selected(m, node, owner, key.learned, text_of(key_node))
    if isinstance(key, Seq) and (learned := learned_in(key)):
        return selected(m, node, owner, learned, text_of(key_node))
    if owner.role in {"statistic", "count"}:
        return owner
    if (counted := counted_row(m, owner, key_node)) is not None:
        return counted
    if isinstance(key_node, ast.Name) and key_node.id in m.turning:
        return replace(owner, column=None, record=owner.record or not _columnwise(owner), gone=None)
    return replace(owner, where=None, column=None, gone=None)


def _columnwise(owner: Data) -> bool:
    return owner.role in {"table", "grouped"} and owner.column is None


def _by_label(node: ast.expr) -> bool:
    base = getattr(node, "value", None)
    return isinstance(base, ast.Attribute) and base.attr == "loc"


def _cross(m: Machine, node: ast.expr, owner: Data, key_node: ast.Tuple, key: Seq) -> Any:  # noqa: C901 a ladder of cases
    if not key_node.elts or not key.items:
        return owner
    first, result = key_node.elts[0], owner
    if isinstance(first, ast.Slice):
        result = sliced(m, owner, first, inclusive=_by_label(node))
    elif isinstance(key.items[0], Data):
        taken = _by_data(m, node, owner, key.items[0], text_of(first, 200))
        result = taken if isinstance(taken, Data) else owner
    else:
        result = counted_row(m, owner, first) or owner
    for other_node, other in zip(key_node.elts[1:], key.items[1:], strict=False):
        if isinstance(other_node, ast.Slice):
            if other_node.lower is not None or other_node.upper is not None:
                result = replace(result, gone=None, only=None if result.column is None else result.only)
            continue
        names = strings(other)
        result = replace(result, gone=None)
        if isinstance(other, Const) and isinstance(other.value, str):
            result = column_of(result, other.value)
        elif names is not None:
            result = narrowed(result, names)
        elif isinstance(other, Columns):
            result = picked_by(result, other)
        elif isinstance(other, Data | Unknown | Seq) and (learned := _statistics(other)):
            result = selected(m, node, result, learned, text_of(other_node))
    return result


def _statistics(value: Any) -> frozenset[int]:
    if isinstance(value, Data) and (value.rows or value.record):
        return NOTHING
    return learned_in(value)


def _single(m: Machine, owner: Data, value: Any) -> Any:
    if isinstance(value, str) and owner.record:
        return owner
    if isinstance(value, str):
        if (owner.role == "bundle" or of_parts(owner.rows)) and (side := _SIDES.get(value) or side_of(value)):
            key = ("split", "bundle", m.number(owner.rows))
            role = "label" if LABEL_NAME.match(value) else "table"
            return replace(owner, rows=stepped(owner.rows, Step(key, side)), role=role)
        return column_of(owner, value)
    if owner.role == "bundle" and value in _PLACES and not isinstance(value, bool):
        step = Step(("split", "bundle", m.number(owner.rows)), _PLACES[value])
        return replace(owner, rows=stepped(owner.rows, step), role="table")
    if isinstance(value, int) and not isinstance(value, bool) and owner.role in {"table", "label"}:
        return replace(owner, record=True)
    return owner


def part_named(owner: Data, name: str) -> Data | None:
    """Return the mask of a ready-made part that a table brings along, such as `data.train_mask`."""
    found = _PART.match(name)
    if found is None or owner.column is not None or owner.role not in {"table", "bundle"}:
        return None
    return replace(owner, role="mask", where=Step(("split", "brought"), _SIDES[found["side"]]), columns={})


def column_of(owner: Data, name: str) -> Data:
    """Return one column of a table."""
    if owner.role == "statistic":
        return replace(owner, column=name)
    if (mask := part_named(owner, name)) is not None:
        return mask
    if name in owner.foretold:
        return replace(owner.foretold[name], rows=owner.rows, where=None)
    learned = owner.learned | owner.brought(name)
    role = "table" if owner.role in {"bundle", "label"} else owner.role
    of = owner.made.get(name, frozenset()) | {name} if owner.role not in {"grouped", "window"} else owner.of
    only = frozenset({name})
    return replace(owner, learned=learned, columns={}, only=only, column=name, role=role, where=None, gone=None, of=of)


def narrowed(owner: Data, names: list[str]) -> Data:
    """Return the named columns."""
    columns = {name: ids for name in names if (ids := owner.brought(name))}
    column = names[0] if len(names) == 1 else None
    of = owner.made.get(names[0], frozenset()) | {*names} if column else owner.of
    return replace(owner, columns=columns, only=frozenset(names), column=column, where=None, gone=None, of=of)


def dropped(owner: Data, names: list[str] | None) -> Data:
    """Return a table without columns; without names they are not known, and no single column is followed further."""
    if names is None:
        return replace(owner, columns={}, where=None, gone=None, only=None)
    columns = {name: ids for name, ids in owner.columns.items() if name not in names}
    only = None if owner.only is None else owner.only - set(names)
    gone = None if owner.gone is None else owner.gone | set(names)
    return replace(owner, columns=columns, only=only, where=None, gone=gone)


def picked_by(owner: Data, names: Columns) -> Data:
    """Return the columns of a table that a list of names picks."""
    if names.certain and names.only is not None:
        return narrowed(owner, sorted((names.only - names.without) | names.plus))
    result = replace(dropped(owner, sorted(names.without - names.plus)), column=None)
    if names.only is not None:
        result = replace(result, columns={key: ids for key, ids in result.columns.items() if key in names.only})
    if not names.certain or names.typed or result.gone is None:
        return replace(result, only=None, gone=None)
    return replace(result, gone=(result.gone | (frozenset(owner.columns) - names.known)) - names.plus)


def selected(
    m: Machine, node: ast.AST, owner: Data, learned: frozenset[int], text: str, column: str | None = None
) -> Data:
    """Return columns of `owner` that statistics chose."""
    found = set()
    for one in sorted(learned):
        event = m.flow.learned[one]
        if (again := m.taken.get(("selected", one))) is not None:
            found.add(again)  # the same choice, made for other rows
            continue
        if event.kind == "select":
            found.add(one)
        elif event.kind == "importance" and event.origin is not None and m.flow.learned[event.origin].kind == "select":
            found.add(event.origin)
        elif event.kind in {"corr", "model", "statistic", "importance"}:
            new = m.learn(
                "select",
                event.what,
                node,
                replace(event.data, rows=event.rows),
                given=text,
                label=event.label or event.kind in {"model", "importance"},
                column=column or event.column,
                origin=event.origin if event.origin is not None else one,
            )
            found.add(new)
            m.taken["selected", one] = new
    return replace(owner, learned=owner.learned | found, column=None, where=None, gone=None)


_SPREADS = {"mean", "median", "std", "var", "quantile", "percentile", "nanpercentile", "nanquantile", "mad", "describe"}


def filtered_by(m: Machine, node: ast.AST, owner: Data, mask: Data) -> Data:
    """Return records with what chose them: rows that were left out for how far they are from all rows.

    One bound and a name that says a side of a split part rows, by the quantile of a date, say.
    """
    one_bound = mask.where is not None and isinstance(mask.where.side, Interval)
    if not m.wanted or owner.record or (one_bound and side_of(m.wanted[0])):
        return owner
    events = [m.flow.learned[one] for one in sorted(mask.known - owner.known)]
    found = {
        m.learn("filter", one.what, node, replace(one.data, rows=one.rows), given=one.given, origin=one.id)
        for one in events
        if one.kind in {"scale", "filter"} or (one.kind == "statistic" and one.what in _SPREADS)
    }
    return replace(owner, learned=owner.learned | found) if found else owner


def _by_data(m: Machine, node: ast.expr, owner: Data, key: Data, text: str) -> Any:  # noqa: PLR0911 a ladder of cases
    if key.role == "statistic":
        if owner.role == "statistic":
            return replace(owner, learned=owner.learned | key.learned)
        if key.record:
            return owner  # all columns in another order
        return selected(m, node, owner, key.known, text, key.column)
    if owner.role in {"statistic", "count"}:
        return owner
    drawn = key.drawn or owner.drawn
    if key.where is not None:
        if key.where.kind == "sample" and key.role == "mask":
            sampled(m, node, owner, key)
        owner = filtered_by(m, node, owner, key)
        return replace(owner, rows=stepped(owner.rows, key.where), where=None, drawn=drawn)
    if owner.aside and key.record:
        return replace(owner, learned=owner.learned | owner.aside, rows=key.rows, record=True)
    if key.role == "table" and key.rows and {path[0] for path in key.rows} <= {path[0] for path in owner.rows}:
        return replace(owner, rows=stepped(owner.rows, Step(("where", text), ("yes",))), where=None)
    if key.role in {"index", "mask"} or key.rows:
        _note_parts(m, node, owner, key)
        record = owner.record or key.record
        return replace(owner, rows=by_index(owner.rows, key.rows), where=None, record=record, drawn=drawn)
    return owner


def _note_parts(m: Machine, node: ast.AST, owner: Data, index: Data) -> None:
    """Note a split where two parts of one index that share nothing take rows of the same records."""
    path = min(index.rows, key=repr, default=())
    if len(index.rows) != 1 or len(path) < 2 or path[-1].kind != "range" or owner.record or not owner.rows:
        return
    key = ("parts of an index", m.number(owner.rows), m.number(frozenset({path[:-1]})))
    parts = m.index_parts.setdefault(key, [])
    parts.append(index.rows)
    if any(apart(one, index.rows) for one in parts):
        m.split(Split(m.place(node), key[0], key, (owner,), shuffled=False, seeded=True))


def by_index(rows: Rows, index: Rows) -> Rows:
    """Return the rows that an index picks: its own, where it comes from the same source."""
    if not index or not rows:
        return rows
    sources = {path[0] for path in rows}
    if {path[0] for path in index} <= sources:
        return index
    return frozenset((*path, Step(("by",), ("rows", other))) for path in rows for other in index)


def mask_of(data: Data, node: ast.Compare, other: Any) -> Data:
    """Return the mask that comparing a column with something makes."""
    text = text_of(node, 200)
    key = ("where", data.column or ("index" if data.role == "index" else text))
    bound: Any = other.value if isinstance(other, Const) else Symbol(text_of(node.comparators[0], 200))
    forms: dict[type, Any] = {
        ast.Lt: Interval(None, bound),
        ast.LtE: Interval(None, bound, high_in=True),
        ast.Gt: Interval(bound, None, low_in=False),
        ast.GtE: Interval(bound, None),
        ast.Eq: Interval(bound, bound, high_in=True),
        ast.NotEq: ("not", bound),
    }
    operator = type(node.ops[0])
    if operator not in forms or isinstance(bound, bool | bytes | complex | type(...)):
        return replace(data, role="mask", where=Step(("where", text), ("yes",)))
    return replace(data, role="mask", where=Step(key, forms[operator]))


def negated(mask: Data) -> Data:
    """Return the mask of all other rows."""
    if mask.where is None:
        return mask
    side = mask.where.side
    other: Any = ("no", side)
    if isinstance(side, tuple) and side[0] == "no":
        other = side[1]
    elif isinstance(side, Interval) and side.low is None:
        other = Interval(side.high, None, low_in=not side.high_in)
    elif isinstance(side, Interval) and side.high is None:
        other = Interval(None, side.low, high_in=not side.low_in)
    elif isinstance(side, Interval) and side.low == side.high:
        other = ("not", side.low)
    elif side == "in":
        other = "out"
    return replace(mask, where=Step(mask.where.key, other))


def both(first: Data, second: Data, text: str) -> Data:
    """Return the mask of rows that two masks pick."""
    a, b = first.where, second.where
    if a and b and a.key == b.key and isinstance(a.side, Interval) and isinstance(b.side, Interval):
        low = a if b.side.low is None else b
        high = a if b.side.high is None else b
        side = Interval(low.side.low, high.side.high, low.side.low_in, high.side.high_in)
        return replace(first, where=Step(a.key, side))
    return replace(first, where=Step(("where", text), ("yes",)), learned=first.learned | second.learned)
