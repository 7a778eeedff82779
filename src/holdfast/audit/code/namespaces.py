"""Things with named fields that libraries make: named tuples, namespaces, data sets in named parts."""

import ast
from typing import Any

from holdfast.audit.code.machine import Args, Machine, strings
from holdfast.audit.code.values import UNKNOWN, Const, Partial, Ref, Seq, Table

NAMESPACES = {"SimpleNamespace", "Namespace", "Bunch", "Munch", "EasyDict", "AttrDict", "DotDict", "DatasetDict", "Box",
              "vars"}  # fmt: skip


def kind_of_tuple(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return the class that `namedtuple("Parts", "train test")` makes."""
    del m, node
    fields = strings(args.get(1, "field_names"))
    names = [name for field in fields or () for name in field.replace(",", " ").split()]
    return Partial(Ref("namedtuple_of"), Args((Seq([Const(name) for name in names]),)))


def tuple_of(m: Machine, args: Args, node: ast.AST) -> Table:
    """Return a named tuple; its names come first, then what it is given."""
    del m, node
    return Table({**dict(zip(strings(args.get(0)) or [], args.values[1:], strict=False)), **args.named})


def parser(m: Machine, args: Args, node: ast.AST) -> Table:
    """Return what reads a command line: the settings that it will give, by name."""
    del m, args, node
    return Table()


def of_parser(settings: Table, name: str, args: Args) -> Any:
    """Return what a method of a parser does to its settings, None for other methods."""
    if name == "add_argument":  # what stands for nothing or for a switch may well be set otherwise
        flags = [one.value for one in args.values if isinstance(one, Const) and isinstance(one.value, str)]
        key = args.constant(None, "dest") or max(flags, key=len, default="").lstrip("-").replace("-", "_")
        default = args.constant(None, "default")
        settings.items[key] = Const(default) if default and default is not True else UNKNOWN
        return UNKNOWN
    if name == "parse_known_args":
        return Seq([settings, UNKNOWN], fixed=True)
    return settings if name in {"parse_args", "add_argument_group", "add_mutually_exclusive_group"} else None


def default_of(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return what a field of a dataclass holds when nothing is given for it."""
    if (factory := args.get(None, "default_factory")) is not None:
        return m.apply(m, factory, Args(), node)
    found = args.get(0, "default")
    return UNKNOWN if found is None else found


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
