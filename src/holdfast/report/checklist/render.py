"""A checklist in any of its formats."""

from collections.abc import Callable, Mapping

from holdfast.core.errors import unknown
from holdfast.report.ascii_json import ascii_json
from holdfast.report.checklist import as_html, as_markdown, as_text
from holdfast.report.checklist.document import Checklist
from holdfast.report.languages import ENGLISH
from holdfast.report.languages import refuse_unknown as refuse_unknown_language

FORMATS: Mapping[str, Callable[[Checklist, str], str]] = {
    "text": as_text.render,
    "html": as_html.render,
    "json": lambda lists, _: ascii_json(lists.model_dump(mode="python")),
    "markdown": as_markdown.render,
}


def refuse_unknown(form: str) -> None:
    """Raise BadInput for a format that is not there, before any work is done."""
    if form not in FORMATS:
        raise unknown("format", form, FORMATS, where="checklist")


def render(lists: Checklist, form: str, language: str = ENGLISH) -> str:
    """Return the checklist as text in a format; those for people, in a language. Raises BadInput for what is not there.

    What machines read is English.
    """
    refuse_unknown(form)
    refuse_unknown_language(language)
    return FORMATS[form](lists, language)
