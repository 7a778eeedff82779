"""Mean average precision as COCO defines it, what each image adds to it, and its interval.

Precision is made to fall with recall, read at 101 recalls from 0 to 1, and averaged over them, over classes that are
drawn, and over overlaps (Lin et al., 2014, 1405.0312; `COCOeval.accumulate`). It is no mean over images. So that guards
can compare models image by image all the same, each image gets mAP + its influence: n times the derivative of mAP by
the image's weight (the infinitesimal jackknife: Efron, 1982, "The jackknife, the bootstrap and other resampling
plans", chapter 6). Influences add up to 0, so the mean over images is mAP, and the variance of that mean is, to
first order, the variance of mAP; differences of two models on the same images are paired in the same way.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from holdfast.core.errors import NotApplicable
from holdfast.core.random import Streams
from holdfast.core.record import Estimate
from holdfast.finetune.detection.matching import Matched

RECALLS = np.linspace(0.0, 1.0, 101)
RESAMPLES = 1000
_CELLS = 20_000_000  # resamples × predictions held at once: 160 MB
_MOST = 4_000_000_000  # resamples × predictions × overlaps in all: a minute; beyond, fewer resamples are taken
_FEWEST = 200


@dataclass(frozen=True)
class Precision:
    """Average precision for each overlap and class; NaN for classes that are not drawn."""

    each: Float[np.ndarray, "overlaps classes"]
    boxes: Int[np.ndarray, " classes"]  # that are drawn
    influence: Float[np.ndarray, "overlaps images"]  # on the mean over classes

    @property
    def mean(self) -> float:
        """MAP50-95."""
        return float(np.nanmean(self.each))

    @property
    def loose(self) -> float:
        """MAP50."""
        return float(np.nanmean(self.each[0]))

    @property
    def by_image(self) -> Float[np.ndarray, " images"]:
        """A number for each image whose mean is mAP50-95, and whose spread is that of its estimate."""
        return self.mean + self.influence.mean(axis=0)


def precision(seen: Matched) -> Precision:
    """Return average precision. Raises NotApplicable where no box is drawn at all."""
    boxes = seen.drawn.sum(axis=0)
    if not boxes.any():
        raise NotApplicable("not estimable: no box is drawn in these images")
    levels = len(seen.found)
    each = np.full((levels, seen.n_classes), np.nan)
    influence = np.zeros((levels, seen.n_images))
    weight = np.ones((1, seen.n_images))
    for number, at in _by_class(seen):
        if not boxes[number]:
            continue
        share = seen.drawn[:, number] / boxes[number]
        for level in range(levels):
            hits = seen.found[level, at]
            each[level, number] = _averaged(hits, seen.images[at], weight, boxes[number : number + 1])[0]
            influence[level] += _influence(hits, seen.images[at], share, float(boxes[number]))
    scale = seen.n_images / int((boxes > 0).sum())
    return Precision(each, boxes, influence * scale)


def bootstrapped(seen: Matched, streams: Streams, *, level: float = 0.95) -> tuple[Estimate, Estimate]:
    """Return mAP50-95 and mAP50 with intervals, over images drawn anew with their boxes and predictions.

    Quantiles are moved by what the resamples' mean differs from the estimate: copies of an image agree with each other,
    which makes the precision of resamples a little too high.
    """
    found = precision(seen)
    most = _MOST // max(1, seen.found.size)
    n = int(np.clip(most, _FEWEST, RESAMPLES))
    rng = streams("average precision")
    weights = rng.multinomial(seen.n_images, np.full(seen.n_images, 1 / seen.n_images), size=n).astype(np.float64)
    total, some = np.zeros((len(seen.found), n)), np.zeros(n)
    for number, at in _by_class(seen):
        drawn = weights @ seen.drawn[:, number]
        if not drawn.any():
            continue
        some += drawn > 0
        for start in range(0, n, block := max(1, _CELLS // max(1, at.stop - at.start))):
            rows = slice(start, start + block)
            for one in range(len(seen.found)):
                total[one, rows] += _averaged(seen.found[one, at], seen.images[at], weights[rows], drawn[rows])
    means = total[:, some > 0] / some[some > 0]
    ends = [(1 - level) / 2, (1 + level) / 2]

    def estimate(value: float, resampled: np.ndarray) -> Estimate:
        low, high = np.quantile(resampled, ends) - resampled.mean() + value
        low, high = np.clip([low, high], 0.0, 1.0)
        return Estimate(value=value, low=min(float(low), value), high=max(float(high), value), level=level)

    return estimate(found.mean, means.mean(axis=0)), estimate(found.loose, means[0])


def _averaged(
    hits: np.ndarray, images: np.ndarray, weights: Float[np.ndarray, "resamples images"], drawn: np.ndarray
) -> Float[np.ndarray, " resamples"]:
    """Return the average precision of a class for each resample; 0 where it is not drawn there."""
    if not len(hits):
        return np.zeros(len(weights))
    each = weights[:, images]
    right = np.cumsum(each * hits, axis=1)
    sharp = right / np.maximum(np.cumsum(each, axis=1), 1e-12)
    sharp = np.maximum.accumulate(sharp[:, ::-1], axis=1)[:, ::-1]
    recall = right / np.maximum(drawn, 1e-12)[:, None]
    total = np.zeros(len(weights))
    for row in range(len(weights)):
        at = np.searchsorted(recall[row], RECALLS)
        total[row] = sharp[row, at[at < len(hits)]].sum()
    return np.where(drawn > 0, total / len(RECALLS), 0.0)


def _influence(hits: np.ndarray, images: np.ndarray, share: np.ndarray, drawn: float) -> Float[np.ndarray, " images"]:
    """Return the derivative, by each image's weight, of the area below precision made to fall with recall.

    Of the area and not of the mean over 101 recalls, which has steps; the two differ in the third digit. With P*(d)
    the highest precision at or after prediction d, reached at p(d), the area is Σ_d hit(d) P*(d) / drawn. An image
    changes it by its own hits, by the boxes that it has, and by what it adds to each P = hits / predictions.
    """
    n = len(hits)
    if not n:
        return np.zeros(len(share))
    rank = np.arange(1, n + 1)
    sharp = np.cumsum(hits) / rank
    top = np.maximum.accumulate(sharp[::-1])[::-1]
    # Where the highest precision from here on is first reached.
    later = np.where(sharp == top, np.arange(n), n)
    place = np.minimum.accumulate(later[::-1])[::-1]
    gained = np.bincount(place, weights=hits / drawn, minlength=n) / rank
    ahead = np.cumsum(gained[::-1])[::-1]
    behind = np.cumsum((gained * sharp)[::-1])[::-1]
    area = float((hits * top).sum() / drawn)
    own = hits * (top / drawn + ahead) - behind
    return np.bincount(images, weights=own, minlength=len(share)) - area * share


def _by_class(seen: Matched) -> Iterator[tuple[int, slice]]:
    """Yield each class and where its predictions stand."""
    ends = np.searchsorted(seen.classes, np.arange(seen.n_classes + 1))
    for number in range(seen.n_classes):
        yield number, slice(int(ends[number]), int(ends[number + 1]))
