"""A run in any of the formats; a format is a file in `renderers`."""

import importlib
import pkgutil

from holdfast.core.errors import unknown
from holdfast.core.record import Run
from holdfast.report import renderers


def formats() -> tuple[str, ...]:
    """Return the names of the formats."""
    return tuple(sorted(info.name for info in pkgutil.iter_modules(renderers.__path__)))


def refuse_unknown(form: str) -> None:
    """Raise BadInput for a format that is not there, before any work is done."""
    if form not in formats():
        raise unknown("format", form, formats())


def render(run: Run, form: str) -> str:
    """Return the run as text in a format. Raises BadInput for one that is not there."""
    refuse_unknown(form)
    text: str = importlib.import_module(f"holdfast.report.renderers.{form}").render(run)
    return text
