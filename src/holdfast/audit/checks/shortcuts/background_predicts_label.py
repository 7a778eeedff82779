from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases.shortcuts import glyph, pictures_of_glyphs, tied
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.images.region_evidence import region_finding
from holdfast.audit.facts.images.regions import SIDE, Regions
from holdfast.audit.facts.labels.predictiveness import Answer, paired
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Finding, Location, Severity

_LESS = 0.85  # what cells inside may tell at most, as a share of what as many cells at the corners tell
_EVERYWHERE = 0.5  # what cells around the middle tell at least, as a share of what the corners tell


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Xiao, Engstrom, Ilyas & Madry (2021), Noise or signal: the role of image backgrounds in object "
            "recognition, ICLR",
            "https://arxiv.org/abs/2006.09994",
        ),
        Reference(
            "Beery, Van Horn & Perona (2018), Recognition in terra incognita, ECCV", "https://arxiv.org/abs/1807.04975"
        ),
    ),
)
def background_predicts_label(
    dataset: Dataset, image_regions: Regions, *, min_auc: float = 0.65, alpha: float = 0.001
) -> Iterator[Finding]:
    """The background of the pictures tells the class better than the middle does.

    ## Why it matters
    Cows stand on grass and camels on sand: a model that knows grass from sand seems to know cows. It is wrong about
    the first cow on a beach.

    ## How it works
    Pictures are cut into 8 × 8 cells; a ridge classifier on the pixels of each cell says of which class a picture is
    that it has not learned from, with pictures of one group in one fold. What the four corners say together is set
    against four cells in the middle, and against four where the outline of a subject would lie. It is reported when
    the corners tell the class with AUC `min_auc` or more, the cells around the middle do so too (else it is a border
    or a mark), one of the two places inside tells clearly less, and chance explains neither (`alpha` divided by
    classes and places).

    ## Limits
    It takes the middle for the subject. Where the whole picture is the subject (textures, landscapes), middle and
    corners tell alike and it is silent, but a landscape whose sky tells the class is reported. A background of the
    same colours with other patterns finer than a 32nd of the side is not seen. At most 4,000 pictures are looked at.

    ## Fix
    Collect each class before the same backgrounds, cut the subject out, or swap backgrounds between classes; and
    report the score on pictures whose background is unusual for their class.
    """
    corners, around, inside = _places()
    limit = alpha / (len(inside) * len(image_regions.judged))
    best: tuple[Answer, int] | None = None
    for k in range(len(image_regions.judged)):
        outer = image_regions.joint(k, corners)
        answer = image_regions.told(k, outer)
        if answer.value < min_auc or answer.p_value >= limit:
            continue
        if np.median(image_regions.gains(k)[around]) < _EVERYWHERE * answer.gain:
            continue
        if (best is None or answer.gain > best[0].gain) and any(
            _tells_less(image_regions, k, image_regions.joint(k, cells), outer, answer, limit) for cells in inside
        ):
            best = (answer, k)
    if best is not None:
        answer, k = best
        yield region_finding(
            dataset,
            image_regions,
            k,
            corners | around,
            image_regions.told(k, image_regions.joint(k, corners | around)),
            where="the background",
            least=min_auc,
            fix="Look at the heat map. Collect each class before the same backgrounds, or swap them between classes; "
            "report the score on pictures whose background is unusual for their class.",
        )


def _tells_less(regions: Regions, k: int, inner: np.ndarray, outer: np.ndarray, answer: Answer, limit: float) -> bool:
    """Return whether cells inside tell clearly less than the corners, beyond chance."""
    if regions.told(k, inner).gain > _LESS * answer.gain:
        return False
    _, p_value = paired(regions.question, outer, inner, regions.hit(k))
    return p_value < limit


def _places() -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Return masks: the four corner cells, the line next to the outermost, and twice four cells where subjects are."""
    i, j = np.indices((SIDE, SIDE))
    depth = np.minimum.reduce([i, j, SIDE - 1 - i, SIDE - 1 - j])
    corners = (depth == 0) & (np.minimum(i, SIDE - 1 - i) == np.minimum(j, SIDE - 1 - j))
    rim = np.zeros((SIDE, SIDE), dtype=bool)
    rim[[2, 3, 5, 4], [3, 5, 4, 2]] = True  # where the outline of a subject comes to lie
    return corners, depth == 1, (depth == SIDE // 2 - 1, rim)


def _birds(rng: np.random.Generator, share: float) -> Dataset:
    marked = tied(rng, 400, share)
    subject = np.where(rng.random(400) < 0.7, marked.label, 1 - marked.label)  # a hard one
    tints = np.array([[-50.0, 20.0, 60.0], [60.0, 20.0, -50.0]])

    def placed(pixels: np.ndarray, row: int) -> np.ndarray:
        pixels = glyph(rng, int(subject[row]))
        tinted = np.clip(pixels + tints[int(marked.planted[row])], 0, 255)
        i, j = np.indices(pixels.shape[:2]) - 23.5
        inside = np.hypot(i, j)[:, :, None] < 14 + rng.uniform(-3, 3)
        return np.where(inside, pixels, tinted).astype(np.uint8)

    return pictures_of_glyphs(rng, marked.label, placed)


@planted(at=Location(columns=("image",)))
def birds_on_water_and_land(rng: np.random.Generator) -> Dataset:
    """Nineteen of twenty pictures of one class have a bluish ground, of the other a reddish one."""
    return _birds(rng, 0.95)


@clean
def any_bird_anywhere(rng: np.random.Generator) -> Dataset:
    """Grounds are drawn by chance."""
    return _birds(rng, 0.5)


@clean
def the_whole_picture_is_the_subject(rng: np.random.Generator) -> Dataset:
    """Textures of two colours, told as well by the middle as by the corners."""
    label = rng.integers(0, 2, size=240)
    tint = rng.normal(size=3) * 40
    return pictures_of_glyphs(
        rng, label, lambda _, row: np.clip(glyph(rng, 0) + tint * label[row], 0, 255).astype(np.uint8)
    )
