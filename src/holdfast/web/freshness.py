"""Keeps the index of a store fresh while a dashboard is up: pages only read it, one thread writes it."""

import threading
import time

from holdfast.core import listing
from holdfast.core.errors import StoreError
from holdfast.core.index import refresh
from holdfast.core.listing import RunsWanted
from holdfast.web.site import Site

_PATIENCE = 0.15  # seconds that a page waits to see what changed just now
_SELDOM = 10.0  # seconds after which all records are looked at, also where nothing seems to have changed
_PAUSE = 0.5  # seconds between two looks


class Freshness:
    """Looks for new and changed runs when asked, in a thread of its own."""

    def __init__(self, site: Site) -> None:
        """Take a site; nothing happens before `start`."""
        self._site = site
        self._asked, self._ended, self._looked = threading.Event(), threading.Event(), threading.Condition()
        self._seen, self._busy = -1, False
        self._looks, self._last = 0, float("-inf")
        self._thread: threading.Thread | None = None
        self.error = ""
        self.read, self.total = 0, 0  # how far a long look is

    def start(self) -> None:
        """Begin to look."""
        self._thread = threading.Thread(target=self._go_on, name="holdfast index", daemon=True)
        self._thread.start()
        self._asked.set()

    def stop(self) -> None:
        """Stop after the look that is going on."""
        self._ended.set()
        self._asked.set()
        if self._thread is not None:
            self._thread.join(timeout=2)

    def ask(self) -> None:
        """Have a look soon, and wait a moment for it, unless the last one was just now."""
        with self._looked:
            before, since = self._looks, time.monotonic() - self._last
            quiet = not self._busy and self._mark() == self._seen
            if since < (_SELDOM if quiet else _PAUSE):
                return
            self._asked.set()
            self._looked.wait_for(lambda: self._looks > before, timeout=_PATIENCE)

    @property
    def reading(self) -> str:
        """How far a long look is, in words; empty where there is none."""
        if self.read >= self.total:
            return ""
        return f"Reading runs: {self.read:,} of {self.total:,} that are new. The list grows as they are read."

    def _go_on(self) -> None:
        while True:
            self._asked.wait()
            self._asked.clear()
            seen = self._mark()
            if self._ended.is_set():
                return
            try:
                refresh(self._site.store, self._tell, self._site.listed)
                self.error = ""
            except (StoreError, OSError) as error:
                self.error = str(error)
            except Exception as error:  # noqa: BLE001 the thread must live: a damaged index is rebuilt at the next look
                self.error = f"{type(error).__name__}: {error}"
            busy = self._is_busy()
            with self._looked:
                self._seen, self._busy = seen, busy
                self._looks, self._last = self._looks + 1, time.monotonic()
                self.read = self.total = 0
                self._looked.notify_all()
            self._ended.wait(_PAUSE)

    def _mark(self) -> int:
        """Return what changes when a run is begun or removed."""
        try:
            return self._site.store.folder.stat().st_mtime_ns
        except OSError:
            return 0

    def _is_busy(self) -> bool:
        """Return whether a run goes on: its record changes, and nothing beside it."""
        try:
            with listing.reading(self._site.listed) as index:
                return bool(listing.runs(index, RunsWanted(status="running"))[1])
        except StoreError:
            return False

    def _tell(self, read: int, total: int) -> None:
        if self._ended.is_set():
            raise StoreError("stopped")
        self.read, self.total = read, total
