"""Label Studio: tasks as JSON, with annotations and predictions, and the labelling set-up that reads them.

The documented form (labelstud.io/guide/task_format): a list of tasks, each with `data`, `annotations` and
`predictions`; an annotation has `result` (a list of `from_name`, `to_name`, `type`, `value`), `completed_by`,
`was_cancelled`, `ground_truth`, `lead_time`, `created_at`.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import quoteattr

from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.core.text import one_line
from holdfast.data.review.exchange import Format, Sent, Taken, answers_in, asked_of, decision_of, fields_shown
from holdfast.data.review.queue import Queue
from holdfast.data.review.records import Decision, Header, Item

RECORD = "_record"
_THROUGH = "label-studio"
_TASK = frozenset({"id", "data", "annotations", "predictions", "created_at", "updated_at", "project"})
_ANNOTATION = frozenset({
    "id", "result", "completed_by", "was_cancelled", "ground_truth", "lead_time", "created_at", "updated_at", "task",
})  # fmt: skip
_CHOICES = {"origin": ("human", "synthetic"), "fit": ("fit", "unfit")}


def write(queue: Queue, dataset: Dataset, blind: bool) -> Sent:  # noqa: FBT001 the signature of all formats
    """Return tasks.json and config.xml: decisions so far as annotations, labels of the data as predictions."""
    by_record: dict[str, list[Decision]] = {}
    for one in queue.standing():
        by_record.setdefault(one.record, []).append(one)
    shown = _shown_column(dataset)
    tasks = []
    for place, item in enumerate(queue.items, start=1):
        data = fields_shown(dataset, item, queue.header, blind=blind)
        annotations = [_annotation(one, queue, shown) for one in by_record.get(item.record, ())]
        predictions = [] if blind or item.given is None else [_prediction(item, queue.header, shown)]
        tasks.append(
            {"id": place, "data": {**data, RECORD: item.record}, "annotations": annotations, "predictions": predictions}
        )
    notes = ["import tasks.json into a project that has config.xml as its labelling set-up"]
    if any(column.kind == "image" for column in dataset.columns):
        notes.append("images are named by their paths: serve that folder to Label Studio as local storage")
    content = json.dumps(tasks, ensure_ascii=False, indent=1).encode("utf-8", "replace")
    return Sent({"tasks.json": content, "config.xml": _set_up(queue.header, dataset, shown).encode()}, tuple(notes))


def read(queue: Queue, content: bytes, name: str) -> Taken:
    """Return the decisions in exported tasks. Raises BadInput for what is no export of Label Studio."""
    try:
        tasks = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{name} is not JSON: {one_line(str(error), 100)}") from error
    if not isinstance(tasks, list) or not all(
        isinstance(one, dict) and isinstance(one.get("data"), dict) for one in tasks
    ):
        raise BadInput(f"{name} is no export of Label Studio: wanted a JSON list of tasks, each with `data`")
    decisions: list[Decision] = []
    unknown: Counter[str] = Counter()
    strangers = 0
    for task in tasks:
        unknown.update(key for key in task if key not in _TASK)
        item = queue.by_record.get(task["data"].get(RECORD))
        if item is None:
            strangers += 1
            continue
        for annotation in _dicts(task.get("annotations")):
            decision = _decision(queue, item, annotation, name)
            if decision is not None:
                decisions.append(decision)
    if strangers == len(tasks) and tasks:
        raise BadInput(
            f"none of the {len(tasks):,} tasks in {name} has a {RECORD} of the queue {queue.path} in its data"
        )
    return Taken(tuple(decisions), unknown, strangers)


def _decision(queue: Queue, item: Item, annotation: Mapping[str, Any], name: str) -> Decision | None:
    answers: dict[str, str] = {}
    others = []
    for result in _dicts(annotation.get("result")):
        value = result.get("value")
        question = str(result.get("from_name"))
        said = _said(value) if isinstance(value, dict) else None
        if said is not None and question in {"label", "origin", "fit", "note"}:
            answers[question] = said
        else:
            others.append(result)
    if annotation.get("was_cancelled"):
        answers["skip"] = "skip"
    if not answers:
        return None
    extra = {key: value for key, value in annotation.items() if key not in _ANNOTATION}
    if others:
        extra["result"] = others
    seconds = annotation.get("lead_time")
    try:
        return decision_of(
            queue,
            item,
            _reviewer(annotation.get("completed_by")),
            answers,
            _time(annotation.get("created_at")),
            seconds=seconds if isinstance(seconds, int | float) else None,
            adjudicates=bool(annotation.get("ground_truth")),
            through=_THROUGH,
            extra=extra,
        )
    except BadInput as error:
        raise BadInput(f"{name}: {error}") from error


def _said(value: Mapping[str, Any]) -> str | None:
    """Return the first choice, or the text, of a result."""
    for key in ("choices", "text", "taxonomy"):
        found = value.get(key)
        if isinstance(found, str):
            return found
        if isinstance(found, list) and found and isinstance(found[0], str):
            return found[0]
    return None


def _annotation(one: Decision, queue: Queue, shown: str) -> dict[str, Any]:
    answers = answers_in(one, asked_of(queue.header))
    result = [_result(question, answer, shown, one.record) for question, answer in answers.items()]
    more = dict(one.extra) if one.through == _THROUGH else {}
    return {
        **{key: value for key, value in more.items() if key != "result"},
        "result": [*result, *more.get("result", [])],
        "completed_by": {"email": one.reviewer},
        "was_cancelled": one.verdict == "skip",
        "ground_truth": one.adjudicates,
        "lead_time": one.seconds,
        "created_at": one.at.isoformat(),
    }


def _prediction(item: Item, header: Header, shown: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "model_version": f"data: {header.label}",
        "result": [_result("label", str(item.given), shown, item.record)],
    }
    return found if item.score is None else {**found, "score": item.score}


def _result(question: str, answer: str, shown: str, record: str) -> dict[str, Any]:
    kind = "textarea" if question == "note" else "choices"
    value = {"text": [answer]} if kind == "textarea" else {"choices": [answer]}
    return {"id": f"{question}-{record[:8]}", "from_name": question, "to_name": shown, "type": kind, "value": value}


def _set_up(header: Header, dataset: Dataset, shown: str) -> str:
    kind = next((column.kind for column in dataset.columns if column.name == shown), "text")
    tag = "Image" if kind == "image" else "Text"
    lines = ["<View>", f"  <{tag} name={quoteattr(shown)} value={quoteattr('$' + shown)}/>"]
    for question in asked_of(header):
        choices = header.labels if question == "label" else _CHOICES[question]
        if not choices:  # too many labels to be classes: typed
            lines.append(f'  <TextArea name="{question}" toName={quoteattr(shown)} placeholder="label"/>')
            continue
        lines.append(f'  <Choices name="{question}" toName={quoteattr(shown)} choice="single">')
        lines += [f"    <Choice value={quoteattr(choice)}/>" for choice in choices]
        lines.append("  </Choices>")
    lines += [f'  <TextArea name="note" toName={quoteattr(shown)} placeholder="note"/>', "</View>", ""]
    return "\n".join(lines)


def _shown_column(dataset: Dataset) -> str:
    """Return the column that a reviewer looks at: the image, else the text, else the first."""
    for kind in ("image", "text"):
        for column in dataset.columns:
            if column.kind == kind and not column.name.startswith("_"):
                return column.name
    return dataset.columns[0].name


def _reviewer(said: Any) -> str:
    if isinstance(said, dict):
        return str(said.get("email") or said.get("username") or f"label-studio user {said.get('id')}")
    return f"label-studio user {said}"


def _time(said: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(said))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    for one in value if isinstance(value, list) else ():
        if isinstance(one, dict):
            yield one


REVIEW_FORMAT = Format("label-studio", "tasks with annotations and predictions, and a labelling set-up", write, read)
