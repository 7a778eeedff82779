from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.comparison import holm
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.rows.cut import TimeCut, split_is_by_time
from holdfast.audit.facts.shift.drift import ColumnShift, ColumnShifts
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Examples, Finding, Location, Measure, Severity

_MOST_FINDINGS = 20  # columns with a finding of their own; the rest share one


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Rabanser, Günnemann & Lipton (2019), Failing loudly: an empirical study of methods for detecting dataset "
            "shift, NeurIPS 32",
            "https://arxiv.org/abs/1810.11953",
        ),
        Reference(
            "Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of "
            "Statistics 6(2)",
            "https://www.jstor.org/stable/4615733",
        ),
    ),
)
def column_drift(
    dataset: Dataset,
    column_shifts: ColumnShifts,
    time_cut: TimeCut | None,
    *,
    min_effect: float = 0.1,
    min_missing: float = 0.05,
    alpha: float = 0.001,
) -> Iterator[Finding]:
    """Columns whose values are distributed otherwise in the test data, or in a new version, than before.

    ## Why it matters
    A score holds for data like the test set. If the test set is not like the training set, either the split was not
    what it was thought to be, or the world moved in between; then the score mixes how well the model learnt with how
    far the world moved.

    ## How it works
    Each column gets an effect size that does not grow with the number of rows: the largest gap between cumulative
    shares for numbers (Kolmogorov-Smirnov), total variation for categories, less what sampling alone brings, and
    the change of the missing share. A column is reported when the effect reaches `min_effect` (`min_missing`), the
    lower end of its 95% interval half of that, and chance is ruled out by a test, corrected over all columns (Holm).
    Where rows belong to known groups the tests count groups.

    ## Limits
    Columns one by one: see `joint-drift` for what shows only together. A split by time moves everything that moves
    in time; then the finding is a note on the task, not a mistake. Text, images and times are not compared.

    ## Fix
    Find out what separates the two sets. If nothing should, split again; if time or place does, report the score as
    one for that change, and watch these columns in use.
    """
    shifts = column_shifts.columns
    if not shifts:
        raise NotApplicable("no feature column of numbers or categories")
    corrected = iter(holm(np.array([p for shift in shifts for p in shift.p_values])).tolist())
    severity = Severity.NOTE if split_is_by_time(dataset, time_cut) else Severity.WARNING
    found = []
    for shift in shifts:
        p_value = next(corrected)
        missing_p = next(corrected) if shift.missing_p_value is not None else 1.0
        moved = shift.effect >= min_effect and shift.low >= min_effect / 2 and p_value < alpha
        least = max(shift.missing_low, -shift.missing_high)
        lost = abs(shift.missing) >= min_missing and least >= min_missing / 2 and missing_p < alpha
        if moved or lost:
            found.append((max(shift.effect * moved, abs(shift.missing) * lost), shift, moved, lost, p_value, missing_p))
    found.sort(key=lambda item: (-item[0], item[1].name))
    for _, shift, moved, lost, p_value, missing_p in found[:_MOST_FINDINGS]:
        reasons = (min_effect, p_value) if moved else None, (min_missing, missing_p) if lost else None
        yield _finding(shift, *reasons, severity)
    rest = [item[1] for item in found[_MOST_FINDINGS:]]
    if rest:
        yield Finding(
            message=f"{len(rest):,} more columns differ between {rest[0].sides.first} and {rest[0].sides.second}, "
            f"by up to {rest[0].effect:.2f}",
            severity=severity,
            confidence=Confidence.HIGH,
            locations=(Location(columns=tuple(shift.name for shift in rest)),),
            evidence=(
                Measure(name="largest effect among them", value=rest[0].effect, threshold=min_effect),
                Examples(
                    caption="The largest of them",
                    columns=("column", "effect", "in words"),
                    cells=tuple((s.name, round(s.effect, 4), s.said) for s in rest[:10]),
                ),
            ),
            fix=rest[0].sides.fix,
        )


def _finding(
    shift: ColumnShift, moved: tuple[float, float] | None, lost: tuple[float, float] | None, severity: Severity
) -> Finding:
    """Return the finding on one column, whose values moved, or whose missing share did, or both."""
    parts, evidence = [], []
    if moved is not None:
        kind = "total variation" if shift.measure == "total variation" else "cumulative shares differ by"
        parts.append(f"{kind} {shift.effect:.2f} ({shift.said})")
        evidence.append(
            Measure(
                name=shift.measure,
                value=shift.effect,
                threshold=moved[0],
                low=shift.low,
                high=shift.high,
                level=0.95,
                p_value=moved[1],
            )
        )
        if shift.moved is not None:
            far = shift.moved
            name = "values moved on average, in interquartile ranges"
            evidence.append(Measure(name=name, value=far.value, low=far.low, high=far.high, level=0.95))
    if lost is not None:
        parts.append(f"the missing share changes by {shift.missing:+.1%}")
        evidence.append(
            Measure(
                name="change of the missing share",
                value=shift.missing,
                threshold=lost[0],
                low=shift.missing_low,
                high=shift.missing_high,
                level=0.95,
                p_value=lost[1],
                unit="share",
            )
        )
    return Finding(
        message=f"{shift.name!r} differs between {shift.sides.first} and {shift.sides.second}: {'; '.join(parts)}",
        severity=severity,
        confidence=Confidence.HIGH,
        locations=(Location(columns=(shift.name,)),),
        evidence=tuple(evidence),
        fix=shift.sides.fix,
    )


def _split(n: int) -> list[str]:
    return ["train"] * (n * 3 // 4) + ["test"] * (n - n * 3 // 4)


@planted(at=Location(columns=("dose",)))
def shifted_number(rng: np.random.Generator) -> Dataset:
    """One of three numbers is half a deviation larger in the test data."""
    columns = {name: rng.normal(size=1200) for name in ("dose", "b", "c")}
    columns["dose"][900:] += 0.5
    return subject(columns, split=_split(1200))


@planted(at=Location(columns=("site",)))
def other_shares(rng: np.random.Generator) -> Dataset:
    """A category whose shares change by a fifth."""
    site = np.where(rng.random(1200) < np.r_[np.full(900, 0.3), np.full(300, 0.5)], "north", "south")
    return subject({"site": site, "b": rng.normal(size=1200)}, split=_split(1200))


@planted(at=Location(columns=("lab",)))
def missing_in_test(rng: np.random.Generator) -> Dataset:
    """A tenth of the test values is missing, and none of the training values."""
    lab = rng.normal(size=1200)
    lab[900:][rng.random(300) < 0.15] = np.nan
    return subject({"lab": lab, "b": rng.normal(size=1200)}, split=_split(1200))


@clean
def one_source(rng: np.random.Generator) -> Dataset:
    """Both sets come from one source, with a heavy tail and hundreds of rare categories among the columns."""
    words = np.array([f"w{i}" for i in range(400)])
    return subject(
        {"a": rng.standard_cauchy(size=1200), "b": rng.integers(0, 3, size=1200), "word": rng.choice(words, size=1200)},
        split=_split(1200),
    )


@clean
def too_small_to_matter(rng: np.random.Generator) -> Dataset:
    """A shift of a twentieth of a deviation in 20,000 rows: there, beyond doubt, and of no consequence."""
    a = rng.normal(size=20_000)
    a[15_000:] += 0.08
    return subject({"a": a}, split=_split(20_000))
