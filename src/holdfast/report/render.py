"""A run in any of the formats; a format is a file in `renderers`."""

import importlib
import pkgutil

from holdfast.core.errors import unknown
from holdfast.core.record import Run
from holdfast.report import renderers
from holdfast.report.languages import ENGLISH
from holdfast.report.languages import refuse_unknown as refuse_unknown_language

FOR_PEOPLE = ("html", "markdown", "text")  # what machines read is English


def formats() -> tuple[str, ...]:
    """Return the names of the formats."""
    return tuple(sorted(info.name for info in pkgutil.iter_modules(renderers.__path__)))


def refuse_unknown(form: str) -> None:
    """Raise BadInput for a format that is not there, before any work is done."""
    if form not in formats():
        raise unknown("format", form, formats())


def render(run: Run, form: str, language: str = ENGLISH) -> str:
    """Return the run as text in a format; those for people, in a language. Raises BadInput for what is not there."""
    refuse_unknown(form)
    refuse_unknown_language(language)
    written = importlib.import_module(f"holdfast.report.renderers.{form}").render
    text: str = written(run, language) if form in FOR_PEOPLE else written(run)
    return text
