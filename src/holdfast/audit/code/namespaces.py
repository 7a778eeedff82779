"""Things with named fields that libraries make: named tuples, namespaces, data sets in named parts."""

import ast
from typing import Any

from holdfast.audit.code.machine import Args, Machine, strings
from holdfast.audit.code.values import UNKNOWN, Const, Partial, Ref, Seq, Table

NAMESPACES = {"SimpleNamespace", "Namespace", "Bunch", "Munch", "EasyDict", "AttrDict", "DotDict", "DatasetDict", "Box"}


def kind_of_tuple(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return the class that `namedtuple("Parts", "train test")` makes."""
    del m, node
    fields = strings(args.get(1, "field_names"))
    if fields is None:
        return UNKNOWN
    names = [name for field in fields for name in field.replace(",", " ").split()]
    return Partial(Ref("namedtuple_of"), (Seq([Const(name) for name in names]),), {})


def tuple_of(m: Machine, args: Args, node: ast.AST) -> Table:
    """Return a named tuple; its names come first, then what it is given."""
    del m, node
    return Table({**dict(zip(strings(args.get(0)) or [], args.values[1:], strict=False)), **args.named})


def namespace(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return a namespace: its fields by name."""
    del m, node
    made = Table()
    for one in args.values:
        if isinstance(one, Table):
            made.items.update(one.items)
            made.rest = one.rest
        elif not isinstance(one, Const):
            return one
    made.items.update(args.named)
    return made
