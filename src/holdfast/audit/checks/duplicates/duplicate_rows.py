from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject, table
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import percent, rows_table
from holdfast.audit.facts.rows.collisions import Collisions
from holdfast.audit.facts.rows.parts import parts
from holdfast.audit.facts.rows.rows import RowGroups
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Remedy, Severity
from holdfast.data.bulk.hashes import row_hashes

_CHANCE_DECIDES = 0.5  # above this share, chance rather than copying is the first explanation
_FEW = 3  # rows that chance explains are not worth a note


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Lones (2024), Avoiding common machine learning pitfalls, Patterns 5(10), 2.1",
            "https://doi.org/10.1016/j.patter.2024.101046",
        ),
        Reference(
            "Bishop, Fienberg & Holland (1975), Discrete Multivariate Analysis, chapter 6",
            "https://doi.org/10.1007/978-0-387-72806-3",
        ),
    ),
)
def duplicate_rows(
    dataset: Dataset, row_groups: RowGroups, collisions: Collisions, *, min_share: float = 0.001, alpha: float = 0.001
) -> Iterator[Finding]:
    """Rows that occur more than once inside one split, label included.

    ## Why it matters
    A record that was entered twice counts twice: in training it pulls the model, in the test set it pulls the
    score and makes its interval too narrow. And a random split of such rows puts copies on both sides.

    ## How it works
    Features and label (not id, split or ignored columns) are hashed row by row. How many rows would be equal by
    chance is learnt from pairs of rows that differ in just one or two columns: copies agree everywhere at once,
    while chance leaves a pile of near misses. More than chance explains is a warning; otherwise this is a note, if
    at least `min_share` of the rows repeat another.

    ## Limits
    The number expected by chance is an upper bound. Records that are rightly equal (two sales of one article) look
    like copies. A row that was copied and then edited is found by `near-duplicate-rows`.

    ## Fix
    Find out where the copies come from, and drop them before splitting; keep them if they are separate records.
    """
    label = dataset.one("label")
    key = row_groups.group.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    if label is not None:
        key = key + row_hashes(dataset, (label.name,))
    for name, part in parts(dataset):
        rows = np.flatnonzero(part)
        order = rows[np.argsort(key[rows], kind="stable")]  # equal rows side by side, in the order of the table
        again = key[order[1:]] == key[order[:-1]]
        surplus = np.sort(order[1:][again])
        if not len(surplus):
            continue
        share = len(surplus) / len(rows)
        seen = collisions.within(row_groups, part)
        chance = seen.by_chance > _CHANCE_DECIDES or seen.p_value > alpha
        if chance and (share < min_share or len(surplus) < _FEW):
            continue
        involved = order[np.concatenate((again, [False])) | np.concatenate(([False], again))]
        where = f" of the {name} split" if name else ""
        tail = "as many as chance explains in a table this coarse" if chance else _beyond(seen.by_chance)
        yield Finding(
            message=f"{len(surplus):,} of {len(rows):,} rows{where} ({percent(share)}) repeat another row; {tail}",
            severity=Severity.NOTE if chance else Severity.WARNING,
            confidence=Confidence.MEDIUM if chance else Confidence.HIGH,
            locations=(Location(rows=involved, split=name),),
            evidence=(
                Measure(name="share of rows that repeat another", value=share, threshold=0.0, unit="share"),
                seen.measure(_CHANCE_DECIDES),
                rows_table(dataset, involved, caption="Rows that occur more than once, copies side by side"),
            ),
            fix="Find out where the copies come from and drop them before splitting; keep separate records.",
            remedy=None if chance else Remedy(op="drop-rows", rows=surplus),
        )


def _beyond(by_chance: float) -> str:
    return f"chance explains {by_chance:.0%} of the equal pairs" if by_chance >= 0.005 else "chance explains none of it"


@planted(at=Location(rows=(3, 7), split="train"))
def copied_row(rng: np.random.Generator) -> Dataset:
    """A training row occurs twice."""
    return table(rng, n_train=80, n_test=20, copies={7: 3})


@planted(at=Location(rows=(0, 1, 98, 99)))
def without_a_split(rng: np.random.Generator) -> Dataset:
    """Two rows are repeated at the end of a table that nobody has split."""
    a, b = rng.normal(size=(2, 100))
    for values in (a, b):
        values[98:] = values[:2]
    return subject({"a": a, "b": b})


@clean
def copy_across_splits(rng: np.random.Generator) -> Dataset:
    """A copy in another split is an overlap, not a duplicate."""
    return table(rng, n_train=80, n_test=20, copies={85: 3})


@clean
def a_few_equal_by_chance(rng: np.random.Generator) -> Dataset:
    """Whole numbers of which a handful of rows agree: fewer than one in a thousand, as chance has it."""
    return subject({name: rng.integers(0, 40, size=3000) for name in "abcd"})
