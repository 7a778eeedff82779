from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject, table
from holdfast.audit.cases.texts import texts
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import percent, row_pairs, rows_table
from holdfast.audit.facts.columns.spelling import same_class
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.rows.collisions import Collisions
from holdfast.audit.facts.rows.near import NearPairs
from holdfast.audit.facts.rows.rows import RowGroups
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity

_CHANCE_DECIDES = 0.5  # above this share, chance rather than copying is the first explanation
_FEW = 3  # rows that chance explains are not worth a note


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Northcutt, Athalye & Mueller (2021), Pervasive label errors in test sets destabilize machine learning "
            "benchmarks, NeurIPS Datasets and Benchmarks",
            "https://arxiv.org/abs/2103.14749",
        ),
    ),
)
def conflicting_duplicates(
    dataset: Dataset,
    row_groups: RowGroups,
    collisions: Collisions,
    labels: Labels,
    text_pairs: tuple[NearPairs, ...] | None,
    *,
    min_share: float = 0.001,
    alpha: float = 0.001,
) -> Iterator[Finding]:
    """Rows with the same features and different labels.

    ## Why it matters
    No model of these features can be right about both. Where the rows are one record entered twice, one of the
    labels is wrong; where they are different records, the features do not decide the label, and that bounds every
    score.

    ## How it works
    Rows are grouped by equal features; a group whose labels differ, spelling aside, conflicts. If chance does not
    make rows of this table equal (see `duplicate-rows`), the rows are one record and this is a warning; otherwise it
    is a note, if it concerns at least `min_share` of the rows. Texts that are equal but for case, punctuation and
    spaces count as equal.

    ## Limits
    For classes only: two measured numbers always differ a little. Which of the labels is right cannot be told from
    the rows; nothing is dropped.

    ## Fix
    Look the records up at their source. Until then keep none or all of a conflicting group, and report how many
    there are.
    """
    if not labels.is_classes:
        raise NotApplicable(f"the label {labels.column!r} is a number: equal records need not have equal numbers")
    yield from _of_equal_values(dataset, row_groups, collisions, labels, min_share, alpha)
    for pairs in text_pairs or ():
        yield from _of_equal_words(dataset, row_groups, labels, pairs)


def _of_equal_values(
    dataset: Dataset,
    row_groups: RowGroups,
    collisions: Collisions,
    labels: Labels,
    min_share: float,
    alpha: float,
) -> Iterator[Finding]:
    known = np.flatnonzero(labels.known)
    group, code = row_groups.group[known], same_class(labels.classes)[labels.codes[known]]
    order = np.lexsort((code, group))
    group, code = group[order], code[order]
    differs = (group[1:] == group[:-1]) & (code[1:] != code[:-1])
    torn = np.zeros(len(row_groups.size), dtype=bool)
    torn[group[1:][differs]] = True
    rows = known[order][torn[group]]
    if not len(rows):
        return
    share = len(rows) / len(known)
    seen = collisions.within(row_groups, labels.known)
    chance = seen.by_chance > _CHANCE_DECIDES or seen.p_value > alpha
    if chance and (share < min_share or len(rows) < _FEW):
        return
    n_groups = int(torn.sum())
    records = "record has" if n_groups == 1 else "records have"
    why = "the features are too coarse to decide the label" if chance else "chance does not make such rows equal"
    yield Finding(
        message=(
            f"{n_groups:,} {records} more than one label {labels.column!r}: {len(rows):,} rows ({percent(share)}) "
            f"contradict another row with the same features; {why}"
        ),
        severity=Severity.NOTE if chance else Severity.WARNING,
        confidence=Confidence.CERTAIN,
        locations=(Location(rows=rows, columns=(labels.column,)),),
        evidence=(
            Measure(name="share of rows that contradict another", value=share, threshold=0.0, unit="share"),
            seen.measure(_CHANCE_DECIDES),
            rows_table(dataset, rows, caption="Rows with equal features and different labels, side by side"),
        ),
        fix="Look the records up at their source; until then keep none or all of a conflicting group.",
    )


def _of_equal_words(dataset: Dataset, row_groups: RowGroups, labels: Labels, pairs: NearPairs) -> Iterator[Finding]:
    """Yield texts that are equal but for case, punctuation and spaces, and have different labels."""
    first = row_groups.first(labels.known)
    equal = (pairs.distance == 0.0) & (first[pairs.left] >= 0) & (first[pairs.right] >= 0)
    left, right = first[pairs.left[equal]], first[pairs.right[equal]]
    code = same_class(labels.classes)[labels.codes]
    differs = code[left] != code[right]
    if not differs.any():
        return
    left, right = left[differs], right[differs]
    rows = np.unique(np.concatenate([left, right]))
    share = len(rows) / int(labels.known.sum())
    _, one = np.unique(np.minimum(left, right) * len(dataset) + np.maximum(left, right), return_index=True)
    yield Finding(
        message=(
            f"{len(rows):,} rows ({percent(share)}) have the same words as another, but for case and punctuation, and "
            f"another label {labels.column!r}"
        ),
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        locations=(Location(rows=rows, columns=(*pairs.columns, labels.column)),),
        evidence=(
            Measure(name="share of rows that contradict the same words", value=share, threshold=0.0, unit="share"),
            row_pairs(dataset, left[one], right[one], "Texts of the same words with different labels, in pairs"),
        ),
        fix="Look the texts up at their source; until then keep none or all of them.",
    )


@planted(at=Location(rows=(3, 7), columns=("text", "y")))
def the_same_words(rng: np.random.Generator) -> Dataset:
    """A text is repeated in capitals, with the other label."""
    written, y = texts(rng, 60, (20, 30)), rng.choice(["yes", "no"], size=60)
    written[7] = written[3].upper()
    y[7] = "no" if y[3] == "yes" else "yes"
    return subject({"text": written, "y": y}, split=["train"] * 50 + ["test"] * 10)


@planted(at=Location(rows=(3, 7), columns=("y",)))
def contradiction(rng: np.random.Generator) -> Dataset:
    """A row is repeated with the other label."""
    a, b, c = rng.normal(size=(3, 100))
    y = np.where(a + b > 0, "yes", "no")
    for values in (a, b, c):
        values[7] = values[3]
    y[7] = "no" if y[3] == "yes" else "yes"
    return subject({"a": a, "b": b, "c": c, "y": y}, split=["train"] * 80 + ["test"] * 20)


@clean
def copies_that_agree(rng: np.random.Generator) -> Dataset:
    """A copy with the same label does not contradict."""
    return table(rng, n_train=80, n_test=20, copies={7: 3, 85: 10})


@clean
def copies_without_a_label(rng: np.random.Generator) -> Dataset:
    """A missing label contradicts nothing."""
    a, b = rng.normal(size=(2, 60))
    a[30:], b[30:] = a[:30], b[:30]
    y = [*np.where(a[:30] > 0, "yes", "no").tolist(), *[None] * 30]
    return subject({"a": a, "b": b, "y": y})
