from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import rows_table
from holdfast.audit.facts.labels.associations import Associations
from holdfast.audit.facts.labels.combinations import Combination, Combinations
from holdfast.audit.facts.labels.rivals import EXACT, NEARLY, STRONG, Rival, Rivals
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Examples, Finding, Location, Measure, Remedy, Severity


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, "
            "Patterns 4(9), L2 (illegitimate features)",
            "https://doi.org/10.1016/j.patter.2023.100804",
        ),
        Reference(
            "Kaufman, Rosset, Perlich & Stitelman (2012), Leakage in data mining, ACM TKDD 6(4)",
            "https://doi.org/10.1145/2382577.2382579",
        ),
    ),
)
def label_in_disguise(
    dataset: Dataset,
    associations: Associations,
    rivals: Rivals,
    label_combinations: Combinations | None,
    *,
    alpha: float = 0.001,
) -> Iterator[Finding]:
    """Columns that give the label away: one alone, or a sum, difference or product of a few.

    ## Why it matters
    Such a column is the answer written a second time, or what the answer was computed from. It will not be there
    when a prediction is needed, and the score measures that it is.

    ## How it works
    Each column predicts the label alone, learnt on some rows and tested on others. It is a disguise when it gives the
    label exactly, or nearly, while all other columns together (a boosting model) come nowhere near: they miss at
    least five times as much (three times, for a warning). A strong column whose strength the others share is no
    disguise. Then weighted sums of up to four numeric columns (and of their logarithms) that equal a numeric label on
    unseen rows are looked for, and sums and differences of two columns that separate classes.
    `alpha` is divided by the number of columns.

    ## Limits
    A task that one honest measurement decides looks the same; so does a label that is defined by a threshold.
    Combinations of more than four columns, and ones hidden in text, are not found. At most 20,000 rows are looked at.

    ## Fix
    Drop the column, unless it is known at the moment of prediction and is not derived from the label.
    """
    limit = alpha / max(1, len(associations.scores))
    for rival in rivals.found:
        if rival.disguised is not None and rival.alone.p_value < limit:
            yield _single(dataset, rival, associations)
    for combination in label_combinations.found if label_combinations else ():
        yield _several(dataset, combination, associations)


def _single(dataset: Dataset, rival: Rival, associations: Associations) -> Finding:
    metric = associations.target.metric
    how = "gives the label exactly" if rival.exact else "nearly gives the label"
    return Finding(
        message=f"{rival.column!r} {how}: {metric} {rival.alone.value:.3f} alone, while all other columns together "
        f"reach {_scaled(rival.rest, metric):.3f}",
        severity=rival.disguised or Severity.WARNING,
        confidence=Confidence.HIGH if rival.disguised is Severity.ERROR else Confidence.MEDIUM,
        locations=(Location(columns=(rival.column,)),),
        evidence=(
            Measure(
                name=f"{metric} of the column alone",
                value=rival.alone.value,
                threshold=_scaled(EXACT if rival.exact else NEARLY if rival.alone.gain >= NEARLY else STRONG, metric),
                p_value=rival.alone.p_value,
                unit="score",
            ),
            Measure(name=f"{metric} of all other columns together", value=_scaled(rival.rest, metric), unit="score"),
            Measure(name=f"{metric} of all columns", value=_scaled(rival.full, metric), unit="score"),
            _shown(dataset, (rival.column,), associations),
        ),
        fix=f"Drop {rival.column!r}, unless it is known at the moment of prediction and not derived from the label.",
        remedy=Remedy(op="drop-columns", columns=(rival.column,)),
    )


def _several(dataset: Dataset, found: Combination, associations: Associations) -> Finding:
    metric = "mean recall" if associations.target.n_classes else "R²"
    return Finding(
        message=f"{found.formula} gives the label exactly ({metric} {found.fit:.4f} on unseen rows; "
        f"the best of them alone: {found.alone:.3f})",
        confidence=Confidence.HIGH,
        locations=(Location(columns=found.columns),),
        evidence=(
            Measure(name=f"{metric} of {found.formula}", value=found.fit, threshold=found.least, unit="score"),
            Measure(name=f"{metric} of the best of them alone", value=found.alone, unit="score"),
            _shown(dataset, found.columns, associations),
        ),
        fix=f"Drop {' and '.join(map(repr, found.columns))}: the label is computed from them, or they from it.",
        remedy=Remedy(op="drop-columns", columns=found.columns),
    )


def _shown(dataset: Dataset, columns: tuple[str, ...], associations: Associations) -> Examples:
    label = dataset.one("label")
    names = (*columns, label.name) if label else columns
    return rows_table(dataset, associations.target.rows[:8], "Some rows, with the label", names)


def _scaled(gain: float, metric: str) -> float:
    """Return a gain (0 chance, 1 perfect) on the metric's own scale."""
    return (gain + 1) / 2 if metric == "AUC" else gain


def _signals(rng: np.random.Generator, n: int = 400) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return four columns, two of which tell something about the (numeric) outcome."""
    columns = {name: rng.normal(size=n) for name in "abcd"}
    return columns, columns["a"] + columns["b"] + rng.normal(size=n)


@planted(at=Location(columns=("state",)))
def same_under_another_name(rng: np.random.Generator) -> Dataset:
    """A column says the label in other words."""
    columns, outcome = _signals(rng)
    y = np.where(outcome > 0, "yes", "no")
    return subject({**columns, "state": np.where(outcome > 0, "alive", "dead"), "y": y})


@planted(at=Location(columns=("trace",)))
def copy_with_noise(rng: np.random.Generator) -> Dataset:
    """A column is the label plus noise: no value is unique to a class, yet nothing else comes near."""
    columns, outcome = _signals(rng, 900)
    trace = (outcome > 0) + 0.25 * rng.normal(size=900)
    return subject({**columns, "trace": trace, "y": np.where(outcome > 0, "yes", "no")})


@planted(at=Location(columns=("casual", "registered")))
def parts_of_a_total(rng: np.random.Generator) -> Dataset:
    """Two columns are the parts of which the label is the sum."""
    columns, outcome = _signals(rng)
    casual, registered = rng.poisson(20, 400), np.round(80 + 10 * outcome)
    return subject({**columns, "casual": casual, "registered": registered, "y": casual + registered})


@planted(at=Location(columns=("price", "units")))
def factors_of_a_product(rng: np.random.Generator) -> Dataset:
    """Two columns multiply to the label."""
    columns, _ = _signals(rng)
    price, units = np.exp(rng.normal(size=400)), rng.integers(1, 30, 400)
    return subject({**columns, "price": price, "units": units, "y": price * units})


@planted(at=Location(columns=("due", "paid")))
def comparison_of_two(rng: np.random.Generator) -> Dataset:
    """The label says which of two columns is larger."""
    columns, _ = _signals(rng, 600)
    due = rng.gamma(4, 50, 600)
    paid = due + rng.normal(0, 40, 600)
    return subject({**columns, "due": due, "paid": paid, "y": np.where(paid < due, "default", "good")})


@clean
def honest_signal(rng: np.random.Generator) -> Dataset:
    """Two columns tell much, as features should."""
    columns, outcome = _signals(rng)
    return subject({**columns, "y": np.where(outcome > 0, "yes", "no")})


@clean
def strength_that_others_share(rng: np.random.Generator) -> Dataset:
    """Several measurements of the same thing all nearly decide the class; none is a disguise."""
    y = rng.integers(0, 2, 500)
    columns = {f"m{i}": 4 * y + rng.normal(size=500) for i in range(4)}
    return subject({**columns, "y": np.where(y > 0, "malignant", "benign")})


@clean
def nearly_a_sum(rng: np.random.Generator) -> Dataset:
    """The label follows from the columns up to noise, as in any good regression."""
    columns, _ = _signals(rng)
    return subject({**columns, "y": columns["a"] + columns["b"] - columns["c"] + 0.3 * rng.normal(size=400)})
