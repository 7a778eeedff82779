from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases.shortcuts import pictures_of_glyphs, tied
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.images.region_evidence import region_finding
from holdfast.audit.facts.images.regions import SIDE, Regions, grown
from holdfast.audit.facts.labels.predictiveness import Answer
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Finding, Location, Severity

_DEPTH = 2  # lines of cells from the edge: where marks are; the middle is the subject's
_MOST_CELLS = 9  # of 48: marks are small
_NEAR = 0.5  # of the best cell's gain: cells that tell so much belong to the mark
_ELSEWHERE = 0.35  # of the best cell's gain: what three quarters of the other cells stay below


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Lapuschkin et al. (2019), Unmasking Clever Hans predictors and assessing what machines really learn, "
            "Nature Communications 10: a photographer's mark on the pictures of horses",
            "https://doi.org/10.1038/s41467-019-08987-4",
        ),
        Reference(
            "Winkler et al. (2019), Association between surgical skin markings in dermoscopic images and diagnostic "
            "performance of a deep learning network, JAMA Dermatology 155(10)",
            "https://doi.org/10.1001/jamadermatol.2019.1735",
        ),
    ),
)
def mark_predicts_label(
    dataset: Dataset, image_regions: Regions, *, min_auc: float = 0.65, alpha: float = 0.001
) -> Iterator[Finding]:
    """A small place in the pictures tells the class: a burnt-in mark, a date, a letter, a watermark.

    ## Why it matters
    Tokens of one hospital, a photographer's name or a ruler beside the lesion stand where they stand for reasons that
    have to do with the class. A model finds them before it finds the subject.

    ## How it works
    Pictures are cut into 8 × 8 cells; a ridge classifier on the pixels of each cell says of which class a picture is
    that it has not learned from, with pictures of one group in one fold. A mark is a place of at most nine of the
    outer cells where the class is told with AUC `min_auc` or more, while most other outer cells tell next to nothing
    and the cells towards the middle less than half; chance is ruled out with `alpha` divided by 64 cells and the
    classes. A subject tells more the nearer to the middle it is looked at.

    ## Limits
    A mark that wanders about is not seen, nor one in the inner quarter of the picture, nor one much smaller than a
    30th of the side. In well aligned pictures (faces, road signs) a spot near the edge may belong to the subject. At
    most 4,000 pictures and the 20 largest classes are looked at.

    ## Fix
    Look at the heat map and the pictures; cut the place off or paint it over in all pictures, and score again.
    """
    limit = alpha / (SIDE * SIDE * len(image_regions.judged))
    best: tuple[Answer, int, np.ndarray] | None = None
    for k in range(len(image_regions.judged)):
        mark = _mark(image_regions.gains(k))
        if mark is None:
            continue
        gains = image_regions.gains(k)
        peak = image_regions.told(k, image_regions.joint(k, mark & (gains == gains[mark].max())))
        if peak.p_value >= limit:  # cells were chosen by what they tell: the best of 64 must rule chance out alone
            continue
        answer = image_regions.told(k, image_regions.joint(k, mark))
        if answer.value >= min_auc and answer.p_value < limit and (best is None or answer.gain > best[0].gain):
            best = (answer, k, mark)
    if best is not None:
        answer, k, mark = best
        yield region_finding(
            dataset,
            image_regions,
            k,
            mark,
            answer,
            where=_place(mark),
            least=min_auc,
            fix="Look at the heat map and the pictures; cut the place off or paint it over in all of them, and score "
            "again.",
        )


def _mark(gains: np.ndarray) -> np.ndarray | None:
    """Return the cells of a small place near the edge that tells far more than what is around it; None without one."""
    i, j = np.indices(gains.shape)
    depth = np.minimum.reduce([i, j, SIDE - 1 - i, SIDE - 1 - j])
    outside = np.where(depth < _DEPTH, gains, 0.0)
    peak = outside.max()
    mark = (outside >= _NEAR * peak) & (depth < _DEPTH)
    if peak <= 0.0 or mark.sum() > _MOST_CELLS:
        return None
    if np.quantile(outside[(depth < _DEPTH) & ~mark], 0.75) > _ELSEWHERE * peak:
        return None
    # A subject that reaches so far out tells more on the way to the middle; a mark stands alone.
    inward = grown(mark) & (depth >= _DEPTH)
    return None if inward.any() and np.median(gains[inward]) > _NEAR * peak else mark


def _place(mark: np.ndarray) -> str:
    """Return where the marked cells are, in words and as percent of the picture."""
    i, j = np.nonzero(mark)
    down = "top" if i.mean() < SIDE / 3 - 0.5 else "bottom" if i.mean() > 2 * SIDE / 3 - 0.5 else "middle"
    across = "left" if j.mean() < SIDE / 3 - 0.5 else "right" if j.mean() > 2 * SIDE / 3 - 0.5 else "centre"
    low, high, left, right = i.min() / SIDE, (i.max() + 1) / SIDE, j.min() / SIDE, (j.max() + 1) / SIDE
    return f"a small place at the {down} {across} ({left:.0%} to {right:.0%} across, {low:.0%} to {high:.0%} down)"


def _token(rng: np.random.Generator, share: float) -> Dataset:
    marked = tied(rng, 240, share)

    def stamped(pixels: np.ndarray, row: int) -> np.ndarray:
        if marked.planted[row]:
            letter = pixels[3:10, 36:45]
            letter[[0, 3, 6]] = letter[:, [0, 4]] = 240
        return pixels

    return pictures_of_glyphs(rng, marked.label, stamped)


@planted(at=Location(columns=("image",)))
def a_letter_in_the_corner(rng: np.random.Generator) -> Dataset:
    """A letter stands at the top right of nineteen in twenty pictures of one class."""
    return _token(rng, 0.95)


@clean
def letters_at_random(rng: np.random.Generator) -> Dataset:
    """As many pictures of each class bear the letter."""
    return _token(rng, 0.5)


@clean
def crosses_and_rings(rng: np.random.Generator) -> Dataset:
    """The subject itself tells the class, in the middle of the picture."""
    return pictures_of_glyphs(rng, rng.integers(0, 2, size=240))
