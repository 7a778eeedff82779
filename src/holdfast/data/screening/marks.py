"""Marks and tags in a data set: what was found, as a record."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from holdfast.core.dataset import Dataset
from holdfast.core.environment import environment
from holdfast.core.errors import BadInput
from holdfast.core.progress import Progress, Silent, track
from holdfast.core.record import InputRecord, Run
from holdfast.core.store import RunStore, new_id
from holdfast.core.text import one_line
from holdfast.data.screening.watermarks import telling
from holdfast.data.screening.watermarks.detecting import detect
from holdfast.data.screening.watermarks.keys import Key, read_key
from holdfast.data.screening.watermarks.settings import MarkSettings
from holdfast.data.screening.watermarks.tokens import cutter


def find_text_marks(
    dataset: Dataset, key: Key, settings: MarkSettings | None = None, *, column: str | None = None,
    store: RunStore | None = None, progress: Progress | None = None, command: Sequence[str] = (),
) -> Run:  # fmt: skip
    """Return the record of looking for the mark of `key` in the texts of a column.

    Raises BadInput where there is no such column or the tokenizer cannot be read.
    """
    started = time.perf_counter()
    settings, progress = settings or MarkSettings(), progress or Silent()
    name = text_column(dataset, column)
    scheme, cut = settings.made(), cutter(settings.tokens)
    with track(progress, "reading marks", 2 * len(dataset), "texts") as advance:
        marks = detect(dataset.values(name), cut, scheme, key, windows=settings.windows, advance=advance)
    run = begun(dataset, f"the mark of key {key.id} in {one_line(dataset.name, 60)}", command)
    run = run.model_copy(
        update={
            "config": {"key": key.id, **settings.model_dump(mode="json", exclude_defaults=True)},
            "says": telling.said(marks, scheme, key, settings.alpha),
            "sections": telling.sections(marks, scheme, key, settings, name),
            "results": (telling.result(marks, scheme, key, settings, name),),
            "seconds": time.perf_counter() - started,
        }
    )
    return kept(run, store)


def find_marks(
    dataset: Dataset, key_file: Path | None = None, settings: MarkSettings | None = None, *, column: str | None = None,
    store: RunStore | None = None, progress: Progress | None = None, command: Sequence[str] = (),
) -> Run:  # fmt: skip
    """Return the record of what marks say of a data set: of texts, those of a key. Raises BadInput."""
    if key_file is None:
        raise BadInput("a mark in texts is read with the key that wrote it: give --key-file FILE")
    key = read_key(key_file)
    return find_text_marks(dataset, key, settings, column=column, store=store, progress=progress, command=command)


def text_column(dataset: Dataset, wanted: str | None) -> str:
    """Return the column that holds texts. Raises BadInput where there is none, or it does not hold text."""
    import pyarrow as pa

    if wanted is not None:
        if not pa.types.is_large_string(dataset.values(wanted).type):
            raise BadInput(f"column {wanted!r} of {one_line(dataset.name, 60)} does not hold text")
        return wanted
    found = [column.name for column in dataset.of(kind="text") if not column.name.startswith("_")]
    if not found:
        listed = ", ".join(one_line(column.name, 40) for column in dataset.columns[:12])
        raise BadInput(f"no column of {one_line(dataset.name, 60)} holds texts; columns are {listed}. Name one: --text")
    return found[0]


def begun(dataset: Dataset, title: str, command: Sequence[str]) -> Run:
    """Return a record of what is looked at, with nothing found yet."""
    inputs = (
        InputRecord(name=one.name, start=one.start, stop=one.stop, digest=one.digest, split=one.split,
                    first_row=one.first_row, notes=one.notes)
        for one in dataset.sources
    )  # fmt: skip
    return Run(
        id=new_id(),
        kind="data",
        title=title,
        command=tuple(command),
        started=datetime.now(UTC),
        n_rows=len(dataset),
        inputs=tuple(inputs),
        environment=environment(),
    )


def kept(run: Run, store: RunStore | None) -> Run:
    """Return the run, written to a store where there is one."""
    if store is not None:
        with store.begin(run) as writer:
            writer.finish(run)
    return run
