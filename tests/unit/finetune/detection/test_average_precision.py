import numpy as np
import pytest

from holdfast.core.errors import NotApplicable
from holdfast.core.random import Streams
from holdfast.finetune.detection.average_precision import bootstrapped, precision
from holdfast.finetune.detection.boxes import packed
from holdfast.finetune.detection.matching import Detections, matched


def scene(n, k, seed, noise):
    """Pictures with boxes, and predictions that are near some of them, twice near others, or nowhere."""
    rng = np.random.default_rng(seed)
    each, seen = [], []
    for picture in range(n):
        boxes = []
        for _ in range(rng.integers(0, 5)):
            x, y, wide, high = *rng.uniform(0.2, 0.8, 2), *rng.uniform(0.1, 0.3, 2)
            number = int(rng.integers(k))
            boxes.append((number, x, y, wide, high))
            for _ in range(rng.integers(0, 3)):
                said = number if rng.random() < 0.8 else int(rng.integers(k))
                share = np.round(rng.random(), 2)  # many ties
                off = rng.normal(0, noise, 4)
                place = (x + off[0] * wide * 2, y + off[1] * high * 2, wide * np.exp(off[2]), high * np.exp(off[3]))
                seen.append((picture, said, share, *place))
        for _ in range(rng.integers(0, 4)):
            place = (*rng.uniform(0.2, 0.8, 2), *rng.uniform(0.1, 0.3, 2))
            seen.append((picture, int(rng.integers(k)), np.round(rng.random() * 0.7, 2), *place))
        each.append(boxes)
    table = np.array(seen)
    return packed(each), Detections(table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2], table[:, 3:])


@pytest.mark.parametrize(
    ("n", "k", "seed", "noise", "expected"),
    [  # mAP50-95, mAP50, mAP75 as pycocotools 2.0.11 reckons them (benchmarks/detection/average_precision.py)
        (50, 3, 0, 0.04, (0.24331969029832304, 0.4582050331839729, 0.213176378203158)),
        (200, 5, 1, 0.1, (0.055710746943059324, 0.1859841200938156, 0.008883798767054859)),
        (100, 1, 2, 0.02, (0.32314915188096355, 0.41503732006419763, 0.40596883325034316)),
        (300, 8, 3, 0.2, (0.0041892830987768775, 0.020209287270778874, 0.0009513232143765213)),
    ],
)
def test_it_is_what_the_reference_code_gives(n, k, seed, noise, expected):
    found = precision(matched(*scene(n, k, seed, noise), k))
    assert (found.mean, found.loose, float(np.mean(found.each[5]))) == pytest.approx(expected, abs=1e-12)


def one(places, scores, classes=None):
    """Predictions for one picture."""
    n = len(places)
    return Detections(
        np.zeros(n, int), np.array(classes if classes is not None else [0] * n, dtype=int), np.array(scores, float),
        np.array(places, float).reshape(-1, 4),
    )  # fmt: skip


BOX = (0.5, 0.5, 0.2, 0.2)


def test_a_box_that_is_found_is_worth_all_and_one_that_is_missed_nothing():
    truth = packed([[(0, *BOX)]])
    assert precision(matched(truth, one([BOX], [0.9]), 1)).mean == 1.0
    assert precision(matched(truth, one([], []), 1)).mean == 0.0
    assert precision(matched(truth, one([BOX], [0.9], [1]), 2)).each[0, 0] == 0.0


def test_a_second_box_at_the_same_place_is_wrong():
    truth = packed([[(0, *BOX), (0, 0.2, 0.2, 0.1, 0.1)]])
    twice = precision(matched(truth, one([BOX, BOX], [0.9, 0.8]), 1))
    assert twice.loose == pytest.approx(51 / 101)  # half of the recalls, at full precision
    behind = precision(matched(truth, one([BOX, BOX, (0.2, 0.2, 0.1, 0.1)], [0.9, 0.8, 0.7]), 1))
    assert behind.loose == pytest.approx((51 + 50 * 2 / 3) / 101)


def test_the_overlap_that_is_wanted_decides():
    shifted = (0.5 + 0.2 / 5, 0.5, 0.2, 0.2)  # overlaps by 2 / 3
    found = precision(matched(packed([[(0, *BOX)]]), one([shifted], [0.9]), 1))
    assert found.each[:, 0].tolist() == [1.0] * 4 + [0.0] * 6


def test_what_images_add_averages_to_the_whole_and_spreads_as_resamples_do():
    seen = matched(*scene(300, 3, 5, 0.05), 3)
    found = precision(seen)
    assert found.by_image.mean() == pytest.approx(found.mean)
    strict, loose = bootstrapped(seen, Streams(0))
    assert strict.low < found.mean < strict.high
    assert loose.low < found.loose < loose.high
    error = (strict.high - strict.low) / 2 / 1.96
    assert found.by_image.std() / np.sqrt(300) == pytest.approx(error, rel=0.1)


def test_what_an_image_adds_is_what_is_lost_without_it():
    truth, seen = scene(120, 2, 6, 0.05)
    whole, gone = precision(matched(truth, seen, 2)), []
    for picture in range(120):
        kept = seen.take(np.flatnonzero(seen.images != picture))
        less = Detections(kept.images - (kept.images > picture), kept.classes, kept.scores, kept.places)
        rest = truth.take(np.delete(np.arange(120), picture))
        gone.append(119 * (whole.mean - precision(matched(rest, less, 2)).mean))
    added = whole.by_image - whole.mean
    assert np.corrcoef(gone, added)[0, 1] > 0.85  # leaving one out goes in steps of a recall, of which there are 101
    assert np.polyfit(added, gone, 1)[0] == pytest.approx(1.0, abs=0.05)


def test_without_a_drawn_box_nothing_can_be_said():
    with pytest.raises(NotApplicable, match="no box is drawn"):
        precision(matched(packed([[], []]), one([BOX], [0.5]), 1))
