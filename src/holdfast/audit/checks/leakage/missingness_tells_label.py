from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.columns.missingness import Gap, Gaps
from holdfast.audit.facts.labels.labels import Labels
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Remedy, Series, Severity


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Groenwold (2020), Informative missingness in electronic health record systems: the curse of knowing, "
            "Diagnostic and Prognostic Research 4(8)",
            "https://doi.org/10.1186/s41512-020-00077-0",
        ),
    ),
)
def missingness_tells_label(
    labels: Labels, gaps: Gaps, *, min_auc: float = 0.55, alpha: float = 0.001
) -> Iterator[Finding]:
    """Columns whose missing values tell the label, whatever the values would be.

    ## Why it matters
    A field left blank often says who filled in the form, when, and what was known by then: the cabin of those who
    survived, the test ordered for those who were ill. The model learns the habit of recording, which changes from
    site to site.

    ## How it works
    For each column, "missing" is set against the label: its AUC for the class it tells most about, or, for a number,
    the chance that a row with a gap has the larger label. Values that surely stand for missing (`?`, an impossible 0)
    count as missing. It speaks where that reaches `min_auc` (or 1 - `min_auc`) and a test of independence, with
    `alpha` divided by the number of columns, agrees.

    ## Limits
    Missing can be honest knowledge, available in time: a first-time customer has no earlier order. Whether it is, only
    you know. Columns with fewer than 20 missing or 20 known values are left out; tests use at most 200,000 rows.

    ## Fix
    Ask why values are missing, and whether they will be when the prediction is needed. If not, drop the column, or
    record it alike for all.
    """
    limit = alpha / max(1, len(gaps.found))
    for gap in gaps.found:
        strength = max(gap.area, 1 - gap.area)
        if strength >= min_auc and gap.p_value < limit:
            yield _finding(gap, strength, min_auc, labels)


def _finding(gap: Gap, strength: float, min_auc: float, labels: Labels) -> Finding:
    if labels.is_classes:
        told = f"{gap.given_missing:.1%} of rows without it are {gap.stands_for!r}, {gap.given_known:.1%} of the others"
    else:
        told = f"the mean label is {gap.given_missing:.4g} without it, {gap.given_known:.4g} with it"
    written = (
        (", written as a value" if gap.coded == gap.n_missing else f", {gap.coded:,} of them written as a value")
        if gap.coded
        else ""
    )
    return Finding(
        message=f"That {gap.column!r} is missing ({gap.n_missing:,} rows{written}) tells the label: {told}",
        confidence=Confidence.LOW,  # that it tells the label is sure; that this is a leak, only the person can say
        locations=(Location(columns=(gap.column,)),),
        evidence=(
            Measure(
                name="AUC of 'missing' alone", value=strength, threshold=min_auc, p_value=gap.p_value, unit="score"
            ),
            Measure(name="missing values", value=gap.n_missing, unit="rows"),
            Series(
                name=f"share of {gap.stands_for!r}" if labels.is_classes else "mean label",
                x=("missing", "known"),
                y=(gap.given_missing, gap.given_known),
                x_name=gap.column,
                y_name="share" if labels.is_classes else labels.column,
                shape="bar",
            ),
        ),
        fix=f"Ask why {gap.column!r} is missing, and whether it will be when the prediction is needed; if that "
        "differs, drop it or record it alike for all.",
        remedy=Remedy(op="drop-columns", columns=(gap.column,)),
    )


def _patients(rng: np.random.Generator, n: int = 500) -> tuple[dict[str, np.ndarray], np.ndarray]:
    a, b = rng.normal(size=(2, n))
    return {"a": a, "b": b}, a + b + rng.normal(size=n) > 0


@planted(at=Location(columns=("lab value",)))
def ordered_for_the_ill(rng: np.random.Generator) -> Dataset:
    """A test is mostly ordered when the illness is suspected; its value says nothing."""
    columns, ill = _patients(rng)
    value = np.where(rng.random(500) < np.where(ill, 0.8, 0.45), rng.normal(size=500), np.nan)
    return subject({**columns, "lab value": value, "y": np.where(ill, "ill", "well")})


@planted(at=Location(columns=("word",)))
def written_as_a_question_mark(rng: np.random.Generator) -> Dataset:
    """Missing is written as '?', more often where the number to predict is high."""
    columns, _ = _patients(rng)
    y = columns["a"] + rng.normal(size=500)
    word = np.where(rng.random(500) < np.where(y > 0, 0.6, 0.2), "?", rng.choice(list("uvw"), 500))
    return subject({**columns, "word": word, "y": y})


@clean
def missing_at_random(rng: np.random.Generator) -> Dataset:
    """A third of the values is missing, whatever the label."""
    columns, ill = _patients(rng)
    value = np.where(rng.random(500) < 0.67, rng.normal(size=500), np.nan)
    return subject({**columns, "lab value": value, "y": np.where(ill, "ill", "well")})


@clean
def the_value_tells_not_the_gap(rng: np.random.Generator) -> Dataset:
    """The values tell the label, as features should; the gaps do not."""
    columns, ill = _patients(rng)
    value = np.where(rng.random(500) < 0.67, ill + 0.5 * rng.normal(size=500), np.nan)
    return subject({**columns, "lab value": value, "y": np.where(ill, "ill", "well")})
