"""The list of runs."""

from collections.abc import Mapping
from dataclasses import replace

from holdfast.core import listing
from holdfast.core.errors import StoreError
from holdfast.core.listing import PAGE, Facets, RunsWanted
from holdfast.web.site import Site, View

TONES = {"bad": "Not to be trusted", "unsure": "Look closer", "good": "Nothing against it"}
STATUSES = ("running", "finished", "interrupted", "failed")
ORDERS = {
    "newest": "Newest first",
    "oldest": "Oldest first",
    "worst": "Most errors first",
    "score": "Best score first",
    "slowest": "Slowest first",
    "title": "By name",
}


def asked(query: Mapping[str, str]) -> RunsWanted:
    """Return what an address asks for; what makes no sense is left out."""
    return RunsWanted(
        kind=query.get("kind", "")[:40],
        command=query.get("command", "")[:40],
        tone=query.get("verdict", "") if query.get("verdict", "") in TONES else "",
        status=query.get("status", "") if query.get("status", "") in STATUSES else "",
        title=query.get("of", "")[:500],
        text=query.get("text", "")[:200],
        order=query.get("order", "") if query.get("order", "") in ORDERS else "newest",
        page=page_of(query),
    )


def query_of(wanted: RunsWanted) -> dict[str, str]:
    """Return what an address says to ask for the same runs, but for the page."""
    said = {
        "kind": wanted.kind, "command": wanted.command, "verdict": wanted.tone, "status": wanted.status,
        "of": wanted.title, "text": wanted.text, "order": wanted.order if wanted.order != "newest" else "",
    }  # fmt: skip
    return {key: value for key, value in said.items() if value}


def page_of(query: Mapping[str, str]) -> int:
    """Return the page that an address asks for, 1 where it names none."""
    number = query.get("page", "1")
    return max(1, int(number)) if number.isascii() and number.isdecimal() and len(number) < 7 else 1


def runs(site: Site, wanted: RunsWanted) -> View:
    """Return a page of runs."""
    try:
        with listing.reading(site.listed) as index:
            found, total = listing.runs(index, wanted)
            facets = listing.run_facets(index)
    except StoreError:
        found, total, facets = [], 0, Facets()
    pages = max(1, -(-total // PAGE))
    values = {
        "runs": found,
        "total": total,
        "all": sum(count for _, count in facets.kinds),
        "wanted": wanted,
        "narrowed": replace(wanted, page=1, order="newest") != RunsWanted(),
        "facets": facets,
        "pages": pages,
        "page": min(wanted.page, pages),
        "tones": TONES,
        "statuses": STATUSES,
        "orders": ORDERS,
        "query": query_of(wanted),
        "going_on": any(one.status == "running" for one in found),
    }
    return View("runs.html", "Runs", "runs", values)
