"""The run store: a folder a run is the truth, SQLite is an index that can be rebuilt at any time.

    .holdfast/runs/<id>/run.json       the record; replaced as a whole (temp name, fsync, rename)
                        results.jsonl  results of a run that is going on, appended as checks end
                        events.jsonl   progress, appended
                        lock           held by the process that writes

A run whose record says "running" but whose lock nobody holds was interrupted: what it had finished is read from
results.jsonl. A torn last line is skipped.
"""

import json
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError

from holdfast.core.durable import settle, write_whole
from holdfast.core.errors import BadInput, StoreError, did_you_mean
from holdfast.core.locking import hold, is_held
from holdfast.core.record import SCHEMA, CheckResult, Run
from holdfast.core.showing import shows

_T = TypeVar("_T")
DEFAULT_ROOT = Path(".holdfast")


def new_id(now: datetime | None = None) -> str:
    """Return an id that sorts by time and can be typed, such as `20261121-093012-4f1c`."""
    return f"{(now or datetime.now(UTC)).strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"


class RunWriter:
    """Writes one run. Use as a context manager: leaving it releases the run's lock."""

    def __init__(self, folder: Path, run: Run) -> None:
        """Create the folder and mark the run as running. Raises StoreError."""
        self.folder = folder
        self.run = run
        self._is_new = not folder.exists()
        with ExitStack() as opened:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                opened.enter_context(hold(folder / "lock"))
                self._results: IO[bytes] = opened.enter_context((folder / "results.jsonl").open("ab"))
                self._events: IO[bytes] = opened.enter_context((folder / "events.jsonl").open("ab"))
                write_whole(folder / "run.json", dump(run.model_copy(update={"status": "running"})))
            except OSError as error:
                raise StoreError(f"cannot write the run to {folder}: {error.strerror or error}") from error
            self._opened = opened.pop_all()

    @property
    def has_kept(self) -> bool:
        """Whether anything is there to go on with, or to look at: an end, a result, or a folder of a verb's own."""
        ended = self.run.status != "running"
        return ended or self._results.tell() > 0 or any(one.is_dir() for one in self.folder.iterdir())

    def result(self, result: CheckResult) -> None:
        """Append the result of a check, and sync it. Raises OSError."""
        self._results.write(as_json(result) + b"\n")
        settle(self._results)

    def event(self, event: dict[str, Any]) -> None:
        """Append an event; the file's time also shows that the run is alive. Raises StoreError, as for a full disk."""
        line = json.dumps({"at": datetime.now(UTC).isoformat(), **event}, ensure_ascii=True)
        try:
            self._events.write(line.encode() + b"\n")
            self._events.flush()
        except OSError as error:
            raise StoreError(f"cannot write the run to {self.folder}: {error.strerror or error}") from error

    def finish(self, run: Run) -> None:
        """Replace the record by the finished one. Raises StoreError, as for a full disk."""
        try:
            write_whole(self.folder / "run.json", dump(run))
        except OSError as error:
            raise StoreError(f"cannot write the record to {self.folder}: {error.strerror or error}") from error
        self.run = run

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        mistaken = isinstance(error, BadInput) and self._is_new and not self.has_kept
        try:
            self._opened.close()
        except OSError as failed:  # what a full disk left in a buffer; the first error says so already
            if error is None:
                raise StoreError(f"cannot write the run to {self.folder}: {failed.strerror or failed}") from failed
        if mistaken:
            shutil.rmtree(self.folder, ignore_errors=True)  # a call that was wrong is no run that can go on


@shows("holdfast.core.telling:store")
class RunStore:
    """All runs below one folder."""

    def __init__(self, root: Path = DEFAULT_ROOT) -> None:
        """Open the store; nothing is created until a run is written."""
        self.root = root

    @property
    def folder(self) -> Path:
        """Where the run folders are."""
        return self.root / "runs"

    def begin(self, run: Run) -> RunWriter:
        """Start writing a run, or go on with one that was interrupted. Raises StoreError."""
        return RunWriter(self.folder / run.id, run)

    def ids(self) -> list[str]:
        """Return the ids of all runs, newest first."""
        if not self.folder.is_dir():
            return []
        return sorted((p.name for p in self.folder.iterdir() if (p / "run.json").is_file()), reverse=True)

    def find(self, wanted: str) -> Path:
        """Return the folder of a run by id, unique beginning or ending of an id, `latest`, or path of a run folder.

        Raises BadInput when there is none, or several.
        """
        if (Path(wanted) / "run.json").is_file():
            return Path(wanted)
        known = self.ids()
        if not known:
            raise BadInput(
                f"no runs in {self.root} yet. Are they elsewhere? Say so with --runs. What makes one: holdfast --help"
            )
        if wanted == "latest":
            return self.folder / known[0]
        matches = [one for one in known if wanted and (one.startswith(wanted) or one.endswith(wanted))]
        if len(matches) > 1:
            raise BadInput(f"{wanted!r} fits {len(matches)} runs: {', '.join(matches[:5])}. Give more of the id.")
        if not matches:
            runs = "holdfast runs" if self.root == DEFAULT_ROOT else f"holdfast runs --runs {self.root}"
            hint = did_you_mean(wanted, known, cutoff=0.8) or f" The newest is {known[0]}."
            raise BadInput(f"no run {wanted!r} in {self.root}.{hint} List them: {runs}")
        return self.folder / matches[0]

    def load(self, wanted: str) -> Run:
        """Return a run's record; see `find` for what `wanted` may be. Raises BadInput, StoreError."""
        return read_run(self.find(wanted))

    def __iter__(self) -> Iterator[Run]:
        """Yield all readable runs, newest first."""
        for one in self.ids():
            try:
                yield read_run(self.folder / one)
            except StoreError:
                continue


def read_run(folder: Path) -> Run:
    """Return the record in a run folder; one that nobody writes any more is `interrupted`.

    Raises StoreError when the record is damaged or from a newer Holdfast.
    """
    try:
        raw = json.loads((folder / "run.json").read_bytes())
        if isinstance(raw, dict) and isinstance(raw.get("schema"), int) and raw["schema"] > SCHEMA:
            raise StoreError(
                f"{folder} was written by a newer Holdfast (schema {raw['schema']}, this one reads {SCHEMA})"
            )
        run = Run.model_validate(raw)
    except (OSError, ValueError, RecursionError, ValidationError) as error:
        if isinstance(error, StoreError):
            raise
        raise StoreError(f"the record in {folder} cannot be read: {_first_line(error)}") from error
    if run.status != "running":
        return run
    status = "running" if is_held(folder / "lock") else "interrupted"
    return run.model_copy(update={"status": status, "results": tuple(read_results(folder))})


def read_results(folder: Path) -> Iterator[CheckResult]:
    """Yield the results that an unfinished run has written; a torn or damaged line is skipped."""
    yield from read_lines(folder / "results.jsonl", CheckResult.model_validate_json)


def read_events(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the events of a run; a torn or damaged line is skipped."""
    yield from read_lines(folder / "events.jsonl", json.loads)


def read_lines(path: Path, parse: Callable[[bytes], _T]) -> Iterator[_T]:
    """Yield what `parse` makes of each whole line of `path`; nothing, if there is no such file."""
    if not path.is_file():
        return
    with path.open("rb") as lines:
        for line in lines:
            try:
                yield parse(line)
            except ValueError:
                continue


def dump(run: Run) -> bytes:
    """Return the record as JSON text."""
    return as_json(run, indent=1)


def as_json(record: BaseModel, indent: int | None = None) -> bytes:
    """Return a record as UTF-8 JSON; half characters, as in a file name that is not UTF-8, become U+FFFD."""
    try:
        return record.model_dump_json(indent=indent).encode()
    except PydanticSerializationError:
        text = json.dumps(record.model_dump(mode="python"), default=str, ensure_ascii=False, indent=indent)
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
