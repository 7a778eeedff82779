"""A run that is going on: how far it is, what it found so far, and whether it still answers."""

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from holdfast.core.finding import Finding
from holdfast.core.locking import is_held
from holdfast.core.record import Run, Status
from holdfast.core.store import read_results
from holdfast.core.text import one_line

SILENT = 60.0  # seconds without a sign of life, after which it is said that a run has stopped answering
_MOST_READ = 1 << 18  # bytes at the end of the events: hours of work write megabytes, and only the last ones matter
_MOST_SAID = 6
_MOST_TASKS = 12
_MOST_FOUND = 50


@dataclass(frozen=True)
class Task:
    """A piece of work and how far it is. `total` is None where nobody knows."""

    name: str
    done: int
    total: int | None
    unit: str
    ended: bool


@dataclass(frozen=True)
class Live:
    """What is known of a run at a moment."""

    state: str  # running, silent, over
    seconds: float  # since it began
    quiet: float  # since the last sign of life
    tasks: tuple[Task, ...] = ()
    said: tuple[str, ...] = ()
    found: tuple[Finding, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)


def stamp(folder: Path) -> tuple[tuple[int, int], ...]:
    """Return what changes whenever the run writes something."""
    found = []
    for name in ("run.json", "events.jsonl", "results.jsonl"):
        try:
            status = (folder / name).stat()
            found.append((status.st_mtime_ns, status.st_size))
        except OSError:
            found.append((0, 0))
    return tuple(found)


def watched(folder: Path, run: Run, now: datetime) -> Live:
    """Return how a run is doing. Its files are read; nothing is asked of it, and nothing written."""
    results = list(read_results(folder))
    found = [finding for result in results for finding in result.findings]
    tasks, said = _told(_last_events(folder / "events.jsonl"))
    last = max((when for when, _ in stamp(folder)), default=0) / 1e9
    quiet = max(0.0, now.timestamp() - last)
    alive = is_held(folder / "lock")
    return Live(
        state="over" if not alive else "silent" if quiet > SILENT else "running",
        seconds=max(0.0, (now - run.started).total_seconds()),
        quiet=quiet,
        tasks=tasks,
        said=said,
        found=tuple(sorted(found, key=lambda one: one.severity.rank)[:_MOST_FOUND]),
        counts={status.value: sum(one.status is status for one in results) for status in Status},
    )


def _last_events(path: Path) -> Iterator[Any]:
    """Yield the last events of a run; a torn or damaged line is skipped."""
    try:
        with path.open("rb") as file:
            start = max(0, file.seek(0, 2) - _MOST_READ)
            file.seek(start)
            lines = file.read().splitlines()
    except OSError:
        return
    for line in lines[1 if start else 0 :]:
        try:
            yield json.loads(line)
        except ValueError:
            continue


def _told(events: Iterable[Any]) -> tuple[tuple[Task, ...], tuple[str, ...]]:
    """Return tasks, those that go on last, and the last things that were said."""
    tasks: dict[str, Task] = {}
    said: list[str] = []
    for event in events:
        if not isinstance(event, dict):
            continue
        kind, name = event.get("event"), one_line(str(event.get("task", "")), 80)
        if kind == "said":
            said = [*said, one_line(str(event.get("text", "")), 300)][-_MOST_SAID:]
        elif kind in {"started", "advanced"}:
            before = tasks.pop(name, None)
            total = event.get("total")
            tasks[name] = Task(
                name,
                _whole(event.get("done", before.done if before and kind == "advanced" else 0)),
                _whole(total) if total is not None else None,
                one_line(str(event.get("unit") or ""), 30),
                ended=False,
            )
        elif kind == "ended" and name in tasks:
            one = tasks[name]
            tasks[name] = Task(one.name, one.total or one.done, one.total, one.unit, ended=True)
    return tuple(tasks.values())[-_MOST_TASKS:], tuple(said)


def _whole(value: object) -> int:
    return int(max(0, min(value, 10**15))) if isinstance(value, int | float) and math.isfinite(value) else 0
