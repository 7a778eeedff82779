"""Progress in a notebook: one place below the cell, written over, and gone at the end. No widget is needed."""

import time
from html import escape
from typing import Any

from holdfast.core.text import one_line

EVERY_SECONDS = 0.5
PATIENCE = 1.0  # seconds that work must have taken before anything is shown
_NAME = 40


class Below:
    """Shows the tasks that are under way below the cell that runs."""

    def __init__(self, every: float = EVERY_SECONDS, patience: float = PATIENCE) -> None:
        """Write at most once every `every` seconds, and nothing for work that is done within `patience` seconds."""
        self._every, self._patience = every, patience
        self._tasks: dict[str, tuple[float, int, int | None, str]] = {}  # since, done, total, unit
        self._place: Any = None
        self._last = 0.0

    def started(self, task: str, total: int | None, unit: str) -> None:
        """Add a task."""
        self._tasks[task] = (time.monotonic(), 0, total, unit)

    def advanced(self, task: str, done: int, total: int | None, unit: str) -> None:
        """Move a task on, and show it if the last look is old enough."""
        now = time.monotonic()
        since = self._tasks.get(task, (now, 0, total, unit))[0]
        self._tasks[task] = (since, done, total, unit)
        oldest = min(start for start, *_ in self._tasks.values())
        if now - self._last >= self._every and now - oldest >= self._patience:
            self._last = now
            self._show()

    def ended(self, task: str) -> None:
        """Take a task away; with the last one the place becomes empty."""
        self._tasks.pop(task, None)
        if not self._tasks and self._place is not None:
            self._show()
            self._place = None

    def said(self, text: str) -> None:
        """Write a line that stays."""
        self._display({"text/plain": one_line(text)})

    def _show(self) -> None:
        now = time.monotonic()
        lines = [_line(task, now, *state) for task, state in self._tasks.items()]
        shown = {
            "text/plain": "\n".join(text for text, _ in lines),
            "text/html": "<br>".join(html for _, html in lines),
        }
        if self._place is None:
            self._place = self._display(shown)
        else:
            self._place.update(shown, raw=True)

    @staticmethod
    def _display(shown: dict[str, str]) -> Any:
        from IPython.display import display

        return display(shown, raw=True, display_id=True)


def _line(task: str, now: float, since: float, done: int, total: int | None, unit: str) -> tuple[str, str]:
    """Return a task as text, and with a bar."""
    name = one_line(task, _NAME)
    if not total:
        text = f"{name}: {done:,} {unit}".rstrip()
        return text, f"<progress></progress> {escape(text)}"
    left = f" · {(now - since) / done * max(0, total - done):.0f} s left" if done else ""
    text = f"{name}: {done / total:.0%} · {done:,}/{total:,} {unit}{left}"
    return text, f'<progress value="{min(done, total)}" max="{total}"></progress> {escape(text)}'
