"""Records that come from outside: tables that are read, built-in data sets, lines of a file."""

import ast
from dataclasses import replace
from typing import Any

from holdfast.audit.code.groups import ONE_OF_MANY
from holdfast.audit.code.machine import Args, Machine, strings, text_of
from holdfast.audit.code.saved import path_of
from holdfast.audit.code.splits import bundle, by_side
from holdfast.audit.code.unknown import unknown_call
from holdfast.audit.code.values import Const, Data, File, Seq
from holdfast.audit.code.vocabulary import DATASETS, side_of_file


def loaded(m: Machine, last: str, args: Args, node: ast.AST) -> Any:  # noqa: C901 a ladder of cases
    """Return records that come from outside: from a file, a folder, a built-in data set."""
    path = args.constant(0, "filepath_or_buffer", "path", "directory", "root", "io")
    line = getattr(node, "lineno", 0)
    given = [one for one in args.data() if not one.record]
    if given and last in {"load", "download"}:
        return unknown_call(m, last, args, node)
    known = isinstance(path, str) and "{" not in path
    key = ("file", path) if known else ("read", last, m.cell, line, tuple(m.active), _asked(m))
    if not known and m.loops:
        key = (*key, ONE_OF_MANY)
    if known and (side := side_of_file(path)):
        m.flow.sides.setdefault(m.source(*key), side)
    if DATASETS.match(last) and not last.endswith("Folder"):
        key = ("set", last)
    data = Data(rows=m.source(*key), gone=frozenset())
    if last in {"DataReader", "download"}:
        data = replace(data, ordered=f"{last}(…)")
    for name in ("train", "split", "subset"):
        told = args.named.get(name)
        if isinstance(told, Seq) and told.rest is None:
            return Seq([by_side(data, one) for one in told.items])
        if told is not None:
            data = by_side(data, told)
    if last.startswith("make_") or args.constant(None, "return_X_y") is True:
        return Seq([data, replace(data, role="label")], fixed=True)
    if (
        last.startswith(("load_", "fetch_"))
        or str(path).endswith(".npz")
        or (last == "load" and "tfds" in text_of(node))
    ):
        return bundle(data) if not any(step for path in data.rows for step in path[1:]) else data
    if (names := strings(args.get(None, "usecols", "columns"))) is not None:
        data = replace(data, only=frozenset(names))
    if args.given("index_col") and args.given("parse_dates"):
        data = replace(data, ordered="an index of dates")
    return data


def _asked(m: Machine) -> tuple[Any, ...]:
    """Return the words that the function here was called with: `load("a")` and `load("b")` read other rows."""
    if not m.active:
        return ()
    spec = m.active[-1].args
    names = {one.arg for one in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)}
    held = ((name, m.scope.names.get(name)) for name in sorted(names))
    return tuple((name, one.value) for name, one in held if isinstance(one, Const) and isinstance(one.value, str))


def opened(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return a file as its lines, a record each, where it is opened for reading."""
    if any(letter in str(args.constant(1, "mode") or "r") for letter in "wax"):
        return File(path_of(args, 0, "file"))
    path = path_of(args, 0, "file") or args.text(0, "file")
    return Seq([], rest=Data(rows=m.source("lines", path, m.cell, getattr(node, "lineno", 0)), record=True))
