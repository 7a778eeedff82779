"""Which rows a value holds, as far as the text of a program tells: paths down a tree of splits.

A path starts at a source (a file that was read, a parameter) and takes steps: the training side of one split, the
first 800 rows, those with a year before 2020. Two paths are disjoint where they part at the same split, and one covers
the other where it is a prefix of it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any


@dataclass(frozen=True, slots=True)
class Interval:
    """Values from `low` to `high` on one axis; None is open; text stands for a bound that is no number."""

    low: Any = None
    high: Any = None
    low_in: bool = True
    high_in: bool = False

    def apart(self, other: "Interval") -> bool | None:
        """Return whether the two have nothing in common; None where that cannot be told."""
        return _before(self, other) or _before(other, self) or (None if self._vague(other) else False)

    def shares_end(self, other: "Interval") -> bool:
        """Return whether both begin, or both end, at the same bound: then they have rows in common."""
        return (self.low is not None and self.low == other.low) or (self.high is not None and self.high == other.high)

    def _vague(self, other: "Interval") -> bool:
        bounds = [one for one in (self.low, self.high, other.low, other.high) if one is not None]
        if all(isinstance(one, int | float) for one in bounds):
            return len({one < 0 for one in bounds}) > 1  # from the start and from the end: depends on the length
        return not all(isinstance(one, str) and re.match(r"\d{4}(?:-\d\d)*", one) for one in bounds)


@dataclass(frozen=True, slots=True)
class Symbol:
    """A bound that is known by its text only, such as `split_at`."""

    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step down: `key` says how rows were parted, `side` which part this is."""

    key: tuple[Any, ...]
    side: Any

    @property
    def kind(self) -> str:
        """What parted the rows: split, sample, where, range, by, fold."""
        return str(self.key[0])


Path = tuple[Any, ...]  # a source, then Steps
Rows = frozenset[Path]
NOWHERE: Rows = frozenset()
MOST_PARTS = 24  # splits of splits that are told apart
_OF_PARTS = (".pkl", ".pickle", ".joblib", ".pt", ".pth", ".json", ".h5", ".hdf5", ".mat")
_RANDOM = {"split", "sample"}


class Relation(Enum):
    """How two sets of rows lie to each other."""

    APART = "apart"
    SAME = "same"
    COVERS = "covers"  # the first has all rows of the second, and more
    INSIDE = "inside"
    CROSSES = "crosses"  # provably some rows in common
    UNKNOWN = "unknown"


def relation(first: Path, second: Path) -> Relation:
    """Return how the rows of two paths lie to each other. Steps narrow down, so their order says nothing."""
    if first[0] != second[0]:
        return Relation.APART
    one, other = set(first[1:]), set(second[1:])
    if one == other:
        return Relation.SAME
    if one <= other:
        return Relation.COVERS
    if other <= one:
        return Relation.INSIDE
    crossing = False
    for step in one - other:
        for against in other - one:
            if step.key != against.key:
                crossing |= step.kind in _RANDOM and against.kind in _RANDOM
                continue
            found = _parted(step.side, against.side)
            if found is Relation.APART:
                return found
            crossing |= found is Relation.CROSSES
    cut_again = {step.key for step in one - other if step.kind == "range"} ^ {
        step.key for step in other - one if step.kind == "range"
    }
    return Relation.CROSSES if crossing and not cut_again else Relation.UNKNOWN


def _parted(side: Any, other: Any) -> Relation:
    if isinstance(side, Interval) and isinstance(other, Interval):
        apart = side.apart(other)
        if apart is None and side.shares_end(other):
            return Relation.CROSSES
        return Relation.APART if apart else Relation.UNKNOWN if apart is None else Relation.CROSSES
    if isinstance(side, tuple) and isinstance(other, tuple) and side and side[0] == other[0] == "rows":
        found = relation(side[1], other[1])
        return found if found in {Relation.APART, Relation.CROSSES} else Relation.UNKNOWN
    if isinstance(side, Interval) or isinstance(other, Interval):
        wanted, excluded = (side, other) if isinstance(side, Interval) else (other, side)
        return Relation.APART if excluded == ("not", wanted.low) and wanted.low == wanted.high else Relation.UNKNOWN
    return Relation.APART


def covers(first: Rows, second: Rows) -> bool:
    """Return whether `first` certainly has rows of `second`: one of its paths leads to or lies inside one of them."""
    sure = {Relation.SAME, Relation.COVERS, Relation.INSIDE}
    return any(relation(a, b) in sure for a in first for b in second)


def contains(first: Rows, second: Rows) -> bool:
    """Return whether `first` certainly has all rows of `second`."""
    sure = {Relation.SAME, Relation.COVERS}
    return bool(second) and all(any(relation(a, b) in sure for a in first) for b in second)


def crosses(first: Rows, second: Rows) -> bool:
    """Return whether independent splits of the same rows made the two, so that some rows are in both."""
    found = [relation(a, b) for a in first for b in second]
    return Relation.CROSSES in found


def apart(first: Rows, second: Rows) -> bool:
    """Return whether the two certainly share no row."""
    return bool(first and second) and all(relation(a, b) is Relation.APART for a in first for b in second)


def of_parts(rows: Rows) -> bool:
    """Return whether these are all rows of a file that may hold more than one table."""
    sources = [path[0] for path in rows if len(path) == 1 and isinstance(path[0], tuple)]
    return bool(sources) and all(
        one[:2] == ("read", "load") or (one[0] == "file" and one[1].endswith(_OF_PARTS)) for one in sources
    )


def stepped(rows: Rows, step: Step) -> Rows:
    """Return the rows one step further down."""
    if any(step in path or len(path) > MOST_PARTS for path in rows):
        return rows
    return frozenset((*path, step) for path in rows)


def simplified(rows: Iterable[Path]) -> Rows:
    """Return the paths without those that another one covers."""
    paths = set(rows)
    if len(paths) > 24:  # beyond, a program has too many sources to follow; the shortest say most
        paths = set(sorted(paths, key=lambda path: (len(path), repr(path)))[:24])
    return frozenset(
        path for path in paths if not any(other != path and path[: len(other)] == other for other in paths)
    )


def parents(found: Iterable[Rows]) -> Rows:
    """Return the rows that several conditions took parts of, such as two classes; none where it is not so."""
    paths = {path for rows in found for path in rows}
    whole = {path[:-1] for path in paths if len(path) > 1 and path[-1].kind == "where"}
    return frozenset(whole) if len(paths) > 1 and len(whole) == 1 else NOWHERE


def side(rows: Rows) -> str:
    """Return `train`, `test`, `valid` or `""`: what the last split that says so makes of all paths."""
    found = {_side(path) for path in rows}
    return found.pop() if len(found) == 1 else ""


def _side(path: Path) -> str:
    for step in reversed(path[1:]):
        if step.kind in {"split", "fold"} and step.side in {"train", "test", "valid"}:
            return str(step.side)
        if step.kind == "sample":
            return "train" if step.side == "in" else "test"
    return ""


def held_out(rows: Rows) -> bool:
    """Return whether the last split on each path has them on its test or validation side."""
    return bool(rows) and all(
        next((step.side for step in reversed(path[1:]) if step.kind in {"split", "fold"}), "") in {"test", "valid"}
        for path in rows
    )


def nested_in(rows: Rows) -> bool:
    """Return whether all paths lead through a part for training or validation that is parted once more."""
    return bool(rows) and all(
        any(one.side in {"train", "valid"} for one in parts[:-1])
        for parts in ([step for step in path[1:] if step.kind in {"split", "fold"}] for path in rows)
    )


def kept_in(rows: Rows) -> bool:
    """Return whether all paths lead through the training side of a split that the program makes."""
    return bool(rows) and all(
        any(
            step.kind in {"split", "fold"} and step.side == "train" and "ready-made" not in step.key
            for step in path[1:]
        )
        for path in rows
    )


def _before(first: Interval, second: Interval) -> bool:
    high, low = first.high, second.low
    if high is None or low is None:
        return False
    if type(high) is not type(low) and not (isinstance(high, int | float) and isinstance(low, int | float)):
        return False
    if high == low:
        return not (first.high_in and second.low_in)
    if isinstance(high, Symbol) or isinstance(low, Symbol):
        return False
    if isinstance(high, int | float) and isinstance(low, int | float) and (high < 0) != (low < 0):
        return False
    return bool(high < low)
