from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import rows_table
from holdfast.audit.facts.columns.mixed import MixedColumns
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity
from holdfast.core.text import one_line


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Hynes, Sculley & Terry (2017), The data linter: lightweight, automated sanity checking for ML data sets, "
            "NIPS workshop on ML systems: numbers that are not typed as numbers",
            "http://learningsys.org/nips17/assets/papers/paper_19.pdf",
        ),
    ),
)
def mixed_types(dataset: Dataset, mixed_columns: MixedColumns, *, max_rows: int = 0) -> Iterator[Finding]:
    """Columns of numbers that are read as text, because of a few values that are no numbers.

    ## Why it matters
    One blank among 7,000 charges turns the column into 6,500 categories. Models that take categories then learn
    nothing from it (or the whole table by heart), and nobody notices, since nothing fails.

    ## How it works
    Text columns in which at least nine values in ten are plain numbers are reported, with the values that are not.
    Columns in which every value is a number are codes that somebody wanted as text, and are left alone.

    ## Limits
    Numbers with thousands separators, units or signs of currency count as text. Codes such as `007`, `12B` are
    numbers in part; whether they count or name something only a person can say.

    ## Fix
    Decide what the other values mean (mostly: missing), replace them, and read the column as numbers.
    """
    for column in mixed_columns.columns.values():
        if len(column.odd) <= max_rows:
            continue
        words = dataset.table.column(column.name).take(pa.array(column.odd)).value_counts().to_pylist()
        words.sort(key=lambda item: (-item["counts"], item["values"]))
        shown = ", ".join(repr(one_line(str(item["values"]), 30)) for item in words[:4]) + (
            ", …" if len(words) > 4 else ""
        )
        yield Finding(
            message=(
                f"{column.name!r} holds numbers, but {len(column.odd):,} of {column.n_known:,} values are none "
                f"({shown}), so it is read as text"
            ),
            confidence=Confidence.HIGH,
            locations=(Location(rows=column.odd, columns=(column.name,)),),
            evidence=(
                Measure(name="values that are no numbers", value=len(column.odd), threshold=max_rows, unit="rows"),
                rows_table(dataset, column.odd, "Rows whose value is no number"),
            ),
            fix="Decide what these values mean, replace them, and read the column as numbers.",
        )


@planted(at=Location(rows=(7, 30), columns=("total",)))
def blanks_among_charges(rng: np.random.Generator) -> Dataset:
    """Two blanks in a column of amounts."""
    total = [f"{value:.2f}" for value in rng.gamma(2, 100, size=60)]
    total[7] = total[30] = " "
    return subject({"total": total, "a": rng.normal(size=60)})


@planted(at=Location(rows=(4,), columns=("age",)))
def a_word_among_ages(rng: np.random.Generator) -> Dataset:
    """One age is a word."""
    age = [str(value) for value in rng.integers(18, 90, size=60)]
    age[4] = "unknown"
    return subject({"age": age, "a": rng.normal(size=60)})


@clean
def codes(rng: np.random.Generator) -> Dataset:
    """Postal codes as text, and grades of which half are digits."""
    return subject({"zip": [f"{v:05d}" for v in rng.integers(0, 99999, size=60)], "grade": ["1", "2", "A", "B"] * 15})
