"""Sentences about a whole checklist that every format shows."""

from collections.abc import Iterator, Mapping
from typing import get_args

from holdfast.report.checklist.document import Checklist, Entry, Line, State, Tone, View
from holdfast.report.words import plural

SIGNS: Mapping[State, str] = {
    "contradicted": "✖",
    "against": "▲",
    "filled": "✔",
    "wants words": "✎",
    "asked": "?",
    "no evidence": "–",
}
MARKS: Mapping[Tone, str] = {"fact": "·", "good": "✔", "doubt": "●", "bad": "✖", "silent": "–"}
TONES: Mapping[Tone, str] = {
    "fact": "from the record",
    "good": "in favour",
    "doubt": "to keep in mind",
    "bad": "against",
    "silent": "not known",
}
CLAIMED = "Somebody says that this holds"


def headline(view: View) -> str:
    """Return how far the checklist is filled, in one sentence."""
    said = f"{view.with_evidence} of {len(view.entries)} items have evidence from runs"
    waiting = view.count("wants words") + view.count("asked")
    parts = [f"{waiting} wait for a person's words" if waiting > 1 else "1 waits for a person's words"] * bool(waiting)
    wrong = view.count("contradicted")
    if wrong:
        parts.append(f"{plural(wrong, 'claim')} {'is' if wrong == 1 else 'are'} contradicted")
    return ", and ".join([", ".join([said, *parts[:-1]]), *parts[-1:]]) + "."


def details(view: View) -> Iterator[str]:
    """Yield what qualifies the headline."""
    against = [entry.id for entry in view.entries if entry.against]
    if against:
        yield f"Findings speak against {plural(len(against), 'item')}: {', '.join(against)}."
    none = [entry.id for entry in view.entries if entry.state == "no evidence"]
    if none:
        yield f"These runs say nothing about {', '.join(none)}."


def legend(view: View) -> Iterator[tuple[State, int]]:
    """Yield the states that occur with their counts, in the order in which they matter."""
    for state in get_args(State):
        if view.count(state):
            yield state, view.count(state)


def wants(entry: Entry) -> str:
    """Return what a person is still asked about the item; empty, if nothing."""
    return entry.question if entry.question and not entry.answer.answer else ""


def whose(line: Line) -> str:
    """Return the run's id in brackets, where several runs are shown."""
    return f" [{line.run}]" if line.run else ""


def credit(view: View) -> str:
    """Return whose checklist it is, and that the words are ours."""
    return f"{view.title}: {view.source}. In our own words; the authors' wording and guidance: {view.url}"


def tone(lists: Checklist) -> str:
    """Return how the first screen is coloured."""
    entries = [entry for view in lists.views for entry in view.entries]
    if any(entry.state == "contradicted" or entry.against for entry in entries):
        return "bad" if any(entry.state == "contradicted" for entry in entries) else "unsure"
    return "unsure" if any(entry.state != "filled" for entry in entries) else "good"
