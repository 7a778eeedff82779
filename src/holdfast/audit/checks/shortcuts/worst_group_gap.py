from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import percent
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.labels.predictiveness import ranks, units
from holdfast.audit.facts.learning.predictions import Predicted
from holdfast.audit.facts.learning.probabilities import OutOfFold
from holdfast.audit.facts.rows.groups import Groups
from holdfast.audit.facts.rows.rows import RowGroups
from holdfast.audit.facts.rows.subgroups import Subgroup
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Series, Severity

FEWEST = 30  # rows of a group: fewer are not looked at
_FEWEST_OF_CLASS = 10
_STRATA = 5  # of a numeric label: larger values have larger errors everywhere
_CELL_GAP = 2.0  # how much wider the gap of a class in one group must be than that of a group
_Z = 1.96


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Sagawa, Koh, Hashimoto & Liang (2020), Distributionally robust neural networks for group shifts, ICLR",
            "https://arxiv.org/abs/1911.08731",
        ),
        Reference(
            "Oakden-Rayner, Dunnmon, Carneiro & Ré (2020), Hidden stratification causes clinically meaningful failures "
            "in machine learning for medical imaging, ACM CHIL",
            "https://doi.org/10.1145/3368555.3384468",
        ),
    ),
)
def worst_group_gap(
    dataset: Dataset,
    subgroups: tuple[Subgroup, ...],
    labels: Labels,
    probabilities: OutOfFold | None,
    test_predictions: Predicted | None,
    groups: Groups | None,
    row_groups: RowGroups | None,
    *,
    max_gap: float = 0.1,
    alpha: float = 0.001,
) -> Iterator[Finding]:
    """Groups on which the model does far worse than on the rest.

    ## Why it matters
    A model that leans on a shortcut is right where the shortcut holds and wrong where it does not: a good mean hides
    the hospital, source or sex for which it fails.

    ## How it works
    Predictions are yours where you gave them (stored, or of your model on the test rows), else those of the
    out-of-fold boosting model. For each value of a group column, metadata column, or column for sex or origin, its
    rows are compared with all others inside each class (or fifth of a numeric label), so that a group with more easy
    classes is not called better; classes count alike. It speaks when the share of wrong answers is higher by more
    than `max_gap` (a numeric label: when the mean error is higher by more than five times `max_gap` of the usual one)
    and chance would do that with probability below `alpha` divided by all groups looked at. Single classes inside a
    group count too, from twice that gap on, but not for traits of persons, where classes differ in frequency.

    ## Limits
    Groups with fewer than 30 predicted rows are not looked at. That the model does worse does not say why: a group
    may be harder, rarer in training, or labelled otherwise. `environment-gap` asks another question, namely how the
    model does on groups it has never seen.

    ## Fix
    Report the score by group. Look at errors in the worst one; collect more of it, balance classes within groups, or
    train for the worst group.
    """
    scored = _scored(labels, probabilities, test_predictions)
    if scored is None:
        return
    unit = units(scored.rows, groups, row_groups)
    tried = []
    for item in subgroups:
        # Where the column itself is what rows are grouped by, its groups are all there is: rows count.
        own = np.arange(len(unit)) if groups is not None and item.column in groups.columns else unit
        tried += _tried(dataset, labels, scored, item, own)
    limit = alpha / max(1, len(tried))
    for item in subgroups:
        bad = [one for one in tried if one[0] is item and one[3].p_value < limit]
        bad = [one for one in bad if one[3].value > max_gap * scored.scale * (1.0 if one[2] is None else _CELL_GAP)]
        if bad:
            yield _finding(dataset, labels, scored, max(bad, key=lambda one: (one[3].value, one[1])), max_gap, tried)


@dataclass(frozen=True, slots=True)
class Scored:
    """Rows with their loss (1 for a wrong answer, or the error in ranks), the class, and whose predictions they are."""

    rows: np.ndarray
    loss: np.ndarray
    stratum: np.ndarray
    who: str
    scale: float  # what `max_gap` is a share of


@dataclass(frozen=True, slots=True)
class Gap:
    """By how much the mean loss inside a group is higher than outside, class by class, and both means."""

    value: float
    low: float
    high: float
    p_value: float
    inside: float
    outside: float
    n: int


def _scored(labels: Labels, probabilities: OutOfFold | None, predicted: Predicted | None) -> Scored | None:
    """Return the person's own predictions if there are any, else those out of fold."""
    if predicted is not None and predicted.is_own:
        name = next(iter(predicted.models))
        rows, said, who = predicted.rows, predicted.models[name].values, predicted.said(name)
    elif probabilities is not None:
        rows, said, who = probabilities.rows, probabilities.predictions, "a boosting model fitted here"
    else:
        return None
    known = labels.known[rows] & np.isfinite(said)
    rows, said = rows[known], said[known]
    if len(rows) < 2 * FEWEST:
        return None
    order = np.argsort(rows)
    rows, said = rows[order], said[order]
    if labels.is_classes:
        return Scored(rows, (said != labels.codes[rows]).astype(np.float64), labels.codes[rows], who, 1.0)
    truth = labels.values[rows]
    spread = np.sort(truth)
    error = np.abs(np.searchsorted(spread, said) - np.searchsorted(spread, truth)) / len(truth)
    fifth = np.minimum((ranks(truth) * _STRATA).astype(np.int64), _STRATA - 1)
    return Scored(rows, error, fifth, who, 5.0 * float(error.mean()))


def _tried(
    dataset: Dataset, labels: Labels, scored: Scored, item: Subgroup, unit: np.ndarray
) -> list[tuple[Subgroup, int, int | None, Gap]]:
    """Return all gaps of a column: by value, and by value and class where it is not about persons."""
    codes, strata = item.codes(dataset, scored.rows), np.unique(scored.stratum)
    found: list[tuple[Subgroup, int, int | None, Gap]] = []
    for value in range(len(item.values)):
        inside = codes == value
        if inside.sum() < FEWEST or (~inside).sum() < FEWEST:
            continue
        gap = _gap(scored, inside, strata, unit)
        if gap is not None:
            found.append((item, value, None, gap))
        for stratum in strata if labels.is_classes and item.kind != "person" else ():
            cell = _gap(scored, inside, np.array([stratum]), unit, fewest=2 * _FEWEST_OF_CLASS)
            if cell is not None:
                found.append((item, value, int(stratum), cell))
    return found


def _gap(
    scored: Scored, inside: np.ndarray, strata: np.ndarray, unit: np.ndarray, fewest: int = _FEWEST_OF_CLASS
) -> Gap | None:
    """Return how much higher the loss is inside, the mean over `strata` with enough rows on both sides; None: none."""
    from scipy.special import ndtr

    differences, variance, adds = [], 0.0, np.zeros(len(inside))
    means, used = [], np.zeros(len(inside), dtype=bool)
    for stratum in strata:
        here = scored.stratum == stratum
        a, b = np.flatnonzero(here & inside), np.flatnonzero(here & ~inside)
        if min(len(a), len(b)) < fewest:
            continue
        mean_a, mean_b = scored.loss[a].mean(), scored.loss[b].mean()
        differences.append(mean_a - mean_b)
        means.append((mean_a, mean_b))
        adds[a], adds[b] = (scored.loss[a] - mean_a) / len(a), -(scored.loss[b] - mean_b) / len(b)
        variance += scored.loss[here].var() * (1 / len(a) + 1 / len(b))
        used |= here
    k = len(differences)
    if not k:
        return None
    # What rows of a unit share is summed first; where one side never errs, the pooled variance says what chance can do.
    clustered = float((np.bincount(unit, adds) ** 2).sum())
    error = float(np.sqrt(max(clustered, variance))) / k
    value = float(np.mean(differences))
    p_value = float(ndtr(-value / error)) if error > 0 else 1.0
    both = np.mean(means, axis=0)
    return Gap(value, value - _Z * error, value + _Z * error, p_value, both[0], both[1], int((used & inside).sum()))


def _finding(
    dataset: Dataset,
    labels: Labels,
    scored: Scored,
    worst: tuple[Subgroup, int, int | None, Gap],
    max_gap: float,
    tried: list[tuple[Subgroup, int, int | None, Gap]],
) -> Finding:
    item, value, stratum, gap = worst
    of_class = f" of class {labels.classes[stratum]!r}" if stratum is not None else ""
    name = f"{item.column!r} = {item.values[value][:60]!r}"
    if labels.is_classes:
        text = (
            f"On the {gap.n:,} rows{of_class} with {name}, {scored.who} is wrong in {percent(gap.inside)}, "
            f"on the other rows{of_class or ' of the same classes'} in {percent(gap.outside)}"
        )
    else:
        text = (
            f"On the {gap.n:,} rows with {name} the error of {scored.who} is {percent(gap.inside)} of the label's "
            f"ranks, on other rows with labels like them {percent(gap.outside)}"
        )
    same = [(v, g) for i, v, s, g in tried if i is item and s == stratum]
    inside = item.codes(dataset, scored.rows) == value
    if stratum is not None:
        inside &= scored.stratum == stratum
    return Finding(
        message=text,
        severity=Severity.NOTE if item.kind in {"person", "beside"} else Severity.WARNING,
        confidence=Confidence.MEDIUM,
        locations=(Location(columns=(item.column,), rows=scored.rows[inside]),),
        evidence=(
            Measure(
                name="how much more often it is wrong" if labels.is_classes else "how much larger the error is",
                value=gap.value,
                threshold=max_gap * scored.scale * (1.0 if stratum is None else _CELL_GAP),
                low=gap.low,
                high=gap.high,
                level=0.95,
                p_value=gap.p_value,
                unit="share",
            ),
            Series(
                name=f"Errors{of_class} by {item.column!r}",
                x=tuple(item.values[v][:60] for v, _ in same),
                y=tuple(round(g.inside, 4) for _, g in same),
                x_name=item.column,
                y_name="share wrong" if labels.is_classes else "mean error in ranks",
                shape="bar",
            ),
        ),
        fix=f"Report the score by {item.column!r}, look at the errors where it is worst, balance the classes there.",
    )


def _sites(rng: np.random.Generator, bad: float) -> Dataset:
    """Return records of five sites; in one of them this share of the labels follows nothing that was measured."""
    n = 1500
    site = rng.choice(["a", "b", "c", "d", "e"], size=n)
    x, z = rng.normal(size=(2, n))
    follows = x + z > 0
    y = np.where((site == "c") & (rng.random(n) < bad), rng.random(n) < 0.5, follows)
    return subject({"x": x, "z": z, "w": rng.normal(size=n), "site": site, "y": np.where(y, "yes", "no")})


@planted(at=Location(columns=("site",)))
def one_site_fails(rng: np.random.Generator) -> Dataset:
    """At one of five sites most labels follow nothing that was measured."""
    return _sites(rng, 0.8)


@clean
def all_sites_alike(rng: np.random.Generator) -> Dataset:
    """The label follows the same law at all sites."""
    return _sites(rng, 0.0)


@planted(at=Location(columns=("hospital",)))
def one_hospital_tells(rng: np.random.Generator) -> Dataset:
    """Nearly all the ill are from one hospital: its few well people are called ill, whatever was measured."""
    n = 2000
    north = rng.random(n) < 0.5
    ill = rng.random(n) < np.where(north, 0.93, 0.07)
    x = rng.normal(size=n) + 0.5 * ill
    return subject({"x": x, "hospital": np.where(north, "north", "south"), "y": np.where(ill, "ill", "well")})


@clean
def more_ill_at_one_site(rng: np.random.Generator) -> Dataset:
    """One site has more ill people, and the model knows them by what was measured: its errors are alike."""
    n = 1500
    site = rng.choice(["a", "b", "c"], size=n)
    ill = rng.random(n) < np.where(site == "a", 0.6, 0.3)
    return subject({"x": rng.normal(size=n) + 3 * ill, "site": site, "y": np.where(ill, "ill", "well")})
