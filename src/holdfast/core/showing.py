"""How a record shows itself as the value of a notebook cell.

A record names the function (`module:function`) that turns it into a `Shown`, which `holdfast.report.notebook` draws.
Both are imported by name when a notebook asks, so that core does not depend on the report, nor on a notebook.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from holdfast.core.text import one_line

if TYPE_CHECKING:
    from holdfast.core.finding import Finding
    from holdfast.core.record import HonestScore, InputRecord, Section

_Record = TypeVar("_Record")
DRAWING = "holdfast.report.notebook"
_TOLD = "_told_"
_MOST_LINE = 300  # characters


@dataclass(frozen=True, slots=True)
class Shown:
    """What a notebook shows of a record: a title, a sentence that sums it up, and what there is to look at."""

    title: str
    says: str = ""
    sections: "tuple[Section, ...]" = ()
    findings: "tuple[Finding, ...]" = ()
    inputs: "tuple[InputRecord, ...]" = ()  # what rows of the sections and findings are rows of
    honest: "HonestScore | None" = None

    @property
    def line(self) -> str:
        """All of it in one line."""
        says = self.says or next((one.message for one in self.findings), "")
        return f"{self.title}: {says}" if says else self.title


def shows(tells: str = "") -> Callable[[type[_Record]], type[_Record]]:
    """Return a decorator that gives a record `_repr_html_`, `_repr_markdown_` and `_repr_pretty_`.

    `tells` names a function from the record to a `Shown`; without it the record is drawn as it is, as runs are.
    """

    def decorated(kind: type[_Record]) -> type[_Record]:
        methods: dict[str, Callable[..., Any]] = {
            _TOLD: lambda self: _by_name(self, tells),
            "_repr_html_": lambda self: _drawn("html", self),
            "_repr_markdown_": lambda self: _drawn("markdown", self),
            "_repr_pretty_": _pretty,
        }
        for name, method in methods.items():
            setattr(kind, name, method)
        return kind

    return decorated


def told(record: Any) -> Any:
    """Return what is drawn of a record: a `Shown`, a run, or None for what is no record."""
    tell = getattr(record, _TOLD, None)
    return tell() if callable(tell) else None


def _by_name(record: Any, tells: str) -> Any:
    if not tells:
        return record
    module, _, function = tells.partition(":")
    return getattr(import_module(module), function)(record)


def _drawn(form: str, record: Any) -> str:
    drawn: str = getattr(import_module(DRAWING), form)(told(record))
    return drawn


def _pretty(record: Any, printer: Any, cycle: bool) -> None:  # noqa: FBT001 IPython's protocol
    """Write the record as text; among others, as in a list, in one line."""
    if cycle:
        printer.text("…")
    elif len(getattr(printer, "stack", ())) > 1:
        shown = told(record)
        printer.text(f"<{one_line(shown.line, _MOST_LINE)}>" if isinstance(shown, Shown) else repr(record))
    else:
        printer.text(_drawn("text", record))
