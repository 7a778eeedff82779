"""Progress as data: who works says how far it is; who listens draws a bar, writes a line or an event."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

Advance = Callable[[int], None]


class Progress(Protocol):
    """A listener. `started` opens a task, `advanced` moves it, `ended` closes it."""

    def started(self, task: str, total: int | None, unit: str) -> None:
        """A task begins; `total` is None where nobody knows."""

    def advanced(self, task: str, done: int, total: int | None, unit: str) -> None:
        """`done` units of the task are behind us."""

    def ended(self, task: str) -> None:
        """The task is over, finished or not."""


class Silent:
    """Listens to nothing; the default of the library."""

    def started(self, task: str, total: int | None, unit: str) -> None:
        """Do nothing."""

    def advanced(self, task: str, done: int, total: int | None, unit: str) -> None:
        """Do nothing."""

    def ended(self, task: str) -> None:
        """Do nothing."""


@contextmanager
def track(progress: Progress, task: str, total: int | None = None, unit: str = "") -> Iterator[Advance]:
    """Yield a function that moves `task` on by n units."""
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
