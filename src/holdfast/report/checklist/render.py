"""A checklist in any of its formats."""

from collections.abc import Callable, Mapping

from holdfast.core.errors import unknown
from holdfast.report.ascii_json import ascii_json
from holdfast.report.checklist import as_html, as_markdown, as_text
from holdfast.report.checklist.document import Checklist

FORMATS: Mapping[str, Callable[[Checklist], str]] = {
    "text": as_text.render,
    "html": as_html.render,
    "json": lambda lists: ascii_json(lists.model_dump(mode="python")),
    "markdown": as_markdown.render,
}


def refuse_unknown(form: str) -> None:
    """Raise BadInput for a format that is not there, before any work is done."""
    if form not in FORMATS:
        raise unknown("format", form, FORMATS, where="checklist")


def render(lists: Checklist, form: str) -> str:
    """Return the checklist as text in a format. Raises BadInput for one that is not there."""
    refuse_unknown(form)
    return FORMATS[form](lists)
