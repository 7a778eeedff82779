"""Queues and decisions in the files of other review tools; one tool a module in `formats/`, found by itself."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from holdfast.core.dataset import Dataset
from holdfast.core.durable import write_whole
from holdfast.core.errors import BadInput, unknown
from holdfast.core.registry import discover
from holdfast.core.text import one_line
from holdfast.data.review.answering import ORIGINS, Answer, fields_of
from holdfast.data.review.queue import Queue
from holdfast.data.review.records import Decision, Header, Item

LARGEST = 1 << 30  # bytes of a file that is read as a whole


@dataclass(frozen=True)
class Sent:
    """What goes to another tool: names of files with their content, and what should be said."""

    files: Mapping[str, bytes]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Taken:
    """What came back: decisions, and what was found that has no place here, by name with how often."""

    decisions: tuple[Decision, ...]
    unknown: Counter[str] = field(default_factory=Counter)
    strangers: int = 0  # records that are not in the queue
    drafts: int = 0


@dataclass(frozen=True)
class Format:
    """A tool's files: its name, how a queue is written for it, how its answers are read.

    `write(queue, dataset, blind)` gives the files; `read(queue, content, name)` raises BadInput for what is not its.
    """

    name: str
    says: str
    write: Callable[[Queue, Dataset, bool], Sent]
    read: Callable[[Queue, bytes, str], Taken]


@cache
def formats() -> Mapping[str, Format]:
    """Return all formats by name: Holdfast's own, then those of plug-ins."""
    found = [getattr(module, "REVIEW_FORMAT", None) for module in discover("holdfast.data.review.formats")]
    return {one.name: one for one in found if isinstance(one, Format)}


def format_named(name: str) -> Format:
    """Return a format. Raises BadInput with the known names."""
    if name not in formats():
        raise unknown("format", name, formats())
    return formats()[name]


def send(queue: Queue, dataset: Dataset, name: str, folder: Path, *, blind: bool = True) -> Sent:
    """Write a queue for another tool into a new folder, and return what was written. Raises BadInput."""
    sent = format_named(name).write(queue, dataset, blind)
    if folder.exists():
        raise BadInput(f"{folder} is there already; nothing is ever written over. Name another folder")
    try:
        folder.mkdir(parents=True)
        for file, content in sent.files.items():
            write_whole(folder / file, content)
    except OSError as error:
        raise BadInput(f"cannot write {folder}: {error.strerror or error}") from error
    return sent


def take(queue: Queue, path: Path, name: str) -> Taken:
    """Append the decisions that another tool's file holds, those that are not there yet. Raises BadInput."""
    try:
        if path.stat().st_size > LARGEST:
            raise BadInput(f"{path} is larger than {LARGEST >> 30} GiB; export a part of it at a time")
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror or error}") from error
    taken = format_named(name).read(queue, content, path.name)
    known = {_key(one) for one in queue.standing()}
    new = tuple(one for one in taken.decisions if _key(one) not in known)
    if new:
        queue.append(new)
    return Taken(new, taken.unknown, taken.strangers, taken.drafts)


def _key(one: Decision) -> tuple[object, ...]:
    return (one.record, one.reviewer, one.round, one.verdict, one.label, one.origin, one.note, one.adjudicates)


def fields_shown(dataset: Dataset, item: Item, header: Header, *, blind: bool) -> dict[str, Any]:
    """Return the cells of a record that a reviewer may see, as JSON has them. An image is the path of its file."""
    hidden = {header.label, header.score}
    cells: dict[str, Any] = {}
    for column in dataset.columns:
        private = column.name.startswith("_") or column.role in {"label", "split", "origin", "id"}
        if column.name in hidden or (blind and private):
            continue
        value = dataset.values(column.name)[item.row].as_py()
        if column.kind == "image" and value is not None:
            place = dataset.media.places.get(value)
            value = str(place) if isinstance(place, Path) else value
        cells[column.name] = value if isinstance(value, str | int | float | bool | list | None) else str(value)
    return cells


def decision_of(
    queue: Queue, item: Item, reviewer: str, answers: Mapping[str, str], at: datetime | None, **more: Any
) -> Decision:
    """Return the decision in another tool's answers to our questions. Raises BadInput."""
    origin = answers.get("origin")
    if origin is not None and origin.casefold() not in ORIGINS:
        raise unknown("origin", one_line(origin, 40), ("human", "synthetic"))
    fit = answers.get("fit")
    skipped = answers.get("skip") is not None
    answer = Answer(
        verdict="skip" if skipped else "reject" if fit == "unfit" else "approve" if fit == "fit" else None,
        label=answers.get("label"),
        origin=ORIGINS[origin.casefold()] if origin is not None else None,
        note=answers.get("note", ""),
    )
    return queue.checked(item.record, reviewer, at=at or datetime.now(UTC), **{**fields_of(answer), **more})


def answers_in(decision: Decision, questions: Sequence[str]) -> dict[str, str]:
    """Return a decision as answers to questions, as `decision_of` reads them."""
    said = {"label": decision.label, "origin": decision.origin, "note": decision.note or None}
    if "fit" in questions and decision.verdict not in {None, "skip"}:
        said["fit"] = "unfit" if decision.verdict == "reject" else "fit"
    return {name: value for name, value in said.items() if value is not None}


def asked_of(header: Header) -> tuple[str, ...]:
    """Return the questions that another tool asks: ours, and whether a record is fit, so that it can be rejected."""
    return (*header.asks, *(() if "fit" in header.asks else ("fit",)))
