"""The numbers of a run under names that every tracker takes."""

import re
import sys
from collections.abc import Iterator, Mapping

from holdfast.core.finding import Measure, Series, Severity
from holdfast.core.record import Estimate, Run, Status

MOST_POINTS = 2_000  # of a curve; beyond that every second one is left out, and so on
MOST_NAME = 200  # MLflow keeps 250 characters
MOST_STEP = 2**53  # beyond it a float is no longer a count
_FORBIDDEN = re.compile(r"[^A-Za-z0-9_.\- /]+")  # what MLflow refuses


def single(run: Run) -> dict[str, float]:
    """Return the numbers of a run as a whole: findings, checks, the honest score, measures of its sections."""
    found: dict[str, float] = {f"findings/{severity.value}": run.count(severity) for severity in Severity}
    found |= {f"checks/{status.value}": sum(one.status is status for one in run.results) for status in Status}
    found |= {"seconds": run.seconds, "rows": run.n_rows}
    honest = run.honest
    if honest is not None:
        for name, value in (("claimed", honest.claimed), ("honest", honest.honest), ("inflation", honest.inflation)):
            found |= _estimate(f"score/{name}", value)
        for step in honest.steps:
            found |= _estimate(f"score/without {step.name}", step.alone)
    for section in run.sections:
        for one in section.evidence:
            if isinstance(one, Measure):
                found[f"{section.title}/{one.name}"] = one.value
    return {named(name): float(value) for name, value in found.items() if _told(value)}


def curves(run: Run) -> Iterator[tuple[int, Mapping[str, float]]]:
    """Yield (step, numbers) of the lines over whole numbers in a run's sections: generations, steps of training."""
    steps: dict[int, dict[str, float]] = {}
    for section in run.sections:
        for one in section.evidence:
            if isinstance(one, Series) and one.shape == "line":
                _add(steps, section.title, one)
    yield from sorted(steps.items())


def named(text: str) -> str:
    """Return a name without what trackers refuse."""
    parts = (_FORBIDDEN.sub("-", part).strip(" .-") for part in text[:MOST_NAME].split("/"))
    return "/".join(part for part in parts if part) or "unnamed"


def _add(steps: dict[int, dict[str, float]], title: str, series: Series) -> None:
    points = [
        (int(x), y, series.group[i] if i < len(series.group) else "")
        for i, (x, y) in enumerate(zip(series.x, series.y, strict=False))
        if isinstance(x, int | float) and abs(x) <= MOST_STEP and x == int(x) and y is not None and _told(y)
    ]
    every = 1 + len(points) // MOST_POINTS
    for step, value, group in points[::every]:
        steps.setdefault(step, {})[named(f"{title}/{series.y_name} {group}".rstrip())] = float(value)


def _told(value: float) -> bool:
    """Return whether it is a number that fits into a float; whole numbers of Python may be larger."""
    return abs(value) <= sys.float_info.max


def _estimate(name: str, value: Estimate | None) -> dict[str, float]:
    if value is None:
        return {}
    return {name: value.value, f"{name} low": value.low, f"{name} high": value.high}
