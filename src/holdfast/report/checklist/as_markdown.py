"""A checklist as Markdown, for a pull request or a supplement; nothing in it that data could turn into markup."""

import re
from collections.abc import Iterator

from holdfast.report.checklist.document import STATES, Checklist, Entry, Line, View
from holdfast.report.checklist.wording import CLAIMED, SIGNS, TONES, details, headline, legend, wants, whose
from holdfast.report.renderers.markdown import code, escaped, prose


def render(lists: Checklist) -> str:
    """Return the checklist as Markdown."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(_parts(lists))).rstrip("\n") + "\n"


def _parts(lists: Checklist) -> Iterator[str]:
    yield f"# Checklist: {escaped(lists.study)}"
    yield from (f"\n{escaped(note)}" for note in lists.notes)
    for view in lists.views:
        yield f"\n## {escaped(view.title)}"
        yield f"\n**{escaped(headline(view))}** {' '.join(escaped(one) for one in details(view))}".rstrip()
        yield "\n| | Items | |\n|:-:|--:|:--|"
        for state, count in legend(view):
            yield f"| {SIGNS[state]} | {count} | {escaped(STATES[state])} |"
        yield from _sections(view)
        yield f"\n<sub>{escaped(view.title)}: {escaped(view.source)}. In our own words; the authors' wording and"
        yield f"guidance: <{view.url}></sub>"
    yield "\n## Where the evidence comes from\n"
    for run in lists.runs:
        yield f"- run {code(run.run)}, {escaped(run.title)}, {run.started}: {escaped(run.verdict)}"
    if lists.answers:
        yield f"- answers of people: {escaped(lists.answers)}"


def _sections(view: View) -> Iterator[str]:
    for section in view.sections:
        yield f"\n### {escaped(section.title)}"
        for entry in section.entries:
            yield from _entry(entry)


def _entry(entry: Entry) -> Iterator[str]:
    yield f"\n#### {SIGNS[entry.state]} {entry.id} {escaped(entry.asks)}\n"
    yield from (_line(line) for line in entry.evidence)
    if entry.answer.answer:
        yield ""
        yield from (f"> {escaped(paragraph)}  " for paragraph in entry.answer.answer.splitlines())
        yield ""
    if entry.answer.holds is not None:
        said = CLAIMED if entry.answer.holds else "Somebody says that this does not hold"
        yield f"- *{said}*: {escaped(entry.claim)}"
    yield from (f"- ✖ **Contradicted.** {prose(line.text)}{escaped(whose(line))}" for line in entry.contradicted_by)
    if wants(entry):
        yield f"- ? *{escaped(wants(entry))}*"


def _line(line: Line) -> str:
    mark = {"fact": "", "good": "✔ ", "doubt": "● ", "bad": "✖ ", "silent": "– "}[line.tone]
    told = f"*{TONES[line.tone]}*: " if line.tone in {"bad", "silent"} else ""
    return f"- {mark}{told}{prose(line.text)}{escaped(whose(line))}"
