"""How well each place of the pictures alone tells the class: an AUC for each cell of a grid."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Float32, Int

from holdfast.audit.definitions import fact
from holdfast.audit.facts.images.images import Images
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.labels.predictiveness import Answer, Question, answers, area, halves, units
from holdfast.audit.facts.learning.quick_model import by_ridge, waves, with_squares
from holdfast.audit.facts.rows.groups import Groups
from holdfast.audit.facts.rows.rows import RowGroups, RowKeys
from holdfast.audit.threads import one_thread
from holdfast.core.errors import NotApplicable
from holdfast.core.random import Streams
from holdfast.core.record import Sampled

SIDE = 8  # cells across and down
_PIXELS = 4  # of the small picture, across and down a cell
FEWEST_ROWS = 100


@dataclass(frozen=True)
class Regions:
    """What the cells of a grid over the pictures say of each class, out of fold, and how well.

    `scores[:, i, j, k]` ranks the sampled rows by how likely they are of class `judged[k]`, as the pixels of cell
    (i, j) alone have it; `areas[i, j, k]` is the AUC of that.
    """

    question: Question
    judged: tuple[int, ...]
    scores: Float32[np.ndarray, "sample 8 8 judged"]
    areas: Float[np.ndarray, "8 8 judged"]
    place: Int[np.ndarray, " sample"]  # of each row's picture among the images
    images: Images
    streams: Streams
    sampled: Sampled | None

    def hit(self, k: int) -> Bool[np.ndarray, " sample"]:
        """Return which rows are of the class `judged[k]`."""
        return np.asarray(self.question.truth == self.judged[k])

    def gains(self, k: int) -> Float[np.ndarray, "8 8"]:
        """Return how well each cell tells a class, between 0 (chance) and 1 (perfect)."""
        return np.maximum(0.0, 2 * self.areas[:, :, k] - 1)

    def joint(self, k: int, cells: np.ndarray) -> Float[np.ndarray, " sample"]:
        """Return the mean of what some cells (a mask) say of a class."""
        return np.asarray(self.scores[:, :, :, k][:, cells].mean(axis=1, dtype=np.float64))

    def told(self, k: int, score: np.ndarray) -> Answer:
        """Return how well a score tells a class."""
        said = np.zeros((len(score), len(self.question.classes)))
        said[:, self.judged[k]] = score
        return next(item for item in answers(self.question, said, least=-1.0) if item.of_class == self.name(k))

    def name(self, k: int) -> str:
        """Return the class `judged[k]`."""
        return self.question.classes[self.judged[k]]

    def of_pixels(self, cells: np.ndarray, k: int) -> Answer:
        """Return how well a small model of the pixels in some cells (a mask) together tells a class."""
        small = self.images.small[self.place].astype(np.float64)
        n, half = len(small), _PIXELS // 2
        grey = small.mean(axis=3).reshape(n, SIDE * half, 2, SIDE * half, 2).mean(axis=(2, 4))
        colour = small.reshape(n, SIDE, _PIXELS, SIDE, _PIXELS, 3).mean(axis=(2, 4))[:, cells, :2]
        fine = np.kron(cells, np.ones((half, half), dtype=bool))
        with one_thread():
            seen = waves(np.concatenate([grey[:, fine], colour.reshape(n, -1)], axis=1), self.streams("image_regions"))
            said = by_ridge(self.question, seen)
        return next(item for item in answers(self.question, said, least=-1.0) if item.of_class == self.name(k))

    @cached_property
    def typical(self) -> tuple[int, ...]:
        """For each judged class, the row of its most typical picture: that nearest to the mean of the class."""
        found = []
        small = self.images.small[self.place].reshape(len(self.place), -1)
        for k in range(len(self.judged)):
            inside = np.flatnonzero(self.hit(k))
            own = small[inside].astype(np.float32)
            far = ((own - own.mean(axis=0)) ** 2).sum(axis=1)
            found.append(int(self.question.rows[inside[int(far.argmin())]]))
        return tuple(found)


@fact(costly=True)
def image_regions(
    images: Images,
    labels: Labels,
    groups: Groups | None,
    row_groups: RowGroups | None,
    row_keys: RowKeys,
    streams: Streams,
    *,
    most_rows: int = 4_000,
) -> Regions:
    """How well each of 8 × 8 cells of the pictures alone tells each class: ridge on its pixels, spread and squares.

    Rows of a group, and equal pictures, stay in one fold. A numeric label counts as above or below its median.
    """
    there = images.readable & labels.known
    if there.sum() < FEWEST_ROWS:
        raise NotApplicable(f"{int(there.sum())} pictures have a label, at least {FEWEST_ROWS} are needed")
    rows = row_keys.sample(there, most_rows)
    asked = halves(labels, rows, units(rows, groups, row_groups))
    judged = asked.judged
    if not judged:
        raise NotApplicable("no two classes have enough independent pictures")
    place = images.place[rows]
    scores = np.empty((len(rows), SIDE, SIDE, len(judged)), dtype=np.float32)
    areas = np.empty((SIDE, SIDE, len(judged)))
    with one_thread():
        for i in range(SIDE):
            for j in range(SIDE):
                said = by_ridge(asked, with_squares(_cell(images, place, i, j)))[:, list(judged)]
                scores[:, i, j] = said
                areas[i, j] = [area(asked, said[:, k], asked.truth == c) for k, c in enumerate(judged)]
    total = int(there.sum())
    sampled = Sampled(what="what places of pictures tell", rows=len(rows), of=total) if len(rows) < total else None
    return Regions(asked, judged, scores, areas, place, images, streams, sampled)


def _cell(images: Images, place: np.ndarray, i: int, j: int) -> Float[np.ndarray, "sample numbers"]:
    """Return the brightness of the points of a cell, its mean colour, and the spread of its brightness."""
    inside = images.small[place, i * _PIXELS : (i + 1) * _PIXELS, j * _PIXELS : (j + 1) * _PIXELS].astype(np.float64)
    colour, spread = inside.mean(axis=(1, 2)), images.cells_std[place, i, j, None]
    return np.concatenate([inside.mean(axis=3).reshape(len(place), -1), colour[:, :2], spread], axis=1)


def grown(cells: np.ndarray) -> np.ndarray:
    """Return the cells and their neighbours, into which a place or mark may reach."""
    padded = np.pad(cells, 1)
    return np.logical_or.reduce([padded[i : i + SIDE, j : j + SIDE] for i in range(3) for j in range(3)])
