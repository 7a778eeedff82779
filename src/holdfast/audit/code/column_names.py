"""Names of a table's columns, as programs list them: all but some, those of a type, those that a test lets through."""

import ast
from dataclasses import replace
from typing import Any

from holdfast.audit.code.machine import Args, Machine, strings
from holdfast.audit.code.values import UNKNOWN, Columns, Const, Data, Seq, Unknown, learned_in

IN_PLACE = {"remove", "discard", "append", "extend", "add", "update"}
_SAME = {"tolist", "to_list", "copy", "unique", "to_numpy", "sort_values"}
_LEAVES_OUT = {"difference", "drop", "remove", "discard"}
_ADDS = {"append", "extend", "add", "update", "union"}
_TESTS = {"startswith", "endswith", "contains", "match"}


def names_of(owner: Data, *, typed: bool = False) -> Any:
    """Return the names of a table's columns, or of those of one type."""
    if owner.role != "table" or owner.record:
        return UNKNOWN
    only, certain = None if typed else owner.only, typed or owner.only is not None or owner.gone is not None
    return Columns(owner.gone or frozenset(), only=only, known=frozenset(owner.columns), certain=certain, typed=typed)


def method(owner: Columns, name: str, args: Args) -> Any:
    """Return what a method of names returns: others, where it leaves out or adds some."""
    if name in _SAME:
        return owner
    told = strings(args.get(0))
    if name in _LEAVES_OUT:
        return leaving(owner, told)
    if name in _ADDS:
        return replace(owner, plus=owner.plus | set(told)) if told is not None else replace(owner, certain=False)
    return UNKNOWN if name != "intersection" else replace(owner, certain=False)


def leaving(owner: Columns, names: list[str] | None) -> Columns:
    """Return names without some; where these are not known, nothing is certain of the rest."""
    if names is None:
        return replace(owner, certain=False)
    return replace(owner, without=owner.without | set(names), plus=owner.plus - set(names))


def item(owner: Columns, node: ast.expr, key: Any) -> Any:
    """Return some of the names: those that a mask picks, or a slice."""
    learned = learned_in(key) if not (isinstance(key, Data) and key.rows) else frozenset[int]()
    if learned:
        return Unknown(learned)
    return replace(owner, certain=False) if isinstance(node, ast.Slice) or isinstance(key, Data) else UNKNOWN


def combined(node: ast.BinOp, left: Any, right: Any) -> Any:
    """Return names less others, or names and others."""
    if isinstance(left, Columns) and isinstance(node.op, ast.Sub):
        return leaving(left, strings(right))
    if isinstance(left, Columns) and isinstance(right, Columns):
        return (
            replace(left, certain=False) if not (left.typed and right.typed) else Columns(left.without & right.without)
        )
    owner, other = (left, right) if isinstance(left, Columns) else (right, left)
    told = strings(other)
    return replace(owner, plus=owner.plus | set(told)) if told is not None else replace(owner, certain=False)


def kept(m: Machine, node: Any) -> Any:
    """Return the names that `[c for c in table.columns if c not in (…)]` keeps, None where it keeps something else."""
    part = node.generators[0]
    plain = isinstance(node.elt, ast.Name) and isinstance(part.target, ast.Name) and node.elt.id == part.target.id
    if len(node.generators) > 1 or not plain:
        return None
    over = m.evaluate(m, part.iter)
    if isinstance(over, Data) and any(_about_name(m, part.target.id, test) for test in part.ifs):
        over = names_of(over)
    listed = strings(over) if isinstance(over, Seq) else None
    if listed is not None and part.ifs:
        over = Columns(only=frozenset(listed))
    if not isinstance(over, Columns):
        return None
    result = over
    for test in part.ifs:
        result = _tested(m, result, part.target.id, test)
    if listed is not None and result.certain and part.ifs:
        return Seq([Const(name) for name in listed if name not in result.without])
    return result


def _tested(m: Machine, names: Columns, target: str, test: ast.expr) -> Columns:
    """Return names that a test lets through."""
    match test:
        case ast.BoolOp(op=ast.And(), values=parts):
            for part in parts:
                names = _tested(m, names, target, part)
            return names
        case ast.Compare(left=ast.Name(id=name), ops=[ast.NotIn() | ast.NotEq()], comparators=[other]) if (
            name == target
        ):
            return leaving(names, strings(m.evaluate(m, other)))
        case ast.Compare(left=ast.Name(id=name), ops=[ast.In()], comparators=[other]) if name == target:
            if isinstance(m.evaluate(m, other), Columns | Data):  # those that are there
                return names
    return replace(names, certain=False)


def _about_name(m: Machine, target: str, test: ast.expr) -> bool:
    """Return whether a test is one of a column's name, so that what a loop goes through are names."""
    match test:
        case ast.BoolOp(values=parts):
            return any(_about_name(m, target, part) for part in parts)
        case ast.UnaryOp(operand=inner):
            return _about_name(m, target, inner)
        case ast.Compare(left=ast.Name(id=name), comparators=[other]) if name == target:
            return strings(m.evaluate(m, other)) is not None
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attribute)):
            return name == target and attribute in _TESTS
    return False


def taken(args: Args) -> Columns | None:
    """Return the columns that a ColumnTransformer lets through, None where that is not known."""
    if args.given("remainder") and args.constant(None, "remainder") != "drop":
        return Columns()
    listed = args.get(0, "transformers")
    steps = listed.items if isinstance(listed, Seq) and not listed.fixed else list(args.values)
    known = [_of_step(one) for one in steps]
    sure = [one for one in known if one is not None and one.certain]
    if not sure or len(sure) < len(steps) or sum(one.typed for one in sure) == 1:
        return None
    named = frozenset(name for one in sure for name in (one.only or frozenset()) | one.plus)
    rest = [one.without for one in sure if one.only is None]
    return Columns(without=frozenset.intersection(*rest) - named) if rest else Columns(only=named)


def _of_step(step: Any) -> Columns | None:
    """Return the columns that one step of a ColumnTransformer is given."""
    if not isinstance(step, Seq) or not step.items or Const("drop") in step.items:
        return None
    told = step.items[-1]
    names = strings(told)
    return told if isinstance(told, Columns) else Columns(only=frozenset(names)) if names is not None else None


def selector(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return the columns of a type, as `make_column_selector` picks them."""
    del m, node
    return Columns(typed=True, certain=args.get(0, "pattern") in (None, Const(None)) or args.text(0) == "")


def lets_through(names: Columns, name: str) -> bool:
    """Return whether a name is among others."""
    return name in names.plus or (name not in names.without and (names.only is None or name in names.only))


def both(first: Columns | None, second: Columns | None) -> Columns | None:
    """Return what two steps, one after the other, let through."""
    if first is None or second is None:
        return None
    only = second.only if first.only is None else first.only if second.only is None else first.only & second.only
    return Columns(without=first.without | second.without, only=only)
