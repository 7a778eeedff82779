from collections.abc import Iterator
from itertools import product

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import percent, row_pairs
from holdfast.audit.evidence.images import pictures_of
from holdfast.audit.evidence.texts import passages_of
from holdfast.audit.facts.rows.near_records import NearRecords
from holdfast.audit.facts.rows.parts import parts
from holdfast.audit.facts.rows.rows import RowGroups
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Elmagarmid, Ipeirotis & Verykios (2007), Duplicate record detection: a survey, IEEE TKDE 19(1)",
            "https://doi.org/10.1109/TKDE.2007.250581",
        ),
        Reference(
            "Grassberger & Procaccia (1983), Measuring the strangeness of strange attractors, Physica D 9",
            "https://doi.org/10.1016/0167-2789(83)90298-1",
        ),
    ),
)
def near_duplicate_rows(
    dataset: Dataset, row_groups: RowGroups, near_records: NearRecords, *, alpha: float = 0.001
) -> Iterator[Finding]:
    """Rows of one split that are nearly, but not exactly, equal to another row.

    ## Why it matters
    Noisy copies (jitter to enlarge a data set, one record read twice, a table merged with its rounded self) count
    one record several times, and a random split puts them on both sides.

    ## How it works
    As in `near-split-overlap`: categories, text and missing cells equal, and all numbers closer than chance brings
    unrelated records together, which is learnt from how many pairs lie just beyond. Pictures are near where one,
    mirrored, turned or cropped, agrees with the other better than strangers do. Texts are near where both halves of
    one stand in the other but for small changes. Linear in rows.

    ## Limits
    With few numeric columns, or rows that follow one another smoothly, near and far cannot be told apart, and
    nothing is said. Rows that differ much in a single cell are not near.

    ## Fix
    Keep one of each set of near-copies, or give them a group so that a split keeps them together.
    """
    for (name, part), pairs in product(parts(dataset), near_records.each):
        rows = np.flatnonzero(part)
        partners = pairs.partners(row_groups, rows, part)
        near, others = rows[partners >= 0], partners[partners >= 0]
        if not len(near):
            continue
        n = len(rows)
        expected, p_value = pairs.judged(-(-len(near) // 2), n * (n - 1) / 2, len(dataset))
        if p_value > alpha:
            continue
        share = len(near) / n
        where = f" of the {name} split" if name else ""
        chance = f"; chance explains at most {2 * expected:.2g}" if expected > 0 else ""
        content = () if pairs.what == "rows" else pairs.columns
        yield Finding(
            message=(
                f"{len(near):,} of {n:,} rows{where} ({percent(share)}) are nearly equal to another: "
                f"{pairs.nearness}{chance}"
            ),
            confidence=Confidence.HIGH,
            locations=(Location(rows=near, columns=content, split=name),),
            evidence=(
                Measure(name="share of rows nearly equal to another", value=share, threshold=0.0, unit="share"),
                Measure(
                    name="rows with a near-copy, against the most that chance explains",
                    value=len(near),
                    threshold=2 * expected,
                    p_value=p_value,
                    unit="rows",
                ),
                row_pairs(dataset, near, others, caption="Rows, each above its nearest other"),
                *pictures_of(dataset, pairs, near, others, "Pictures, each beside its nearest other"),
                *passages_of(dataset, pairs, near, others, "What differs: texts beside their nearest other"),
            ),
            fix="Keep one of each set of near-copies, or group them so that a split keeps them together.",
        )


@planted(at=Location(rows=(*range(10), *range(200, 210)), split="train"))
def jittered(rng: np.random.Generator) -> Dataset:
    """Ten training rows stand there again with a little noise."""
    return _numbers(rng, noise=1e-3)


@clean
def like_but_not_the_same(rng: np.random.Generator) -> Dataset:
    """Ten rows resemble others as members of a family do, a third of a standard deviation apart."""
    return _numbers(rng, noise=0.3)


@clean
def one_number_many_categories(rng: np.random.Generator) -> Dataset:
    """On a single line there is always somebody near."""
    columns = {"a": rng.normal(size=400), "color": rng.choice(["red", "green", "blue"], size=400)}
    return subject(columns, split=["train"] * 300 + ["test"] * 100)


def _numbers(rng: np.random.Generator, noise: float) -> Dataset:
    values = rng.normal(size=(500, 6))
    values[200:210] = values[:10] + noise * rng.normal(size=(10, 6))
    columns = {f"x{i}": values[:, i] for i in range(6)}
    return subject(columns, split=["train"] * 400 + ["test"] * 100)
