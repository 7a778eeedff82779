"""Rows that belong together, several of one patient, speaker or animal, and the random splits that part them."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from holdfast.audit.code.events import Flow, Place
from holdfast.audit.code.machine import Args, Machine, strings
from holdfast.audit.code.rows import Rows
from holdfast.audit.code.values import Data, data_of

_WHO = (
    "patient|subject|participant|person|individual|volunteer|speaker|donor|respondent|animal|mouse|cow|dog|infant|child"
    "|student|signer|singer|driver|rider|worker"
)
_NUMBER = "id|no|nr|num|number|code|key|name|nbr"
_SOMEBODY = re.compile(rf"(?:^|[_ ])(?:{_WHO})s?(?:[_ ]?(?:{_NUMBER}))?$|^(?:pid|subj|sid)$", re.IGNORECASE)
_ONE_OF_THEIRS = re.compile(
    r"(?:^|_)(?:image|img|picture|scan|slice|visit|session|trial|recording|encounter|admission|hadm|icustay|stay|exam"
    r"|frame|window|segment|beat|epoch)_?(?:id|no|nr|number|name|path|file|idx)$",
    re.IGNORECASE,
)
_THING = re.compile(r"(?:^|_)(?:id|no|nr|code|key)$|[a-z]Id$")
ONE_OF_MANY = "one of many files"  # a source that a loop reads anew in every turn
_ROLES = {"table", "label", "index", "bundle"}


def from_many(rows: Rows) -> bool:
    """Return whether rows are of one of many files, as long as a loop goes through them."""
    return bool(rows) and all(path[0][-1] == ONE_OF_MANY for path in rows)


def grouped(m: Machine, owner: Data, args: Args, node: Any) -> Data:
    """Return records by group. Whoever groups rows by person has several of each."""
    names = strings(args.get(0, "by", "group_keys")) or []
    key = names[0] if len(names) == 1 else ""
    if key and _SOMEBODY.search(key):
        _note(m, owner, key, node)
    return replace(owner, role="grouped", where=None, one_per=key, of=frozenset())


def counted_apart(m: Machine, owner: Data, names: list[str], node: Any) -> None:
    """Note that there are several rows of each person where a table names both the person and the visit or picture."""
    who = next((name for name in names if _SOMEBODY.search(name)), "")
    if who and any(_ONE_OF_THEIRS.search(name) for name in names) and owner.one_per != who:
        _note(m, owner, who, node)


def counted(m: Machine, owner: Data, node: Any, column: str | None = None) -> None:
    """Note that there are several rows of each person where a program counts the persons, or the rows of each."""
    name = column or owner.column or ""
    if _SOMEBODY.search(name) and owner.one_per != name:
        _note(m, owner, name, node)


def one_left(owner: Data, args: Args) -> Data:
    """Return a table without the rows of a person but one."""
    names = strings(args.get(0, "subset")) or []
    return replace(owner, one_per=names[0]) if len(names) == 1 and _SOMEBODY.search(names[0]) else owner


def one_each(args: Args, name: str) -> bool:
    """Return whether a method of groups takes one row of each: `head(1)`, `nth(0)`."""
    return name in {"head", "tail", "sample", "nth"} and args.constant(0, "n") in {0, 1, -1}


def gathered(m: Machine, value: Data, node: Any, *, several: bool) -> Data:
    """Return what a loop over groups puts into a list; with an inner loop that is several records of each group."""
    key = value.one_per
    if not several or not key:
        return value
    if key == "record" or _SOMEBODY.search(key) or _THING.search(key):
        _note(m, value, key, node)
    return replace(value, one_per="")


def _note(m: Machine, data: Data, key: str, node: Any) -> None:
    for path in data.rows:
        m.flow.groups.setdefault(path[0], (key, m.place(node)))


def parted(flow: Flow) -> Iterator[tuple[str, Place, str, Place]]:
    """Yield random splits of rows of which several belong together: name and place, the key, and where it is used."""
    if any("Group" in split.name for split in flow.splits):
        return
    splits = [(split.name, split.place, split.given) for split in flow.splits if split.shuffled]
    splits += [(one.name, one.place, (one.data,)) for one in flow.validated]
    for name, place, given in splits:
        held = data_of(given[0]) if given else None
        if held is None or held.role not in _ROLES or held.one_per or held.record:
            continue
        steps = [str(step.key) for path in held.rows for step in path[1:]]
        known = [flow.groups[path[0]] for path in sorted(held.rows, key=repr) if path[0] in flow.groups]
        if known and held.column != known[0][0] and not any(known[0][0] in step for step in steps):
            yield name, place, *known[0]
