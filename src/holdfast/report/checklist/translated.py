"""A checklist in another language; what people answered and what came from the data stays as it is."""

from functools import partial

from holdfast.report.checklist.document import Checklist, Entry, Line, Section, Source, View
from holdfast.report.languages import ENGLISH, said


def translated(lists: Checklist, language: str) -> Checklist:
    """Return the checklist in a language; English as it was."""
    if language == ENGLISH:
        return lists
    return lists.model_copy(
        update={
            "runs": tuple(_source(one, language) for one in lists.runs),
            "views": tuple(_view(one, language) for one in lists.views),
            "notes": tuple(said(one, language) for one in lists.notes),
        }
    )


def _source(run: Source, language: str) -> Source:
    return run.model_copy(update={"verdict": said(run.verdict, language), "status": said(run.status, language)})


def _view(view: View, language: str) -> View:
    sections = tuple(
        Section(title=said(one.title, language), entries=tuple(_entry(entry, language) for entry in one.entries))
        for one in view.sections
    )
    return view.model_copy(update={"title": said(view.title, language), "sections": sections})


def _entry(entry: Entry, language: str) -> Entry:
    t = partial(said, language=language)
    return entry.model_copy(
        update={
            "asks": t(entry.asks),
            "question": t(entry.question),
            "claim": t(entry.claim),
            "evidence": tuple(_line(one, language) for one in entry.evidence),
            "contradicted_by": tuple(_line(one, language) for one in entry.contradicted_by),
        }
    )


def _line(line: Line, language: str) -> Line:
    return line.model_copy(update={"text": said(line.text, language)})
