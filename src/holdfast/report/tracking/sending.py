"""A run to a tracker: its numbers, its curves and its files."""

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from holdfast.core.errors import BadInput, HoldfastError, unknown
from holdfast.core.record import Run
from holdfast.core.text import one_line
from holdfast.report.tracking import trackers
from holdfast.report.tracking.numbers import curves, single


class Tracker(Protocol):
    """Where numbers and files of one run go."""

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Keep numbers; `step` is None for those of the run as a whole."""

    def log_file(self, path: Path) -> None:
        """Keep a file, such as the report."""


def targets() -> dict[str, str]:
    """Return the trackers, each with what stands behind its colon."""
    names = sorted(info.name for info in pkgutil.iter_modules(trackers.__path__))
    return {name: importlib.import_module(f"{trackers.__name__}.{name}").PLACE for name in names}


def send(run: Run, target: str, files: Sequence[Path] = ()) -> str:
    """Send a run to a tracker, such as `mlflow:sqlite:///mlflow.db`, and return where it went.

    Raises BadInput for a tracker that is not there, or that refuses; MissingExtra where its library is missing.
    """
    name, colon, place = target.partition(":")
    known = targets()
    if name not in known:
        raise unknown("tracker", name, known)
    if not colon or not place:
        raise BadInput(f"{name} wants a place behind a colon: {name}:{known[name]}")
    try:
        with importlib.import_module(f"{trackers.__name__}.{name}").opened(place, run) as (tracker, where):
            tracker.log_metrics(single(run))
            for step, numbers in curves(run):
                tracker.log_metrics(numbers, step)
            for path in files:
                tracker.log_file(path)
    except HoldfastError:
        raise
    except Exception as error:
        raise BadInput(f"{name} did not take the run: {one_line(f'{type(error).__name__}: {error}', 400)}") from error
    return str(where)
