"""The review queue: records one at a time, as blind as in the terminal, answered by a key; and the list of queues.

Every answer goes through what `holdfast data review` goes through: the same rules of what a key means, the same log.
What brings pyarrow is imported when a queue is opened: it would double the memory of a dashboard that shows runs.
"""

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from holdfast.core.errors import BadInput, HoldfastError
from holdfast.core.text import one_line, visible
from holdfast.data.review.queue import HEADER, Queue
from holdfast.data.review.records import Header, Item, QueueProgress
from holdfast.web.site import Site, View
from holdfast.web.site import missing as not_there

if TYPE_CHECKING:
    from holdfast.core.dataset import Dataset
    from holdfast.data.review.answering import Answer

FOLDER = "reviews"
MOST_NUMBERED = 9
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")
_LONGEST_PAUSE = 600.0  # seconds; whoever took longer was away
_MOST_TEXT = 20_000  # characters of one text
_MOST_FIELDS = 40
_PICTURE = 420  # pixels
_PRESSED = {"approve": "a", "reject": "r", "human": "h", "synthetic": "s", "skip": "k"}


@dataclass(frozen=True)
class Field:
    """A value of a record: a text, a value beside its name, or a picture."""

    kind: str
    name: str
    text: str
    source: str = ""


@dataclass(frozen=True)
class Listed:
    """A queue in the list; or why it cannot be read."""

    name: str
    header: Header | None = None
    progress: QueueProgress | None = None
    records: int = 0
    error: str = ""


class Desk:
    """What a reviewer has before him: queues that are open, and the data of the last one."""

    def __init__(self, site: Site) -> None:
        """Keep the queues of a site's store."""
        self.root, self.reviewer = site.store.root / FOLDER, site.reviewer
        self.lock = threading.Lock()
        self._queues: dict[str, tuple[int, Queue]] = {}
        self._data: "tuple[str, int, Dataset] | None" = None

    def names(self) -> list[str]:
        """Return the names of the queues."""
        try:
            return sorted(one.name for one in self.root.iterdir() if self._file(one.name) is not None)
        except OSError:
            return []

    def queue(self, name: str) -> Queue | None:
        """Return a queue, opened once; None where there is none inside the store. Raises BadInput."""
        file = self._file(name)
        if file is None:
            return None
        at = file.stat().st_mtime_ns
        if name not in self._queues or self._queues[name][0] != at:
            self._queues[name] = (at, Queue.open(file.parent))
        return self._queues[name][1]

    def data(self, name: str, queue: Queue) -> "Dataset":
        """Return the data of a queue, kept until another one is looked at. Raises HoldfastError."""
        from holdfast.data.review.placing import data_of

        at, kept = self._queues[name][0], self._data
        if kept is not None and kept[:2] == (name, at):
            return kept[2]
        self._data = kept = None  # never two of them in memory
        found = data_of(queue)
        self._data = (name, at, found)
        return found

    def _file(self, name: str) -> Path | None:
        if not _NAME.match(name):
            return None
        try:
            real = (self.root / name / HEADER).resolve(strict=True)
        except (OSError, ValueError):
            return None
        return real if real.is_file() and real.is_relative_to(self.root.resolve()) else None


class _Form:
    """Stands where a terminal would: what would be typed there came with the form."""

    def __init__(self, text: str) -> None:
        self._text = text

    def show(self, lines: list[str]) -> None:
        """Show nothing: the page does."""

    def key(self, prompt: str) -> str | None:
        """Return no key: it came with the form."""
        del prompt
        return None

    def line(self, prompt: str) -> str | None:
        """Return what was typed."""
        del prompt
        return self._text


def queues(desk: Desk) -> View:
    """Return the page of all queues."""
    found = []
    with desk.lock:
        for name in desk.names():
            try:
                queue = desk.queue(name)
            except BadInput as error:
                found.append(Listed(name, error=str(error)))
                continue
            if queue is not None:
                found.append(Listed(name, queue.header, queue.progress(desk.reviewer), len(queue.items)))
    return View("queues.html", "Review", "review", {"queues": found, "reviewer": desk.reviewer})


def queue(desk: Desk, name: str, answer: "Answer | None" = None, record: str = "", said: str = "") -> View:
    """Return the page that shows the next record of a queue; `answer` is what was answered to `record` so far."""
    from holdfast.data.review.answering import Answer, missing

    with desk.lock:
        try:
            held = desk.queue(name)
            if held is None:
                return not_there(f"There is no review queue {one_line(name, 60)}.", "review")
            item = held.by_record.get(record) if record else None
            item = item or held.next_for(desk.reviewer)
            progress = held.progress(desk.reviewer)
            fields = _fields(desk.data(name, held), item, held.header) if item is not None else []
        except HoldfastError as error:
            return View("queue.html", name, "review", {"name": name, "error": str(error), "item": None})
    answer = answer or Answer()
    values = {
        "name": name, "error": "", "header": held.header, "item": item, "fields": fields, "progress": progress,
        "answer": answer, "open": missing(held.header, answer, blind=True), "said": said, "reviewer": desk.reviewer,
        "numbered": held.header.labels[:MOST_NUMBERED] if len(held.header.labels) <= MOST_NUMBERED else (),
        "path": str(held.path), "now": f"{datetime.now(UTC).timestamp():.2f}",
    }  # fmt: skip
    return View("queue.html", name, "review", values)


def pressed(desk: Desk, name: str, form: Mapping[str, str]) -> View | None:
    """Take an answer; return the page where it is not whole yet or makes no sense, None where the next record comes."""
    from holdfast.data.review.answering import Answer, fields_of, missing
    from holdfast.data.review.session import with_key

    record, press = form.get("record", ""), form.get("press", "")
    answer = Answer(
        verdict=_one_of(form, "verdict", ("approve", "reject", "relabel", "skip")),  # type: ignore[arg-type]
        label=form.get("answered_label") or None,
        origin=_one_of(form, "origin", ("human", "synthetic")),  # type: ignore[arg-type]
        note=form.get("note", ""),
    )
    said = ""
    try:
        with desk.lock:
            held = desk.queue(name)
            if held is None:
                return not_there(f"There is no review queue {one_line(name, 60)}.", "review")
            if press == "undo":
                held.undo(desk.reviewer)
                return None
            key = _key(press, form.get("label", "").strip(), held.header)
            if key:
                answer = with_key(held.header, answer, key[0], key[1], _Form(form.get("label", "")), blind=True)
            if not missing(held.header, answer, blind=True):
                seconds = _seconds(form.get("shown", ""))
                held.decide(record, desk.reviewer, seconds=seconds, blind=True, **fields_of(answer))
                return None
    except BadInput as error:
        said = str(error)
    return queue(desk, name, answer, record, said)


def _key(press: str, label: str, header: Header) -> tuple[str, str] | None:
    """Return the key of the terminal that a button stands for, and the rest of its line; None for no key."""
    if press in _PRESSED:
        return _PRESSED[press], ""
    if press.startswith("label:"):
        return "l", press.removeprefix("label:")
    if press == "label" or (press == "enter" and label):
        if not header.label:
            raise BadInput("this queue asks for no label")
        return "l", label
    return None


def _one_of(form: Mapping[str, str], key: str, known: Sequence[str]) -> str | None:
    return form.get(key) if form.get(key) in known else None


def _seconds(shown: str) -> float | None:
    """Return how long a person looked; None where nobody knows, or where he was away."""
    try:
        taken = datetime.now(UTC).timestamp() - float(shown)
    except ValueError:
        return None
    return round(taken, 1) if 0 <= taken <= _LONGEST_PAUSE else None


def _fields(dataset: "Dataset", item: Item, header: Header) -> list[Field]:
    """Return what a blind reviewer sees of a record: no label, no score, nothing about where it came from."""
    from holdfast.data.review.showing import is_shown

    columns = [one for one in dataset.columns if is_shown(one, header, blind=True)]
    found = []
    for column in columns[:_MOST_FIELDS]:
        value = dataset.values(column.name)[item.row].as_py()
        name = one_line(column.name, 60)
        if column.kind == "image":
            found.append(_picture(dataset, item.row, name))
        elif column.kind == "text" and value is not None:
            text = visible(str(value)[:_MOST_TEXT])
            more = len(str(value)) - _MOST_TEXT
            found.append(Field("text", name, f"{text}\n… {more:,} more characters" if more > 0 else text))
        else:
            found.append(Field("value", name, "–" if value is None else one_line(str(value), 300)))
    if len(columns) > _MOST_FIELDS:
        found.append(Field("value", "…", f"{len(columns) - _MOST_FIELDS:,} more columns"))
    return found


def _picture(dataset: "Dataset", row: int, name: str) -> Field:
    """Return a picture drawn anew as PNG: whatever its file holds besides the picture is left behind."""
    from holdfast.audit.evidence.images import thumbnail

    try:
        small = thumbnail(dataset, row, _PICTURE)
    except (HoldfastError, OSError):
        small = None
    if small is None:
        return Field("value", name, "a picture that cannot be shown")
    return Field("picture", name, "picture of the record", f"data:image/png;base64,{small.png}")
