from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases.shortcuts import pictures_of_glyphs, tied
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.images.region_evidence import region_finding
from holdfast.audit.facts.images.regions import SIDE, Regions
from holdfast.audit.facts.labels.predictiveness import Answer
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Finding, Location, Severity

_INSIDE = 0.5  # what the lines just inside may tell at most, as a share of what the border tells
_STRIPS = 5


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "DeGrave, Janizek & Lee (2021), AI for radiographic COVID-19 detection selects shortcuts over signal, "
            "Nature Machine Intelligence 3",
            "https://doi.org/10.1038/s42256-021-00338-7",
        ),
        Reference(
            "Geirhos et al. (2020), Shortcut learning in deep neural networks, Nature Machine Intelligence 2",
            "https://doi.org/10.1038/s42256-020-00257-z",
        ),
    ),
)
def border_predicts_label(
    dataset: Dataset, image_regions: Regions, *, min_auc: float = 0.65, alpha: float = 0.001
) -> Iterator[Finding]:
    """The border of the pictures alone tells the class: frames, padding, edges of a scanner.

    ## Why it matters
    What a scanner, a crop or a padding leaves at the edge is not the subject. If it differs between classes, a model
    needs to look no further, and will fail on pictures from elsewhere.

    ## How it works
    Pictures are cut into 8 × 8 cells; a ridge classifier on the pixels of each cell says of which class a picture is
    that it has not learned from, with pictures of one group in one fold. A border is the outermost line of cells, at
    one side or all around. It is reported when most of its cells tell the class, together with AUC `min_auc` or more,
    the lines just inside tell less than half of that, and chance is ruled out (`alpha` divided by classes and sides).
    A subject that reaches the edge tells more inside than at the edge, so letters and digits do not trip it.

    ## Limits
    At most 4,000 pictures and the 20 largest classes; pictures are brought to 32 × 32 points, so a line thinner than
    a 60th of the side may be lost. That a border tells the class is certain; that your model uses it is not.

    ## Fix
    Crop the border off, or make it alike for all classes, and score again.
    """
    limit = alpha / (_STRIPS * len(image_regions.judged))
    best: tuple[Answer, int, str, np.ndarray] | None = None
    for name, (edge, *further) in strips().items():
        for k in range(len(image_regions.judged)):
            gains = image_regions.gains(k)
            told, inside = np.median(gains[edge]), min(np.median(gains[line]) for line in further)
            if told < 2 * min_auc - 1 or inside > _INSIDE * told:
                continue
            answer = image_regions.told(k, image_regions.joint(k, edge))
            if answer.value >= min_auc and answer.p_value < limit and (best is None or answer.gain > best[0].gain):
                best = (answer, k, name, edge)
        if best is not None:
            break  # all around comes first; a side by itself only where that tells nothing
    if best is not None:
        answer, k, name, cells = best
        yield region_finding(
            dataset,
            image_regions,
            k,
            cells,
            answer,
            where=name,
            least=min_auc,
            fix="Look at the heat map; crop the border off or make it alike for all classes, and score again.",
        )


def strips() -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return the outermost line of cells and the two inside it, all around and at each side, as masks by name."""
    i, j = np.indices((SIDE, SIDE))
    depth = np.minimum.reduce([i, j, SIDE - 1 - i, SIDE - 1 - j])
    far = {
        "the border": depth,
        "the top edge": i,
        "the bottom edge": SIDE - 1 - i,
        "the left edge": j,
        "the right edge": SIDE - 1 - j,
    }
    return {name: (at == 0, at == 1, at == 2) for name, at in far.items()}


@planted(at=Location(columns=("image",)))
def a_coloured_frame(rng: np.random.Generator) -> Dataset:
    """Nineteen of twenty pictures of one class have a thin coloured frame."""
    marked = tied(rng, 200, 0.95)

    def framed(pixels: np.ndarray, row: int) -> np.ndarray:
        if marked.planted[row]:
            for line in (pixels[:3], pixels[-3:], pixels[:, :3], pixels[:, -3:]):
                line[:] = (200, 40, 60)
        return pixels

    return pictures_of_glyphs(rng, marked.label, framed)


@clean
def frames_at_random(rng: np.random.Generator) -> Dataset:
    """As many pictures have the frame, whatever their class."""
    marked = tied(rng, 200, 0.5)

    def framed(pixels: np.ndarray, row: int) -> np.ndarray:
        if marked.planted[row]:
            for line in (pixels[:3], pixels[-3:], pixels[:, :3], pixels[:, -3:]):
                line[:] = (200, 40, 60)
        return pixels

    return pictures_of_glyphs(rng, marked.label, framed)


@clean
def strokes_reach_the_edge(rng: np.random.Generator) -> Dataset:
    """Bars that tell the class run through the whole picture, and so through the border."""
    label = rng.integers(0, 2, size=200)

    def barred(pixels: np.ndarray, row: int) -> np.ndarray:
        at = 16 + int(rng.integers(-4, 5)) if label[row] else 32 + int(rng.integers(-4, 5))
        pixels[:, at - 3 : at + 3] = 250
        return pixels

    return pictures_of_glyphs(rng, label, barred)
