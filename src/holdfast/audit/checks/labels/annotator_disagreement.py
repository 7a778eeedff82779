from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import rows_table
from holdfast.audit.facts.columns.spelling import same_class
from holdfast.audit.facts.labels.labels import Labels
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity

_RARELY = 0.5  # an id that most rows share names a group (a patient, a site), not a record


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Artstein & Poesio (2008), Inter-coder agreement for computational linguistics, Computational "
            "Linguistics 34(4)",
            "https://doi.org/10.1162/coli.07-034-R2",
        ),
        Reference(
            "Scott (1955), Reliability of content analysis, Public Opinion Quarterly 19(3)",
            "https://doi.org/10.1086/266577",
        ),
    ),
)
def annotator_disagreement(dataset: Dataset, labels: Labels, *, min_repeated: int = 2) -> Iterator[Finding]:
    """One id with several labels: whoever labelled the record did not agree.

    ## Why it matters
    How often the same thing gets the same label bounds how right any model can be, and is the only measure of label
    quality that needs no model. A gain smaller than the disagreement is no gain.

    ## How it works
    For each id column that was named or recognised: ids that occur more than once, and whose rows carry different
    classes (spelling aside). Agreement is reported as the share of pairs that agree, and corrected for chance
    (Scott's pi: 1 is perfect, 0 what guessing by class frequency gives).

    ## Limits
    Needs an id column. An id may stand for something that rightly changes its class from visit to visit; where most
    rows share their id with others, it names a group, and this is a note. Records that are equal without an id are
    found by `conflicting-duplicates`.

    ## Fix
    Have the torn records labelled again, by more than one person; report the agreement beside the score.
    """
    columns = dataset.of(role="id")
    if not columns:
        raise NotApplicable("no id column: name it with --id")
    if not labels.is_classes:
        raise NotApplicable(f"the label {labels.column!r} is a number: repeated measurements differ a little")
    known = np.flatnonzero(labels.known)
    code = same_class(labels.classes)[labels.codes[known]]
    frequency = np.bincount(code) / max(1, len(code))
    chance = float(frequency @ frequency)
    for column in columns:
        ids = dataset.codes(column.name)[0][known]
        rows, classes, ids = known[ids >= 0], code[ids >= 0], ids[ids >= 0]
        if not len(rows):
            continue
        counts = np.bincount(ids)
        repeated = counts[ids] > 1
        n_repeated = int((counts > 1).sum())
        pairs, agreeing = _pairs(counts), _pairs(np.unique(_joint(ids, classes), return_counts=True)[1])
        torn = _torn(ids, classes)
        n_torn = int(torn.sum())
        if n_repeated < min_repeated or not n_torn:
            continue
        agreement = agreeing / pairs
        pi = (agreement - chance) / (1.0 - chance)
        group_like = repeated.mean() > _RARELY
        where = rows[torn[ids]]
        order = np.lexsort((where, ids[torn[ids]]))
        yield Finding(
            message=(
                f"{n_torn:,} of {n_repeated:,} repeated ids in {column.name!r} have more than one label; two rows of "
                f"one id agree in {agreement:.1%} of pairs, {chance:.1%} would by chance"
            ),
            severity=Severity.NOTE if group_like else Severity.WARNING,
            confidence=Confidence.LOW if group_like else Confidence.HIGH,
            locations=(Location(rows=where, columns=(column.name, labels.column)),),
            evidence=(
                Measure(
                    name="repeated ids with several labels", value=n_torn / n_repeated, threshold=0.0, unit="share"
                ),
                Measure(name="agreement corrected for chance (Scott's pi)", value=pi, threshold=1.0),
                rows_table(dataset, where[order], caption="Rows of ids that have several labels, side by side"),
            ),
            fix="Have the torn records labelled again by more than one person, and report the agreement.",
        )


def _joint(ids: np.ndarray, classes: np.ndarray) -> np.ndarray:
    return ids * (int(classes.max()) + 1) + classes


def _pairs(counts: np.ndarray) -> float:
    sizes = counts.astype(np.float64)
    return float((sizes * (sizes - 1.0)).sum() / 2.0)


def _torn(ids: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return for each id whether its rows carry more than one class."""
    low = np.full(int(ids.max()) + 1, np.iinfo(np.int64).max)
    high = np.full(int(ids.max()) + 1, -1)
    np.minimum.at(low, ids, classes)
    np.maximum.at(high, ids, classes)
    return np.asarray(high > low)


@planted(at=Location(rows=(3, 80), columns=("record", "y")))
def torn_record(rng: np.random.Generator) -> Dataset:
    """Ten records were labelled twice, and one of them differently."""
    return _labelled_twice(rng, torn=(3,))


@clean
def agreeing_annotators(rng: np.random.Generator) -> Dataset:
    """Ten records were labelled twice, always alike."""
    return _labelled_twice(rng, torn=())


@clean
def unique_ids(rng: np.random.Generator) -> Dataset:
    """Every id stands once."""
    y = rng.choice(["yes", "no"], size=50)
    return subject({"record": np.arange(50), "a": rng.normal(size=50), "y": y}, record="id")


def _labelled_twice(rng: np.random.Generator, torn: tuple[int, ...]) -> Dataset:
    """Return 80 records, the fourth to thirteenth of which stand there a second time."""
    record = np.concatenate([np.arange(80), np.arange(3, 13)])
    y = rng.choice(["yes", "no"], size=90)
    y[80:] = y[3:13]
    for row in torn:
        y[77 + row] = "no" if y[row] == "yes" else "yes"
    return subject({"record": record, "a": rng.normal(size=90), "y": y}, record="id")
