from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject, table
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import percent
from holdfast.audit.facts.columns.spelling import same_class
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.labels.noise import LabelNoise
from holdfast.audit.facts.rows.rows import RowGroups
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity

FEWEST_REPEATED = 100  # rows that repeat another, from which the rest is judged


@check(
    severity=Severity.NOTE,
    references=(
        Reference(
            "Northcutt, Athalye & Mueller (2021), Pervasive label errors in test sets destabilize machine learning "
            "benchmarks, NeurIPS Datasets and Benchmarks",
            "https://arxiv.org/abs/2103.14749",
        ),
        Reference(
            "Ishida, Yamane, Charoenphakdee, Niu & Sugiyama (2023), Is the performance of my deep network too good "
            "to be true? A direct approach to estimating the Bayes error, ICLR",
            "https://arxiv.org/abs/2202.00395",
        ),
    ),
)
def label_noise_ceiling(
    dataset: Dataset,
    row_groups: RowGroups,
    labels: Labels,
    label_noise: LabelNoise | None,
    *,
    min_loss: float = 0.01,
) -> Iterator[Finding]:
    """Labels so contradictory that they bound the accuracy any model of these columns can reach.

    ## Why it matters
    A score near the bound cannot be improved by a better model, a score above it is a sign of a leak, and two models
    that differ by less than the lost share may differ in nothing but luck with contradictory labels.

    ## How it works
    Three bounds. The certain one: in each group of test rows with equal features, only one label can be predicted, so
    the rows with any other label are lost. The estimate: two equal records carry unlike labels in a share d of pairs;
    if a record is labelled otherwise than usual with probability e, then d = 2e − e²·c/(c − 1) for c classes, which
    gives e for records that repeat. And the share of wrong labels, where `label-errors` can tell it.

    ## Limits
    Says nothing where no record repeats. The estimate holds for records that repeat, and these may be unlike the
    rest. Whether the labels are wrong or the columns too few cannot be told; either way the bound stands for these
    columns. For accuracy only: ranking scores have bounds of their own.

    ## Fix
    Report the bound beside the score, add columns that tell equal records apart, or have labels checked.
    """
    if not labels.is_classes:
        raise NotApplicable(f"the label {labels.column!r} is a number")
    code = same_class(labels.classes)[labels.codes] if len(labels.codes) else labels.codes
    known = labels.known
    scored, where = _scored(dataset, known)
    n_scored = int(scored.sum())
    if not n_scored:
        raise NotApplicable("no row with a label is scored")
    lost_rows, n_lost = _lost(row_groups.group[scored], code[scored], np.flatnonzero(scored))
    certain = n_lost / n_scored
    error, high, n_repeated = _estimated(row_groups.group[known], code[known], len(labels.classes))
    estimated = error if n_repeated >= FEWEST_REPEATED else 0.0
    wrong = label_noise.rate if label_noise is not None and label_noise.rate is not None else 0.0
    if max(certain, estimated, wrong) < min_loss:
        return
    rows, _ = _lost(row_groups.group[known], code[known], np.flatnonzero(known))
    measures = [Measure(name="accuracy lost for certain", value=certain, threshold=min_loss, unit="share")]
    parts = []
    if certain >= min_loss:
        parts.append(
            f"no model of these columns can be right on more than {percent(1.0 - certain)} of {where}, as {n_lost:,} "
            "of them contradict an equal one"
        )
    if n_repeated >= FEWEST_REPEATED:
        name = "labels unlike the usual one, among records that repeat"
        measures.append(Measure(name=name, value=error, threshold=min_loss, high=high, level=0.95, unit="share"))
    if estimated >= min_loss:
        parts.append(
            f"among {n_repeated:,} rows that repeat, about {percent(error)} of the labels are not the usual one"
        )
    if wrong >= min_loss:
        measures.append(Measure(name="labels that look wrong", value=wrong, threshold=min_loss, unit="share"))
        parts.append(f"about {percent(wrong)} of the labels look wrong")
    message = "; ".join(parts) + f": a gain in accuracy below {percent(max(certain, estimated, wrong))} may be luck"
    yield Finding(
        message=message[0].upper() + message[1:],
        confidence=Confidence.CERTAIN if certain >= min_loss else Confidence.MEDIUM,
        locations=(Location(rows=np.union1d(rows, lost_rows), columns=(labels.column,)),),
        evidence=tuple(measures),
        fix="Report the bound beside the score; add columns that tell equal records apart, or have labels checked.",
    )


def _scored(dataset: Dataset, known: np.ndarray) -> tuple[np.ndarray, str]:
    """Return the rows that a score is computed on (the test split; all rows without one), and what to call them."""
    column = dataset.one("split")
    if column is None:
        return known, "the rows"
    codes, names = dataset.codes(column.name)
    return known & np.isin(codes, [place for place, name in enumerate(names) if name == "test"]), "the test rows"


def _lost(group: np.ndarray, code: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, int]:
    """Return the rows of groups whose labels differ, and how many of them any model must get wrong."""
    order = np.lexsort((code, group))
    group, code, rows = group[order], code[order], rows[order]
    if not len(rows):
        return rows, 0
    new_group = np.concatenate(([True], group[1:] != group[:-1]))
    new_run = new_group | np.concatenate(([True], code[1:] != code[:-1]))
    runs = np.diff(np.append(np.flatnonzero(new_run), len(rows)))
    starts = np.flatnonzero(new_group[new_run])  # runs with which groups begin
    largest = np.maximum.reduceat(runs, starts)
    size = np.add.reduceat(runs, starts)
    torn = np.repeat(largest < size, size)
    return rows[torn], int((size - largest).sum())


def _estimated(group: np.ndarray, code: np.ndarray, n_classes: int) -> tuple[float, float, int]:
    """Return how often a label differs from the usual one of its record, an upper end, and from how many rows."""
    if not len(group):
        return 0.0, 0.0, 0
    size = np.bincount(group)
    joint = np.unique(group * n_classes + code, return_counts=True)
    agreeing = np.bincount(joint[0] // n_classes, weights=joint[1] * (joint[1] - 1.0), minlength=len(size))
    repeated = size > 1
    n_repeated = int(size[repeated].sum())
    if not n_repeated:
        return 0.0, 0.0, 0
    weight = size[repeated].astype(np.float64)
    apart = 1.0 - agreeing[repeated] / (weight * (weight - 1.0))
    mean = float(weight @ apart / weight.sum())
    # Records are what was drawn, not rows: the standard error is over records.
    error = float(np.sqrt(((weight * (apart - mean)) ** 2).sum()) / weight.sum())
    return _rate(mean, n_classes), _rate(mean + 1.96 * error, n_classes), n_repeated


def _rate(apart: float, n_classes: int) -> float:
    """Return e of d = 2e − e²·c/(c − 1): the smaller root, or the largest that makes sense."""
    c = n_classes / max(1, n_classes - 1)
    return float((1.0 - np.sqrt(max(0.0, 1.0 - c * apart))) / c)


@planted(at=Location(rows=(80, 81), columns=("y",)))
def contradictory_test_rows(rng: np.random.Generator) -> Dataset:
    """Two of twenty test rows are one record with two labels: one of them is lost."""
    a, b = rng.normal(size=(2, 100))
    a[81], b[81] = a[80], b[80]
    y = np.where(rng.random(100) < 0.5, "yes", "no")
    y[81] = "no" if y[80] == "yes" else "yes"
    return subject({"a": a, "b": b, "y": y}, split=["train"] * 80 + ["test"] * 20)


@planted(at=Location(rows=(3, 303), columns=("y",)))
def records_labelled_twice(rng: np.random.Generator) -> Dataset:
    """Three hundred records were labelled twice, twenty of them differently."""
    a = np.tile(rng.normal(size=300), 2)
    y = np.tile(np.where(a[:300] > 0, "up", "down"), 2)
    y[303:323] = np.where(y[303:323] == "up", "down", "up")
    return subject({"a": a, "y": y})


@clean
def copies_that_agree(rng: np.random.Generator) -> Dataset:
    """Copies with the same label cost nothing."""
    return table(rng, n_train=80, n_test=20, copies={7: 3, 85: 84})
