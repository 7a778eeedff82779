"""How a Run begins (command, settings, data, environment), is kept while it goes on, and ends with its results.

run = begun("audit", command=…, settings=…, **data_fields(dataset))
with recorded(run, store, started) as going:
…
return going.finish(results=results)
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from pydantic import BaseModel

from holdfast.core.dataset import Dataset
from holdfast.core.environment import environment
from holdfast.core.progress import Progress, Recording
from holdfast.core.record import CheckResult, ColumnRecord, InputRecord, Run
from holdfast.core.store import RunStore, RunWriter, new_id


@dataclass(frozen=True)
class OpenRun:
    """A run in progress; `writer` is None where it is not stored."""

    run: Run
    writer: RunWriter | None
    since: float

    def result(self, result: CheckResult) -> None:
        """Store the result of a check at once. Raises OSError."""
        if self.writer is not None:
            self.writer.result(result)

    def listening(self, progress: Progress) -> Progress:
        """Return a listener that also stores progress beside the run, so that other processes can follow it."""
        return Recording(progress, self.writer.event) if self.writer is not None else progress

    def finish(self, **found: Any) -> Run:
        """Return the finished run, its fields updated with `found`, and store it. Raises StoreError."""
        seconds = time.perf_counter() - self.since
        run = self.run.model_copy(update={"status": "finished", "seconds": seconds, **found})
        if self.writer is not None:
            self.writer.finish(run)
        return run


def begun(
    kind: str,
    title: str = "",
    command: Sequence[str] = (),
    settings: BaseModel | Mapping[str, Any] | None = None,
    **about: Any,
) -> Run:
    """Return the record of a run that begins now; `about` holds more of its fields, such as its inputs.

    Of the settings, only what differs from the defaults is kept.
    """
    config = settings.model_dump(mode="json", exclude_defaults=True) if isinstance(settings, BaseModel) else settings
    fields: dict[str, Any] = {
        "id": new_id(),
        "kind": kind,
        "title": title,
        "command": tuple(command),
        "status": "running",
        "started": datetime.now(UTC),
        "config": dict(config or {}),
        "seed": getattr(settings, "seed", 0),
        "environment": environment(),
    }
    return Run(**{**fields, **about})


@contextmanager
def recorded(run: Run, store: RunStore | None, since: float) -> Iterator[OpenRun]:
    """Yield the open run; until the block ends, the store shows it as running.

    `since` is `time.perf_counter()` at the beginning of the work. Raises StoreError.
    """
    with store.begin(run) if store else nullcontext() as writer:
        yield OpenRun(run, writer, since)


def data_fields(dataset: Dataset) -> dict[str, Any]:
    """Return the fields of a run that describe its data: rows, inputs, columns, content hash of the test rows."""
    return {
        "n_rows": len(dataset),
        "inputs": inputs_of(dataset),
        "columns": columns_of(dataset),
        "test_digest": test_digest(dataset),
    }


def inputs_of(dataset: Dataset) -> tuple[InputRecord, ...]:
    """Return the inputs that a data set was read from."""
    return tuple(
        InputRecord(
            name=source.name,
            start=source.start,
            stop=source.stop,
            digest=source.digest,
            split=source.split,
            first_row=source.first_row,
            notes=source.notes,
        )
        for source in dataset.sources
    )


def columns_of(dataset: Dataset) -> tuple[ColumnRecord, ...]:
    """Return the columns with the kinds and roles that they were given."""
    return tuple(
        ColumnRecord(name=c.name, kind=c.kind, role=c.role, n_missing=dataset.values(c.name).null_count)
        for c in dataset.columns
    )


def test_digest(dataset: Dataset) -> str:
    """Return the content hash of the test rows, or of all rows where there is no split."""
    column = dataset.one("split")
    if column is None:
        return dataset.digest
    codes, names = dataset.codes(column.name)
    if "test" not in names:
        return dataset.digest
    return dataset.take(np.flatnonzero(codes == names.index("test"))).digest
