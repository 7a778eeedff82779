"""A checklist as one self-contained page, in the report's look: no script, no request."""

from functools import cache

from holdfast.report.checklist.document import STATES, Checklist
from holdfast.report.checklist.translated import translated
from holdfast.report.checklist.wording import (
    CLAIMED,
    MARKS,
    SIGNS,
    TONES,
    details,
    headline,
    legend,
    tone,
    wants,
)
from holdfast.report.languages import ENGLISH
from holdfast.report.renderers.html import policy, stylesheet, templates


def render(lists: Checklist, language: str = ENGLISH) -> str:
    """Return the checklist as a page."""
    style = sheet()
    page = templates(language).get_template("checklist.html")
    return (
        page.render(
            lists=translated(lists, language),
            tone=tone(lists),
            style=style,
            policy=policy(style),
            headline=headline,
            details=details,
            legend=legend,
            wants=wants,
            states=STATES,
            signs=SIGNS,
            marks=MARKS,
            tones=TONES,
            claimed=CLAIMED,
        )
        + "\n"
    )


@cache
def sheet() -> str:
    """Return the style sheet: the report's, and what checklists add to it."""
    loader = templates().loader
    assert loader is not None
    return stylesheet() + loader.get_source(templates(), "checklist.css")[0]
