"""Pages as HTML, from the report's templates and styles and a frame around them."""

import hashlib
from functools import cache
from importlib.resources import files

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from holdfast.report import words
from holdfast.report.checklist.as_html import sheet as report_sheet
from holdfast.report.renderers import html as report
from holdfast.web.links import Links
from holdfast.web.site import Site, View
from holdfast.web.words import ago, day, moment, twice

SCRIPTS = ("htmx.min.js", "htmx-sse.min.js", "dashboard.js")
SHEET = "dashboard.css"
TABS = (
    ("runs", "Runs"),
    ("findings", "Findings"),
    ("generations", "Generations"),
    ("data", "Data"),
    ("review", "Review"),
    ("checks", "Checks"),
    ("checklist", "Checklist"),
)


def drawn(view: View, site: Site, links: Links, guard: str = "", policy: str = "") -> str:
    """Return a page. `guard` goes into its forms; `policy` is what a file says of itself, as no server says it."""
    page = templates().get_template(f"web/{view.template}")
    return page.render(
        view=view,
        links=links,
        tabs=TABS,
        place=words.name(str(site.store.root)),
        guard=guard,
        policy=policy,
        prefix="",
        sheet=f"{SHEET}",
        scripts=SCRIPTS,
        stamp=version(),
        **view.values,
    )


@cache
def templates() -> Environment:
    """Return the templates: the report's, and the dashboard's below `web/`. Whatever they show is escaped."""
    own, theirs = PackageLoader("holdfast.web"), report.templates()
    environment = Environment(
        loader=ChoiceLoader([own, PackageLoader("holdfast.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= theirs.globals
    environment.filters |= theirs.filters
    environment.filters |= {
        "moment": moment, "day": day, "ago": ago, "span": words.duration, "name": words.name,
        "sentence": words.sentence, "score": words.score, "number": words.number, "counted": words.plural,
        "twice": twice,
    }  # fmt: skip
    return environment


@cache
def asset(name: str) -> bytes | None:
    """Return a script or the style sheet; None for what is not among them."""
    if name == SHEET:
        own = (files("holdfast.web") / "static" / SHEET).read_text("utf-8")
        return (report_sheet() + own).encode()
    return (files("holdfast.web") / "static" / name).read_bytes() if name in SCRIPTS else None


@cache
def version() -> str:
    """Return what changes whenever a script or the style sheet does, so that browsers fetch them anew."""
    state = hashlib.sha256(b"".join(asset(name) or b"" for name in (SHEET, *SCRIPTS)))
    return state.hexdigest()[:12]
