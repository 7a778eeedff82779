"""The dashboard as files: the same pages, linked to one another, for a CI artifact or an archive.

A folder is written only if it is new, empty, or one that was written here before: nobody's files are replaced.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from sqlite3 import Connection

from holdfast.core import listing
from holdfast.core.errors import BadInput
from holdfast.core.index import RunSummary, refresh
from holdfast.core.listing import ProblemsWanted, RunsWanted
from holdfast.core.progress import Progress, Silent, track
from holdfast.core.text import one_line
from holdfast.web import framing
from holdfast.web.opening import stored_report
from holdfast.web.pages import checklist, checks, compare, data, findings, generations, run, runs
from holdfast.web.rendering import SHEET, asset, drawn
from holdfast.web.site import Site, View

MARK = ".holdfast-site"
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@~-]{0,120}\Z")
# A page of files has no server to say what may run: nothing, and it says so itself.
POLICY = (
    "default-src 'none'; style-src 'self' file:; img-src data:; frame-src 'self' file:; base-uri 'none'; "
    "form-action 'none'"
)
_MOST_PAGES = 200  # of a list
_FOLDERS = {"run": "runs", "report": "runs", "check": "checks", "version": "data"}


@dataclass(frozen=True)
class Written:
    """What was written."""

    folder: Path
    pages: int
    runs: int


@dataclass(frozen=True)
class Files:
    """Links between files; `here` is the page that is being drawn. Filters and forms have no place among files."""

    here: PurePosixPath
    compared: frozenset[tuple[str, str]] = frozenset()
    live: bool = False

    def to(self, where: str, name: object = "", /, **query: object) -> str:
        """Return the way from this page to another one; empty where files have no such page."""
        place = self._place(where, str(name), query)
        return "../" * (len(self.here.parts) - 1) + place if place else ""

    def _place(self, where: str, name: str, query: dict[str, object]) -> str:
        if where in {"runs", "findings", "generations"}:
            number = str(query.get("page") or "")
            first = "index" if where == "runs" else where
            return f"{where}-{number}.html" if number else f"{first}.html"
        if where in {"data", "checks", "checklist"}:
            return f"{where}.html"
        if where == "finding":  # 200,000 pages would help nobody: the run that saw it last shows it
            return f"runs/{query.get('run')}.html" if _SAFE.match(str(query.get("run"))) else ""
        if where == "compare":
            pair = (str(query.get("a")), str(query.get("b")))
            return f"compare/{pair[0]}--{pair[1]}.html" if pair in self.compared else ""
        if where == "static":
            return f"static/{name}"
        if where in _FOLDERS and _SAFE.match(name):
            return f"{_FOLDERS[where]}/{name}{'.report' if where == 'report' else ''}.html"
        return ""


def write_site(site: Site, folder: Path, progress: Progress | None = None) -> Written:
    """Write the pages of a site into a folder, and return what was written.

    Raises BadInput for a folder that holds something else, StoreError where the index cannot be written.
    """
    refuse_foreign(folder)
    refresh(site.store, at=site.listed)
    building = folder.with_name(f".{folder.name}.building")
    shutil.rmtree(building, ignore_errors=True)
    try:
        building.mkdir(parents=True)
        (building / MARK).write_text("Written by `holdfast export`, which may replace this folder.\n", "utf-8")
        done = _write(site, building, progress or Silent())
        if folder.exists():
            shutil.rmtree(folder)
        building.rename(folder)
    except OSError as error:
        raise BadInput(f"cannot write the pages to {folder}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return replace(done, folder=folder)


def refuse_foreign(folder: Path) -> None:
    """Raise BadInput for a folder that is not ours to write: a file, a link, or a folder with something else in it."""
    shown = one_line(str(folder), 200)
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise BadInput(f"{shown} is not a folder; name a new one, such as site")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise BadInput(f"{shown} holds files that are not a site of Holdfast; nothing is replaced. Name a new folder")
    if folder.is_dir() and folder.resolve() in {Path.cwd().resolve(), *Path.cwd().resolve().parents}:
        raise BadInput(f"{shown} is where you are; name another folder, such as site")


def _write(site: Site, folder: Path, progress: Progress) -> Written:
    with listing.reading(site.listed) as index:
        names = [brief.id for brief in _everything(index)]
        pairs = frozenset(
            (before, brief.id)
            for brief in _everything(index)
            if (before := listing.before(index, brief)) and _SAFE.match(before) and _SAFE.match(brief.id)
        )
    pages = 0
    with track(progress, "writing pages", total=len(names), unit="runs") as advance:
        for path, view in _views(site, names, pairs):
            links = Files(PurePosixPath(path), pairs)
            if view.status != 200:  # a record that vanished, or cannot be read any more
                continue
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            text = drawn(view, site, links, policy=POLICY)
            target.write_bytes(text.encode("utf-8", "replace"))
            pages += 1
            if view.template == "run.html":
                _report(site, folder, view)
                advance(1)
    (folder / "static").mkdir()
    (folder / "static" / SHEET).write_bytes(asset(SHEET) or b"")
    return Written(folder, pages, len(names))


def _everything(index: Connection) -> Iterator[RunSummary]:
    """Yield all runs, newest first."""
    number = 1
    while found := listing.runs(index, RunsWanted(page=number))[0]:
        yield from found
        number += 1


def _listed(shows: Callable[[int], View]) -> Iterator[tuple[int, View]]:
    """Yield the pages of a list with their numbers."""
    number, last = 1, 1
    while number <= min(last, _MOST_PAGES):
        view = shows(number)
        last = view.values["pages"]
        yield number, view
        number += 1


def _report(site: Site, folder: Path, view: View) -> None:
    """Write the report of a run beside its page, with its links leading out of the frame."""
    name = view.values["name"]
    found = stored_report(site.store, name)
    if found is not None:
        (folder / "runs" / f"{name}.report.html").write_bytes(framing.framed(found))


def _views(site: Site, names: list[str], pairs: frozenset[tuple[str, str]]) -> Iterator[tuple[str, View]]:
    """Yield every page with the place of its file."""
    for number, view in _listed(lambda n: runs.runs(site, RunsWanted(page=n))):
        yield ("index.html" if number == 1 else f"runs-{number}.html"), view
    for number, view in _listed(lambda n: findings.findings(site, ProblemsWanted(page=n))):
        yield ("findings.html" if number == 1 else f"findings-{number}.html"), view
    for number, view in _listed(lambda n: generations.generations(site, n)):
        yield ("generations.html" if number == 1 else f"generations-{number}.html"), view
    for name in filter(_SAFE.match, names):
        yield f"runs/{name}.html", run.run(site, name)
    for first, second in sorted(pairs):
        yield f"compare/{first}--{second}.html", compare.compare(site, (first, second))
    yield "checklist.html", checklist.page(site, ())
    yield from _data(site)
    yield from _checks()


def _data(site: Site) -> Iterator[tuple[str, View]]:
    shown = data.data(site)
    yield "data.html", shown
    for corpus in shown.values["corpora"]:
        for one in corpus.versions if _SAFE.match(corpus.name) else ():
            yield f"data/{corpus.name}@{one.number}.html", data.version(site, f"{corpus.name}@{one.number}")


def _checks() -> Iterator[tuple[str, View]]:
    listed = checks.checks()
    yield "checks.html", listed
    for _, found in listed.values["families"]:
        for one in found:
            yield f"checks/{one.name}.html", checks.check(one.name)
