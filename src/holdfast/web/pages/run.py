"""One run: what it came to, its report, and what became of it since."""

from collections.abc import Sequence
from datetime import UTC, datetime

from holdfast.core import listing
from holdfast.core.errors import StoreError
from holdfast.core.index import RunSummary
from holdfast.core.listing import RunsWanted
from holdfast.core.record import Run
from holdfast.report.build import build
from holdfast.web.live import watched
from holdfast.web.opening import folder_of, opened, stored_report
from holdfast.web.site import Site, View, missing

MOST_CARDS = 8
_FEW = 24  # findings that are written out for the first screen


def run(site: Site, name: str) -> View:
    """Return the page of a run."""
    record = opened(site.store, name)
    folder = folder_of(site.store, name)
    if record is None or folder is None:
        return missing(f"There is no run {name[:60]} that can be read.", "runs")
    values = {
        "run": record,
        "name": name,
        "document": build(record, _FEW),
        "most": MOST_CARDS,
        "stored": stored_report(site.store, name) is not None,
        "live": watched(folder, record, datetime.now(UTC)) if record.status == "running" else None,
        "before": _before(site, name),
        "others": _others(site, record),
        "command": _typed(record.command),
    }
    return View("run.html", record.title or record.kind, "runs", values)


def _before(site: Site, name: str) -> str:
    try:
        with listing.reading(site.listed) as index:
            brief = listing.run(index, name)
            return listing.before(index, brief) if brief else ""
    except StoreError:
        return ""


def _others(site: Site, record: Run) -> Sequence[RunSummary]:
    """Return the last runs of the same kind on the same thing."""
    try:
        with listing.reading(site.listed) as index:
            found, _ = listing.runs(index, RunsWanted(kind=record.kind, title=record.title))
    except StoreError:
        return ()
    return found[:10] if len(found) > 1 else ()


def _typed(command: Sequence[str]) -> str:
    """Return the command as it was typed."""
    from shlex import join

    return join(["holdfast", *command]) if command else ""
