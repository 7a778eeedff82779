"""Which training rows were made from test rows, directly or through further records."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int

from holdfast.audit.definitions import fact
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.data.canonical import STRING
from holdfast.data.mixing.descent import descendants
from holdfast.data.origin import PARENTS, RECORD


@dataclass(frozen=True)
class Lineage:
    """Training rows with a test row among their ancestors: those with a test row for a parent, and all of them."""

    direct: Int[np.ndarray, " direct"]
    all: Int[np.ndarray, " all"]


@fact()
def lineage(dataset: Dataset, split_of: SplitOf) -> Lineage:
    """Training rows that were made from test rows, followed through the column of parents."""
    for name, what in ((PARENTS, "says from which records a row was made"), (RECORD, "gives a row its name")):
        if name not in dataset.table.column_names:
            raise NotApplicable(f"no column {what} ({name})")
        if not pa.types.is_large_string(dataset.values(name).type):
            raise NotApplicable(f"the column {name} holds no names of records")
    names, parents = (pc.cast(dataset.values(name), STRING) for name in (RECORD, PARENTS))
    told = np.asarray(pc.fill_null(pc.greater(pc.binary_length(parents), 0), False).to_numpy(zero_copy_only=False))  # noqa: FBT003 PyArrow's
    if not (told & split_of.train).any():
        raise NotApplicable(f"no training row says what it was made from ({PARENTS})")
    roots = names.filter(pa.array(split_of.test)).drop_null()
    made = descendants(names, parents, roots) & split_of.train
    # Without the other rows to go through, only parents that are test rows are left.
    alone = pa.array(np.flatnonzero(made))
    short = descendants(pa.chunked_array([pa.nulls(len(alone), STRING)]), parents.take(alone), roots)
    rows = np.flatnonzero(made)
    return Lineage(rows[short], rows)
