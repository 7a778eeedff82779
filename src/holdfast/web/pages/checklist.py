"""The checklist, filled with what runs show, and a form for what only people can say."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from holdfast.core import listing
from holdfast.core.errors import BadInput, StoreError
from holdfast.core.index import RunSummary
from holdfast.core.listing import RunsWanted
from holdfast.report.checklist import LISTS, Answers, checklist, read
from holdfast.report.checklist.answering import answer_item
from holdfast.report.checklist.document import STATES, Answer
from holdfast.report.checklist.wording import CLAIMED, MARKS, SIGNS, TONES, details, headline, legend, tone, wants
from holdfast.web.opening import opened
from holdfast.web.site import Site, View

_MOST_RUNS = 8
_HOLDS: Mapping[str, bool | None] = {"yes": True, "no": False, "": None}


def page(site: Site, names: Sequence[str], said: str = "", at: str = "") -> View:
    """Return the checklist of the runs that are named, or of the last one. `said` is what was wrong with an answer."""
    recent = _recent(site)
    chosen = [name for name in dict.fromkeys(names) if name][:_MOST_RUNS] or [one.id for one in recent[:1]]
    records = [run for name in chosen if (run := opened(site.store, name)) is not None]
    answers, wrong = Answers(), ""
    if site.answers.is_file():
        try:
            answers = read(site.answers)
        except BadInput as error:
            wrong = str(error)
    lists = checklist(records, answers, views=tuple(LISTS), file=site.answers) if records else None
    values = {
        "lists": lists, "recent": recent, "chosen": [run.id for run in records], "given": answers, "wrong": wrong,
        "said": said, "at": at, "tone": tone(lists) if lists else "unsure", "headline": headline, "details": details,
        "legend": legend, "wants": wants, "states": STATES, "signs": SIGNS, "marks": MARKS, "tones": TONES,
        "claimed": CLAIMED, "file": str(site.answers), "nothing": Answer(),
    }  # fmt: skip
    return View("checklist.html", "Checklist", "checklist", values)


def answered(path: Path, form: Mapping[str, str]) -> str:
    """Write the answer that a form holds; return what was wrong with it, empty if nothing was."""
    table, item = form.get("list", ""), form.get("item", "")
    if table not in LISTS:
        return "there is no such list"
    before = Answer(answer=form.get("before", "").replace("\r\n", "\n"), holds=_HOLDS.get(form.get("before_holds", "")))
    words = form.get("answer", "").replace("\r\n", "\n").strip()
    answer = Answer(answer=words, holds=_HOLDS.get(form.get("holds", "")))
    try:
        answer_item(path, table, item, answer, before=before)  # type: ignore[arg-type]
    except BadInput as error:
        return str(error)
    return ""


def _recent(site: Site) -> list[RunSummary]:
    try:
        with listing.reading(site.listed) as index:
            return listing.runs(index, RunsWanted(status="finished"))[0]
    except StoreError:
        return []
