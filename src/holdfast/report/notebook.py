"""Records as values of notebook cells; `core.showing` asks here by name when a notebook asks a record."""

from holdfast.core.record import Run
from holdfast.core.showing import Shown
from holdfast.report import words
from holdfast.report.build import card, part
from holdfast.report.document import Piece
from holdfast.report.renderers import html as page
from holdfast.report.renderers import markdown as pull_request
from holdfast.report.renderers import text as plain
from holdfast.report.waterfall import waterfall


def html(record: Run | Shown) -> str:
    """Return the first screen of a run's report with the findings folded up, or the record; without script."""
    return page.fragment(record) if isinstance(record, Run) else page.piece(piece(record))


def markdown(record: Run | Shown) -> str:
    """Return the record as Markdown, for front ends that show no HTML."""
    return pull_request.render(record) if isinstance(record, Run) else pull_request.piece(piece(record))


def text(record: Run | Shown) -> str:
    """Return the record as plain text, for consoles."""
    return plain.render(record) if isinstance(record, Run) else plain.piece(piece(record))


def piece(shown: Shown) -> Piece:
    """Return what a notebook shows of a record, safe to look at. A finding alone has its own head line."""
    alone = bool(shown.findings) and not (shown.says or shown.sections)
    return Piece(
        title="" if alone else words.name(shown.title),
        says=words.sentence(shown.says),
        waterfall=waterfall(shown.honest),
        parts=tuple(part(one, f"s{i}", shown.inputs) for i, one in enumerate(shown.sections, start=1)),
        cards=tuple(card(one, f"f{i}", shown.inputs) for i, one in enumerate(shown.findings, start=1)),
    )
