"""Methods that follow the order of rows: shifts, windows, fills, sorting."""

import ast
import re
from dataclasses import replace
from typing import Any

from holdfast.audit.code.aggregates import per_record
from holdfast.audit.code.columns import dropped
from holdfast.audit.code.machine import Args, Machine, strings, text_of
from holdfast.audit.code.values import NOTHING, Const, Data, data_of, learned_in

WINDOWS = {"rolling", "expanding", "ewm"}


_DATES = re.compile(r"date|time|day|month|year|(?:^|_)(?:ds|ts)$", re.IGNORECASE)


_PLANNED = re.compile(
    r"promo|holiday|vacation|feiertag|ferien|feri[ae]|festivo|feriado|vacances|plann|schedul|calendar|weekday|weekend"
    r"|day_?of_?(?:week|month|year)|week_?of_?year|is_(?:month|quarter|year)|payday|(?:^|_)(?:dow|doy|moy|month|quarter)$",
    re.IGNORECASE,
)  # a calendar is known for the days to come


def foreseen(owner: Data) -> bool:
    """Return whether columns hold what is planned, so that those who look ahead in them learn nothing new."""
    names = {owner.column} if owner.column is not None else owner.only or set()
    return bool(names) and all(_PLANNED.search(name) for name in names)


def joined_in(value: Any) -> frozenset[int]:
    """Return what a value brings where it is joined to single records."""
    held = data_of(value)
    return learned_in(value) | (held.aside if held is not None else NOTHING)


def fillna(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return records with gaps filled."""
    if str(args.constant(1, "method") or "").startswith(("b", "backfill")):
        return bfill(m, owner, args, node)
    value = args.get(0, "value")
    m.apply_statistic(node, joined_in(value))
    return replace(owner, learned=owner.learned | joined_in(value), where=None)


def bfill(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return records whose gaps are filled from later ones."""
    del args
    if foreseen(owner):
        return replace(owner, where=None)
    name = getattr(getattr(node, "func", None), "attr", "bfill")
    new = m.learn("future", "interpolate" if name == "interpolate" else "bfill", node, owner, given=text_of(node))
    return replace(owner, learned=owner.learned | {new}, where=None)


def _turned(m: Machine, owner: Data, node: ast.AST) -> frozenset[int]:
    """Return what a look back on reversed rows brings: the future."""
    if not owner.backwards or foreseen(owner):
        return NOTHING
    name = getattr(getattr(node, "func", None), "attr", "rolling")
    return frozenset({m.learn("future", f"{name} of reversed rows", node, owner, given=text_of(node))})


def goes_back(args: Args) -> bool:
    """Return whether a shift brings later rows to earlier ones."""
    value = args.get(0, "periods", "n")
    steps = value.value if isinstance(value, Const) else None
    negative = (isinstance(steps, int | float) and steps < 0) or steps == "negative"
    return negative or args.text(0, "periods", "n").startswith("-")


def shift(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return shifted records; backwards, they hold the future."""
    if per_record(owner, args, position=len(args.values)):  # from column to column
        return replace(owner, where=None)
    name = getattr(getattr(node, "func", None), "attr", "shift")
    argument, backwards = args.text(0, "periods"), goes_back(args)
    if owner.backwards and backwards:  # the last row first: the one below came before
        return replace(owner, where=None, ordered=owner.ordered or f"{name}({argument})", of=frozenset())
    if backwards and not foreseen(owner):
        new = m.learn("future", f"{name}({argument})", node, owner, given=text_of(node))
        return replace(owner, learned=owner.learned | {new}, where=None, ordered=owner.ordered or f"{name}({argument})")
    learned = (owner.learned - _undone(m, owner, args)) | _turned(m, owner, node)
    ordered = owner.ordered or f"{name}({argument})"
    return replace(owner, learned=learned, ordered=ordered, where=None, of=frozenset())


def _undone(m: Machine, owner: Data, args: Args) -> frozenset[int]:
    """Return the looks ahead that a shift forwards makes good: tomorrow's value, a day later."""
    text = args.text(0, "periods", "n") or "1"
    found = set()
    for one in owner.learned:
        back = re.search(r"\(-(\w+)\)$", m.flow.learned[one].what) if m.flow.learned[one].kind == "future" else None
        if back and (back[1] == text or (back[1].isdigit() and text.isdigit() and int(back[1]) <= int(text))):
            found.add(one)
    return frozenset(found)


def rolling(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return windows over records."""
    if per_record(owner, args, position=len(args.values)):
        return replace(owner, where=None)
    name = getattr(getattr(node, "func", None), "attr", "rolling")
    ordered = owner.ordered or f"{name}({args.text(0)})"
    found = replace(owner, role="window", ordered=ordered, where=None)
    found = replace(found, learned=found.learned | _turned(m, owner, node))
    window = args.get(0, "window")
    ahead = args.constant(None, "center") is True or getattr(window, "name", "") == "FixedForwardWindowIndexer"
    if ahead and not foreseen(owner):
        what = "rolling(center=True)" if args.given("center") else "rolling(forward)"
        new = m.learn("future", what, node, owner, given=text_of(node))
        found = replace(found, learned=found.learned | {new}, of=frozenset())
    return found


def sort(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return records sorted, which by date makes them a series."""
    del m
    names = strings(args.get(0, "by")) or []
    dated = any(_DATES.search(name) for name in names[:1])  # by a person first, each has a series of their own
    index = getattr(getattr(node, "func", None), "attr", "") == "sort_index"
    last_first = (dated or (index and bool(owner.ordered))) and args.constant(None, "ascending") is False
    ordered = owner.ordered or (f"sorted by {names[0]}" if dated else "")
    return replace(owner, ordered=ordered, where=None, backwards=last_first)


def resampled(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return records in steps of time."""
    del m
    role = "table" if getattr(getattr(node, "func", None), "attr", "") == "asfreq" else "window"
    return replace(owner, role=role, ordered=owner.ordered or f"resample({args.text(0)})", where=None)


def set_index(m: Machine, owner: Data, args: Args, node: ast.AST) -> Any:
    """Return a table with an index, which of dates makes it a series."""
    del m, node
    names = strings(args.get(0, "keys")) or []
    dated = any(_DATES.search(name) for name in names)
    found = replace(owner, ordered=owner.ordered or (f"set_index({names[0]!r})" if dated else ""))
    return dropped(found, names) if names else owner
