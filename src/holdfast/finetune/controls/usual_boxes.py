"""The same boxes in every picture, those that are drawn most often: what a detector is worth that looks at nothing."""

import numpy as np

from holdfast.core.random import Streams
from holdfast.finetune.controls.definitions import Bench, Control
from holdfast.finetune.detection.boxes import Boxes
from holdfast.finetune.detection.matching import MOST, Detections, overlap
from holdfast.finetune.tasks.definitions import Judged
from holdfast.finetune.tasks.detect_objects import DetectObjects

_PLACES = 12  # usual places of a class; more are hit by fewer pictures
_ROUNDS = 25  # of moving places to the middle of their boxes; they stand still long before
_MOST_BOXES = 20_000  # of a class that are looked at


def judge(bench: Bench) -> Judged | None:
    """Return average precision of the usual boxes; None where no boxes are drawn."""
    task = bench.prepared.task
    if not isinstance(task, DetectObjects):
        return None
    truth = task.boxes["test"]
    seen = usual(task.boxes["train"], len(task.names), bench.streams)
    again = everywhere(seen, len(truth))
    return Judged(task.score(truth, again), np.zeros(len(truth)), np.ones(len(truth)))  # it has no loss


def everywhere(seen: Detections, pictures: int) -> Detections:
    """Return the same boxes for each of so many pictures."""
    return Detections(
        np.repeat(np.arange(pictures), len(seen)), np.tile(seen.classes, pictures), np.tile(seen.scores, pictures),
        np.tile(seen.places, (pictures, 1)),
    )  # fmt: skip


def usual(boxes: Boxes, n_classes: int, streams: Streams) -> Detections:
    """Return up to 12 boxes a class around which most boxes lie, by the share of pictures that have one there."""
    places, classes, scores = [], [], []
    for number in range(n_classes):
        at = np.flatnonzero(boxes.classes == number)
        if not len(at):
            continue
        rng = streams("usual boxes", number)
        at = at if len(at) <= _MOST_BOXES else np.sort(rng.choice(at, _MOST_BOXES, replace=False))
        middle = _middles(boxes.places[at], rng)
        hits = overlap(_corners(middle), _corners(boxes.places[at])) >= 0.5
        share = [len(np.unique(boxes.images[at[row]])) / max(len(boxes), 1) for row in hits]
        alone = _apart(middle, np.array(share))
        places.append(middle[alone])
        classes.append(np.full(len(alone), number))
        scores.append(np.array(share)[alone])
    best = np.argsort(-np.concatenate(scores), kind="stable")[:MOST]
    found = Detections(
        np.zeros(len(best), np.int64), np.concatenate(classes)[best], np.concatenate(scores)[best],
        np.concatenate(places)[best],
    )  # fmt: skip
    return found


def _apart(places: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return the best of boxes that lie on each other: a second one at the same place is wrong."""
    area, kept = overlap(_corners(places), _corners(places)), list[int]()
    for at in np.argsort(-scores, kind="stable").tolist():
        if not any(area[at, other] >= 0.5 for other in kept):
            kept.append(at)
    return np.array(kept, dtype=np.int64)


def _middles(places: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return middles of groups of like boxes (Lloyd's algorithm), the mean of all among them."""
    start = rng.choice(len(places), min(_PLACES - 1, len(places)), replace=False)
    middle = places[np.sort(start)]
    for _ in range(_ROUNDS):
        near = np.square(places[:, None] - middle).sum(axis=-1).argmin(axis=1)
        counts = np.bincount(near, minlength=len(middle))
        sums = np.stack([np.bincount(near, weights=places[:, one], minlength=len(middle)) for one in range(4)], axis=1)
        middle = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], middle)
    return np.concatenate([middle, places.mean(axis=0, keepdims=True)])


def _corners(places: np.ndarray) -> np.ndarray:
    return np.concatenate([places[:, :2] - places[:, 2:] / 2, places[:, :2] + places[:, 2:] / 2], axis=1)


control = Control("usual-boxes", "the boxes that are drawn most often, in every picture", pretrained=False, judge=judge)
