"""Write the part of docs/collapse-measures.md that is read from the code: `python docs/make_measures.py`."""

import re
from collections.abc import Iterator
from pathlib import Path

from holdfast.collapse import catalogue
from holdfast.collapse.definitions import Measure
from holdfast.collapse.measuring.views import VIEWS
from holdfast.collapse.samples import Counts, Images, Points, SampleSet, Texts

PAGE = Path(__file__).with_name("collapse-measures.md")
MARK = "<!-- from here on written by docs/make_measures.py -->\n"
KINDS: tuple[type[SampleSet], ...] = (Texts, Points, Counts, Images)
DIRECTION = {"high": "higher is better", "low": "lower is better", "same": "should stay as it is in real samples"}


def page() -> str:
    """Return the whole page: what stands before the mark, as it is, and the measures after it."""
    before, mark, _ = PAGE.read_text(encoding="utf-8").partition(MARK)
    if not mark:
        raise SystemExit(f"{PAGE} has lost the line {MARK.strip()}")
    return before + MARK + "\n".join(_written())


def _written() -> Iterator[str]:
    known = [one for one in catalogue.measures().values() if one.on == "sample"]
    for kind in KINDS:
        some = [one for one in known if one.takes is kind]
        yield f"\n## {kind.__name__}\n"
        for view in VIEWS:
            if view.of is kind:
                names = ", ".join(f"`{one.name}-of-{view.name}`" for one in known if one.takes is view.to)
                yield f"And through the view *{view.name.replace('-', ' ')}*: {names}. {view.doc}\n"
        yield "| measure | what it is | direction | unit |"
        yield "|---|---|---|---|"
        for one in some:
            yield f"| [`{one.name}`](#{one.name}) | {one.title} | {DIRECTION[one.good]} | {one.unit} |"
        for one in some:
            yield from _section(one)


def _section(one: Measure) -> Iterator[str]:
    yield f"\n### {one.name}\n"
    title, *paragraphs = one.doc.split("\n\n")
    for paragraph in (title, *paragraphs):
        text = " ".join(paragraph.split())
        text = re.sub(r"^Caveat: (.)", lambda found: f"Caveat: {found[1].upper()}", text)
        yield re.sub(r"^(Formula|Caveat|Source):", r"**\1.**", text) + "\n"
    options = ", ".join(f"`{name}` ({value})" for name, value in one.options.items() if name != "draws")
    compared = ["a real sample is needed" if one.against else "a sample alone is enough"]
    if "draws" in one.options:
        compared.append("taken at equal numbers of what it draws")
    yield f"*{DIRECTION[one.good].capitalize()}; {'; '.join(compared)}.*" + (f" Options: {options}." if options else "")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
