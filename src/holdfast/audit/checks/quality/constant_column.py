from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from holdfast.audit.cases import subject, table
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.columns.columns import ColumnProfile, ColumnProfiles
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Examples, Finding, Location, Measure, Severity
from holdfast.core.text import and_more


@check(
    severity=Severity.NOTE,
    references=(
        Reference(
            "Kapoor et al. (2024), REFORMS: consensus-based recommendations for machine-learning-based science, "
            "Science Advances 10(18), module 4",
            "https://doi.org/10.1126/sciadv.adk3452",
        ),
    ),
)
def constant_column(
    dataset: Dataset,
    column_profiles: ColumnProfiles,
    split_of: SplitOf | None,
    *,
    min_share: float = 0.9995,
    min_rows: int = 30,
) -> Iterator[Finding]:
    """Feature columns that hold one value, or nothing, so that no model can learn from them.

    ## Why it matters
    A column without a second value says nothing. That alone is harmless, but it was meant to say something: a join
    that found no partner, an export that lost a field, a filter that went too far. A column that is constant in
    training and varies in the test data is worse, since the model meets values it never saw.

    ## How it works
    Distinct values are counted. A column counts as constant when it has at most one, as nearly constant when one
    value (or missing) fills at least `min_share` of the rows. Where there is a split, columns are looked at that are
    constant in training and not in the test data: a warning.

    ## Limits
    A rare flag is nearly constant and may still matter (one in 5,000 machines fails). Tables with fewer than
    `min_rows` rows are left alone.

    ## Fix
    Find out why; then drop the column, or repair the step that emptied it.
    """
    if len(dataset) < min_rows:
        return
    looked_at = [p for p in column_profiles if p.role in {"feature", "metadata"} and p.kind not in {"vector", "image"}]
    constant = [p for p in looked_at if p.constant or p.n_known == 0]
    yield from _listed(constant, "hold one value or none", 1.0)
    nearly = [p for p in looked_at if not p.constant and p.n_known and _top_share(p) >= min_share]
    yield from _listed(nearly, "hold one value in nearly every row", min_share)
    if split_of is not None:
        yield from _only_in_training(dataset, split_of, [p for p in looked_at if p not in constant], min_rows)


def _top_share(profile: ColumnProfile) -> float:
    """Return the share of rows that the most frequent value, or missing, fills."""
    value = profile.top[0][1] / max(profile.n_looked_at, 1) * (1 - profile.missing_share) if profile.top else 0.0
    return max(value, profile.missing_share)


def _listed(profiles: list[ColumnProfile], said: str, threshold: float) -> Iterator[Finding]:
    if not profiles:
        return
    names = tuple(p.name for p in profiles)
    shown = and_more([repr(name) for name in names], 5)
    words = said if len(names) > 1 else said.replace("hold", "holds", 1)
    yield Finding(
        message=f"{shown} {words}",
        confidence=Confidence.CERTAIN,
        locations=(Location(columns=names),),
        evidence=(
            Measure(name="columns", value=len(names), threshold=0, unit="columns"),
            Measure(
                name="share of the most frequent value",
                value=min(_top_share(p) for p in profiles),
                unit="share",
                threshold=threshold,
            ),
            Examples(
                caption="What they hold",
                columns=("column", "most frequent value", "share", "missing"),
                cells=tuple(
                    (p.name, str(p.top[0][0])[:60] if p.top else None, round(_top_share(p), 5), p.n_missing)
                    for p in profiles[:10]
                ),
            ),
        ),
        fix="Find out why; then drop the column, or repair the step that emptied it.",
    )


def _only_in_training(
    dataset: Dataset, split_of: SplitOf, profiles: list[ColumnProfile], min_rows: int
) -> Iterator[Finding]:
    """Yield a finding on columns that are constant in training and vary in the test data."""
    train, test = np.flatnonzero(split_of.train), split_of.test
    if min(len(train), int(test.sum())) < min_rows:
        return
    found = []
    for profile in profiles:
        values = dataset.table.column(profile.name)
        # A look at a few training rows settles nearly every column.
        if len(values.take(pa.array(train[:min_rows])).drop_null().unique()) > 1:
            continue
        if len(values.take(pa.array(train)).drop_null().unique()) <= 1:
            found.append(profile.name)
    if found:
        many = "never vary in the training data, but do in the test data"
        said = many if len(found) > 1 else "never varies in the training data, but does in the test data"
        yield Finding(
            message=f"{', '.join(map(repr, found[:5]))}{' and more' if len(found) > 5 else ''} {said}",
            severity=Severity.WARNING,
            confidence=Confidence.CERTAIN,
            locations=(Location(columns=tuple(found), split="train"),),
            evidence=(Measure(name="columns", value=len(found), threshold=0, unit="columns"),),
            fix="Split again so that the values occur on both sides, or drop the column.",
        )


@planted(at=Location(columns=("country",)))
def one_value(rng: np.random.Generator) -> Dataset:
    """Every row is from one country."""
    return subject({"a": rng.normal(size=60), "country": ["DE"] * 60})


@planted(at=Location(columns=("lost",)))
def nothing(rng: np.random.Generator) -> Dataset:
    """A join brought no values."""
    return subject({"a": rng.normal(size=60), "lost": [None] * 60})


@planted(at=Location(columns=("version",), split="train"))
def constant_in_training(rng: np.random.Generator) -> Dataset:
    """The second version of a form occurs in the test data only."""
    version = np.where((np.arange(100) >= 60) & (rng.random(100) < 0.5), "B", "A")
    return subject({"a": rng.normal(size=100), "version": version}, split=["train"] * 60 + ["test"] * 40)


@clean
def rare_flag(rng: np.random.Generator) -> Dataset:
    """A flag that one row in a hundred has."""
    return subject({"a": rng.normal(size=200), "flag": (np.arange(200) % 100 == 0).astype(int)})


@clean
def ordinary(rng: np.random.Generator) -> Dataset:
    """A table in which every column varies."""
    return table(rng)
