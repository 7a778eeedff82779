from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import rows_table
from holdfast.audit.facts.columns.twins import ColumnTwins, Twins
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity
from holdfast.core.text import and_more

_MOST_FINDINGS = 40


@check(
    severity=Severity.NOTE,
    references=(
        Reference(
            "Strobl et al. (2008), Conditional variable importance for random forests, BMC Bioinformatics 9: "
            "importance is shared out among columns that say the same",
            "https://doi.org/10.1186/1471-2105-9-307",
        ),
    ),
)
def duplicate_column(dataset: Dataset, column_twins: ColumnTwins, *, max_sets: int = 0) -> Iterator[Finding]:
    """Columns that say the same as another: equal, renamed one to one, rescaled, or a product.

    ## Why it matters
    Two columns that say the same share one importance between them, so that both look half as important as they
    are; linear models become unstable. And whoever drops one of them because it leaks has not dropped the other.

    ## How it works
    Equal columns, and those in which each value of one stands with one value of the other in every row (`education`
    and `education-num`), are found by comparing the numbers of their values in order of first occurrence. Number
    columns that are straight-line functions of one another (kilometres and miles) correlate above 0.9999; a column
    that is the product of two others (total, months and monthly price) does so above 0.999 with the product, and
    below 0.99 with either factor. Columns with too little information to rule out chance are left alone.

    ## Limits
    Keys, all different, are renamings of one another by nature and only compared for equality. Renamings with
    exceptions, and sums of several columns, are not seen. Products are formed of the first 40 number columns.

    ## Fix
    Keep one of them, the one whose name says most; or the factors in place of their product.
    """
    if len(column_twins.found) <= max_sets:
        return
    for twins in column_twins.found[:_MOST_FINDINGS]:
        yield _finding(dataset, twins)
    rest = column_twins.found[_MOST_FINDINGS:]
    if rest:
        yield Finding(
            message=f"{len(rest):,} more sets of columns say the same",
            confidence=Confidence.HIGH,
            locations=(Location(columns=tuple(dict.fromkeys(name for twins in rest for name in twins.columns))),),
            evidence=(Measure(name="sets of columns", value=len(rest), threshold=max_sets),),
            fix="Keep one of each set.",
        )


def _finding(dataset: Dataset, twins: Twins) -> Finding:
    names = [repr(name) for name in twins.columns]
    listed = and_more(names, 6)
    said = {
        "equal": f"{listed} are equal in every row",
        "renamed": f"{listed} are one column under other names: their values stand for each other one to one",
        "rescaled": f"{listed} differ only by scale and offset (correlation {twins.agreement:.5f})",
        "product": f"{names[0]} is the product of {' and '.join(names[1:])} (correlation {twins.agreement:.4f})",
    }[twins.how]
    return Finding(
        message=said,
        confidence=Confidence.CERTAIN if twins.how in {"equal", "renamed"} else Confidence.HIGH,
        locations=(Location(columns=twins.columns),),
        evidence=(
            Measure(name="agreement", value=twins.agreement, threshold=0.999 if twins.how == "product" else 0.9999),
            rows_table(dataset, np.arange(min(5, len(dataset))), "The columns side by side", twins.columns[:6]),
        ),
        fix="Keep one of them." if twins.how != "product" else "Keep the factors or the product.",
    )


@planted(at=Location(columns=("education", "years")))
def renamed(rng: np.random.Generator) -> Dataset:
    """Schooling in words and in years."""
    years = rng.integers(8, 17, size=200)
    return subject({"education": np.array([f"grade {y}" for y in years]), "years": years, "a": rng.normal(size=200)})


@planted(at=Location(columns=("km", "miles")))
def rescaled(rng: np.random.Generator) -> Dataset:
    """A distance in two units, one of them rounded."""
    km = rng.gamma(2, 100, size=200)
    return subject({"km": km, "a": rng.normal(size=200), "miles": np.round(km / 1.609344, 1)})


@planted(at=Location(columns=("total", "months", "price")))
def product(rng: np.random.Generator) -> Dataset:
    """A bill that is months times the monthly price, give or take a little."""
    months, price = rng.integers(1, 72, size=400), np.round(rng.uniform(20, 120, size=400), 2)
    return subject(
        {"months": months, "price": price, "total": np.round(months * price * rng.normal(1, 0.01, size=400), 2)}
    )


@planted(at=Location(columns=("a", "copy")))
def equal(rng: np.random.Generator) -> Dataset:
    """One column twice."""
    a = rng.normal(size=100)
    return subject({"a": a, "b": rng.normal(size=100), "copy": a})


@clean
def two_keys(rng: np.random.Generator) -> Dataset:
    """Two keys, all different, that have nothing to do with each other."""
    return subject({"one": rng.permutation(100), "other": [f"u{i}" for i in rng.permutation(100)]})


@clean
def close_but_not_the_same(rng: np.random.Generator) -> Dataset:
    """Felt and measured temperature, and two rare flags that fall on one row by chance."""
    temperature = rng.normal(15, 8, size=300)
    flag = (np.arange(300) == 7).astype(int)
    return subject({"t": temperature, "felt": temperature + rng.normal(0, 0.5, size=300), "f": flag, "g": flag})
