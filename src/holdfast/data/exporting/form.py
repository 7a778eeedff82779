"""What a format of export is, and which there are: one a module in `formats/`, found by its folder."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from holdfast.core.errors import unknown
from holdfast.core.registry import discover
from holdfast.data.exporting.subject import Subject


@dataclass(frozen=True)
class Options:
    """What may be said about an export; each format takes what concerns it."""

    rows_a_file: int | None = None
    split: str | None = None  # column of splits, where the data do not say
    guard_formulas: bool = False
    known: tuple[str, ...] = ()  # what an audit found, a sentence each, for formats that have a place for it


@dataclass(frozen=True)
class Form:
    """A format: `write(subject, folder, options)` fills a new folder, and returns the place that a loader is given.

    It raises BadInput for data that the format cannot hold, and says in the subject's notes what it leaves out.
    """

    name: str
    says: str
    write: Callable[[Subject, Path, Options], Path]


@cache
def forms() -> Mapping[str, Form]:
    """Return all formats by name: Holdfast's own, then those of plug-ins."""
    found = [getattr(module, "EXPORT_FORMAT", None) for module in discover("holdfast.data.exporting.formats")]
    return {one.name: one for one in found if isinstance(one, Form)}


def form_named(name: str) -> Form:
    """Return a format. Raises BadInput with the known names."""
    if name not in forms():
        raise unknown("format", name, forms())
    return forms()[name]
