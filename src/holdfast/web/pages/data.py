"""Versions of stores of data: who made the records, version after version, and where they come from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from holdfast.core.errors import HoldfastError
from holdfast.core.finding import Series
from holdfast.core.text import one_line
from holdfast.report.document import Picture
from holdfast.report.pictures import picture
from holdfast.report.words import quantity
from holdfast.web.site import Site, View, missing

if TYPE_CHECKING:
    from holdfast.data.store import Version

A_PAGE = 50
_NAMED = 20  # versions that are places on the axis each; more are numbers along it
ORIGINS = ("human", "human-verified", "synthetic", "unknown")


@dataclass(frozen=True)
class Corpus:
    """A store of data: its versions newest first, and how shares of origin went; or why it cannot be read."""

    name: str
    path: str
    versions: "Sequence[Version]" = ()
    shares: Picture | None = None
    error: str = ""


def data(site: Site) -> View:
    """Return the page of all stores."""
    return View("data.html", "Data", "data", {"corpora": corpora(site), "most": A_PAGE, "share": share})


def version(site: Site, address: str) -> View:
    """Return the page of one version, named as `corpus@3`."""
    name, _, number = address.rpartition("@")
    corpus = next((one for one in corpora(site) if one.name == name), None)
    found = [one for one in corpus.versions if str(one.number) == number] if corpus else []
    if corpus is None or not found:
        return missing(f"There is no version {one_line(address, 60)}.", "data")
    one = found[0]
    before = next((other for other in corpus.versions if other.number == one.number - 1), None)
    parents = [(parent[3:15], next((v for v in corpus.versions if v.id == parent), None)) for parent in one.parents]
    values = {
        "corpus": corpus, "version": one, "before": before, "parents": parents, "share": share,
        "children": [other for other in corpus.versions if one.id in other.parents and other.number > one.number],
        "bytes": sum(file.bytes for file in one.files),
    }  # fmt: skip
    return View("version.html", f"{name}@{one.short}", "data", values)


def corpora(site: Site) -> list[Corpus]:
    """Return the stores that were named, each under a name of its own."""
    found: list[Corpus] = []
    for path in site.corpora:
        name = path.resolve().name or "store"
        taken = sum(one.name.partition("~")[0] == name for one in found)
        found.append(_corpus(f"{name}~{taken + 1}" if taken else name, path))
    return found


def share(origins: Mapping[str, int], origin: str) -> str:
    """Return the share of records with an origin."""
    rows = sum(origins.values())
    return quantity(origins.get(origin, 0) / rows, "share") if rows else "–"


def _corpus(name: str, path: Path) -> Corpus:
    from holdfast.data.store import Store

    try:
        versions = Store.open(path).log()
    except HoldfastError as error:
        return Corpus(name, one_line(str(path), 200), error=str(error))
    return Corpus(name, one_line(str(path), 200), versions[::-1], _shares(versions))


def _shares(versions: "Sequence[Version]") -> Picture | None:
    """Return the shares of origin over versions; None where there is nothing to see."""
    used = [origin for origin in ORIGINS if any(one.origins.get(origin) for one in versions)]
    counted = [one for one in versions if sum(one.origins.values())]
    if len(counted) < 2:
        return None
    points = [(one.number, one.origins.get(origin, 0) / sum(one.origins.values()), origin)
              for origin in used for one in counted]  # fmt: skip
    return picture(
        Series(
            name="Who made the records, version by version",
            x=tuple(str(x) if len(counted) <= _NAMED else x for x, _, _ in points),
            y=tuple(y for _, y, _ in points),
            group=tuple(group for _, _, group in points),
            x_name="version",
            y_name="share of records",
        )
    )
