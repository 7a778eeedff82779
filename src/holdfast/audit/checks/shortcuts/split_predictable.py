from collections.abc import Iterator
from functools import partial

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.cases.shortcuts import pictures_of_glyphs
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.columns.metadata import Metadata
from holdfast.audit.facts.images.images import Images
from holdfast.audit.facts.images.traits import of_pixels
from holdfast.audit.facts.labels.predictiveness import (
    N_FOLDS,
    Answer,
    Question,
    answers,
    best_of_shuffles,
    by_value,
    units,
)
from holdfast.audit.facts.labels.trait_evidence import shares_by_value
from holdfast.audit.facts.labels.traits import Trait, stands_for
from holdfast.audit.facts.rows.cut import TimeCut, split_is_by_time
from holdfast.audit.facts.rows.groups import Groups
from holdfast.audit.facts.rows.rows import RowGroups
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Series, Severity
from holdfast.core.random import Streams
from holdfast.data.bulk.bits import folds_by_number

_SHUFFLES = 99
_SIDES = ("train", "test")
_MOST_SHOWN = 10


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Torralba & Efros (2011), Unbiased look at dataset bias, CVPR: name that data set",
            "https://doi.org/10.1109/CVPR.2011.5995347",
        ),
        Reference(
            "Lopez-Paz & Oquab (2017), Revisiting classifier two-sample tests, ICLR", "https://arxiv.org/abs/1610.06545"
        ),
    ),
)
def split_predictable(
    dataset: Dataset,
    split_of: SplitOf,
    metadata: Metadata,
    images: Images | None,
    groups: Groups | None,
    row_groups: RowGroups | None,
    time_cut: TimeCut | None,
    streams: Streams,
    *,
    min_auc: float = 0.6,
    alpha: float = 0.001,
) -> Iterator[Finding]:
    """How records were made or stored tells the test set from the training set.

    ## Why it matters
    If files of the test set have another size, compression, camera or naming, the two sets were not drawn from one
    collection: they were made or processed apart. The score is then one for that difference, or something was done to
    one side only.

    ## How it works
    What is known besides the features themselves (metadata columns, parts of file names, what image files say of
    themselves, light, colour and sharpness of pictures) predicts, each alone, whether a row is of the test set; rows
    of one group and equal rows stay together, and each row is judged by what others said. It speaks from AUC
    `min_auc` on, with `alpha` divided by all that was tried, and when none of 99 shuffles of the split between groups
    reaches it. `joint-drift` asks the same of the features, all together; neither looks at what the other does.

    ## Limits
    At most 10,000 rows are looked at. Folders and beginnings of names that stand for the split itself are left out.
    Where the split is by time, things change in time, and this is a note.

    ## Fix
    Split again from all records at random (by group), or make both sides in the same way; else report the score as one
    on records of another making.
    """
    side = np.select([split_of.train[metadata.rows], split_of.test[metadata.rows]], [0, 1], -1)
    known = side >= 0
    rows, codes = metadata.rows[known], side[known]
    unit = units(rows, groups, row_groups)
    asked = Question(rows, codes.astype(np.float64), _SIDES, unit, folds_by_number(unit, N_FOLDS))
    traits = [t for t in metadata.traits if not t.is_feature]
    traits += of_pixels(images, metadata.rows) if images is not None else ()
    traits = [t for t in traits if not stands_for(t, known, codes, _SIDES)]
    if not asked.judged or not traits:
        return
    told: list[tuple[Trait, Answer, float]] = []
    for trait in traits:
        bins = trait.bins[known]
        for answer in answers(asked, by_value(asked, bins), least=2 * min_auc - 1):
            if answer.p_value >= alpha / len(traits):
                continue
            rng = streams("split_predictable", trait.title)
            null = best_of_shuffles(asked, answer.of_class, partial(by_value, bins=bins), rng, _SHUFFLES)
            if answer.value > null:
                told.append((trait, answer, null))
    if told:
        by_time = split_is_by_time(dataset, time_cut)
        yield _finding(asked, sorted(told, key=lambda one: -one[1].gain), known, min_auc, by_time=by_time)


def _finding(
    asked: Question, told: list[tuple[Trait, Answer, float]], known: np.ndarray, min_auc: float, *, by_time: bool
) -> Finding:
    (trait, answer, null), more = told[0], len(told) - 1
    others = f", and {more} more such {'things do' if more > 1 else 'thing does'}" if more else ""
    shown = told[:_MOST_SHOWN]
    return Finding(
        message=f"{trait.title[:1].upper()}{trait.title[1:]} alone tells test rows from training rows with AUC "
        f"{answer.value:.3f} (95% interval {answer.low:.3f} to {answer.high:.3f}){others}",
        severity=Severity.NOTE if by_time or all(one.kind == "beside" for one, _, _ in told) else Severity.WARNING,
        confidence=Confidence.HIGH,
        locations=tuple(
            Location(columns=(name,), split="test") for name in dict.fromkeys(one.column for one, _, _ in told)
        ),
        evidence=(
            answer.measure("AUC of telling test from train", min_auc),
            Measure(name=f"best of {_SHUFFLES} shuffles of the split between groups", value=null, unit="score"),
            Series(
                name="What tells the split",
                x=tuple(one.title for one, _, _ in shown),
                y=tuple(round(item.value, 4) for _, item, _ in shown),
                low=tuple(round(item.low, 4) for _, item, _ in shown),
                high=tuple(round(item.high, 4) for _, item, _ in shown),
                x_name="given",
                y_name="AUC",
                shape="bar",
            ),
            *shares_by_value(trait, known, asked.truth, "share of test rows", f"Share of test rows by {trait.title}"),
        ),
        fix="Split again from all records at random (by group), or make both sides in the same way.",
    )


def _scanned(rng: np.random.Generator, *, apart: bool) -> Dataset:
    n = 300
    test = np.arange(n) >= 200
    new = rng.random(n) < (np.where(test, 0.9, 0.1) if apart else 0.4)
    columns = {"scanner": np.where(new, "B", "A"), "a": rng.normal(size=n), "y": rng.choice(["x", "z"], size=n)}
    return subject(columns, split=np.where(test, "test", "train"), scanner="metadata")


@planted(at=Location(columns=("scanner",), split="test"))
def another_scanner(rng: np.random.Generator) -> Dataset:
    """Most of the test rows are from another scanner."""
    return _scanned(rng, apart=True)


@clean
def scanners_mixed(rng: np.random.Generator) -> Dataset:
    """Both scanners are in both sets."""
    return _scanned(rng, apart=False)


@planted(at=Location(columns=("image",), split="test"))
def test_files_compressed_again(rng: np.random.Generator) -> Dataset:
    """The pictures of the test set were stored with a lower JPEG quality."""
    split = np.where(np.arange(160) < 110, "train", "test")
    return pictures_of_glyphs(
        rng, rng.integers(0, 2, 160), quality=lambda row: 90 if split[row] == "train" else 60, split=split
    )


@clean
def folders_of_the_split(rng: np.random.Generator) -> Dataset:
    """Files lie in a folder for each split, as they are handed on."""
    split = np.where(np.arange(300) < 200, "train", "test")
    files = [f"{where}/{int(number):05d}.png" for where, number in zip(split, rng.permutation(300), strict=True)]
    columns = {"file": np.array(files), "a": rng.normal(size=300), "y": rng.choice(["x", "z"], size=300)}
    return subject(columns, split=split, file="metadata")
