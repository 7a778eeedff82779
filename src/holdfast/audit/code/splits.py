"""Splits: train_test_split, folds, samples, random_split."""

import ast
import re
from dataclasses import replace
from typing import Any

from holdfast.audit.code.events import Split
from holdfast.audit.code.machine import Args, Machine, part, text_of
from holdfast.audit.code.rows import NOWHERE, Interval, Step, stepped
from holdfast.audit.code.values import UNKNOWN, Const, Data, Seq, Splitter, data_of
from holdfast.audit.code.vocabulary import ALWAYS_SHUFFLED, KEEPS_TIME, side_of

_CUT = re.compile(r"^(?P<name>\w+)\[(?P<low>-?\d*)%?:(?P<high>-?\d*)%?\]$")


def is_seeded(m: Machine, args: Args, *names: str) -> bool:
    """Return whether a call is given a seed, or the program has set one."""
    return m.seeded or args.given(*(names or ("random_state", "seed", "generator", "session_id")))


def train_test_split(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return the two sides of each array."""
    given = [data_of(one) for one in args.values]
    first = next((one for one in given if one is not None and one.rows), None)
    if first is None:
        return Seq([UNKNOWN, UNKNOWN] * max(len(given), 1), fixed=True)
    shuffled = args.constant(None, "shuffle") is not False and "temporal" not in text_of(getattr(node, "func", None))
    seed = args.text(None, "random_state")
    size = args.text(None, "test_size") + "|" + args.text(None, "train_size")
    where = (size, seed) if seed.isdigit() or not shuffled else (m.cell, getattr(node, "lineno", 0), m.order)
    key = ("split", *where, m.number(first.rows))
    if not shuffled and not seed:
        key = ("split", "in order", size, m.number(first.rows))
    m.split(
        Split(
            m.place(node),
            "train_test_split",
            key,
            tuple(one for one in given if one is not None),
            shuffled=shuffled,
            seeded=not shuffled or is_seeded(m, args),
        )
    )
    sides = _sides(m, 2)
    made: list[Any] = []
    for one in given:
        made.extend([UNKNOWN, UNKNOWN] if one is None else [part(one, key, side) for side in sides])
    return Seq(made, fixed=True)


def _sides(m: Machine, count: int) -> list[str]:
    """Return the sides of a split, by the names that are waiting for them."""
    default = ["train", "test"] if count == 2 else ["train", "valid", "test"][:count] + ["test"] * (count - 3)
    names = m.wanted[:count]
    named = [side_of(name) for name in names] + [""] * (count - len(names))
    if named[0] == "train" or not named[0]:
        return [
            "train",
            *(name if name in {"valid", "test"} else usual for name, usual in zip(named[1:], default[1:], strict=True)),
        ]
    if named[0] in {"valid", "test"} and named[0] not in named[1:]:
        return [named[0], *(name or ("train" if named[0] == "test" else "test") for name in named[1:])]
    return default


def random_split(m: Machine, args: Args, node: ast.AST) -> Any:
    """Return the parts of a data set that is split at random into parts of given lengths."""
    data = data_of(args.get(0, "dataset"))
    if data is None:
        return UNKNOWN
    data = replace(data, record=False)  # all that a data set gives one by one
    lengths = args.get(1, "lengths")
    count = len(lengths.items) if isinstance(lengths, Seq) and lengths.rest is None else max(len(m.wanted), 2)
    key = ("split", m.cell, getattr(node, "lineno", 0), m.number(data.rows))
    seeded = is_seeded(m, args, "generator")
    event = Split(
        m.place(node),
        "random_split",
        key,
        (data,),
        shuffled=True,
        seeded=seeded,
    )
    m.split(event)
    return Seq([part(data, key, side) for side in _sides(m, count)], fixed=True)


def splitter(m: Machine, name: str, args: Args, node: ast.AST) -> Splitter:
    """Return a cross-validation object."""
    shuffled = name in ALWAYS_SHUFFLED or args.constant(None, "shuffle") is True
    return Splitter(
        name,
        ("fold", m.cell, getattr(node, "lineno", 0)),
        shuffled,
        seeded=not shuffled or is_seeded(m, args),
        ordered=name in KEEPS_TIME or name == "PredefinedSplit",
        line=m.place(node),
    )


def folds(m: Machine, owner: Splitter, args: Args) -> Any:
    """Return the pairs of indices that a splitter makes."""
    given = args.data()
    if not given:
        return UNKNOWN
    note_folds(m, owner, tuple(given))
    return folds_of(given, (*owner.key, m.number(given[0].rows)))


def folds_of(given: list[Data], key: tuple[Any, ...]) -> Any:
    """Return a list of (train, test) indices."""
    rows = given[0].rows
    sides = [Data(rows=stepped(rows, Step(key, side)) if rows else NOWHERE, role="index") for side in ("train", "test")]
    return Seq([], rest=Seq(list(sides), fixed=True))


def note_folds(m: Machine, owner: Splitter, given: tuple[Data, ...]) -> None:
    """Note that a splitter parts records. Blocks of a table that is only sorted are no random folds of a series."""
    sorted_only = all(one.ordered.startswith("sorted by") for one in given if one.ordered)
    parts_time = owner.shuffled or not (owner.ordered or sorted_only)
    m.split(
        Split(
            owner.line,
            owner.name,
            (*owner.key, m.number(given[0].rows)),
            given,
            shuffled="Group" not in owner.name and parts_time,  # whole groups stay together
            seeded=owner.seeded,
            folds=True,
        )
    )


def sample(m: Machine, owner: Data, args: Args, node: ast.AST) -> Data:
    """Return a random part of the rows; a sample of all rows is a shuffle."""
    replacing = args.constant(None, "replace") is True
    share = args.constant(None, "frac")
    share = args.constant(0) if share is None and isinstance(args.constant(0), float) else share
    if replacing:
        new = m.learn("over", "sample(replace=True)", node, owner, given=args.text(None, "n"))
        return replace(owner, learned=owner.learned | {new})
    if share == 1 or owner.role == "grouped":
        return replace(owner, where=None, drawn=None if is_seeded(m, args) else m.place(node))
    seed = args.text(None, "random_state")
    size = args.text(None, "frac") + args.text(None, "n") + args.text(0)
    key: tuple[Any, ...] = ("sample", m.cell, getattr(node, "lineno", 0))
    if seed.isdigit():
        key = ("sample", size, seed)
    if side_of(m.wanted[0] if m.wanted else "") == "train":
        m.split(
            Split(
                m.place(node),
                "sample",
                key,
                (owner,),
                shuffled=True,
                seeded=is_seeded(m, args),
            )
        )
    return replace(owner, rows=stepped(owner.rows, Step(key, "in")), where=None)


def note_draw(m: Machine, name: str, args: Args, node: ast.AST) -> None:
    """Note a random split that a library makes on its own."""
    seeded = is_seeded(m, args)
    key = ("split", m.cell, getattr(node, "lineno", 0), name)
    given = tuple(one for one in args.data()[:1] if one.rows)
    m.split(Split(m.place(node), name, key, given, shuffled=True, seeded=seeded))


def sampled(m: Machine, node: ast.AST, owner: Data, mask: Data) -> None:
    """Note that random numbers part rows."""
    if mask.where is None:
        return
    place = mask.drawn or m.place(node)
    given = (owner,)
    m.split(
        Split(
            place,
            "random numbers",
            mask.where.key,
            given,
            shuffled=True,
            seeded=mask.drawn is None,
        )
    )


def without(owner: Data, other: Data) -> Data | None:
    """Return `owner` less the rows of `other`, None where `other` is no part of it."""
    rows = set()
    for path in owner.rows:
        for inner in other.rows:
            if path[0] == inner[0] and set(path[1:]) < set(inner[1:]):
                extra = [step for step in inner[1:] if step not in path[1:]]
                last = extra[-1]
                rows.add((*path, Step(last.key, _opposite(last.side))))
    return replace(owner, rows=frozenset(rows), where=None) if rows else None


def _opposite(side: Any) -> Any:
    pairs = {"in": "out", "train": "test", "out": "in", "test": "train"}
    return pairs.get(side, ("no", side)) if isinstance(side, str) else ("no", side)


def by_side(data: Data, value: Any) -> Data:
    """Return the side of a ready-made split that `train=True` or `split="test"` names."""
    side = ""
    if isinstance(value, Const) and isinstance(value.value, bool):
        side = "train" if value.value else "test"
    elif isinstance(value, Const) and isinstance(value.value, str):
        if (cut := _CUT.match(value.value)) is not None:  # `train[:80%]`
            low, high = (int(one) if one else None for one in (cut["low"], cut["high"]))
            steps = (
                Step(("part",), cut["name"]),
                Step(("range", "%" if "%" in value.value else "position"), Interval(low, high)),
            )
            return replace(data, rows=stepped(stepped(data.rows, steps[0]), steps[1]))
        side = side_of(value.value)
    return part(data, ("split", "ready-made"), side) if side else data


def bundle(data: Data) -> Data:
    """Return records that come in named parts."""
    return replace(data, role="bundle", gone=None)
