"""A queue on disk, and the small interface through which a terminal, a script or a page reviews it.

Several processes may append at the same time: each decision is one write to a file opened for appending. A line that
was torn by a crash is closed off by the next writer, and skipped by every reader.
"""

import os
import re
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError

from holdfast.core.durable import write_whole
from holdfast.core.errors import BadInput, unknown
from holdfast.core.showing import shows
from holdfast.core.store import as_json, read_lines
from holdfast.core.text import one_line
from holdfast.data.review.records import SCHEMA, Decision, Header, Item, QueueProgress, judges

HEADER, ITEMS, DECISIONS = "queue.json", "items.jsonl", "decisions.jsonl"
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,80}\Z")
_MOST_NOTE = 10_000  # characters


@shows("holdfast.data.review.telling:shown")
class Queue:
    """Records to look at, and what was decided about them."""

    def __init__(self, path: Path, header: Header, items: Sequence[Item]) -> None:
        """Take what `open` read or `create` wrote."""
        self.path, self.header, self.items = path, header, tuple(items)
        self._decisions: list[Decision] = []
        self._read_to = 0
        self.damaged = 0  # lines that cannot be read: torn by a crash, or by hand

    @classmethod
    def create(cls, path: Path, header: Header, items: Sequence[Item]) -> Self:
        """Write a new queue. Raises BadInput where something is there already, or where it cannot be written."""
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise BadInput(f"{path} is there already; a queue is never written over. Name another folder with --queue")
        try:
            path.mkdir(parents=True, exist_ok=True)
            write_whole(path / ITEMS, b"".join(as_json(item) + b"\n" for item in items))
            write_whole(path / HEADER, as_json(header, indent=1))  # last: without it there is no queue
        except OSError as error:
            raise BadInput(f"cannot write the queue {path}: {error.strerror or error}") from error
        return cls(path, header, items)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Return the queue in a folder. Raises BadInput where there is none, or one of a newer Holdfast."""
        file = path / HEADER
        if not file.is_file():
            raise BadInput(f"{path} is no queue: there is no {HEADER} in it. Make one: holdfast data review DATA")
        try:
            raw = file.read_bytes()
            header = Header.model_validate_json(raw)
            items = list(read_lines(path / ITEMS, Item.model_validate_json))
        except (OSError, ValidationError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is damaged"
            raise BadInput(f"the queue {path} cannot be read: {why}") from error
        if header.schema_version > SCHEMA:
            raise BadInput(
                f"{path} was made by a newer Holdfast (schema {header.schema_version}, this one reads {SCHEMA})"
            )
        if not items:
            raise BadInput(f"the queue {path} has no records: its {ITEMS} is empty or damaged")
        return cls(path, header, items)

    @cached_property
    def by_record(self) -> dict[str, Item]:
        """Items by the name of their record."""
        return {item.record: item for item in self.items}

    def decisions(self) -> tuple[Decision, ...]:
        """Return every line of the log so far, oldest first, also those taken back. Reads only what is new."""
        file = self.path / DECISIONS
        if file.is_file():
            with file.open("rb") as log:
                log.seek(self._read_to)
                for line in log.read().splitlines(keepends=True):
                    if not line.endswith(b"\n"):
                        break  # being written, or torn: the next writer closes it off
                    self._read_to += len(line)
                    if line.strip():
                        self._take(line)
        return tuple(self._decisions)

    def _take(self, line: bytes) -> None:
        try:
            self._decisions.append(Decision.model_validate_json(line))
        except ValidationError:
            self.damaged += 1

    def standing(self) -> tuple[Decision, ...]:
        """Return the decisions that count: the last of each reviewer about each record in each round."""
        last: dict[tuple[str, str, int, bool], Decision] = {}
        for one in self.decisions():
            key = (one.record, one.reviewer, one.round, one.adjudicates)
            last.pop(key, None)
            if one.verdict != "undone":
                last[key] = one
        return tuple(one for one in last.values() if one.record in self.by_record)

    def next_for(
        self,
        reviewer: str,
        *,
        round_: int = 1,
        beside: Iterable[str] = (),
        only: Iterable[str] | None = None,
        adjudicates: bool = False,
    ) -> Item | None:
        """Return a record that this reviewer has not judged in this round; None where all is done.

        The order is random, another one for each reviewer, and never says why a record is here. Records that enough
        others have judged are left out. `beside` names records that are not wanted now, `only` the only ones that are.
        """
        mine, others = set(beside), Counter[str]()
        for one in self.standing():
            if one.reviewer == reviewer and one.round == round_ and one.adjudicates == adjudicates:
                mine.add(one.record)
            elif judges(one) and one.round == round_ and not one.adjudicates:
                others[one.record] += 1
        wanted = None if only is None else set(only)
        for item in self._order(reviewer):
            if item.record in mine or (wanted is not None and item.record not in wanted):
                continue
            if wanted is not None or others[item.record] < self.header.reviewers:
                return item
        return None

    def _order(self, reviewer: str) -> Sequence[Item]:
        if reviewer not in self._orders:
            salt = f"{self.header.seed}:{reviewer}:".encode("utf-8", "surrogatepass")

            def key(item: Item) -> bytes:
                return blake2b(salt + item.record.encode(), digest_size=16).digest()

            self._orders[reviewer] = sorted(self.items, key=key)
        return self._orders[reviewer]

    @cached_property
    def _orders(self) -> dict[str, list[Item]]:
        return {}

    def decide(self, record: str, reviewer: str, *, at: datetime | None = None, **said: Any) -> Decision:
        """Append a decision and return it once it is on the disk. Raises BadInput for what makes no sense."""
        decision = self.checked(record, reviewer, at=at, **said)
        self.append([decision])
        return decision

    def checked(self, record: str, reviewer: str, *, at: datetime | None = None, **said: Any) -> Decision:
        """Return a decision without writing it. Raises BadInput for what makes no sense."""
        if record not in self.by_record:
            raise unknown("record", record, list(self.by_record)[:1000], where=f"the queue {self.path}")
        if not reviewer or not _NAME.match(reviewer):
            raise BadInput("a reviewer has a name of 1 to 80 printable characters; give it with --reviewer")
        try:
            one = Decision(record=record, reviewer=reviewer, at=at or datetime.now(UTC), **said)
        except ValidationError as error:
            wrong = error.errors()[0]
            raise BadInput(
                f"record {record[:12]}: {'.'.join(map(str, wrong['loc']))} is {one_line(repr(wrong['input']), 60)}: "
                f"{wrong['msg'][0].lower()}{wrong['msg'][1:]}"
            ) from error
        if one.label is not None and one.verdict in {None, "approve", "relabel"}:  # the label says which of the two
            same = one.label == self.by_record[record].given
            one = one.model_copy(update={"verdict": "approve" if same else "relabel"})
        if one.verdict is None and one.label is None and one.origin is None:
            raise BadInput(f"record {record[:12]}: nothing is decided; give a verdict, a label or an origin")
        if one.verdict == "relabel" and not one.label:
            raise BadInput(f"record {record[:12]}: relabel needs the label that is right")
        if len(one.note) > _MOST_NOTE:
            raise BadInput(f"record {record[:12]}: the note has {len(one.note):,} characters, more than {_MOST_NOTE:,}")
        return one

    def append(self, decisions: Sequence[Decision]) -> None:
        """Write decisions behind the log, synced before this returns. Raises BadInput where that fails."""
        lines = b"".join(as_json(one) + b"\n" for one in decisions)
        try:
            handle = os.open(self.path / DECISIONS, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                end = os.lseek(handle, 0, os.SEEK_END)
                if end and os.pread(handle, 1, end - 1) != b"\n":
                    lines = b"\n" + lines  # closes off a line that a crash tore
                written = os.write(handle, lines)
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise BadInput(
                f"the decision was not kept: cannot write {self.path / DECISIONS}: {error.strerror or error}"
            ) from error
        if written < len(lines):
            raise BadInput(f"the decision was not kept: {self.path / DECISIONS} took a part of it; is the disk full?")

    def undo(self, reviewer: str, *, round_: int = 1, adjudicates: bool = False) -> Decision | None:
        """Take back the reviewer's last decision that stands, and return it; None where there is none."""
        asked = (reviewer, round_, adjudicates)
        mine = [one for one in self.standing() if (one.reviewer, one.round, one.adjudicates) == asked]
        if not mine:
            return None
        last = mine[-1]
        self.append([last.model_copy(update={"verdict": "undone", "at": datetime.now(UTC)})])
        return last

    def progress(self, reviewer: str = "", *, round_: int = 1) -> QueueProgress:
        """Return how far a reviewer is with the records that wait for him, and how far the queue is."""
        standing = [one for one in self.standing() if one.round == round_ and not one.adjudicates]
        mine = [one for one in standing if one.reviewer == reviewer]
        counts = Counter(one.record for one in standing if judges(one))
        others = Counter(one.record for one in standing if judges(one) and one.reviewer != reviewer)
        seen = {one.record for one in mine}
        wanted = self.header.reviewers
        total = sum(item.record in seen or others[item.record] < wanted for item in self.items)
        times = [one.seconds for one in (mine or standing) if one.seconds is not None]
        by = Counter(one.reviewer for one in standing)
        return QueueProgress(
            done=len(mine),
            total=total,
            skipped=sum(one.verdict == "skip" for one in mine),
            by_all=sum(counts[item.record] >= wanted for item in self.items),
            seconds_each=statistics.median(times) if times else None,
            reviewers=tuple(by.most_common()),
        )
