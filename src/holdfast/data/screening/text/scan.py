"""The verb: a data set is screened by labelled texts, and what came of it is a run; scores may go back to the store."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Float
from threadpoolctl import threadpool_limits

from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.core.progress import Progress, listening
from holdfast.core.record import InputRecord, Run
from holdfast.core.recording import begun, inputs_of, recorded
from holdfast.core.showing import shows
from holdfast.core.store import RunStore
from holdfast.core.text import one_line
from holdfast.data.origin import RECORD
from holdfast.data.screening.text.corpus import described, groups_of, joined, labelled, opened, rows_of
from holdfast.data.screening.text.prepared import ASKED
from holdfast.data.screening.text.screening import Reader, Screened, ScreenSettings, screen
from holdfast.data.screening.text.telling import said, sections

SCORE, P_VALUE = "_screen_score", "_screen_p"
CURVATURE, BINOCULARS = "curvature", "binoculars"


@shows("holdfast.data.screening.text.scan:shown")
@dataclass(frozen=True)
class Scan:
    """The record of a screening, the data set, and an entry for each of its rows (NaN: nothing can be said)."""

    run: Run
    dataset: Dataset
    score: Float[np.ndarray, " rows"]
    p: Float[np.ndarray, " rows"]


def scan(
    data: Path | str,
    known: Sequence[str] = (),
    settings: ScreenSettings | None = None,
    *,
    model: Path | None = None,
    second: Path | None = None,
    store: RunStore | None = None,
    progress: Progress | None = None,
    command: Sequence[str] = (),
) -> Scan:
    """Return the screening of a file, folder or version of a store; see `screen`. Raises BadInput, MissingExtra.

    `model` is the folder of a language model of one's own (Fast-DetectGPT), `second` one with the same tokenizer
    (Binoculars with `model`).
    """
    started = time.perf_counter()
    settings, progress = settings or ScreenSettings(), listening(progress)
    readers = _readers(model, second)
    dataset = opened(data, settings.text, progress)
    own = rows_of(dataset, settings.text)
    parts, names = labelled(known, settings.text, progress)
    texts, origin, makers = joined((own, *parts))
    groups = groups_of(dataset, settings.by)
    run = begun(
        "data",
        f"machine text in {one_line(dataset.name, 60)}",
        command,
        settings,
        n_rows=len(dataset),
        inputs=_inputs(dataset, names, parts),
        size=described(dataset, own.column, groups),
    )
    with recorded(run, store, started) as going, threadpool_limits(limits=1):  # many small fits: more threads only wait
        seen = going.listening(progress)
        found = screen(texts, origin, settings, generators=makers, groups=groups, readers=readers, progress=seen)
        run = going.finish(
            says=said(found),
            sections=tuple(sections(found, texts, settings)),
            notes=_notes(own.guesses, origin[: len(dataset)]),
        )
    return _of_rows(run, dataset, found)


def attach(found: Scan, store: Path | str) -> str:
    """Write scores and p-values beside the records of a store, and return what was written in words.

    Raises BadInput where the data have no record names, or where no record has a score.
    """
    from holdfast.data.store import Store

    if RECORD not in found.dataset.table.column_names:
        raise BadInput(
            f"{one_line(found.dataset.name, 60)} has no column {RECORD}: scan the store itself, or a version of it, to "
            "attach what was found"
        )
    records = np.asarray(found.dataset.values(RECORD).to_pylist(), dtype=object)
    home = Store.open(store)
    written = []
    for name, values in ((SCORE, found.score), (P_VALUE, found.p)):
        known = np.isfinite(values)
        if not known.any():
            continue
        table = pa.table({RECORD: pa.array(records[known], pa.large_string()), name: pa.array(values[known])})
        home.attach(name, table, message=f"{name} of a screening, {int(known.sum()):,} records")
        written.append(f"{name} of {int(known.sum()):,} records")
    return ", ".join(written) if written else "nothing, as no record has a score"


def _readers(model: Path | None, second: Path | None) -> Mapping[str, Reader]:
    if second is not None and model is None:
        raise BadInput("--second compares two language models; give the first one with --model")
    if model is None:
        return {}
    from holdfast.data.screening.text.language_model import crossings, curvatures, refuse_unsafe

    refuse_unsafe(model)
    found: dict[str, Reader] = {CURVATURE: partial(curvatures, model)}
    if second is not None:
        refuse_unsafe(second)
        found[BINOCULARS] = partial(crossings, model, second)
    return found


def _of_rows(run: Run, dataset: Dataset, found: Screened) -> Scan:
    n = len(dataset)
    # Where p-values are refused, scores would be read as if they meant something.
    score = np.full(n, np.nan) if found.refused else found.score[:n]
    return Scan(run, dataset, score, found.p[:n])


def _notes(guesses: int, origin: np.ndarray) -> tuple[str, ...]:
    notes = [(f"{int((origin != ASKED).sum()):,} records of known origin teach and calibrate, "
             f"{int((origin == ASKED).sum()):,} are asked about")]  # fmt: skip
    if guesses:
        notes.append(f"{guesses:,} records have an origin without evidence: asked about, not believed")
    return tuple(notes)


def _inputs(dataset: Dataset, names: Sequence[str], parts: Sequence[object]) -> tuple[InputRecord, ...]:
    found = list(inputs_of(dataset))
    at = len(dataset)
    for name, part in zip(names, parts, strict=True):
        n = len(getattr(part, "texts", ()))
        found.append(InputRecord(name=f"known: {one_line(name, 80)}", start=at, stop=at + n, digest=""))
        at += n
    return tuple(found)


def shown(one: Scan) -> Run:
    """Return the record of the screening, which a notebook shows."""
    return one.run
