"""A function of one's own over all records, block by block, on either engine."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from holdfast.core.errors import BadInput, unknown
from holdfast.core.progress import Progress, listening
from holdfast.core.text import one_line
from holdfast.data.bulk.engine import Workplace
from holdfast.data.bulk.records import Records, Unit, blocks

Score = Callable[[pa.RecordBatch], np.ndarray]
SCORES = pa.schema([("doc", pa.int64()), ("score", pa.float64())])


def scores(
    place: Workplace, records: Records, score: Score, columns: Sequence[str], *, name: str,
    progress: Progress | None = None,
) -> Path:  # fmt: skip
    """Return the table (doc, score) of what `score` says of each block of the `columns`, a number for each record.

    A record's number must follow from the record alone: how records are cut into blocks is up to the engine. `name`
    tells this score from others, for checkpoints; change it when the function changes. NaN stands for no score.
    Raises BadInput for unknown columns, and where a block gets another count of numbers than it has records.
    """
    for one in columns:
        if one not in records.columns:
            raise unknown("column", one_line(one, 80), records.columns)
    work = partial(_scored, score=score, columns=tuple(columns))
    return place.stage(
        "scores",
        lambda into: place.engine.each(records.units, work, SCORES, into, listening(progress)),
        stamp=records.stamp, columns=list(columns), score=name,
    )  # fmt: skip


def _scored(unit: Unit, score: Score, columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    for first, block in blocks(unit, columns):
        values = np.asarray(score(block), dtype=np.float64)
        if values.shape != (len(block),):
            raise BadInput(f"a score gives one number a record: {len(block):,} records got {values.shape}")
        numbers = pa.array(np.arange(first, first + len(block)))
        yield pa.RecordBatch.from_arrays([numbers, pa.array(values)], schema=SCORES)
