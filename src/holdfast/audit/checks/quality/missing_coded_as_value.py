from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import rows_table
from holdfast.audit.facts.columns.mixed import MixedColumns
from holdfast.audit.facts.columns.sentinels import Sentinel, Sentinels
from holdfast.audit.facts.labels.labels import Labels
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity
from holdfast.core.text import one_line

_MOST_FINDINGS = 40  # values with a finding of their own
_Z = 4.0  # standard errors of a difference in the label that is worth a word


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Pearson (2006), The problem of disguised missing data, ACM SIGKDD Explorations 8(1)",
            "https://doi.org/10.1145/1147234.1147247",
        ),
        Reference(
            "Qahtan et al. (2018), FAHES: a robust disguised missing values detector, KDD",
            "https://doi.org/10.1145/3219819.3220109",
        ),
    ),
)
def missing_coded_as_value(
    dataset: Dataset,
    sentinels: Sentinels,
    mixed_columns: MixedColumns,
    labels: Labels | None,
    *,
    min_share: float = 0.0,
) -> Iterator[Finding]:
    """Values such as 0, -1, 999, `?` or a blank that stand for "missing".

    ## Why it matters
    A model takes a blood pressure of 0 for a pressure. Means, scales and distances are off, and the code becomes a
    category of its own: it says who was measured and who was not, often by which hospital. Where that goes with the
    label the model learns it.

    ## How it works
    Numbers: a value is reported if it is one that people use as a code, is the lowest or highest of its column,
    occurs several times, and lies outside the law of the rest: 0 where the rest lies well above zero (2.5 robust
    deviations, five times as frequent as the rest's tail allows), or where its rows are those of another column's
    zeros; a single negative value; a row of nines far beyond the next value. Words: `?`, blanks, `N/A` and the like;
    `unknown` and its kin as a note. If the label differs between these rows and the rest, the finding says how.

    ## Limits
    Zero that means "none" (no gain, no toll, no rain) is left alone where the rest reaches close to it or where most
    rows are zero; hours worked may be 0 and otherwise 40, and will be asked about. Codes inside the range of the
    rest are not seen. Words in a column of numbers are the business of `mixed-types`.

    ## Fix
    Read the value as missing (in pandas `na_values=`), keep a column that says so if it carries meaning, and ask why
    it is missing.
    """
    found = (item for item in sentinels.found if item.column not in mixed_columns.columns)
    shown = [item for item in found if len(item.rows) / item.n_known > min_share]
    for item in shown[:_MOST_FINDINGS]:
        yield _finding(dataset, item, labels, min_share)
    rest = shown[_MOST_FINDINGS:]
    if rest:
        yield Finding(
            message=f"{len(rest):,} more columns hold values that seem to mean missing",
            confidence=Confidence.MEDIUM,
            locations=(Location(columns=tuple(dict.fromkeys(item.column for item in rest))),),
            evidence=(Measure(name="columns", value=len(rest), threshold=0, unit="columns"),),
            fix="Read the values as missing.",
        )


def _finding(dataset: Dataset, item: Sentinel, labels: Labels | None, min_share: float) -> Finding:
    share = len(item.rows) / item.n_known
    told, gap = _label_differs(item.rows, labels)
    value = one_line(item.value, 40)
    said = f"{item.column!r} is {value} in {len(item.rows):,} of {item.n_known:,} rows ({share:.1%})"
    what = f", which seems to mean missing: {item.why}" if item.why else ", which seems to mean missing"
    evidence = [Measure(name="share of the value", value=share, threshold=min_share, unit="share")]
    if item.distance is not None:
        evidence.append(Measure(name="distance from the rest, in its deviations", value=item.distance))
    if gap is not None:
        evidence.append(gap)
    return Finding(
        message=said + what + told,
        severity=Severity.WARNING if item.sure else Severity.NOTE,
        confidence=Confidence.HIGH if item.sure else Confidence.LOW,
        locations=(Location(rows=item.rows, columns=(item.column,)),),
        evidence=(*evidence, rows_table(dataset, item.rows, f"Rows in which {item.column!r} is {value}")),
        fix="Read the value as missing, and ask why it is missing.",
    )


def _label_differs(rows: np.ndarray, labels: Labels | None) -> tuple[str, Measure | None]:
    """Return how the label of these rows differs from that of the rest, in words and as a measure."""
    if labels is None:
        return "", None
    inside = np.zeros(len(labels.values), dtype=bool)
    inside[rows] = True
    here, there = inside & labels.known, ~inside & labels.known
    n, m = int(here.sum()), int(there.sum())
    if min(n, m) < 5:
        return "", None
    if labels.is_classes:
        k = len(labels.classes)
        a, b = np.bincount(labels.codes[here], minlength=k) / n, np.bincount(labels.codes[there], minlength=k) / m
        at = k - 1 if k == 2 else int(np.argmax(np.abs(a - b)))
        pooled = (a[at] * n + b[at] * m) / (n + m)
        deviation = float(np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m)))
        if abs(a[at] - b[at]) < 0.05 or abs(a[at] - b[at]) < _Z * deviation:
            return "", None
        name = labels.classes[at][:40]
        told = f"; {labels.column!r} is {name!r} in {a[at]:.0%} of them, in {b[at]:.0%} of the rest"
        gap = Measure(name=f"share of {name} there less that of the rest", value=float(a[at] - b[at]), unit="share")
        return told, gap
    x, y = labels.values[here], labels.values[there]
    deviation = float(np.sqrt(x.var() / n + y.var() / m))
    gap_of_means = float(x.mean() - y.mean())
    if abs(gap_of_means) < max(_Z * deviation, 0.1 * float(y.std())):
        return "", None
    told = f"; {labels.column!r} is {x.mean():.4g} on average there, {y.mean():.4g} in the rest"
    return told, Measure(name="mean label there less that of the rest", value=gap_of_means)


def _with(rng: np.random.Generator, values: np.ndarray, name: str = "c") -> Dataset:
    n = len(values)
    return subject({name: values, "a": rng.normal(size=n), "y": rng.integers(0, 2, size=n)})


@planted(at=Location(rows=(3, 8, 40), columns=("pressure",)))
def zero_pressure(rng: np.random.Generator) -> Dataset:
    """A blood pressure of 0 in a few rows, all of them ill."""
    pressure = np.round(rng.normal(120, 15, size=300))
    ill = rng.random(300) < 0.3
    rows = np.r_[3, 8, 40, 100:120]
    pressure[rows], ill[rows] = 0, True
    return subject({"pressure": pressure, "a": rng.normal(size=300), "y": np.where(ill, "ill", "well")})


@planted(at=Location(columns=("days",)))
def minus_one(rng: np.random.Generator) -> Dataset:
    """-1 for "never", beside days from 1 on."""
    days = rng.integers(1, 400, size=300)
    days[rng.random(300) < 0.6] = -1
    return _with(rng, days, "days")


@planted(at=Location(columns=("income",)))
def nines(rng: np.random.Generator) -> Dataset:
    """99999 for an income that was not given."""
    income = np.round(rng.lognormal(8, 0.5, size=300))
    income[:6] = 99999
    return _with(rng, income, "income")


@planted(at=Location(rows=(5, 6), columns=("job",)))
def question_mark(rng: np.random.Generator) -> Dataset:
    """A question mark and a blank among jobs."""
    job = rng.choice(["clerk", "nurse", "smith"], size=60).astype(object)
    job[5], job[6] = "?", " "
    return subject({"job": job.astype(str), "a": rng.normal(size=60)})


@clean
def counts(rng: np.random.Generator) -> Dataset:
    """Counts that start at 0, a share with zeros, and amounts that are mostly 0."""
    amount = np.where(rng.random(400) < 0.9, 0.0, np.round(rng.lognormal(7, 1, size=400)))
    return subject(
        {
            "siblings": rng.poisson(1.2, size=400),
            "visits": rng.negative_binomial(1, 0.05, size=400),
            "gain": amount,
            "oldpeak": np.round(np.maximum(rng.normal(0.5, 1, size=400), 0), 1),
        }
    )


@clean
def rain(rng: np.random.Generator) -> Dataset:
    """Rain: none on half of the days, else from a tenth of a millimetre up."""
    rain = np.where(rng.random(500) < 0.5, 0.0, np.round(rng.exponential(5, size=500), 1))
    return _with(rng, rain, "rain")


@clean
def signed(rng: np.random.Generator) -> Dataset:
    """Numbers on both sides of zero, and a score of -1, 0 or 1."""
    return subject({"t": np.round(rng.normal(5, 8, size=300)), "s": rng.integers(-1, 2, size=300)})
