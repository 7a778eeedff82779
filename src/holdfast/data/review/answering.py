"""What an answer comes to: which questions it settles, and what a label says about the one that the data give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, unknown
from holdfast.core.text import one_line
from holdfast.data.review.building import as_label
from holdfast.data.review.queue import Queue
from holdfast.data.review.records import Decision, Header, Item, Judged, Verdict

# How people and other tools spell an answer.
VERDICTS: Mapping[str, Verdict] = {
    **dict.fromkeys(("approve", "approved", "ok", "keep", "accept", "right", "yes"), "approve"),
    **dict.fromkeys(("reject", "rejected", "discard", "remove", "drop", "bad", "no"), "reject"),
    **dict.fromkeys(("relabel", "relabelled", "relabeled", "wrong label"), "relabel"),
    **dict.fromkeys(("skip", "skipped", "unsure", "unknown"), "skip"),
}
ORIGINS: Mapping[str, Judged] = {
    **dict.fromkeys(("human", "person", "human-verified"), "human"),
    **dict.fromkeys(("synthetic", "machine", "model", "generated", "ai"), "synthetic"),
}
_RECORD = ("_record", "record", "id")


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said so far about one record."""

    verdict: Verdict | None = None
    label: str | None = None
    origin: Judged | None = None
    note: str = ""


def missing(header: Header, answer: Answer, *, blind: bool) -> tuple[str, ...]:
    """Return the questions that an answer leaves open. Skipped and rejected records leave none."""
    if answer.verdict in {"skip", "reject"}:
        return ()
    settled = {
        "label": answer.label is not None or (answer.verdict == "approve" and not blind),
        "origin": answer.origin is not None,
        "fit": answer.verdict is not None,
    }
    return tuple(question for question in header.asks if not settled[question])


def fields_of(answer: Answer) -> dict[str, Any]:
    """Return the answer as the fields of a decision."""
    said = {"verdict": answer.verdict, "label": answer.label, "origin": answer.origin, "note": answer.note}
    return {name: value for name, value in said.items() if value is not None}


def checked_label(header: Header, label: str) -> str:
    """Return a label as the data spell it. Raises BadInput for one that is not among them."""
    if not label:
        raise BadInput("no label was given")
    if not header.labels or label in header.labels:
        return label
    same = [one for one in header.labels if one.casefold() == label.casefold()]
    if len(same) == 1:
        return same[0]
    raise unknown("label", one_line(label, 60), header.labels)


def decisions_of(queue: Queue, answers: Dataset, reviewer: str, at: datetime) -> list[Decision]:
    """Return the decisions in a table: `_record` (or `row`, from 1), and any of verdict, label, origin, note, reviewer.

    Raises BadInput that names the first line that makes no sense; then nothing was decided.
    """
    names = {name.casefold(): name for name in answers.table.column_names}
    keys = [names[one] for one in (*_RECORD, "row") if one in names]
    if not keys:
        raise BadInput(f"{answers.name} has no column _record (or row) that says what its lines are about")
    known = ("verdict", "label", "origin", "note", "reviewer", "round", "seconds")
    used = {one: names[one] for one in known if one in names}
    if not {"verdict", "label", "origin"} & set(used):
        raise BadInput(f"{answers.name} decides nothing: it has none of the columns verdict, label and origin")
    by_row = {item.row: item for item in queue.items}
    first = answers.sources[0].first_row if answers.sources else 1
    found = []
    for place, line in enumerate(answers.table.select([keys[0], *used.values()]).to_pylist()):
        where = f"{answers.name}, line {place + first:,}"
        item = _item(queue, by_row, keys[0], line[keys[0]], where)
        cells = {one: as_label(line[name]) for one, name in used.items()}
        if not any(cells.get(one) for one in ("verdict", "label", "origin")):
            continue
        try:
            answer = _answer(queue.header, cells)
            more = {one: cells[one] for one in ("round", "seconds") if cells.get(one)}
            said = {**fields_of(answer), **more}
            found.append(queue.checked(item.record, cells.get("reviewer") or reviewer, at=at, blind=False, **said))
        except BadInput as error:
            raise BadInput(f"{where}: {error}") from error
    if not found:
        raise BadInput(f"{answers.name} decides nothing: no line has a verdict, a label or an origin")
    return found


def _item(queue: Queue, by_row: Mapping[int, Item], column: str, value: Any, where: str) -> Item:
    if column.casefold() == "row":
        item = by_row.get(int(value) - 1) if isinstance(value, int) else None
        if item is None:
            raise BadInput(f"{where}: the queue has no record in row {one_line(str(value), 40)} of the data")
        return item
    if value not in queue.by_record:
        raise BadInput(f"{where}: the queue has no record {one_line(str(value), 40)!r}")
    return queue.by_record[value]


def _answer(header: Header, cells: Mapping[str, str | None]) -> Answer:
    verdict, origin, label = (cells.get(one) for one in ("verdict", "origin", "label"))
    if verdict is not None and verdict.casefold() not in VERDICTS:
        raise unknown("verdict", one_line(verdict, 40), ("approve", "reject", "relabel", "skip"))
    if origin is not None and origin.casefold() not in ORIGINS:
        raise unknown("origin", one_line(origin, 40), ("human", "synthetic"))
    return Answer(
        verdict=VERDICTS[verdict.casefold()] if verdict is not None else None,
        label=checked_label(header, label) if label is not None else None,
        origin=ORIGINS[origin.casefold()] if origin is not None else None,
        note=cells.get("note") or "",
    )


def decide_from(queue: Queue, path: Path, reviewer: str, at: datetime) -> Sequence[Decision]:
    """Append the decisions that a table holds, all or none, and return them. Raises BadInput."""
    from holdfast.data.standing import load_standing

    found = decisions_of(queue, load_standing([path]), reviewer, at)
    queue.append(found)
    return found
