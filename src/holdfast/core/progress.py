"""Progress as data: the code that works reports it; a listener draws a bar, writes a line or stores an event."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Protocol, runtime_checkable

Advance = Callable[[int], None]


@runtime_checkable
class Progress(Protocol):
    """A listener. `started` opens a task, `advanced` moves it, `ended` closes it."""

    def started(self, task: str, total: int | None, unit: str) -> None:
        """A task begins; `total` is None where nobody knows."""

    def advanced(self, task: str, done: int, total: int | None, unit: str) -> None:
        """`done` units of the task are finished."""

    def ended(self, task: str) -> None:
        """The task is over, finished or not."""


class Silent:
    """Ignores all progress; the default of the library outside notebooks."""

    def started(self, task: str, total: int | None, unit: str) -> None:
        """Do nothing."""

    def advanced(self, task: str, done: int, total: int | None, unit: str) -> None:
        """Do nothing."""

    def ended(self, task: str) -> None:
        """Do nothing."""


class Recording:
    """Passes everything on to another listener, and stores events; advances at most once in `every` seconds."""

    def __init__(self, to: Progress, write: Callable[[dict[str, Any]], None], every: float = 1.0) -> None:
        """Pass on to `to`; `write` stores one event."""
        self._to, self._write, self._every, self._last = to, write, every, 0.0

    def started(self, task: str, total: int | None, unit: str) -> None:
        """Pass on and write."""
        self._to.started(task, total, unit)
        self._write({"event": "started", "task": task, "total": total, "unit": unit})

    def advanced(self, task: str, done: int, total: int | None, unit: str) -> None:
        """Pass on, and write if the last event is old enough."""
        self._to.advanced(task, done, total, unit)
        now = time.monotonic()
        if now - self._last >= self._every:
            self._last = now
            self._write({"event": "advanced", "task": task, "done": done, "total": total, "unit": unit})

    def ended(self, task: str) -> None:
        """Pass on and write."""
        self._to.ended(task)
        self._write({"event": "ended", "task": task})

    def said(self, text: str) -> None:
        """Pass on and write."""
        say(self._to, text)
        self._write({"event": "said", "text": text})


def listening(progress: Progress | None) -> Progress:
    """Return the given listener; without one, a line below the cell in a notebook, and silence elsewhere."""
    if progress is not None:
        return progress
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if getattr(shell, "kernel", None) is None:  # a console has no kernel, and nothing that could be written over
        return Silent()
    below: Progress = import_module("holdfast.report.notebook_progress").Below()
    return below


def say(progress: Progress, text: str) -> None:
    """Send a listener a message in words, if it takes those (has a method `said`)."""
    said = getattr(progress, "said", None)
    if said is not None:
        said(text)


@contextmanager
def track(progress: Progress, task: str, total: int | None = None, unit: str = "") -> Iterator[Advance]:
    """Yield a function that advances `task` by n units."""
    done = 0

    def advance(n: int = 1) -> None:
        nonlocal done
        done += n
        progress.advanced(task, done, total, unit)

    progress.started(task, total, unit)
    try:
        yield advance
    finally:
        progress.ended(task)
