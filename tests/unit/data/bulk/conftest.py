"""The two engines, so that one test runs on both. Those of Spark are slow: a session starts a Java machine."""

import os
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from holdfast.data.bulk.embedded import Embedded
from holdfast.data.bulk.engine import Workplace
from holdfast.data.bulk.records import parquet_records

# Few records: compiling queries and Java code would take most of the time.
QUICK = {
    "spark.default.parallelism": "1",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.shuffle.partitions": "1",
}


def why_no_spark():
    """Return why Spark cannot run here; nothing where it can."""
    for package in ("pyspark", "sqlglot", "pandas"):
        try:
            __import__(package)
        except ImportError:
            return f"{package} is not installed: pip install 'holdfast[spark]'"
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        return "no Java on this machine: apt-get install openjdk-17-jre-headless"
    return None


@pytest.fixture(scope="session")
def spark():
    reason = why_no_spark()
    if reason:
        pytest.skip(reason)
    from holdfast.data.bulk.spark import Spark

    engine = Spark("local[2]", QUICK)
    yield engine
    engine.close()


@pytest.fixture(params=["embedded", pytest.param("spark", marks=pytest.mark.slow)])
def engine(request):
    if request.param == "spark":
        yield request.getfixturevalue("spark")
    else:
        yield Embedded(memory=1 << 28, threads=1)


@pytest.fixture
def place(engine, tmp_path):
    return Workplace(tmp_path / "work", engine)


@pytest.fixture
def here(tmp_path):
    """A place on the embedded engine."""
    return Workplace(tmp_path / "here", Embedded(memory=1 << 28, threads=1))


@pytest.fixture
def written(tmp_path):
    """Return a function that writes columns as Parquet files and opens them as records: one part a table."""

    def write(*tables, group=1000):
        parts = []
        for number, columns in enumerate(tables):
            path = tmp_path / f"part{number}.parquet"
            pq.write_table(columns if isinstance(columns, pa.Table) else pa.table(columns), path, row_group_size=group)
            parts.append((path.name, [path]))
        return parquet_records(parts)

    return write
