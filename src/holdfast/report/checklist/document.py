"""A filled checklist as data: what every format shows, written once. All text from records is made safe to look at."""

from typing import Literal

from pydantic import BaseModel, Field

from holdfast.core.finding import FROZEN, Examples
from holdfast.core.record import Section as Told
from holdfast.core.showing import Shown, shows

Filler = Literal["run", "run and person", "person"]
Tone = Literal["fact", "good", "doubt", "bad", "silent"]
State = Literal["contradicted", "against", "filled", "wants words", "asked", "no evidence"]

STATES: dict[State, str] = {
    "contradicted": "contradicted",
    "against": "filled, and findings speak against it",
    "filled": "filled",
    "wants words": "evidence is there, a sentence is wanted",
    "asked": "asked of a person",
    "no evidence": "no evidence in these runs",
}


class Line(BaseModel):
    """A piece of evidence. `silent` says why there is none; it does not count as evidence."""

    model_config = FROZEN
    text: str
    tone: Tone = "fact"
    run: str = Field("", description="end of the id of the run that says so, where there are several runs")
    checks: tuple[str, ...] = ()


class Answer(BaseModel):
    """What a person said about an item: words, and whether its claim holds."""

    model_config = FROZEN
    answer: str = ""
    holds: bool | None = None


class Entry(BaseModel):
    """An item of a checklist with what fills it."""

    model_config = FROZEN
    id: str
    asks: str
    filled_by: Filler
    question: str = ""
    claim: str = ""
    state: State
    evidence: tuple[Line, ...] = ()
    answer: Answer = Answer()
    contradicted_by: tuple[Line, ...] = ()
    see: tuple[str, ...] = Field((), description="items of the other list that the same evidence fills")

    @property
    def has_evidence(self) -> bool:
        """Whether a run says anything about the item."""
        return any(line.tone != "silent" for line in self.evidence)

    @property
    def against(self) -> bool:
        """Whether a finding speaks against what the item is about."""
        return any(line.tone == "bad" for line in self.evidence)


class Section(BaseModel):
    """A module of a checklist."""

    model_config = FROZEN
    title: str
    entries: tuple[Entry, ...]


class View(BaseModel):
    """One checklist: its name, whose it is and where, and its sections."""

    model_config = FROZEN
    name: Literal["reforms", "lones"]
    title: str
    source: str
    url: str
    sections: tuple[Section, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All items, in order."""
        return tuple(entry for section in self.sections for entry in section.entries)

    def count(self, state: State) -> int:
        """Return how many items are in a state."""
        return sum(entry.state == state for entry in self.entries)

    @property
    def with_evidence(self) -> int:
        """How many items a run says something about."""
        return sum(entry.has_evidence for entry in self.entries)


class Source(BaseModel):
    """A run that the evidence comes from."""

    model_config = FROZEN
    run: str
    title: str
    kind: str
    started: str
    status: str
    verdict: str


@shows("holdfast.report.checklist.document:shown")
class Checklist(BaseModel):
    """One or two checklists over the evidence of the same runs."""

    model_config = FROZEN
    study: str
    answers: str = Field("", description="the file that the answers come from")
    runs: tuple[Source, ...]
    views: tuple[View, ...]
    notes: tuple[str, ...] = ()


def shown(lists: Checklist) -> Shown:
    """Return a checklist for a notebook: every item, how it stands, and what fills it."""
    parts = []
    for view in lists.views:
        rows = tuple(
            (entry.id, entry.asks, STATES[entry.state], " ".join(line.text for line in entry.evidence[:3]))
            for entry in view.entries
        )
        table = Examples(caption=view.title, columns=("item", "asks", "state", "evidence"), cells=rows)
        says = f"{view.with_evidence} of {len(view.entries)} items have evidence in these runs."
        parts.append(Told(title=view.title, says=(says,), evidence=(table,)))
    return Shown(f"Checklist of {lists.study}", f"over {len(lists.runs)} runs", tuple(parts))
