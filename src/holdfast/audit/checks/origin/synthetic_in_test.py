from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases.origin import made
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import percent, rows_table
from holdfast.audit.facts.origin.provenance import NOT_KNOWN, Provenance
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Remedy, Severity
from holdfast.core.text import one_line
from holdfast.data.origin import GENERATOR

_MOST_CLASSES = 100  # of a label that could say who made a row


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Shumailov, Shumaylov, Zhao, Papernot, Anderson & Gal (2024), AI models collapse when trained on "
            "recursively generated data, Nature 631",
            "https://doi.org/10.1038/s41586-024-07566-y",
        ),
        Reference(
            "Veselovsky, Ribeiro & West (2023), Artificial artificial artificial intelligence: crowd workers widely "
            "use large language models for text production tasks, arXiv:2306.07899",
            "https://arxiv.org/abs/2306.07899",
        ),
    ),
)
def synthetic_in_test(
    dataset: Dataset, provenance: Provenance, split_of: SplitOf, *, max_share: float = 0.0
) -> Iterator[Finding]:
    """Test rows that a model made: on them the score measures agreement with that model.

    ## Why it matters
    A model scores well on what a model like it would say, whether or not that is so in the world. Rare and awkward
    cases, in which models fail, are the first that generated test rows lack.

    ## How it works
    Counts the test rows whose column of origin says synthetic. Where all of them were verified by somebody, the answer
    was looked at and this is a warning: they are still cases that a model thought of. Silent where the label itself
    says who made a row, because telling that is then the task.

    ## Limits
    Believes the column of origin. Records of unknown origin may be synthetic too: see `unknown-origin`.

    ## Fix
    Test on records that people made; report the synthetic ones apart, under their own name.
    """
    rows = np.flatnonzero(split_of.test & provenance.synthetic)
    n_test = int(split_of.test.sum())
    share = len(rows) / n_test
    if share <= max_share or _is_the_task(dataset, provenance):
        return
    verified = bool(provenance.checked[rows].all())
    names = [f"{one_line(name, 40)} ({n:,})" for name, n in _by_generator(provenance, rows)]
    whose = f", from {', '.join(names[:3])}{' and others' * (len(names) > 3)}" if names else ""
    checked = "; all of them were verified" if verified else ""
    shown = [column for column in (provenance.column, GENERATOR) if column in dataset.table.column_names]
    yield Finding(
        message=f"{len(rows):,} of {n_test:,} test rows ({percent(share)}) are synthetic{whose}{checked}: on them the "
        "score is agreement with a model",
        severity=Severity.WARNING if verified else Severity.ERROR,
        confidence=Confidence.CERTAIN,
        locations=(Location(rows=rows, columns=(provenance.column,), split="test"),),
        evidence=(
            Measure(name="synthetic share of test", value=share, threshold=max_share, unit="share"),
            rows_table(dataset, rows, "Synthetic test rows", [*_features(dataset)[:4], *shown]),
        ),
        fix="Test on records that people made; report the synthetic ones apart, under their own name.",
        remedy=Remedy(op="drop-rows", rows=rows) if len(rows) < n_test else None,
    )


def _is_the_task(dataset: Dataset, provenance: Provenance) -> bool:
    """Return whether each class of the label is all synthetic or not at all, and there are both."""
    label = dataset.one("label")
    if label is None:
        return False
    codes, names = dataset.codes(label.name)
    known = codes >= 0
    if not 2 <= len(names) <= _MOST_CLASSES:
        return False
    n = np.bincount(codes[known], minlength=len(names))
    made_by_models = np.bincount(codes[known & provenance.synthetic], minlength=len(names))
    return bool(((made_by_models == 0) | (made_by_models == n)).all() and 0 < made_by_models.sum() < n.sum())


def _by_generator(provenance: Provenance, rows: np.ndarray) -> list[tuple[str, int]]:
    codes = provenance.generator[rows]
    counts = np.bincount(codes[codes != NOT_KNOWN], minlength=len(provenance.generators))
    found = [(name, int(n)) for name, n in zip(provenance.generators, counts, strict=True) if n]
    return sorted(found, key=lambda one: (-one[1], one[0]))


def _features(dataset: Dataset) -> list[str]:
    return [column.name for column in dataset.of(role="feature") if column.kind != "image"]


_SPLIT = ["train"] * 80 + ["test"] * 20


@planted(at=Location(rows=(83, 91), split="test"))
def two_test_rows(rng: np.random.Generator) -> Dataset:
    """Two test rows come from a model."""
    origin = ["human"] * 100
    origin[83] = origin[91] = "synthetic"
    return made(rng, origin, _SPLIT, generator=["m@1" if one == "synthetic" else None for one in origin])


@planted(at=Location(rows=(99,), split="test"))
def verified_by_somebody(rng: np.random.Generator) -> Dataset:
    """A synthetic test row that somebody checked stays synthetic."""
    origin = ["human"] * 99 + ["synthetic"]
    return made(rng, origin, _SPLIT, verifier=[None] * 99 + ["ann"])


@clean
def synthetic_training_rows(rng: np.random.Generator) -> Dataset:
    """Half of the training rows are synthetic; the test rows are people's, some of them verified."""
    return made(rng, ["synthetic"] * 40 + ["human"] * 40 + ["human-verified"] * 10 + ["human"] * 10, _SPLIT)


@clean
def telling_them_apart_is_the_task(rng: np.random.Generator) -> Dataset:
    """The label says who made a row, so that synthetic test rows are meant to be there."""
    origin = rng.permutation(["human", "synthetic"] * 50)
    label = ["fake" if one == "synthetic" else "real" for one in origin]
    return made(rng, [str(one) for one in origin], _SPLIT, columns={"y": label})


@clean
def unknown_is_not_synthetic(rng: np.random.Generator) -> Dataset:
    """Test rows of unknown origin are not called synthetic."""
    return made(rng, ["human"] * 80 + ["unknown", None] * 10, _SPLIT)
