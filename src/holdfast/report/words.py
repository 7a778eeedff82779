"""Numbers and values as words: how a report writes them, everywhere the same."""

import math
from collections.abc import Sequence

from holdfast.core.finding import Cell, Measure, Number
from holdfast.core.record import Estimate
from holdfast.core.text import and_more, one_line, visible

MOST_NAME = 80  # characters of a column, file or check name
MOST_CELL = 120
MOST_MESSAGE = 600
MINUS = "−"


def number(value: Number) -> str:
    """Return a number with thousands separated and about four figures."""
    if isinstance(value, float) and not math.isfinite(value):
        return "not a number" if math.isnan(value) else "∞" if value > 0 else f"{MINUS}∞"
    if abs(value) >= 1e15:
        return f"{value:.3e}" if isinstance(value, float) else f"about 10^{len(str(abs(value))) - 1}"
    if float(value).is_integer():
        return _signed(f"{int(value):,}")
    size = abs(value)
    if size >= 1000:
        return _signed(f"{value:,.0f}")
    if size >= 0.001:
        return _signed(f"{value:.{3 if size < 10 else 1}f}")
    return _signed(f"{value:.2g}")


def quantity(value: Number, unit: str) -> str:
    """Return a number with its unit."""
    if unit in {"share", "score"} and not abs(value) < 1e300:  # also what is not a number
        return number(value)
    if unit == "share":
        small = 0 < abs(value) < 0.0005
        return _signed(f"{value * 100:.2g}%" if small else f"{value:.1%}")
    shown = score(float(value)) if unit == "score" else number(value)
    return shown if unit in {"", "share", "score"} else f"{shown} {unit}"


def score(value: float) -> str:
    """Return a score: three decimals where it is below 10."""
    if not math.isfinite(value):
        return number(value)
    return _signed(f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}")


def change(value: float) -> str:
    """Return a difference with its sign."""
    return score(value) if value < 0 or not math.isfinite(value) else f"+{score(value)}"


def span(estimate: Estimate, *, signed: bool = False) -> str:
    """Return an interval, `0.795 to 0.832`."""
    write = change if signed else score
    return f"{write(estimate.low)} to {write(estimate.high)}"


def p_value(value: float) -> str:
    """Return a p-value."""
    return "below 0.001" if value < 0.001 else f"{value:.3f}"


def interval(measure: Measure) -> str:
    """Return the interval of a measure, empty if it has none."""
    if measure.low is None and measure.high is None:
        return ""
    ends = [quantity(end, measure.unit) if end is not None else "open" for end in (measure.low, measure.high)]
    level = f" ({measure.level:.0%})" if measure.level else ""
    return f"{ends[0]} to {ends[1]}{level}"


def cell(value: Cell) -> str:
    """Return a value of the data as it stands there; white space at its ends is made visible."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, int):
        return str(value) if abs(value) < 10**15 else number(value)
    if not value:
        return '""'
    cut = value[:MOST_CELL] + "…" if len(value) > MOST_CELL else value
    inner = cut.strip(" ")
    left, right = len(cut) - len(cut.lstrip(" ")), len(cut) - len(cut.rstrip(" "))
    return one_line("␣" * left + inner + "␣" * right if inner else "␣" * len(cut))


def name(text: str) -> str:
    """Return the name of a column, file or check."""
    return one_line(text, MOST_NAME) if text else '""'


def sentence(text: str) -> str:
    """Return a message on one line."""
    return one_line(text, MOST_MESSAGE)


def paragraphs(text: str) -> tuple[str, ...]:
    """Return the paragraphs of a piece of documentation, each on one line."""
    return tuple(visible(" ".join(part.split()), 2000) for part in text.split("\n\n") if part.strip())


def plural(count: int, noun: str) -> str:
    """Return `1 error`, `2 errors`, `3 remedies`."""
    if count != 1:
        noun = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{noun}s"
    return f"{count:,} {noun}"


def listed(items: Sequence[str], most: int = 6) -> str:
    """Return names as a list that ends in `and N more` where there are many."""
    if len(items) <= most:
        return " and ".join(items) if len(items) <= 2 else ", ".join(items[:-1]) + f" and {items[-1]}"
    return and_more(items, most)


def duration(seconds: float) -> str:
    """Return a time span as a person says it."""
    if not math.isfinite(seconds) or seconds < 0:
        return "unknown"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def _signed(text: str) -> str:
    return text.replace("-", MINUS)
