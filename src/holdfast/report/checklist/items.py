"""What an item of a checklist is: what it asks, who fills it, and with what."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from holdfast.report.checklist.document import Filler, Line
from holdfast.report.checklist.subject import Subject

Statement = Callable[[Subject], Iterator[Line]]


@dataclass(frozen=True, slots=True)
class Item:
    """An item. `checks` may also name families.

    A claim is what a person may affirm; an error or warning of `refuted_by` contradicts that.
    """

    id: str
    asks: str
    filled_by: Filler
    question: str = ""
    states: tuple[Statement, ...] = ()
    checks: tuple[str, ...] = ()
    claim: str = ""
    refuted_by: tuple[str, ...] = ()
    see: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Module:
    """A part of a checklist."""

    title: str
    items: tuple[Item, ...]
