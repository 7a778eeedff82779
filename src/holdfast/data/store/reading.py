"""The records of a version as one table, for those who hold the lock already."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from holdfast.data.origin import RECORD
from holdfast.data.store import rows
from holdfast.data.store.columns import as_table
from holdfast.data.store.version import StoredColumn, Version


def table_of(folder: Path, version: Version, columns: Sequence[StoredColumn]) -> pa.Table:
    """Return columns of all records, in the order in which they were added. Raises StoreError, OSError."""
    at = rows.opened(folder / rows.FOLDER, version.lance)
    fields = [one.field for one in columns if one.type != "null"] or [RECORD]
    table = at.scanner(columns=fields, with_row_id=True).to_table()
    numbers = table.column(rows.ROW).to_numpy()
    if (np.diff(numbers.astype(np.int64)) < 0).any():  # an amended row stands in another file
        table = table.take(pa.array(np.argsort(numbers, kind="stable")))
    return as_table(table, columns).combine_chunks()
