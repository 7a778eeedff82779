"""What a detector finds, class by class, for the report."""

from collections.abc import Sequence

import numpy as np

from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Cell, Examples
from holdfast.core.random import Streams
from holdfast.core.record import Estimate, Section
from holdfast.finetune.detection.average_precision import bootstrapped, precision
from holdfast.finetune.detection.boxes import Boxes
from holdfast.finetune.detection.matching import Detections, matched

TITLE = "What is found"
_MOST = 100  # classes in the table: those with the lowest precision


def told(truth: Boxes, seen: Detections, names: Sequence[str], streams: Streams) -> Section:
    """Return average precision of all classes with intervals, and of each class."""
    found = matched(truth, seen, len(names))
    try:
        each = precision(found)
    except NotApplicable as error:
        return Section(title=TITLE, says=(f"{error}.",))
    strict, loose = bootstrapped(found, streams)
    rows: list[tuple[Cell, ...]] = [
        (name, int(each.boxes[at]), _rounded(np.mean(each.each[:, at])), _rounded(each.each[0, at]))
        for at, name in enumerate(names)
    ]
    ordered = sorted(rows, key=lambda row: (row[2] is None, row[2], row[0]))[:_MOST]
    return Section(
        title=TITLE,
        says=(
            (
                f"On {len(truth):,} test pictures with {len(truth.classes):,} boxes: mAP50-95 {_interval(strict)}, "
                f"mAP50 {_interval(loose)}; 95% intervals over pictures drawn anew."
            ),
            "As COCO defines it: 101 recalls, overlaps from 0.5 to 0.95, a hundred predictions a picture and class.",
        ),
        evidence=(
            Examples(
                caption="Average precision", columns=("class", "boxes", "AP50-95", "AP50"), cells=tuple(ordered)
            ),
        ),
    )  # fmt: skip


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)


def _interval(one: Estimate) -> str:
    return f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})"
