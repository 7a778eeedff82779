"""Server-sent events: what a run that is going on does, as pieces of its page."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

from holdfast.core.errors import StoreError
from holdfast.core.store import read_run
from holdfast.web.links import Served
from holdfast.web.live import stamp, watched
from holdfast.web.rendering import templates
from holdfast.web.site import Site

EVERY = 1.0  # seconds between two looks
_BEAT = 5.0  # seconds after which the piece is sent again though nothing changed: its clock goes on
MOST = 24  # pages that may watch at the same time


class EventStreams:
    """The pages that watch runs."""

    def __init__(self, site: Site) -> None:
        """Watch the runs of a site."""
        self._site = site
        self._open = 0
        self._stopped = False

    @property
    def room(self) -> bool:
        """Whether one more page may watch."""
        return self._open < MOST and not self._stopped

    def stop(self) -> None:
        """End all of them at their next look."""
        self._stopped = True

    async def of(self, name: str, folder: Path) -> AsyncIterator[str]:
        """Yield events until the run is over: `progress` with a piece of the page, then `done`."""
        self._open += 1
        before, since = None, 0.0
        try:
            while not self._stopped:
                seen = await asyncio.to_thread(stamp, folder)
                if seen != before or since >= _BEAT:
                    piece, over = await asyncio.to_thread(self._piece, name, folder)
                    yield _event("progress", piece)
                    if over:
                        yield _event("done", "over")
                        await asyncio.sleep(EVERY)  # the page closes the stream: one that ends it would open anew
                        return
                    before, since = seen, 0.0
                await asyncio.sleep(EVERY)
                since += EVERY
        finally:
            self._open -= 1

    def _piece(self, name: str, folder: Path) -> tuple[str, bool]:
        """Return the piece of the page that changes, and whether the run is over."""
        try:
            run = read_run(folder)
        except StoreError:
            return "", True
        live = watched(folder, run, datetime.now(UTC))
        piece = (
            templates().get_template("web/live.html").render(live=live, name=name, run=run, links=Served(), prefix="")
        )
        return piece, run.status != "running"


def _event(kind: str, text: str) -> str:
    lines = "".join(f"data: {line}\n" for line in text.splitlines() or [""])
    return f"event: {kind}\n{lines}\n"
