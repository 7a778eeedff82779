from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import rows_table
from holdfast.audit.facts.columns.scales import UnitChange, UnitChanges
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Mars Climate Orbiter Mishap Investigation Board (1999), Phase I report: pounds taken for newtons",
            "https://llis.nasa.gov/llis_lib/pdf/1009464main1_0641-mr.pdf",
        ),
        Reference(
            "Pettitt (1979), A non-parametric approach to the change-point problem, Applied Statistics 28(2)",
            "https://doi.org/10.2307/2346729",
        ),
    ),
    exempt={"row-order-does-not-matter": "a change from some row on is about the order of rows"},
)
def unit_change(dataset: Dataset, unit_changes: UnitChanges, *, alpha: float = 0.0005) -> Iterator[Finding]:
    """Number columns whose unit changes half-way, or between training and test data.

    ## Why it matters
    Two exports were put together, one in inches and one in centimetres. A model learns the mixture, and where the
    cut is also the split it is scored on another scale than it learnt. Means and outlier rules are wrong throughout.

    ## How it works
    For each number column the likeliest row of a jump is sought by ranks (Pettitt), and train is compared with test.
    It is a change of unit if the two sides lie far apart as they stand (gap of cumulative shares 0.4 and more, a
    test corrected over rows and columns), coincide when one is multiplied by a known factor (2.54, 1.609, 1,000, …)
    or turned from degrees Celsius into Fahrenheit, and each side is steady, which a trend or a sorted file is not.

    ## Limits
    One change a column; units that alternate from row to row are not seen. A true jump by nearly such a factor looks
    the same: the rows are shown.

    ## Fix
    Convert one side, and let the column's name say its unit.
    """
    for change in unit_changes.found:
        p_value = min(1.0, change.p_value * unit_changes.n_columns)
        if p_value < alpha:
            yield _finding(dataset, change, p_value)


def _finding(dataset: Dataset, change: UnitChange, p_value: float) -> Finding:
    first = int(change.rows[0])
    place = f"from row {first + 1:,} on" if change.where == "row" else "in the test data"
    if change.factor is None:
        how = f"changes between {change.units}"
    elif change.factor > 1:
        how = f"is {change.factor:g} times as large ({change.units})"
    else:
        how = f"is {1 / change.factor:g} times as small ({change.units})"
    rows = np.array([r for r in range(first - 5, first + 5) if 0 <= r < len(dataset)])
    return Finding(
        message=f"{change.column!r} {how} {place}: median {change.before:.4g} before, {change.after:.4g} after",
        confidence=Confidence.MEDIUM,
        locations=(
            Location(rows=change.rows, columns=(change.column,), split="test" if change.where == "split" else None),
        ),
        evidence=(
            Measure(name="gap between the sides as they stand", value=change.apart, threshold=0.4, p_value=p_value),
            Measure(name="gap after conversion", value=change.together),
            rows_table(dataset, rows, "Rows around the change", (change.column,)),
        ),
        fix="Convert one side, and let the column's name say its unit.",
    )


@planted(at=Location(rows=(260, 399), columns=("height",)))
def inches_then_centimetres(rng: np.random.Generator) -> Dataset:
    """From row 260 on heights are in centimetres."""
    height = rng.normal(67, 4, size=400)
    height[260:] *= 2.54
    return subject({"height": np.round(height, 1), "a": rng.normal(size=400)})


@planted(at=Location(columns=("t",), split="test"))
def fahrenheit_in_the_test_data(rng: np.random.Generator) -> Dataset:
    """Test temperatures are in Fahrenheit."""
    t = rng.normal(12, 8, size=400)
    test = rng.random(400) < 0.25
    return subject(
        {"t": np.where(test, t * 1.8 + 32, t), "a": rng.normal(size=400)}, split=np.where(test, "test", "train")
    )


@clean
def trend(rng: np.random.Generator) -> Dataset:
    """A number that grows, one that is sorted, and one that steps up by a half."""
    grows = np.exp(np.linspace(0, 3, 400)) * rng.lognormal(0, 0.1, size=400)
    steps = rng.normal(10, 1, size=400) * np.where(np.arange(400) < 200, 1, 1.5)
    return subject({"grows": grows, "sorted": np.sort(rng.lognormal(size=400)), "steps": steps})


@clean
def one_unit(rng: np.random.Generator) -> Dataset:
    """Columns in one unit, split at random."""
    test = rng.random(400) < 0.25
    return subject(
        {"a": rng.lognormal(0, 2, size=400), "b": rng.standard_cauchy(size=400)}, split=np.where(test, "test", "train")
    )
