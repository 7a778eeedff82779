"""Times in words, as pages write them, and choices for forms."""

from collections.abc import Iterable
from datetime import UTC, datetime

from holdfast.report.words import plural

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def moment(at: datetime) -> str:
    """Return a time as people read it: `22 Nov 2026, 11:04`."""
    return f"{at.astimezone(UTC):%d %b %Y, %H:%M}".lstrip("0")


def day(run: str) -> str:
    """Return the day and time that the id of a run begins with; the id itself where it does not."""
    try:
        return f"{datetime.strptime(run[:15], '%Y%m%d-%H%M%S').replace(tzinfo=UTC):%d %b %Y, %H:%M}".lstrip("0")
    except ValueError:
        return run[:15]


def ago(seconds: float) -> str:
    """Return how long ago something was."""
    if seconds < _MINUTE:
        return f"{max(0, seconds):.0f} s ago"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min ago"
    return f"{seconds / _HOUR:.0f} h ago" if seconds < _DAY else f"{plural(round(seconds / _DAY), 'day')} ago"


def twice(values: Iterable[str]) -> list[tuple[str, str]]:
    """Return (value, label) pairs of choices whose label is their value."""
    return [(value, value) for value in values]
