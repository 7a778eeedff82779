"""Which predicted box found which drawn one, as COCO decides it: the best first, each drawn box once.

For each image, class and overlap wanted, predictions go by falling score, and each takes the drawn box that it overlaps
most among those still free, if by as much as wanted (Lin et al., 2014, "Microsoft COCO", 1405.0312, and the reference
code, `COCOeval.evaluateImg`). The hundred best predictions of an image and class count.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from holdfast.finetune.detection.boxes import Boxes

OVERLAPS = np.linspace(0.5, 0.95, 10)  # of mAP50-95; the first is that of mAP50
MOST = 100  # predictions of an image and class that count
_CELLS = 4_000_000  # of one block of overlaps: 32 MB


@dataclass(frozen=True)
class Detections:
    """Predicted boxes; images are numbered as those of the drawn boxes that they are compared with."""

    images: Int[np.ndarray, " detections"]
    classes: Int[np.ndarray, " detections"]
    scores: Float[np.ndarray, " detections"]
    places: Float[np.ndarray, "detections 4"]  # centre, width and height as shares of the image

    def __len__(self) -> int:
        return len(self.images)

    def take(self, at: np.ndarray) -> "Detections":
        """Return some of them."""
        return Detections(self.images[at], self.classes[at], self.scores[at], self.places[at])


@dataclass(frozen=True)
class Matched:
    """Predictions by class and falling score, and which of them found a drawn box, for each overlap wanted."""

    n_images: int
    n_classes: int
    images: Int[np.ndarray, " detections"]
    classes: Int[np.ndarray, " detections"]  # rising
    scores: Float[np.ndarray, " detections"]
    found: Bool[np.ndarray, "overlaps detections"]
    drawn: Int[np.ndarray, "images classes"]  # boxes that were drawn


def matched(
    truth: Boxes, seen: Detections, n_classes: int, overlaps: Float[np.ndarray, " overlaps"] = OVERLAPS
) -> Matched:
    """Return what found what."""
    n = len(truth)
    owner = truth.images
    drawn = np.bincount(owner * n_classes + truth.classes, minlength=n * n_classes).reshape(n, n_classes)
    pair = seen.images * n_classes + seen.classes
    order = np.lexsort((np.arange(len(seen)), -seen.scores, pair))
    rank = _ranks(pair[order])
    order = order[rank < MOST]
    one, rank, pair = seen.take(order), rank[rank < MOST], pair[order]
    found = np.zeros((len(overlaps), len(one)), dtype=bool)
    pairs, first, many = np.unique(pair, return_index=True, return_counts=True)
    wanted = drawn.reshape(-1)[pairs]
    by_pair = np.argsort(owner * n_classes + truth.classes, kind="stable")
    starts = np.concatenate([[0], np.cumsum(drawn.reshape(-1))])[:-1]
    corners = _corners(truth.places[by_pair])
    for at in _blocks(wanted, many):
        where = (starts[pairs[at]], wanted[at], first[at], many[at])
        _match(where, corners, _corners(one.places), overlaps, found)
    order = np.lexsort((one.images, -one.scores, one.classes))
    return Matched(n, n_classes, one.images[order], one.classes[order], one.scores[order], found[:, order], drawn)


def overlap(one: Float[np.ndarray, "... a 4"], other: Float[np.ndarray, "... b 4"]) -> Float[np.ndarray, "... a b"]:
    """Return the overlap of boxes (left, top, right, bottom): the area of both over the area of either."""
    first, second = one[..., :, None, :], other[..., None, :, :]
    inside = (np.minimum(first[..., 2:], second[..., 2:]) - np.maximum(first[..., :2], second[..., :2])).clip(min=0)
    both = inside.prod(axis=-1)
    either = (first[..., 2:] - first[..., :2]).prod(axis=-1) + (second[..., 2:] - second[..., :2]).prod(axis=-1) - both
    return np.divide(both, either, out=np.zeros_like(both), where=either > 0)


def _match(
    where: tuple[np.ndarray, ...], drawn: np.ndarray, seen: np.ndarray, overlaps: np.ndarray, found: np.ndarray
) -> None:
    """Mark what found a box, for pairs of an image and a class that have about as many boxes, all at once."""
    starts, wanted, first, many = where
    width = int(wanted.max())
    places = starts[:, None] + np.minimum(np.arange(width), wanted[:, None] - 1)
    there = np.arange(width) < wanted[:, None]
    free = np.broadcast_to(there[:, None], (len(starts), len(overlaps), width)).copy()
    truth = drawn[places]
    for rank in range(int(many.max())):
        on = np.flatnonzero(many > rank)
        at = first[on] + rank
        area = overlap(seen[at][:, None], truth[on])[:, 0]  # pairs × drawn
        fits = free[on] & (area[:, None] >= np.minimum(overlaps, 1 - 1e-10)[:, None])
        value = np.where(fits, area[:, None], -1.0)
        best = width - 1 - value[..., ::-1].argmax(axis=-1)  # of equal ones the last, as in the reference code
        hit = fits.any(axis=-1)
        found[:, at] = hit.T
        pair, level = np.nonzero(hit)
        free[on[pair], level, best[pair, level]] = False


def _blocks(wanted: np.ndarray, many: np.ndarray) -> list[np.ndarray]:
    """Return pairs that have both predictions and boxes, in blocks of about as many boxes, bounded in memory."""
    order = np.argsort(wanted, kind="stable")
    order = order[(wanted[order] > 0) & (many[order] > 0)]
    blocks = []
    while len(order):
        width = int(wanted[order[0]]) * 2
        n = max(1, min(int(np.searchsorted(wanted[order], width, side="right")), _CELLS // (width * len(OVERLAPS))))
        blocks.append(order[:n])
        order = order[n:]
    return blocks


def _ranks(ordered: np.ndarray) -> Int[np.ndarray, " n"]:
    """Return the place of each among equal ones, of values that rise."""
    if not len(ordered):
        return np.zeros(0, dtype=np.int64)
    begins = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    start = np.flatnonzero(begins)
    return np.arange(len(ordered)) - np.repeat(start, np.diff(np.append(start, len(ordered))))


def _corners(places: Float[np.ndarray, "n 4"]) -> Float[np.ndarray, "n 4"]:
    half = places[:, 2:] / 2
    return np.concatenate([places[:, :2] - half, places[:, :2] + half], axis=1)
