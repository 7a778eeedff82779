"""From files and frames to one data set: splits below each other, roles and kinds settled, sources remembered."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.csv

from holdfast.core.dataset import Dataset, Kind, Role, Source
from holdfast.core.errors import BadInput
from holdfast.core.hashing import digest_file
from holdfast.core.progress import Progress
from holdfast.data.inference import canonical, describe
from holdfast.data.splitting import SPLIT, split

ALL = "all"  # name of an input that is not split


class ArrowExportable(Protocol):
    """Anything that exports Arrow: a frame of pandas, polars, PyArrow, DuckDB, and many more."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return a capsule with an Arrow C stream."""


def load(
    inputs: Mapping[str, Path | str | ArrowExportable],
    *,
    roles: Mapping[str, Role] | None = None,
    kinds: Mapping[str, Kind] | None = None,
    split_column: str | None = None,
    splitter: str | None = None,
    test_share: float = 0.2,
    seed: int = 0,
    groups: Sequence[str] = (),
    progress: Progress | None = None,
) -> Dataset:
    """Return one data set of several splits (name → path, or anything that exports Arrow).

    Raises BadInput when a file cannot be read, or the splits do not fit together.
    """
    del progress
    tables, sources, start = [], [], 0
    roles = {**dict.fromkeys(groups, "group"), **(roles or {})}
    whole = list(inputs) == [ALL]
    for name, given in inputs.items():
        table, source_name, digest, first_row = _read(given)
        table = canonical(table)
        if not whole:
            table = table.append_column(SPLIT, pa.array([name] * len(table), pa.large_string()))
        tables.append(table)
        sources.append(Source(source_name, start, start + len(table), digest, None if whole else name, first_row))
        start += len(table)
    joined = pa.concat_tables(tables, promote_options="permissive")
    title = sources[0].name if len(sources) == 1 else " + ".join(source.name for source in sources)
    if not whole:
        roles = {SPLIT: "split", **roles}
    elif split_column is not None:
        roles = {split_column: "split", **roles}
    dataset = describe(title, joined, roles=roles, kinds=kinds, sources=tuple(sources))
    if whole and split_column is None and (splitter or dataset.one("label")):
        dataset = split(dataset, splitter or "random", test_share=test_share, seed=seed)
        if splitter is None:
            note = f"no split given: judged on the random 80/20 split that most would make, seed {seed}"
            dataset = replace(dataset, sources=tuple(replace(s, notes=(*s.notes, note)) for s in dataset.sources))
    return dataset


def _read(given: Any) -> tuple[pa.Table, str, str, int]:
    if hasattr(given, "__arrow_c_stream__"):
        return pa.table(given), type(given).__name__, "", 1
    path = Path(given)
    if not path.is_file():
        raise BadInput(f"no file {path}")
    return pyarrow.csv.read_csv(path), path.name, digest_file(path), 2
