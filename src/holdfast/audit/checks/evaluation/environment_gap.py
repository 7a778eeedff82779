from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.comparison import from_resamples
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.shift.environments import Environments
from holdfast.audit.metrics import Metric, truth_of
from holdfast.audit.models import Predictions
from holdfast.audit.resampling import bootstrap
from holdfast.audit.scoring import shown, span, usable
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Series, Severity
from holdfast.core.random import Streams

RESAMPLES = 400


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Koh et al. (2021), WILDS: a benchmark of in-the-wild distribution shifts, ICML",
            "https://arxiv.org/abs/2012.07421",
        ),
        Reference(
            "Roberts et al. (2017), Cross-validation strategies for data with temporal, spatial, hierarchical, or "
            "phylogenetic structure, Ecography 40(8)",
            "https://doi.org/10.1111/ecog.02881",
        ),
    ),
)
def environment_gap(
    labels: Labels,
    environments: Environments,
    score_metric: Metric,
    streams: Streams,
    *,
    alpha: float = 0.001,
    max_gap: float = 0.05,
) -> Iterator[Finding]:
    """The score falls on groups or periods that the model has not seen.

    ## Why it matters
    A score on rows of known hospitals, users or months says little about the next one, and the next one is usually
    what the model is for.

    ## How it works
    Your model, or a default one fitted here, is cross-validated twice on the same rows: with folds drawn at random,
    and with whole groups (or periods that follow each other) left out. Both scores are on all rows; the interval of
    their difference comes from a bootstrap that draws whole groups or periods. It speaks when the fall is above 0.05
    (a twentieth of the score, for errors without an upper limit) and the mean loss rises in so many groups or periods,
    and by so much, as chance would make it with probability below `alpha` (Wilcoxon's signed-rank test over them;
    squared error, or one less the probability of the true class).

    ## Limits
    Needs a group or time column with six environments or more, and looks at 3,000 rows at most, where each group may
    hold few. Leaving out groups also leaves out what only they could teach, which a larger number of groups would
    cure. Periods left out in the middle are framed by others; the future is harder than that.

    ## Fix
    Split by group or in time, and report that score; add features that hold across groups.
    """
    truth = truth_of(labels, environments.rows)
    seen, new = environments.at_random, environments.left_out
    metric = usable(score_metric, labels, seen, new)
    sign = 1.0 if metric.higher_is_better else -1.0
    both = bootstrap(
        [metric.evaluator(truth, item) for item in (seen, new)],
        len(truth),
        streams("environment_gap"),
        resamples=RESAMPLES,
        clusters=environments.environment,
    )
    score_seen, score_new = metric.score(truth, seen), metric.score(truth, new)
    drawn = sign * (both[0] - both[1])
    found = from_resamples(sign * (score_seen - score_new), drawn[np.isfinite(drawn)])
    p_value = _rank_test(labels, truth, environments)
    scale = span(metric, score_seen)
    if not found.difference / scale > max_gap or p_value > alpha:
        return
    what = (
        f"new {environments.column} values" if environments.kind == "group" else f"new periods of {environments.column}"
    )
    who = "your model" if environments.own else "a default model fitted here"
    yield Finding(
        message=f"on {what} the {metric.title} of {who} is {shown(score_new)}, not the {shown(score_seen)} it has on "
        f"rows of known ones ({environments.n_environments} left out in thirds)",
        confidence=Confidence.HIGH,
        locations=(Location(columns=(environments.column,)),),
        evidence=(
            Measure(
                name="fall of the score",
                value=found.difference / scale,
                threshold=max_gap,
                low=found.low / scale,
                high=found.high / scale,
                level=found.level,
                p_value=p_value,
                unit="score",
            ),
            Series(
                name="score by split",
                x=("at random", "environments left out"),
                y=(score_seen, score_new),
                x_name="split",
                y_name=metric.title,
                shape="bar",
            ),
        ),
        fix="Split by group or in time, and report that score; add features that hold across groups.",
    )


def _rank_test(labels: Labels, truth: np.ndarray, given: Environments) -> float:
    """Return the two-sided p-value for environments losing as often by being left out as gaining."""
    from scipy.stats import wilcoxon

    rise = _losses(labels, truth, given.left_out) - _losses(labels, truth, given.at_random)
    mean = np.bincount(given.environment, weights=rise) / np.bincount(given.environment)
    return float(wilcoxon(mean).pvalue) if np.any(mean != 0.0) else 1.0


def _losses(labels: Labels, truth: np.ndarray, said: Predictions) -> np.ndarray:
    if not labels.is_classes:
        return np.asarray((truth - said.values) ** 2)
    if said.probabilities is None:
        return np.asarray((truth != said.values).astype(np.float64))
    return np.asarray(1.0 - said.probabilities[np.arange(len(truth)), truth])


def _people(rng: np.random.Generator, *, own_label: bool) -> Dataset:
    n_people, n_each = 60, 10
    who = np.repeat(np.arange(n_people), n_each)
    n = len(who)
    mark = rng.normal(size=n_people)[who] + 0.01 * rng.normal(size=n)  # tells the person
    b = rng.normal(size=n)
    tendency = rng.permutation(np.tile([-3.0, 3.0], n_people // 2))[who] if own_label else 0.0
    y = np.where(b + tendency + rng.normal(size=n) > 0, "yes", "no")
    return subject(
        {"mark": mark, "b": b, "person": [f"p{i:02d}" for i in who], "y": y},
        split=np.where(rng.random(n) < 0.2, "test", "train"),
        person="group",
    )


@planted(at=Location(columns=("person",)))
def label_by_person(rng: np.random.Generator) -> Dataset:
    """Each person tends to one label and has a mark that tells who it is."""
    return _people(rng, own_label=True)


@planted(at=Location(columns=("when",)))
def label_by_period(rng: np.random.Generator) -> Dataset:
    """The mean of a number wanders; the time of a row tells where it is."""
    n = 600
    level = np.repeat(rng.permutation(np.arange(20.0)), n // 20)
    a = rng.normal(size=n)
    return subject(
        {"when": np.arange(n, dtype=float), "clock": np.arange(n) + 0.1 * rng.normal(size=n), "a": a, "y": level + a},
        split=np.where(rng.random(n) < 0.2, "test", "train"),
        when="time",
    )


@clean
def persons_alike(rng: np.random.Generator) -> Dataset:
    """The label depends on a feature in the same way for everybody."""
    return _people(rng, own_label=False)
