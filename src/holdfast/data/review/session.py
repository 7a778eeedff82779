"""One sitting of a reviewer: show a record, take an answer, keep it, go on. Keys on a terminal, lines from a pipe.

a approve   r reject   l relabel (or 1 … 9)   h human   s synthetic   k skip   n note   u undo   q quit
"""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol

from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.core.text import one_line
from holdfast.data.review.answering import Answer, checked_label, fields_of, missing
from holdfast.data.review.queue import Queue
from holdfast.data.review.records import Header, QueueProgress
from holdfast.data.review.showing import shown

_LONGEST_PAUSE = 600.0  # seconds; whoever took longer was away
_NUMBERED = 9


class Stop(Enum):
    """How an answer was broken off."""

    QUIT = "quit"
    UNDO = "undo"


class Desk(Protocol):
    """Where a reviewer sits. Each `key` and `line` is None when nothing more comes."""

    def show(self, lines: list[str]) -> None:
        """Show lines."""

    def key(self, prompt: str) -> str | None:
        """Return one key, or one line that begins with it: `l positive`."""

    def line(self, prompt: str) -> str | None:
        """Return a line of text."""


@dataclass(frozen=True)
class Sitting:
    """What a sitting came to."""

    decided: int
    undone: int
    finished: bool  # nothing is left for this reviewer


def review(
    queue: Queue,
    dataset: Dataset,
    reviewer: str,
    desk: Desk,
    *,
    round_: int = 1,
    blind: bool = True,
    width: int = 80,
    only: Collection[str] | None = None,
    adjudicates: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> Sitting:
    """Review records until none is left, the reviewer quits or nothing more comes. Every decision is on the disk.

    `only` names the records to look at, whoever judged them already; `adjudicates` marks the decisions as final.
    """
    decided = undone = 0
    while (item := queue.next_for(reviewer, round_=round_, only=only, adjudicates=adjudicates)) is not None:
        lines = shown(dataset, item, queue.header, width=width, blind=blind)
        desk.show(["", _rule(width), progress_line(queue.progress(reviewer, round_=round_)), "", *lines, ""])
        begun = clock()
        answer = _answered(queue.header, desk, blind=blind)
        if answer is Stop.QUIT:
            return Sitting(decided, undone, finished=False)
        if answer is Stop.UNDO:
            taken = queue.undo(reviewer, round_=round_, adjudicates=adjudicates)
            undone += taken is not None
            desk.show([f"taken back: {taken.record[:12]}" if taken else "there is nothing to take back"])
            continue
        seconds = clock() - begun
        kept = seconds if seconds <= _LONGEST_PAUSE else None
        said = fields_of(answer)
        queue.decide(item.record, reviewer, round=round_, seconds=kept, blind=blind, adjudicates=adjudicates, **said)
        decided += 1
    return Sitting(decided, undone, finished=True)


def keys(header: Header) -> str:
    """Return the keys that answer a queue's questions, for a prompt."""
    named = [f"{place} {one_line(one, 16)}" for place, one in enumerate(header.labels[:_NUMBERED], start=1)]
    label = ["l label", *(named if len(header.labels) <= _NUMBERED else [])] if header.label else []
    origin = ["h human", "s synthetic"]
    shown_keys = ["a approve", "r reject", *label, *origin, "k skip", "n note", "u undo", "q quit"]
    return "  ".join(shown_keys)


def progress_line(progress: QueueProgress) -> str:
    """Return how far a reviewer is, and how long the rest will take."""
    said = [f"{progress.done:,} of {progress.total:,}"]
    if progress.skipped:
        said.append(f"{progress.skipped:,} skipped")
    if progress.seconds_each is not None:
        left = (progress.total - progress.done) * progress.seconds_each / 60
        said += [f"{progress.seconds_each:.0f} s each", f"about {left:,.0f} min left"]
    return " · ".join(said)


def _answered(header: Header, desk: Desk, *, blind: bool) -> "Answer | Stop":
    """Return a whole answer, or how it was broken off."""
    answer = Answer()
    while open_ := missing(header, answer, blind=blind):
        typed = desk.key(f"[{', '.join(open_)}]  {keys(header)}\n> ")
        if typed is None:
            return Stop.QUIT
        key, _, rest = typed.strip().partition(" ")
        if key in {"q", "quit"}:
            return Stop.QUIT
        if key in {"u", "undo"}:
            return Stop.UNDO
        try:
            answer = with_key(header, answer, key, rest.strip(), desk, blind=blind)
        except BadInput as error:
            desk.show([str(error)])
    return answer


def with_key(header: Header, answer: Answer, key: str, rest: str, desk: Desk, *, blind: bool) -> Answer:
    """Return the answer with what a key adds to it; what is missing for it is asked at the desk.

    Raises BadInput for a key that means nothing here.
    """
    if key in {"h", "human"}:
        return replace(answer, origin="human")
    if key in {"s", "synthetic"}:
        return replace(answer, origin="synthetic")
    if key in {"k", "skip"}:
        return replace(answer, verdict="skip")
    if key in {"r", "reject"}:
        return replace(answer, verdict="reject")
    if key in {"n", "note"}:
        return replace(answer, note=rest or desk.line("note: ") or "")
    if key in {"a", "approve"}:
        if blind and "label" in header.asks:
            raise BadInput("the label is hidden: say which it is, with l or its number (--open shows labels)")
        return replace(answer, verdict="approve")
    if key in {"l", "label", "relabel"} and header.label:
        return replace(answer, label=checked_label(header, rest or (desk.line("label: ") or "").strip()))
    if key.isdecimal() and 1 <= int(key) <= min(_NUMBERED, len(header.labels)):
        return replace(answer, label=header.labels[int(key) - 1])
    raise BadInput(f"{one_line(key, 20)!r} is no answer; keys are {keys(header)}")


def _rule(width: int) -> str:
    return "─" * max(20, width)
