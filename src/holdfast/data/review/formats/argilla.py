"""Argilla: records as JSON or JSON lines, with suggestions and responses by question.

The form that its own export has: a list of `id`, `fields`, `metadata`, `suggestions` (question → value, score, agent),
`responses` (question → list of value and user_id), `vectors`, `_server_id`. Users are UUIDs there; ours are made from
the reviewer's name, so that the same name is the same user, and is recognised when the answers come back.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.core.text import one_line
from holdfast.data.review.exchange import Format, Sent, Taken, answers_in, asked_of, decision_of, fields_shown
from holdfast.data.review.queue import Queue
from holdfast.data.review.records import Decision, Item

_THROUGH = "argilla"
_KNOWN = frozenset({"id", "fields", "metadata", "suggestions", "responses", "vectors", "_server_id", "status"})
_QUESTIONS = ("label", "origin", "fit", "note")
_LEFT_OPEN = frozenset({"draft", "pending"})


def user_id(reviewer: str) -> str:
    """Return the UUID that stands for a reviewer."""
    return str(uuid5(NAMESPACE_URL, f"holdfast:reviewer:{reviewer}"))


def write(queue: Queue, dataset: Dataset, blind: bool) -> Sent:  # noqa: FBT001 the signature of all formats
    """Return records.json and the settings that its questions need. Decisions so far are responses."""
    by_record: dict[str, list[Decision]] = defaultdict(list)
    for one in queue.standing():
        by_record[one.record].append(one)
    records = [_record(queue, dataset, item, by_record[item.record], blind=blind) for item in queue.items]
    skipped = sum(one.verdict == "skip" for one in queue.standing())
    notes = ['dataset.records.from_json(path="records.json") reads it, with settings as in settings.json']
    if skipped:
        notes.append(f"{skipped:,} skips are left out: a response without a value has no place in the format")
    content = json.dumps(records, ensure_ascii=False, indent=1).encode("utf-8", "replace")
    settings = json.dumps(_settings(queue, dataset, blind=blind), ensure_ascii=False, indent=1).encode()
    return Sent({"records.json": content, "settings.json": settings}, tuple(notes))


def read(queue: Queue, content: bytes, name: str) -> Taken:
    """Return the decisions in exported records. Raises BadInput for what is no export of Argilla."""
    names = {user_id(one.reviewer): one.reviewer for one in queue.decisions()}
    decisions: list[Decision] = []
    unknown: Counter[str] = Counter()
    strangers = drafts = 0
    records = _records(content, name)
    for record in records:
        unknown.update(key for key in record if key not in _KNOWN)
        item = queue.by_record.get(str(record.get("id")))
        if item is None:
            strangers += 1
            continue
        found, open_ = _answers(record.get("responses"), unknown)
        drafts += open_
        for user, answers in found.items():
            extra = {"user_id": user} if user not in names else {}
            try:
                decisions.append(
                    decision_of(
                        queue, item, names.get(user, user), answers, _when(record), through=_THROUGH, extra=extra
                    )
                )
            except BadInput as error:
                raise BadInput(f"{name}: {error}") from error
    if records and strangers == len(records):
        raise BadInput(
            f"none of the {len(records):,} records in {name} has the id of a record of the queue {queue.path}"
        )
    return Taken(tuple(decisions), unknown, strangers, drafts)


def _answers(said: Any, unknown: Counter[str]) -> tuple[dict[str, dict[str, str]], int]:
    """Return the answers by user, and how many responses are drafts."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    drafts = 0
    for question, responses in said.items() if isinstance(said, dict) else ():
        for response in responses if isinstance(responses, list) else ():
            if not isinstance(response, dict):
                continue
            if response.get("status") in _LEFT_OPEN:
                drafts += 1
            elif response.get("status") == "discarded":
                found[str(response.get("user_id"))]["skip"] = "skip"
            elif question in _QUESTIONS and isinstance(response.get("value"), str):
                found[str(response.get("user_id"))][question] = response["value"]
            else:
                unknown[f"answers to {one_line(str(question), 40)}"] += 1
    return {user: answers for user, answers in found.items() if answers}, drafts


def _records(content: bytes, name: str) -> list[dict[str, Any]]:
    """Return the records of a JSON list, or of JSON lines."""
    try:
        text = content.decode("utf-8-sig")
        found = (
            json.loads(text)
            if text.lstrip()[:1] == "["
            else [json.loads(line) for line in text.splitlines() if line.strip()]
        )
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{name} is neither JSON nor JSON lines: {one_line(str(error), 100)}") from error
    if (
        not isinstance(found, list)
        or not found
        or not all(isinstance(one, dict) and "responses" in one for one in found)
    ):
        raise BadInput(f"{name} is no export of Argilla: wanted records with `fields` and `responses`")
    return found


def _record(queue: Queue, dataset: Dataset, item: Item, said: list[Decision], *, blind: bool) -> dict[str, Any]:
    responses: dict[str, list[dict[str, str]]] = defaultdict(list)
    for one in said:
        if one.verdict == "skip":
            continue
        for question, answer in answers_in(one, asked_of(queue.header)).items():
            responses[question].append({"value": answer, "user_id": _user_of(one)})
    suggestions = {}
    if not blind and item.given is not None:
        suggestions["label"] = {"value": item.given, "score": item.score, "agent": f"data: {queue.header.label}"}
    at = max((one.at for one in said), default=None)
    return {
        "id": item.record,
        "fields": {
            name: _as_field(value) for name, value in fields_shown(dataset, item, queue.header, blind=blind).items()
        },
        "metadata": {"why": ", ".join(item.why), **({"decided": at.isoformat()} if at else {})},
        "suggestions": suggestions,
        "responses": dict(responses),
        "vectors": {},
        "_server_id": None,
    }


def _user_of(one: Decision) -> str:
    return str(one.extra["user_id"]) if one.through == _THROUGH and "user_id" in one.extra else user_id(one.reviewer)


def _as_field(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


def _settings(queue: Queue, dataset: Dataset, *, blind: bool) -> Mapping[str, Any]:
    header = queue.header
    images = {column.name for column in dataset.columns if column.kind == "image"}
    choices = {"label": header.labels, "origin": ("human", "synthetic"), "fit": ("fit", "unfit")}
    shown = fields_shown(dataset, queue.items[0], header, blind=blind)
    questions = [
        {"name": one, "type": "label_selection" if choices[one] else "text", "options": list(choices[one])}
        for one in asked_of(header)
    ]
    return {
        "fields": [{"name": name, "type": "image" if name in images else "text"} for name in shown],
        "questions": [*questions, {"name": "note", "type": "text", "options": []}],
        "metadata": [{"name": "why", "type": "terms"}, {"name": "decided", "type": "terms"}],
    }


def _when(record: Mapping[str, Any]) -> datetime | None:
    said = record.get("metadata")
    try:
        at = datetime.fromisoformat(str(said.get("decided"))) if isinstance(said, dict) else None
    except ValueError:
        return None
    return at if at is None or at.tzinfo else at.replace(tzinfo=UTC)


REVIEW_FORMAT = Format(
    "argilla", "records with suggestions and responses, and the settings of their questions", write, read
)
