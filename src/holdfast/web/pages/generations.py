"""Runs about generations of models: their curves with theory over them, and whether an alarm was raised."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from holdfast.core import listing
from holdfast.core.errors import StoreError
from holdfast.core.finding import Series, Severity
from holdfast.core.index import RunSummary
from holdfast.core.listing import RunsWanted
from holdfast.core.record import Run
from holdfast.core.store import read_run
from holdfast.report.document import Picture
from holdfast.report.pictures import picture
from holdfast.report.words import sentence
from holdfast.web.live import stamp
from holdfast.web.opening import folder_of
from holdfast.web.site import Site, View

A_PAGE = 10
_MOST_PICTURES = 2
_ALARMS = frozenset({"tail-lost", "generations-drift"})
_WORTH = ("theory:", "threshold", "alarm", "forecast", "predicted")


@dataclass(frozen=True)
class Told:
    """A run about generations: its pictures, and what its alarms say."""

    alarms: tuple[tuple[Severity, str], ...]
    looked: bool  # whether an alarm was asked at all
    pictures: tuple[Picture, ...]


def generations(site: Site, page: int) -> View:
    """Return a page of runs about generations."""
    try:
        with listing.reading(site.listed) as index:
            everything, total = [], 0
            for number in range((page - 1) * A_PAGE // listing.PAGE + 1, (page * A_PAGE - 1) // listing.PAGE + 2):
                found, total = listing.runs(index, RunsWanted(kind="collapse", page=number))
                everything += found
    except StoreError:
        everything, total = [], 0
    start = (page - 1) * A_PAGE % listing.PAGE
    shown = everything[start : start + A_PAGE]
    values = {
        "runs": [(brief, _told(site, brief)) for brief in shown],
        "total": total,
        "page": page,
        "pages": max(1, -(-total // A_PAGE)),
    }
    return View("generations.html", "Generations", "generations", values)


def _told(site: Site, brief: RunSummary) -> Told:
    folder = folder_of(site.store, brief.id)
    return _read(folder, stamp(folder)) if folder is not None else Told((), looked=False, pictures=())


@lru_cache(maxsize=64)
def _read(folder: Path, at: tuple[tuple[int, int], ...]) -> Told:
    """Return what is shown of a run; read once for each state of its record."""
    del at
    try:
        run = read_run(folder)
    except StoreError:
        return Told((), looked=False, pictures=())
    judged = [one for one in run.results if one.family == "generations"]
    found = [(finding.severity, sentence(finding.message)) for one in judged for finding in one.findings]
    looked = any(one.check in _ALARMS for one in judged)
    return Told(tuple(found[:4]), looked, tuple(picture(one) for one in _chosen(run)))


def _chosen(run: Run) -> Sequence[Series]:
    """Return the pictures that say most: those with theory or an alarm's threshold in them first."""
    lines = [one for part in run.sections for one in part.evidence if isinstance(one, Series) and one.shape == "line"]
    worth = [one for one in lines if _tells(one)]
    first = worth[:_MOST_PICTURES] if worth else lines[:_MOST_PICTURES]
    return [*first, *[one for one in lines if one not in first][: _MOST_PICTURES - len(first)]]


def _tells(series: Series) -> bool:
    named = {*series.group, series.name, series.y_name}
    return any(word in name.lower() for name in named for word in _WORTH)
