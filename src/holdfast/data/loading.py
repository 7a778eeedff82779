"""From files and frames to one data set: splits below each other, roles and kinds settled, sources remembered."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv

from holdfast.core.dataset import Dataset, Kind, Role, Source
from holdfast.core.errors import BadInput
from holdfast.core.hashing import digest_file
from holdfast.data.inference import canonical, describe

SPLIT = "split"


def load(
    inputs: Mapping[str, Any],
    *,
    roles: Mapping[str, Role] | None = None,
    kinds: Mapping[str, Kind] | None = None,
) -> Dataset:
    """Return one data set of several splits (name → path, or anything that exports Arrow).

    Raises BadInput when a file cannot be read, or the splits do not fit together.
    """
    tables, sources, start = [], [], 0
    for split, given in inputs.items():
        table, source_name, digest, first_row = _read(given)
        table = canonical(table)
        tables.append(table.append_column(SPLIT, pa.array([split] * len(table), pa.large_string())))
        sources.append(Source(source_name, start, start + len(table), digest, split, first_row))
        start += len(table)
    joined = pa.concat_tables(tables, promote_options="permissive")
    name = sources[0].name if len(sources) == 1 else " + ".join(source.name for source in sources)
    return describe(name, joined, roles={SPLIT: "split", **(roles or {})}, kinds=kinds, sources=tuple(sources))


def _read(given: Any) -> tuple[pa.Table, str, str, int]:
    if hasattr(given, "__arrow_c_stream__"):
        return pa.table(given), type(given).__name__, "", 1
    path = Path(given)
    if not path.is_file():
        raise BadInput(f"no file {path}")
    return pyarrow.csv.read_csv(path), path.name, digest_file(path), 2
