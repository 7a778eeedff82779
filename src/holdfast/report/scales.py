"""Scales of charts: round ticks, and values as per cent of the way along."""

import math
from collections.abc import Sequence
from typing import NamedTuple


class Scale(NamedTuple):
    """From `first` to `last`, with the ticks that lie between."""

    first: float
    last: float
    ticks: tuple[float, ...]

    def percent(self, value: float) -> float:
        """Return where a value lies, 0 to 100; what lies outside is put at the edge."""
        width = self.last - self.first or 1.0
        return min(100.0, max(0.0, 100.0 * (value - self.first) / width))


def scale(values: Sequence[float], *, zero: bool = False, whole: bool = False, most: int = 5) -> Scale:
    """Return a scale that covers `values`, begins and ends at round numbers, and has about `most` ticks.

    With `whole` ticks are whole numbers, as where values count something.
    """
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low < 1e-12 * max(abs(low), abs(high), 1e-300):
        room = abs(high) * 0.1 or 1.0
        low, high = low - room, high + room
    step = _round_step((high - low) / most, whole=whole)
    first, last = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    count = round((last - first) / step)
    return Scale(first, last, tuple(first + i * step for i in range(count + 1)))


def tick(value: float, step: float) -> str:
    """Return a tick's label, with as many decimals as its step needs."""
    if abs(value) < step * 1e-6:
        return "0"
    if abs(value) >= 1e6 or step < 1e-4:
        return f"{value:.3g}".replace("e+0", "e").replace("e+", "e").replace("-", "−")
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{value:,.{decimals}f}".replace("-", "−")


def _round_step(raw: float, *, whole: bool) -> float:
    """Return the smallest of 1, 2, 2.5, 5 × a power of ten that is not below `raw`, and whole if asked."""
    power = 10.0 ** math.floor(math.log10(raw)) if raw > 0 else 1.0
    steps = (step * power for step in (1, 2, 2.5, 5, 10) if step * power >= raw * 0.999)
    return next((step for step in steps if not whole or step.is_integer()), max(10 * power, 1.0))
