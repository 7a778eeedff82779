"""One self-contained page: no script, no request, every byte of style allowed by its hash."""

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from functools import cache, partial

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from holdfast.core.finding import Series
from holdfast.core.hashing import digest_json
from holdfast.core.record import Run
from holdfast.report.build import build
from holdfast.report.document import Card, HeatMap, Item, Piece
from holdfast.report.drawing import plot, waterfall_bar
from holdfast.report.heat import drawn
from holdfast.report.languages import ENGLISH, said
from holdfast.report.pictures import numeric
from holdfast.report.translated import translated

SUFFIX = ".html"
_FLAG = re.compile("--[a-z][a-z-]*")
_WHOLE = r'<span class="whole">\g<0></span>'
_SHOWN = r"([−+]?[\d.,]+%?)(?=<)"  # a number that the drawing wrote
_VALUES = re.compile(rf'(<text x="100%"[^<>]*>|<span class="value">){_SHOWN}')
_SCALES = re.compile(rf'(<text[^<>]*>|<span class="value">){_SHOWN}')
_CELLS = re.compile(r"(<title>|<span>)([^<>]*)(?=<)")
MOST_FULL = 700_000  # characters of findings shown with pictures and tables; a page stays below 1.2 MB
MOST_SHORT = 950_000  # beyond that, findings shown with message, place and cure; the rest stands in the record


def render(run: Run, language: str = ENGLISH) -> str:
    """Return the run as a page."""
    document = translated(build(run), language)
    style = stylesheet()
    page = templates(language).get_template("page.html")
    bodies = _bodies(document.cards, language)
    return page.render(document=document, style=style, policy=policy(style), prefix="", **bodies) + "\n"


def fragment(run: Run) -> str:
    """Return the run as a piece of a notebook: the first screen, and the findings folded up."""
    document = build(run)
    piece = templates().get_template("fragment.html")
    # Several runs may stand in one notebook, so their anchors carry the run's name.
    return piece.render(document=document, style=stylesheet(), prefix=f"{document.run}-", **_bodies(document.cards))


def piece(shown: Piece) -> str:
    """Return a record that is no run as a piece of a notebook."""
    # Several records may stand in one notebook, so their anchors carry what they hold.
    prefix = f"{digest_json(repr(shown)).rpartition(':')[2][:8]}-"
    template = templates().get_template("piece.html")
    return template.render(document=shown, style=stylesheet(), prefix=prefix, **_bodies(shown.cards))


def policy(style: str) -> str:
    """Return a content security policy that allows nothing but this very style sheet."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


@cache
def templates(language: str = ENGLISH) -> Environment:
    """Return the templates, with their words in a language; whatever they show is escaped."""
    environment = Environment(
        loader=PackageLoader("holdfast.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"plot": partial(_plotted, language=language), "waterfall_bar": waterfall_bar}
    environment.globals |= {"heat": partial(_heated, language=language)}
    environment.globals |= {"lang": language, "t": partial(said, language=language)}
    environment.filters["prose"] = prose
    return environment


def _plotted(series: Series, language: str) -> Markup:
    """Return a series as a drawing, its scales in a language; names along a scale are the data's and stay."""
    drawing = plot(series)
    return drawing if language == ENGLISH else _read(drawing, _SCALES if numeric(series.x) else _VALUES, language)


def _heated(shown: HeatMap, language: str) -> Markup:
    """Return a grid as a drawing, its key and what a cell says of itself in a language."""
    drawing = drawn(shown)
    return drawing if language == ENGLISH else _read(drawing, _CELLS, language)


def _read(drawing: Markup, words: re.Pattern[str], language: str) -> Markup:
    """Return a drawing with its words in a language; what is looked up is escaped again."""

    def other(found: re.Match[str]) -> str:
        return f"{found[1]}{escape(said(Markup(found[2]).unescape(), language))}"  # noqa: S704 unescaped, then escaped

    return Markup(words.sub(other, str(drawing)))  # noqa: S704 escaped in `other`


@cache
def stylesheet() -> str:
    """Return the style sheet."""
    loader = templates().loader
    assert loader is not None
    return "\n" + loader.get_source(templates(), "report.css")[0]


def prose(text: str) -> Markup:
    """Return text with `code` between backticks set as code; everything else is escaped."""
    return Markup(re.sub(r"`([^`]+)`", _code, str(escape(text))))  # noqa: S704 escaped before


def _code(found: re.Match[str]) -> str:
    """Return a piece of code, whose flags stay whole at the end of a line: `--` is a place to break for a browser."""
    return f"<code>{_FLAG.sub(_WHOLE, found[1])}</code>"


def _bodies(cards: Sequence[Card], language: str = ENGLISH) -> dict[str, object]:
    """Return the findings drawn, by anchor, within the size that a page may have."""
    bodies = dict(_drawn(cards, templates(language)))
    left = sum(card.count for card in cards) - len(bodies)
    return {"bodies": bodies, "left_out": left}


def _drawn(cards: Sequence[Card], pages: Environment) -> Iterator[tuple[str, Markup]]:
    full = pages.get_template("item.html")
    short = pages.get_template("item_short.html")
    used = 0
    for card in cards:
        for item in card.items:
            body = _body(full, item) if used < MOST_FULL else _body(short, item)
            used += len(body)
            if used > MOST_SHORT:
                return
            yield item.anchor, body


def _body(template: Template, item: Item) -> Markup:
    return Markup(template.render(item=item))  # noqa: S704 escaped by the template
