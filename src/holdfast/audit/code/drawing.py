"""What random functions draw: permutations, samples, masks, bootstrap samples."""

import ast
from dataclasses import replace
from typing import Any

from holdfast.audit.code.binding import assign
from holdfast.audit.code.machine import Args, Machine
from holdfast.audit.code.rows import Step, stepped
from holdfast.audit.code.splits import (
    is_seeded,
)
from holdfast.audit.code.stacking import scored_or_unknown
from holdfast.audit.code.values import (
    UNKNOWN,
    Data,
    Seq,
    data_of,
)


def permutation(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return an index in random order, or shuffled records."""
    found = data_of(args.get(0))
    if found is None or not found.rows:
        return Data(rows=m.source("index", args.text(0)), role="index")
    role = "index" if found.role in {"count", "index"} else found.role
    return replace(found, role=role, where=None, drawn=None if is_seeded(m, args) else m.place(node))


def arange(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return an index of all rows, where it counts them."""
    del node
    counts = [one for one in args.values if isinstance(one, Data) and one.role == "count"]
    if counts and len(args.values) == 1:
        return replace(counts[0], role="index")
    del m
    return UNKNOWN


def choice(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return a random sample of records or of an index."""
    name = getattr(getattr(node, "func", None), "attr", "choice")
    size = data_of(args.get(2 if name in {"randint", "integers"} else 1, "size"))
    if size is not None and size.role == "count" and size.rows:  # a draw for each record, such as its fold
        return replace(size, role="table", column=f"drawn at {m.cell} {getattr(node, 'lineno', 0)}")
    found = data_of(args.get(0))
    replacing = args.constant(2, "replace")
    if found is None or not found.rows:
        return scored_or_unknown(list(args.values))
    role = "index" if found.role in {"count", "index"} else found.role
    key = ("sample", m.cell, getattr(node, "lineno", 0), replacing)
    drawn = None if is_seeded(m, args) else m.place(node)
    return replace(found, role=role, rows=stepped(found.rows, Step(key, "in")), drawn=drawn)


def random_mask(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return a mask that picks rows at random."""
    found = data_of(args.get(0))
    if found is None or found.role != "count":
        return UNKNOWN
    key = ("sample", m.cell, getattr(node, "lineno", 0))
    return replace(found, role="mask", where=Step(key, "in"), drawn=None if is_seeded(m, args) else m.place(node))


def delete(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return records or an index less others."""
    from holdfast.audit.code.splits import without

    del m, node
    first, second = data_of(args.get(0)), data_of(args.get(1))
    if first is None:
        return UNKNOWN
    smaller = without(first, second) if second is not None else None
    return smaller if smaller is not None else first


def shuffle(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return shuffled records; one argument is shuffled in place."""
    found = [one for one in args.values if isinstance(one, Data)]
    if not is_seeded(m, args) and len(found) == 1 and args.nodes:
        found = [replace(found[0], drawn=m.place(node))]
        if isinstance(args.nodes[0], ast.Name | ast.Attribute | ast.Subscript | ast.NamedExpr):
            assign(m, args.nodes[0], found[0])  # shuffled in place
    return Seq(list(found), fixed=True) if len(found) > 1 else found[0] if found else UNKNOWN


def resample(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return records drawn with replacement, which is noted."""
    found = [one for one in map(data_of, args.values) if one is not None]
    if not found:
        return UNKNOWN
    if args.constant(None, "replace") is False:
        return Seq(list(found), fixed=True) if len(found) > 1 else found[0]
    new = m.learn("over", "resample", node, found[0], given=args.text(0))
    step = Step(("sample", m.cell, getattr(node, "lineno", 0), "with replacement"), "in")
    copies = [replace(one, learned=one.learned | {new}, rows=stepped(one.rows, step)) for one in found]
    return Seq(list(copies), fixed=True) if len(copies) > 1 else copies[0]
