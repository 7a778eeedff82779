"""What runs bulk operations: a function over units of records, SQL over tables, a function over what SQL found.

A table is a folder of Parquet files. Every stage writes one table into a folder whose name tells its inputs; a stage
that is done has a mark in it and is not done again, so that a run that was killed goes on where it was.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import pyarrow as pa
import pyarrow.dataset

from holdfast.core.durable import write_whole
from holdfast.core.errors import BadInput
from holdfast.core.hashing import PREFIX, digest_json
from holdfast.core.progress import Progress
from holdfast.core.text import one_line
from holdfast.data.bulk.records import Records, Unit

Name = Literal["embedded", "spark"]
Work = Callable[[Unit], Iterator[pa.RecordBatch]]
Table = Path | tuple[Path, ...]  # a folder of Parquet files, or such files
Change = Callable[[pa.RecordBatch], pa.RecordBatch]
DONE = "_DONE.json"
VERSION = 1  # of what stages write; a higher one leaves older checkpoints alone


class Engine(Protocol):
    """Three operations. Functions are pure and given by name, so that they can be sent to other machines."""

    name: Name
    slices: int  # in how many queries a join over all bands is done: fewer need more memory at once

    def each(self, units: Sequence[Unit], work: Work, schema: pa.Schema, into: Path, progress: Progress) -> None:
        """Write what `work` yields for each unit."""

    def select(self, query: str, tables: Mapping[str, Table], into: Path) -> None:
        """Write the result of a query in DuckDB's SQL over tables by name."""

    def apply(self, query: str, tables: Mapping[str, Table], change: Change, schema: pa.Schema, into: Path) -> None:
        """Write what `change` makes of each block of the result of a query."""

    def close(self) -> None:
        """Let go of what the engine holds."""


@dataclass(frozen=True)
class Workplace:
    """A folder of checkpoints and the engine that fills it."""

    folder: Path
    engine: Engine

    def stage(self, name: str, make: Callable[[Path], None], **inputs: object) -> Path:
        """Return the folder of a table; `make` fills it, unless it was filled before from the same `inputs`.

        Raises BadInput.
        """
        key = digest_json([VERSION, self.engine.name, name, {k: _plainly(v) for k, v in inputs.items()}])
        into = self.folder / f"{name}-{key.removeprefix(PREFIX)[:16]}"
        if (into / DONE).is_file():
            return into
        try:
            into.mkdir(parents=True, exist_ok=True)
            make(into)
            files = {one.name: one.stat().st_size for one in parquet_files(into)}
            write_whole(into / DONE, json.dumps({"stage": name, "files": files}).encode())
        except OSError as error:
            raise BadInput(
                f"cannot write {one_line(str(into))}: {error.strerror or error}; --work names another folder"
            ) from error
        return into

    def select(self, name: str, query: str, **tables: Path) -> Path:
        """Return the table that a query over earlier stages makes."""
        return self.stage(name, lambda into: self.engine.select(query, tables, into), query=query, **tables)

    def ask(self, name: str, query: str, records: Records) -> Path:
        """Return the table that a query over the records themselves makes; it calls them `records`."""
        tables: Mapping[str, Table] = {"records": tuple(Path(path) for path in records.paths)}
        return self.stage(name, lambda into: self.engine.select(query, tables, into), query=query, stamp=records.stamp)


def parquet_files(table: Table) -> list[Path]:
    """Return the files of a table, in order."""
    return list(table) if isinstance(table, tuple) else sorted(table.glob("*.parquet"))


def read(folder: Path, columns: Sequence[str] | None = None, schema: pa.Schema | None = None) -> pa.Table:
    """Return a table, which has to be a small one."""
    return pa.dataset.dataset(parquet_files(folder), schema=schema).to_table(columns=columns)


def cleared(folder: Path) -> None:
    """Remove what an earlier attempt left in a folder."""
    for one in folder.iterdir():
        if one.is_dir():
            shutil.rmtree(one)
        else:
            one.unlink()


def _plainly(value: object) -> object:
    """Return a value as JSON has it; of a table, its own key, which stands in the name of its folder."""
    return value.name if isinstance(value, Path) else value
