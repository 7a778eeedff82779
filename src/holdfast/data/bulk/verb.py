"""The verb behind `holdfast data duplicates`: find copies, say how many and where, keep the pairs."""

import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq

from holdfast.core.durable import replacing
from holdfast.core.errors import BadInput
from holdfast.core.progress import Progress, listening
from holdfast.core.record import InputRecord, Run
from holdfast.core.recording import begun, recorded
from holdfast.core.store import RunStore
from holdfast.core.text import one_line
from holdfast.data.bulk import queries
from holdfast.data.bulk.engine import Workplace, parquet_files
from holdfast.data.bulk.near import Copies, copies
from holdfast.data.bulk.opening import columns_of, opened, text_column
from holdfast.data.bulk.records import Records
from holdfast.data.bulk.settings import DuplicateSettings, refuse_existing
from holdfast.data.bulk.telling import found, said, sections

PAIRS = pa.schema(
    [
        ("a_input", pa.large_string()), ("a_row", pa.int64()), ("b_input", pa.large_string()), ("b_row", pa.int64()),
        ("kind", pa.large_string()), ("jaccard", pa.float64()), ("cluster", pa.int64()),
    ]
)  # fmt: skip


def duplicates(
    paths: Sequence[Path | str],
    settings: DuplicateSettings | None = None,
    *,
    out: Path | None = None,
    work: Path | None = None,
    store: RunStore | None = None,
    progress: Progress | None = None,
    command: Sequence[str] = (),
) -> Run:
    """Return the record of looking for equal and nearly equal records within and between inputs.

    `out` gets the pairs, as Parquet. `work` keeps what each stage wrote, so that the same call goes on after a kill;
    without it that lies in a temporary folder that is removed. Raises BadInput, MissingExtra.
    """
    started, settings, progress = time.perf_counter(), settings or DuplicateSettings(), listening(progress)
    refuse_existing(out)
    with _folder(work) as folder:
        records = opened(paths, folder / "records", progress)
        text = text_column(records, settings.text)
        engine = settings.start()
        try:
            place = Workplace(folder, engine)
            tables = copies(
                place, records, columns_of(records), text,
                threshold=settings.threshold, run=settings.words, progress=progress,
            )  # fmt: skip
            seen = found(place, records, tables, text)
            if out is not None:
                _keep(place, records, tables, out)
        finally:
            engine.close()
        title = f"duplicates in {' + '.join(records.parts[:3])}{' …' if len(records.parts) > 3 else ''}"
        run = begun("data", title, command, settings, n_rows=len(records), inputs=tuple(_inputs(records)))
        with recorded(run, store, started) as going:
            return going.finish(says=said(seen, settings), sections=sections(seen, settings))


@contextmanager
def _folder(work: Path | None) -> Iterator[Path]:
    """Yield the folder of checkpoints: the one that is named, which stays, or a temporary one. Raises BadInput."""
    if work is not None:
        try:
            work.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(f"cannot make the folder {one_line(str(work))}: {error.strerror or error}") from error
        yield work
        return
    folder = Path(tempfile.mkdtemp(prefix="holdfast-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _keep(place: Workplace, records: Records, tables: Copies, out: Path) -> None:
    """Write the pairs with the inputs and rows that a person knows, whole or not at all. Raises BadInput."""
    pairs = place.select(
        "pairs", queries.PAIRS, equals=tables.equals, repeats=tables.repeats, near=tables.near, labels=tables.clusters
    )
    ends = np.cumsum(records.sizes())
    names = pa.array(records.parts, pa.large_string())
    try:
        with replacing(out) as file, pq.ParquetWriter(file, PAIRS) as writer:
            for block in pyarrow.dataset.dataset(parquet_files(pairs)).to_batches():
                columns = []
                for side in ("a", "b"):
                    record = block.column(side).to_numpy()
                    part = np.searchsorted(ends, record, side="right")
                    columns += [names.take(pa.array(part)), pa.array(record - np.append(0, ends)[part])]
                kind = block.column("kind").cast(pa.large_string())
                columns += [kind, block.column("jaccard"), block.column("cluster")]
                writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=PAIRS))
    except OSError as error:
        raise BadInput(f"cannot write {out}: {error.strerror or error}") from error


def _inputs(records: Records) -> Iterator[InputRecord]:
    at = 0
    for name, size in zip(records.parts, records.sizes(), strict=True):
        yield InputRecord(name=name, start=at, stop=at + size, digest="", first_row=0)
        at += size
