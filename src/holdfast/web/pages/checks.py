"""The checks: what each looks for, why it matters, and the cases that it is held to."""

from itertools import groupby

from holdfast.report.build import web_address
from holdfast.report.words import paragraphs
from holdfast.web.catalogue import Checked, everything
from holdfast.web.site import View, missing


def checks() -> View:
    """Return the list of checks by family."""
    ordered = sorted(everything().values(), key=lambda one: (one.family, one.name))
    families = [(family, list(found)) for family, found in groupby(ordered, key=lambda one: one.family)]
    return View("checks_list.html", "Checks", "checks", {"families": families, "total": len(ordered)})


def check(name: str) -> View:
    """Return the page of one check."""
    known = everything()
    if name not in known:
        return missing(f"There is no check {name[:60]}.", "checks")
    one: Checked = known[name]
    values = {
        "check": one,
        "intro": paragraphs(one.intro),
        "sections": [(heading, paragraphs(text)) for heading, text in one.sections],
        "references": [(text, web_address(url)) for text, url in one.references],
        "found": [doc for planted, doc in one.cases if planted],
        "silent": [doc for planted, doc in one.cases if not planted],
    }
    return View("check.html", one.name, "checks", values)
