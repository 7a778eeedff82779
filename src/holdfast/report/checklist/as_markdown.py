"""A checklist as Markdown, for a pull request or a supplement; nothing in it that data could turn into markup."""

import re
from collections.abc import Callable, Iterator
from functools import partial

from holdfast.report.checklist.document import STATES, Checklist, Entry, Line, View
from holdfast.report.checklist.translated import translated
from holdfast.report.checklist.wording import CLAIMED, SIGNS, TONES, details, headline, legend, wants, whose
from holdfast.report.languages import ENGLISH, said
from holdfast.report.renderers.markdown import code, escaped, prose

Said = Callable[[str], str]


def render(lists: Checklist, language: str = ENGLISH) -> str:
    """Return the checklist as Markdown."""
    parts = _parts(translated(lists, language), partial(said, language=language))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts)).rstrip("\n") + "\n"


def _parts(lists: Checklist, t: Said) -> Iterator[str]:
    yield f"# {t('Checklist')}{t(': ')}{escaped(lists.study)}"
    yield from (f"\n{escaped(note)}" for note in lists.notes)
    for view in lists.views:
        yield f"\n## {escaped(view.title)}"
        yield f"\n**{escaped(t(headline(view)))}** {' '.join(escaped(t(one)) for one in details(view))}".rstrip()
        yield f"\n| | {t('Items')} | |\n|:-:|--:|:--|"
        for state, count in legend(view):
            yield f"| {SIGNS[state]} | {count} | {escaped(t(STATES[state]))} |"
        yield from _sections(view, t)
        whose_words = t("In our own words; the authors' wording and\nguidance")
        yield f"\n<sub>{escaped(view.title)}{t(': ')}{escaped(view.source)}. {whose_words}{t(': ')}<{view.url}></sub>"
    yield f"\n## {t('Where the evidence comes from')}\n"
    for run in lists.runs:
        yield f"- {t('run')} {code(run.run)}, {escaped(run.title)}, {run.started}{t(': ')}{escaped(run.verdict)}"
    if lists.answers:
        yield f"- {t('answers of people')}{t(': ')}{escaped(lists.answers)}"


def _sections(view: View, t: Said) -> Iterator[str]:
    for section in view.sections:
        yield f"\n### {escaped(section.title)}"
        for entry in section.entries:
            yield from _entry(entry, t)


def _entry(entry: Entry, t: Said) -> Iterator[str]:
    yield f"\n#### {SIGNS[entry.state]} {entry.id} {escaped(entry.asks)}\n"
    yield from (_line(line, t) for line in entry.evidence)
    if entry.answer.answer:
        yield ""
        yield from (f"> {escaped(paragraph)}  " for paragraph in entry.answer.answer.splitlines())
        yield ""
    if entry.answer.holds is not None:
        claimed = t(CLAIMED if entry.answer.holds else "Somebody says that this does not hold")
        yield f"- *{claimed}*{t(': ')}{escaped(entry.claim)}"
    yield from (
        f"- ✖ **{t('Contradicted.')}** {prose(line.text)}{escaped(whose(line))}" for line in entry.contradicted_by
    )
    if wants(entry):
        yield f"- ? *{escaped(wants(entry))}*"


def _line(line: Line, t: Said) -> str:
    mark = {"fact": "", "good": "✔ ", "doubt": "● ", "bad": "✖ ", "silent": "– "}[line.tone]
    told = f"*{t(TONES[line.tone])}*{t(': ')}" if line.tone in {"bad", "silent"} else ""
    return f"- {mark}{told}{prose(line.text)}{escaped(whose(line))}"
