"""Which generation a tuned model's texts are of: one more than what it learnt from."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int

from holdfast.core.dataset import Dataset
from holdfast.data.origin import GENERATION, ORIGIN, is_human

HUMAN = 0  # the generation of what people made


def generation_after(dataset: Dataset, rows: Int[np.ndarray, " rows"]) -> int | None:
    """Return the generation of texts by a model that learns from these rows; None where theirs is not known.

    It is 1 for a model that learnt from people's work alone. What a base model learnt before is not counted: nobody
    says it.
    """
    names = set(dataset.table.column_names)
    known = pa.nulls(len(rows), pa.int64())
    if GENERATION in names:
        known = pc.cast(dataset.values(GENERATION).take(pa.array(rows)), pa.int64(), safe=False).combine_chunks()
    if ORIGIN in names:
        people = is_human(dataset.values(ORIGIN).take(pa.array(rows))).combine_chunks()
        known = pc.if_else(people, pa.scalar(HUMAN, pa.int64()), known)
    if not len(rows) or known.null_count:
        return None
    last = pc.max(known).as_py()
    return None if last is None or last < HUMAN else int(last) + 1
