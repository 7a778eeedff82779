from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import rows_table
from holdfast.audit.facts.columns.strays import Stray, Strays
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity

_GAPS = 10  # places at which a tail may have its gap; each is a chance to be wrong
_MOST_FINDINGS = 40


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Hill (1975), A simple general approach to inference about the tail of a distribution, Annals of "
            "Statistics 3(5)",
            "https://doi.org/10.1214/aos/1176343247",
        ),
        Reference(
            "Kapoor et al. (2024), REFORMS: consensus-based recommendations for machine-learning-based science, "
            "Science Advances 10(18), item 4b: impossible or corrupt samples",
            "https://doi.org/10.1126/sciadv.adk3452",
        ),
    ),
)
def impossible_values(dataset: Dataset, strays: Strays, *, alpha: float = 0.0005) -> Iterator[Finding]:
    """Values that cannot be: an age of 411, a latitude of 95, a length of 0 among lengths of 4 to 10.

    ## Why it matters
    An impossible value is an error of measuring, typing or joining, and rarely the only one: it shows a step that
    went wrong. One of them can also rule a mean, a scale or a squared error.

    ## How it works
    By name: ages (also written `060Y`) up to 122 years, latitudes, longitudes, percentages, probabilities, hours,
    months, counts, sizes and amounts below 0, pressures and the like at 0. By date: more than a year in the future,
    and repeated days where calendars begin (1900, 1970) that stand years apart from the rest. By law: a few values
    at least twice as far from the middle as the next one, where the tail of the rest (a power law with its own
    exponent, so that heavy tails are given room) makes such a gap improbable, corrected over columns; and a few
    zeros in a column whose other values stay well above zero.

    ## Limits
    Where more than a twentieth of the values break the limit, the name is taken to mean something else. A far value
    may be a true one: the finding asks to look at the rows. Values inside the range of the rest are not seen.

    ## Fix
    Look the rows up at their source; correct them, or read them as missing, and repair the step that made them.
    """
    found = [s for s in strays.found if s.how != "law" or s.p_value * strays.n_tested * _GAPS < alpha]
    for stray in found[:_MOST_FINDINGS]:
        yield _finding(dataset, stray)
    if found[_MOST_FINDINGS:]:
        rest = tuple(dict.fromkeys(stray.column for stray in found[_MOST_FINDINGS:]))
        yield Finding(
            message=f"{len(rest):,} more columns hold values that cannot be",
            confidence=Confidence.MEDIUM,
            locations=(Location(columns=rest),),
            evidence=(Measure(name="columns", value=len(rest), threshold=0, unit="columns"),),
            fix="Look the rows up at their source; correct them, or read them as missing.",
        )


def _finding(dataset: Dataset, stray: Stray) -> Finding:
    if stray.how == "zero":
        measure = Measure(name="distance from the rest, in its deviations", value=stray.ratio, threshold=3.5)
    elif stray.how == "law":
        measure = Measure(
            name="times as far as the next value", value=stray.ratio, threshold=2.0, p_value=stray.p_value
        )
    else:
        measure = Measure(name="share of rows", value=stray.ratio, threshold=0.0, unit="share")
    return Finding(
        message=f"{stray.column!r} {stray.said}",
        confidence=Confidence.MEDIUM if stray.how in {"law", "zero"} else Confidence.HIGH,
        locations=(Location(rows=stray.rows, columns=(stray.column,)),),
        evidence=(measure, rows_table(dataset, stray.rows, "Rows that hold such values")),
        fix="Look the rows up at their source; correct them, or read them as missing.",
    )


@planted(at=Location(rows=(4, 9), columns=("Patient Age",)))
def ages_as_text(rng: np.random.Generator) -> Dataset:
    """Two patients of 148 and 411 years, in the notation of radiology."""
    age = [f"{v:03d}Y" for v in rng.integers(1, 95, size=100)]
    age[4], age[9] = "148Y", "411Y"
    return subject({"Patient Age": age, "a": rng.normal(size=100)})


@planted(at=Location(rows=(3,), columns=("latitude",)))
def beyond_the_pole(rng: np.random.Generator) -> Dataset:
    """A latitude of 95 degrees."""
    latitude = rng.uniform(40, 60, size=100)
    latitude[3] = 95.0
    return subject({"latitude": latitude, "a": rng.normal(size=100)})


@planted(at=Location(rows=(10, 20), columns=("x",)))
def no_length(rng: np.random.Generator) -> Dataset:
    """Two stones without a length, under a name that says nothing."""
    x = np.round(rng.normal(6, 1, size=1000).clip(3.5, 9), 2)
    x[[10, 20]] = 0
    return subject({"x": x, "a": rng.normal(size=1000)})


@planted(at=Location(rows=(5, 6), columns=("admitted",)))
def empty_dates(rng: np.random.Generator) -> Dataset:
    """Two dates that were empty became the first day of 1970."""
    days = np.datetime64("2019-01-01", "D") + rng.integers(0, 700, size=100) * np.timedelta64(1, "D")
    days[[5, 6]] = np.datetime64("1970-01-01")
    return subject({"admitted": days.astype("datetime64[us]"), "a": rng.normal(size=100)})


@clean
def heavy_tails(rng: np.random.Generator) -> Dataset:
    """Incomes, Cauchy noise, counts, and percentages of change below zero."""
    return subject(
        {
            "income": rng.lognormal(8, 2, size=1000),
            "noise": rng.standard_cauchy(size=1000),
            "visits": rng.negative_binomial(1, 0.05, size=1000),
            "percent change": rng.normal(0, 60, size=1000),
            "age in days": rng.integers(4000, 30_000, size=1000),
        }
    )


@clean
def two_groups(rng: np.random.Generator) -> Dataset:
    """A tenth of the rows belongs to another, larger kind."""
    large = rng.random(1000) < 0.1
    return subject({"size": np.where(large, rng.normal(100, 10, size=1000), rng.normal(10, 1, size=1000))})
