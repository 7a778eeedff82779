"""The embedded engine: DuckDB for SQL, NumPy for the rest, on this machine; what memory does not hold goes to disk."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.core.durable import replacing
from holdfast.core.errors import BadInput, MissingExtra
from holdfast.core.progress import Progress, track
from holdfast.data.bulk.engine import Change, Name, Table, Work, cleared, parquet_files
from holdfast.data.bulk.records import GROUP_ROWS, Unit

if TYPE_CHECKING:
    import duckdb

MEMORY = 1 << 30  # bytes for joins and groups; what needs more goes to disk
MOST_THREADS = 8
_GROUP_BYTES = 1 << 24  # of a row group that NumPy wrote
CHANGED_AT_ONCE = 512  # rows of a result that a function gets: two texts' runs in each are bounded as well


class Embedded:
    """DuckDB over Parquet, without a server; `memory` bounds what its joins hold, in bytes."""

    name: Name = "embedded"
    slices = 5

    def __init__(self, memory: int = MEMORY, threads: int | None = None) -> None:
        """Take what this machine has, up to eight threads. Raises MissingExtra."""
        try:
            import duckdb  # noqa: F401 whether it is there
        except ImportError as error:
            raise MissingExtra.for_package("duckdb", "store", "finding duplicates in bulk") from error
        self.memory = memory
        self.threads = threads or min(MOST_THREADS, os.cpu_count() or 1)

    def each(self, units: Sequence[Unit], work: Work, schema: pa.Schema, into: Path, progress: Progress) -> None:
        """Write one file a unit; files that an earlier attempt finished stay."""

        def one(unit: Unit) -> int:
            path = into / f"part-{unit.number:06}.parquet"
            if not path.exists():
                _write(path, work(unit), schema)
            return unit.rows

        with (
            track(progress, into.name.partition("-")[0], sum(unit.rows for unit in units), "records") as advance,
            ThreadPoolExecutor(self.threads) as pool,
        ):
            try:
                for rows in pool.map(one, units):
                    advance(rows)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        if not units:
            _write(into / "part-000000.parquet", iter(()), schema)

    def select(self, query: str, tables: Mapping[str, Table], into: Path) -> None:
        """Write the result as one file."""
        cleared(into)
        path = into / "part-000000.parquet"
        with self._opened(tables, into) as connection:
            connection.execute(
                f"COPY ({query}) TO {_quoted(path.with_suffix('.tmp'))} "
                f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {GROUP_ROWS})"
            )
        path.with_suffix(".tmp").replace(path)

    def apply(self, query: str, tables: Mapping[str, Table], change: Change, schema: pa.Schema, into: Path) -> None:
        """Write what `change` makes of the result, as one file."""
        cleared(into)
        with self._opened(tables, into) as connection:
            reader = connection.sql(query).to_arrow_reader(CHANGED_AT_ONCE)
            _write(into / "part-000000.parquet", map(change, reader), schema)

    def close(self) -> None:
        """Nothing is held between stages."""

    @contextmanager
    def _opened(self, tables: Mapping[str, Table], into: Path) -> Iterator["duckdb.DuckDBPyConnection"]:
        """Yield a connection that sees these tables and the folder it writes to, and nothing else."""
        import duckdb

        spill = into / "spill"
        settings = {
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            # Statistics in Parquet files leave NaN out, and DuckDB 2.0 concludes that there is none.
            "disabled_optimizers": "statistics_propagation",
            "memory_limit": f"{self.memory // 1024}KiB",
            "preserve_insertion_order": "false",
            "temp_directory": str(spill),
            "threads": str(self.threads),
        }
        connection = duckdb.connect(":memory:", config=settings)
        files = [file for table in tables.values() for file in parquet_files(table)]
        try:
            connection.execute(f"SET allowed_directories = [{_quoted(into.absolute())}]")
            connection.execute(f"SET allowed_paths = [{', '.join(_quoted(file.absolute()) for file in files)}]")
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            for name, table in tables.items():
                listed = ", ".join(_quoted(file.absolute()) for file in parquet_files(table))
                connection.execute(f'CREATE VIEW "{name}" AS SELECT * FROM read_parquet([{listed}])')  # noqa: S608 paths are quoted
            yield connection
        except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
            why = str(error).partition("\n")[0]
            raise BadInput(f"the embedded engine could not go on: {why}") from error
        finally:
            connection.close()
            shutil.rmtree(spill, ignore_errors=True)


def _write(path: Path, blocks: Iterator[pa.RecordBatch], schema: pa.Schema) -> None:
    """Write blocks to a file, whole or not at all. Hashes do not get smaller: nothing is compressed but texts."""
    with replacing(path) as file, pq.ParquetWriter(file, schema, compression="none", use_dictionary=False) as writer:
        waiting: list[pa.RecordBatch] = []
        size = 0
        for block in blocks:
            waiting.append(block)
            size += block.nbytes
            if size >= _GROUP_BYTES:
                writer.write_table(pa.Table.from_batches(waiting, schema))
                waiting, size = [], 0
        if waiting:
            writer.write_table(pa.Table.from_batches(waiting, schema))


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
