"""What a dashboard shows, and what a page of it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from holdfast.core.store import RunStore


@dataclass(frozen=True)
class Site:
    """The runs of a store, stores of data beside them, and where people's answers go."""

    store: RunStore
    corpora: tuple[Path, ...] = ()
    answers: Path = Path("reforms.toml")
    reviewer: str = ""
    index: Path | None = None  # where the index of the runs is, if not beside them: they may not be ours to write to

    @property
    def listed(self) -> Path:
        """The folder that holds the index."""
        return self.index or self.store.root


@dataclass(frozen=True)
class View:
    """A page: the template that draws it, its title, its place in the navigation, and what it shows."""

    template: str
    title: str
    tab: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


def missing(what: str, tab: str = "") -> View:
    """Return the page that says that something is not there."""
    return View("missing.html", "Not found", tab, {"what": what}, 404)
