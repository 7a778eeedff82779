"""Methods that pick rows and columns: queries, heads, drops."""

import ast
from dataclasses import replace
from typing import Any

from holdfast.audit.code.columns import dropped, filtered_by, narrowed, selected
from holdfast.audit.code.groups import counted_apart
from holdfast.audit.code.machine import Args, Machine, strings, text_of
from holdfast.audit.code.rows import Step, stepped
from holdfast.audit.code.splits import is_seeded, without
from holdfast.audit.code.values import NOTHING, Data, data_of, learned_in

_ANEW = "anew"  # a step that parts nothing: it says that the order is another one in every pass


def drop(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return a table without columns or rows."""
    listed = args.get(0, "columns", "labels")
    if isinstance(listed, Data):
        if listed.role in {"index", "mask"} and listed.rows:
            owner = filtered_by(m, node, owner, listed)
            smaller = without(owner, listed)
            return smaller if smaller is not None else replace(owner, where=None)
        if listed.role == "statistic":
            return selected(m, node, owner, listed.known, args.text(0, "columns", "labels"), listed.column)
    learned = learned_in(listed) if listed is not None else NOTHING
    if learned and not isinstance(listed, Data):
        return selected(m, node, owner, learned, args.text(0, "columns", "labels"))
    names = strings(listed)
    if args.given("index"):
        return replace(owner, where=None)
    _note_labels(m, names)
    counted_apart(m, owner, names or [], node)
    return dropped(owner, names)


def _note_labels(m: Machine, names: list[str] | None) -> None:
    if names and len(names) == 1 and m.wanted and m.wanted[0].lower().startswith(("x", "feature", "input")):
        m.flow.label_columns.add(names[0])


def pop(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return a column that is taken out."""
    del m, node
    names = strings(args.get(0, "item"))
    return narrowed(owner, names) if names else owner


def query(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return the rows that a query picks."""
    text = args.constant(0, "expr")
    if not isinstance(text, str) or len(text) > 500:
        step = Step(("query", args.text(0, "expr"), m.number(owner.rows)), "yes")
        return replace(owner, rows=stepped(owner.rows, step) if owner.rows else owner.rows, where=None)
    try:
        tree = ast.parse(text.replace("@", ""), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return replace(owner, where=None)
    columns = {one.id for one in ast.walk(tree) if isinstance(one, ast.Name)}
    outer = dict(m.scope.names)
    m.scope.names.update({name: narrowed(owner, [name]) for name in columns if f"@{name}" not in text})
    mask = m.evaluate(m, tree)
    m.scope.names = outer
    if isinstance(mask, Data) and mask.where is not None:
        owner = filtered_by(m, node, owner, mask)
        return replace(owner, rows=stepped(owner.rows, mask.where), where=None)
    return replace(owner, where=None)


def isin(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return a mask of rows whose value is in a list."""
    from holdfast.audit.code.rows import Step

    other = args.get(0)
    held = data_of(other)
    if held is not None and held.role == "values" and held.rows and not held.record:  # some of all the ids there are
        side = ("rows", min(held.rows, key=repr))
        return replace(owner, role="mask", where=Step(("where", f"{owner.column} in", m.number(owner.rows)), side))
    if held is not None and held.role == "index" and owner.role == "index" and held.rows:
        path = min(held.rows, key=repr)
        if len(path) > 1:
            return replace(owner, role="mask", where=path[-1])
    text = f"{owner.column or text_of(getattr(node, 'func', None))} in {args.text(0)}"
    return replace(owner, role="mask", where=Step(("where", text), ("yes",)))


def head(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return the first or last rows."""
    from holdfast.audit.code.rows import Interval, Step, Symbol, stepped

    del m
    if owner.role not in {"table", "label"} or owner.record:
        return owner
    name = getattr(getattr(node, "func", None), "attr", "head")
    count = args.constant(0, "n")
    if not isinstance(count, int):
        if not args.text(0, "n"):
            return owner
        bound: Any = Symbol(args.text(0, "n") if name == "head" else f"-({args.text(0, 'n')})")
    else:
        bound = count if name == "head" else -count
    side = Interval(None, bound) if name == "head" else Interval(bound, None)
    return replace(owner, rows=stepped(owner.rows, Step(("range", "position"), side)), where=None)


def take(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return the first records of a data set in batches, or those of an index."""
    from holdfast.audit.code.columns import by_index
    from holdfast.audit.code.rows import Interval, Step, Symbol, stepped

    index = data_of(args.get(0, "indices"))
    if index is not None and index.role == "index":
        return replace(owner, rows=by_index(owner.rows, index.rows), where=None)
    if owner.record or not args.text(0, "count"):
        return owner
    if any(step.kind == _ANEW for path in owner.rows for step in path[1:]):
        key = ("sample", m.cell, getattr(node, "lineno", 0), args.text(0, "count"))
        return replace(owner, rows=stepped(owner.rows, Step(key, "in")), where=None)
    bound = args.constant(0, "count")
    bound = Symbol(args.text(0, "count")) if bound is None else bound
    takes = getattr(getattr(node, "func", None), "attr", "take") == "take"
    side = Interval(None, bound) if takes else Interval(bound, None)
    return replace(owner, rows=stepped(owner.rows, Step(("range", "position"), side)), where=None)


def reshuffled(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return a stream of records that is shuffled anew in every pass, as that of tf.data is by default."""
    from holdfast.audit.code.rows import Step, stepped

    drawn = None if is_seeded(m, args) else m.place(node)
    told = args.constant(2, "reshuffle_each_iteration") is False
    whole = all(len(path) == 1 for path in owner.rows)
    if told or not whole or not (args.values or args.given("buffer_size")) or isinstance(args.get(0), Data):
        return replace(owner, where=None, drawn=owner.drawn or drawn)
    return replace(owner, rows=stepped(owner.rows, Step((_ANEW,), "all")), where=None, drawn=owner.drawn or drawn)


def between(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return a mask of rows in a range."""
    from holdfast.audit.code.rows import Interval, Step

    del m, node
    low, high = args.constant(0, "left"), args.constant(1, "right")
    key = ("where", owner.column or "index")
    learned = frozenset[int]().union(owner.learned, *map(learned_in, args.everything()))
    return replace(owner, role="mask", learned=learned, where=Step(key, Interval(low, high, high_in=True)))


def difference(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return an index less another."""
    del m, node
    other = data_of(args.get(0))
    smaller = without(owner, other) if other is not None else None
    return smaller if smaller is not None else owner
