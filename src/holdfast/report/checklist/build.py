"""Runs and answers turned into a filled checklist."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Literal

from holdfast.core.record import Run
from holdfast.core.text import and_more, visible
from holdfast.report.build import ordered
from holdfast.report.checklist import lones, reforms
from holdfast.report.checklist.about_models import stand_ins
from holdfast.report.checklist.answers import Answers
from holdfast.report.checklist.document import Answer, Checklist, Entry, Line, Section, Source, State, View
from holdfast.report.checklist.items import Item
from holdfast.report.checklist.outcomes import against, outcomes
from holdfast.report.checklist.subject import Subject
from holdfast.report.verdict import verdict
from holdfast.report.words import name, plural

Name = Literal["reforms", "lones"]
LISTS: Mapping[Name, ModuleType] = {"reforms": reforms, "lones": lones}


def checklist(
    runs: Sequence[Run],
    answers: Answers | None = None,
    *,
    views: Sequence[Name] = ("reforms",),
    file: Path | None = None,
) -> Checklist:
    """Return the checklists named in `views`, filled with what `runs` show and what people answered.

    `file` is where the answers come from, for the reader.
    """
    given = answers or Answers()
    subject = Subject(tuple(runs))
    shared = {one: _safe(answer) for one, answer in given.reforms.items()}
    answered = {"reforms": shared, "lones": {one: _safe(answer) for one, answer in given.lones.items()}}
    return Checklist(
        study=visible(given.study) or _title(runs),
        answers=name(str(file)) if file is not None else "",
        runs=tuple(_source(run) for run in runs),
        views=tuple(_view(one, subject, answered[one], shared) for one in views),
        notes=(*_notes(runs), *(line.text for line in stand_ins(subject))),
    )


def _view(which: Name, subject: Subject, answers: Mapping[str, Answer], shared: Mapping[str, Answer]) -> View:
    listed = LISTS[which]
    return View(
        name=which,
        title=listed.TITLE,
        source=listed.SOURCE,
        url=listed.URL,
        sections=tuple(
            Section(
                title=module.title,
                entries=tuple(_entry(item, subject, _answer(item, answers, shared)) for item in module.items),
            )
            for module in listed.MODULES
        ),
    )


def _entry(item: Item, subject: Subject, answer: Answer) -> Entry:
    evidence = tuple(_evidence(item, subject))
    refuted = tuple(against(subject, item.refuted_by)) if answer.holds else ()
    return Entry(
        id=item.id,
        asks=item.asks,
        filled_by=item.filled_by,
        question=item.question,
        claim=item.claim,
        state="contradicted" if refuted else _state(item, answer, evidence),
        evidence=evidence,
        answer=answer,
        contradicted_by=refuted,
        see=item.see,
    )


def _state(item: Item, answer: Answer, evidence: Sequence[Line]) -> State:
    """Return how far the item is filled, apart from what contradicts a person."""
    tones = {line.tone for line in evidence}
    seen = bool(tones - {"silent"})
    if item.filled_by == "person" and not answer.answer:
        return "asked"
    if item.filled_by == "run and person" and not answer.answer:
        return "wants words" if seen else "asked"
    if item.filled_by == "run" and not seen and not answer.answer:
        return "no evidence"
    return "against" if "bad" in tones else "filled"


def _evidence(item: Item, subject: Subject) -> Iterator[Line]:
    for statement in item.states:
        yield from statement(subject)
    if item.checks:
        yield from outcomes(subject, item.checks)


def _answer(item: Item, answers: Mapping[str, Answer], shared: Mapping[str, Answer]) -> Answer:
    """Return what people said about an item, or about the items of REFORMS that cover it."""
    if item.id in answers:
        return answers[item.id]
    words = [shared[one].answer for one in item.see if one in shared and shared[one].answer]
    return Answer(answer="\n".join(words))


def _safe(answer: Answer) -> Answer:
    return Answer(answer=visible(answer.answer.strip()), holds=answer.holds)


def _source(run: Run) -> Source:
    found = [one for several in ordered(run).values() for one in several]
    return Source(
        run=name(run.id),
        title=name(run.title) if run.title else run.kind,
        kind=run.kind,
        started=f"{run.started:%Y-%m-%d %H:%M} UTC",
        status=run.status,
        verdict=verdict(run, found).sentence,
    )


def _title(runs: Sequence[Run]) -> str:
    titles = list(dict.fromkeys(name(run.title) for run in runs if run.title))
    return and_more(titles, 3) if titles else "a study"


def _notes(runs: Sequence[Run]) -> Iterator[str]:
    for run in runs:
        if run.status != "finished":
            done = plural(len(run.results), "check")
            yield f"Run {name(run.id)} is {run.status}: only {done} of it count here."
    digests = {run.test_digest for run in runs if run.test_digest}
    if len(digests) > 1:
        yield f"The runs judge {len(digests)} different sets of test rows; each line of evidence names its run."
