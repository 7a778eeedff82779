"""Findings across runs: what was found, since when, and whether it is still there."""

from collections.abc import Mapping
from dataclasses import replace

from holdfast.core import listing
from holdfast.core.errors import StoreError
from holdfast.core.finding import Severity
from holdfast.core.listing import PAGE, STATES, Facets, ProblemsWanted
from holdfast.core.store import read_run
from holdfast.report.build import build
from holdfast.report.document import Card
from holdfast.web.opening import folder_of
from holdfast.web.pages.runs import page_of
from holdfast.web.site import Site, View, missing

SEVERITIES = tuple(one.value for one in Severity)


def asked(query: Mapping[str, str]) -> ProblemsWanted:
    """Return what an address asks for; what makes no sense is left out."""
    return ProblemsWanted(
        check=query.get("check", "")[:80],
        severity=query.get("severity", "") if query.get("severity", "") in SEVERITIES else "",
        title=query.get("of", "")[:500],
        state=query.get("state", "") if query.get("state", "") in STATES else "",
        text=query.get("text", "")[:200],
        page=page_of(query),
    )


def findings(site: Site, wanted: ProblemsWanted) -> View:
    """Return a page of findings across runs."""
    try:
        with listing.reading(site.listed) as index:
            found, total = listing.problems(index, wanted)
            facets = listing.problem_facets(index)
    except StoreError:
        found, total, facets = [], 0, Facets()
    pages = max(1, -(-total // PAGE))
    query = {
        "check": wanted.check, "severity": wanted.severity, "of": wanted.title, "state": wanted.state,
        "text": wanted.text,
    }  # fmt: skip
    values = {
        "problems": found,
        "total": total,
        "all": sum(count for _, count in facets.checks),
        "wanted": wanted,
        "narrowed": replace(wanted, page=1) != ProblemsWanted(),
        "facets": facets,
        "pages": pages,
        "page": min(wanted.page, pages),
        "query": {key: value for key, value in query.items() if value},
        "states": STATES,
        "severities": SEVERITIES,
    }
    return View("findings.html", "Findings", "findings", values)


def finding(site: Site, number: str) -> View:
    """Return the page of one finding: what it is, as the last run that saw it shows it, and when it was seen."""
    try:
        with listing.reading(site.listed) as index:
            known = listing.problem(index, int(number)) if number.isdecimal() and len(number) < 16 else None
            seen = [brief for name in (known[1] if known else []) if (brief := listing.run(index, name))]
    except StoreError:
        known, seen = None, []
    if known is None:
        return missing("There is no such finding. It may have gone with the runs that saw it.", "findings")
    problem = known[0]
    values = {"problem": problem, "seen": seen, "states": STATES, "card": _card(site, problem)}
    return View("finding.html", problem.message[:80], "findings", values)


def _card(site: Site, problem: listing.Problem) -> Card | None:
    """Return the finding as the last run's report shows it; None where that run cannot be read any more."""
    folder = folder_of(site.store, problem.last)
    if folder is None:
        return None
    try:
        run = read_run(folder)
        with listing.reading(site.listed) as index:
            mark = listing.fingerprint(index, problem.id)
    except StoreError:
        return None
    wanted = next((one for one in run.findings if one.fingerprint == mark), None)
    if wanted is None:
        return None
    kept = [one.model_copy(update={"findings": (wanted,)}) for one in run.results if wanted in one.findings]
    document = build(run.model_copy(update={"results": tuple(kept)}))
    return document.cards[0] if document.cards else None
