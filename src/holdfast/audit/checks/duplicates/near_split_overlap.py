from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject, table
from holdfast.audit.cases.images import changed, drawing, picture_set
from holdfast.audit.cases.texts import edited, texts
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import percent, row_pairs
from holdfast.audit.evidence.images import pictures_of
from holdfast.audit.evidence.texts import passages_of
from holdfast.audit.facts.rows.near import NearPairs
from holdfast.audit.facts.rows.near_records import NearRecords
from holdfast.audit.facts.rows.rows import RowGroups
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Remedy, Severity

_OF_ONE_KIND = 0.35  # share of the pairs of words of two texts that they do not have in common


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Barz & Denzler (2020), Do we train on test data? Purging CIFAR of near-duplicates, J. Imaging 6(6)",
            "https://doi.org/10.3390/jimaging6060041",
        ),
        Reference(
            "Grassberger & Procaccia (1983), Measuring the strangeness of strange attractors, Physica D 9",
            "https://doi.org/10.1016/0167-2789(83)90298-1",
        ),
    ),
)
def near_split_overlap(
    dataset: Dataset, row_groups: RowGroups, near_records: NearRecords, split_of: SplitOf, *, alpha: float = 0.001
) -> Iterator[Finding]:
    """Test rows that are nearly, but not exactly, equal to a training row.

    ## Why it matters
    A copy with a little noise, a rounded number or a second reading of the same thing lets a model answer from
    memory just as an exact copy does, and no comparison value by value sees it.

    ## How it works
    Two rows are near where categories, text and missing cells are equal and no number differs by more than a small
    part of its column's standard deviation. How small is learnt from the data: pairs are believed only if they
    are many and the distances just beyond them are nearly empty, which chance never brings about. Candidates come
    from random grids, so that cost grows linearly with rows.

    Pictures are near where one, mirrored, turned or cropped, agrees with the other better than strangers ever do.
    Perceptual hashes of such versions give candidates, which are aligned and compared.

    Texts are near, whatever other columns hold, where two fifths or more of the pairs of neighbouring words of either
    half of the shorter one stand in the longer one (case and punctuation aside), and what they share is too rare for
    chance. So neither a common header nor "ok lar" makes a copy. Forms filled in otherwise (a receipt, a prize draw)
    are near, too: where most of the pairs differ in more than a third of it all, this is a warning.

    ## Limits
    With few numeric columns, or rows that follow one another smoothly (a time series), near and far cannot be told
    apart, and nothing is said. A row whose category was changed, or one of whose numbers was changed much, is not
    near. Exact copies are the business of `split-overlap`.

    ## Fix
    Find out how the copies came about, keep each record and its copies on one side, or drop them from the test set.
    """
    for pairs in near_records.each:
        yield from _found(dataset, row_groups, pairs, split_of, alpha)


def _found(
    dataset: Dataset, row_groups: RowGroups, pairs: NearPairs, split_of: SplitOf, alpha: float
) -> Iterator[Finding]:
    rows = np.flatnonzero(split_of.test & ~row_groups.sharing(split_of.train))
    partners = pairs.partners(row_groups, rows, split_of.train)
    copies, originals = rows[partners >= 0], partners[partners >= 0]
    if not len(copies):
        return
    n_test, n_train = int(split_of.test.sum()), int(split_of.train.sum())
    expected, p_value = pairs.judged(len(copies), float(n_test) * n_train, len(dataset))
    if p_value > alpha:
        return
    share = len(copies) / n_test
    chance = f"; chance explains at most {expected:.2g}" if expected > 0 else ""
    content = () if pairs.what == "rows" else pairs.columns
    yield Finding(
        message=(
            f"{len(copies):,} of {n_test:,} test rows ({percent(share)}) are nearly equal to a training row: "
            f"{pairs.nearness}{chance}"
        ),
        severity=Severity.WARNING if _loose(pairs) else Severity.ERROR,
        confidence=Confidence.HIGH,
        locations=(Location(rows=copies, columns=content, split="test"),),
        evidence=(
            Measure(name="nearly copied share of test", value=share, threshold=0.0, unit="share"),
            Measure(
                name="nearly copied rows, against the most that chance explains",
                value=len(copies),
                threshold=expected,
                p_value=p_value,
                unit="rows",
            ),
            row_pairs(dataset, copies, originals, caption="Test rows above the training rows they nearly copy"),
            *pictures_of(dataset, pairs, copies, originals, "Test pictures beside the training pictures they copy"),
            *passages_of(dataset, pairs, copies, originals, "What differs: test texts beside the training texts"),
        ),
        fix="Keep each record and its near-copies on one side of the split, or drop them from the test set.",
        remedy=Remedy(op="drop-rows", rows=copies),
    )


def _loose(pairs: NearPairs) -> bool:
    """Return whether most pairs of texts are rather of one kind than copies."""
    return pairs.what == "texts" and float(np.median(pairs.distance)) > _OF_ONE_KIND


@planted(at=Location(rows=tuple(range(400, 410)), split="test"))
def noisy_copies(rng: np.random.Generator) -> Dataset:
    """Ten test rows are training rows with a thousandth of a standard deviation of noise."""
    return _numbers(rng, noise=1e-3)


@planted(at=Location(rows=tuple(range(400, 410)), split="test"))
def rounded_copies(rng: np.random.Generator) -> Dataset:
    """Ten test rows are training rows, rounded to four digits."""
    return _numbers(rng, digits=4)


@planted(at=Location(rows=(40, 41, 42), columns=("image",), split="test"))
def changed_pictures(rng: np.random.Generator) -> Dataset:
    """Three test pictures are training pictures: one smaller and compressed again, one cropped, one mirrored."""
    one, two, three = (drawing(rng) for _ in range(3))
    copies = {40: changed(one, "smaller"), 41: changed(two, "cropped"), 42: changed(three, "mirrored")}
    return picture_set(rng, changes={1: one, 2: two, 3: three, **copies})


@clean
def pictures_of_one_kind(rng: np.random.Generator) -> Dataset:
    """Sixty drawings that nobody copied."""
    return picture_set(rng)


@planted(at=Location(rows=tuple(range(200, 208)), columns=("text",), split="test"))
def edited_texts(rng: np.random.Generator) -> Dataset:
    """Eight test texts are training texts in capitals, with other punctuation, or with a tenth of the words gone."""
    written = texts(rng, 250, (60, 90))
    for place in range(8):
        text = edited(rng, written[place], 0.1)
        written[200 + place] = text.upper() if place % 2 else text.replace(".", " ...")
    return subject({"text": written}, split=["train"] * 200 + ["test"] * 50)


@clean
def texts_with_one_header(rng: np.random.Generator) -> Dataset:
    """All texts begin with the same twenty words, and go on otherwise."""
    header = texts(rng, 1, (20, 20))[0]
    return subject({"text": [f"{header} {text}" for text in texts(rng, 250)]}, split=["train"] * 200 + ["test"] * 50)


@clean
def short_messages(rng: np.random.Generator) -> Dataset:
    """Messages of a few frequent words are alike, as they must be."""
    said = rng.choice(["ok", "see", "you", "later", "at", "home", "no", "yes", "call", "me"], size=(400, 5))
    return subject({"text": [" ".join(line) for line in said.tolist()]}, split=["train"] * 300 + ["test"] * 100)


@clean
def like_but_not_the_same(rng: np.random.Generator) -> Dataset:
    """Ten test rows resemble training rows as members of a family do, a third of a standard deviation apart."""
    return _numbers(rng, noise=0.3)


@clean
def smooth_series(rng: np.random.Generator) -> Dataset:
    """Neighbours in time are near, as they must be: nothing stands out."""
    t = np.arange(500)
    columns = {f"x{i}": np.sin(t / (20 + 10 * i)) for i in range(4)}
    return subject(columns, split=np.where(rng.random(500) < 0.8, "train", "test"))


@clean
def exact_copies(rng: np.random.Generator) -> Dataset:
    """Exact copies are found elsewhere."""
    return table(rng, n_train=80, n_test=20, copies={80: 3, 95: 10})


def _numbers(rng: np.random.Generator, noise: float = 0.0, digits: int = 12) -> Dataset:
    """Return 500 rows of eight numbers and a category; rows 400 to 409 follow rows 0 to 9."""
    values = rng.normal(size=(500, 8))
    color = rng.choice(["red", "green", "blue"], size=500)
    values[400:410] = np.round(values[:10] + noise * rng.normal(size=(10, 8)), digits)
    color[400:410] = color[:10]
    columns = {f"x{i}": values[:, i] for i in range(8)} | {"color": color}
    return subject(columns, split=["train"] * 400 + ["test"] * 100)
