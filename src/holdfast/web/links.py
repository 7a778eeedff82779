"""Where pages lead: addresses of a server, or files beside one another."""

from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote, urlencode

PLACES = {
    "runs": "/runs",
    "run": "/runs/{}",
    "report": "/runs/{}/report",
    "events": "/runs/{}/events",
    "compare": "/compare",
    "findings": "/findings",
    "finding": "/findings/{}",
    "generations": "/generations",
    "data": "/data",
    "version": "/data/{}",
    "review": "/review",
    "queue": "/review/{}",
    "checks": "/checks",
    "check": "/checks/{}",
    "checklist": "/checklist",
    "static": "/static/{}",
}


class Links(Protocol):
    """Gives the address of a page as a link on the page that is being drawn; empty where there is no such page."""

    @property
    def live(self) -> bool:
        """Whether somebody answers: filters, forms, and what goes on."""

    def to(self, where: str, name: object = "", /, **query: object) -> str:
        """Return the address of a page."""


@dataclass(frozen=True)
class Served:
    """Links of a server."""

    live: bool = True

    def to(self, where: str, name: object = "", /, **query: object) -> str:
        """Return the address of a page, with what it is asked."""
        if where == "finding":  # files link to the run that saw it last, as they have no page for each finding
            query.pop("run", None)
        asked = urlencode([(key, str(value)) for key, value in query.items() if value not in {"", None}])
        return PLACES[where].format(quote(str(name), safe="")) + (f"?{asked}" if asked else "")
