"""Progress on standard error: a bar on a terminal, a plain line every 15 seconds elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from holdfast.core.progress import Progress as Listener
from holdfast.core.text import one_line

EVERY_SECONDS = 15.0
_NAME_WIDTH = 28


class Bars:
    """Draws a bar for each task on a terminal."""

    def __init__(self, bars: Progress) -> None:
        """Draw on `bars`, which the caller starts and stops."""
        self._bars = bars
        self._ids: dict[str, TaskID] = {}

    def started(self, task: str, total: int | None, unit: str) -> None:
        """Add a bar."""
        self._ids[task] = self._bars.add_task(one_line(task, _NAME_WIDTH), total=total, unit=unit)

    def advanced(self, task: str, done: int, total: int | None, unit: str) -> None:
        """Move a bar."""
        del unit
        self._bars.update(self._ids[task], completed=done, total=total)

    def ended(self, task: str) -> None:
        """Take the bar away; what it led to is in the result."""
        self._bars.remove_task(self._ids.pop(task))

    def said(self, text: str) -> None:
        """Write a line above the bars."""
        self._bars.console.print(Text(one_line(text)))


class Lines:
    """Writes a line every 15 seconds: `checks: 40% · 16/40 checks · 12 s left`."""

    def __init__(self, every: float = EVERY_SECONDS) -> None:
        """Write at most one line every `every` seconds."""
        self._every = every
        self._since: dict[str, float] = {}
        self._last = time.monotonic()

    def started(self, task: str, total: int | None, unit: str) -> None:
        """Remember when the task began."""
        del total, unit
        self._since[task] = time.monotonic()

    def advanced(self, task: str, done: int, total: int | None, unit: str) -> None:
        """Write a line, if the last one is old enough."""
        now = time.monotonic()
        if now - self._last < self._every:
            return
        self._last = now
        spent = now - self._since.get(task, now)
        parts = [f"{done:,}/{total:,} {unit}" if total else f"{done:,} {unit}"]
        if total:
            parts = [f"{done / total:.0%}", *parts]
            if done:
                parts.append(f"{spent / done * max(0, total - done):.0f} s left")
        print(f"{one_line(task)}: {' · '.join(parts)}", file=sys.stderr, flush=True)  # noqa: T201 this is its purpose

    def ended(self, task: str) -> None:
        """Forget the task."""
        self._since.pop(task, None)

    def said(self, text: str) -> None:
        """Write the line."""
        print(one_line(text), file=sys.stderr, flush=True)  # noqa: T201 this is its purpose


@contextmanager
def shown() -> Iterator[Listener]:
    """Yield a listener that suits standard error."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Lines()
        return
    columns = (
        TextColumn("{task.description}", style="bold"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        _Unit(),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        yield Bars(bars)


class _Unit(TextColumn):
    """The unit of a task, as plain text."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: "object") -> Text:
        """Return the unit."""
        return Text(str(getattr(task, "fields", {}).get("unit", "")))
