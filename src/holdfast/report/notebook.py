"""A run as the value of a notebook cell; `core.record.Run` asks here by name when a notebook asks it."""

from holdfast.core.record import Run
from holdfast.report.renderers import html as page
from holdfast.report.renderers import markdown as pull_request
from holdfast.report.renderers import text as plain


def html(run: Run) -> str:
    """Return the first screen of the report and the findings folded up, without script."""
    return page.fragment(run)


def markdown(run: Run) -> str:
    """Return the run as Markdown, for front ends that show no HTML."""
    return pull_request.render(run)


def text(run: Run) -> str:
    """Return the run as plain text, for consoles."""
    return plain.render(run)
