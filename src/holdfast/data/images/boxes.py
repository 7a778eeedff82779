"""Boxes drawn in images, summed up a row an image: how many, of which classes, how large, where."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Box = tuple[str, float, float, float, float]  # class; centre, width and height as shares of the image


@dataclass
class BoxTable:
    """Columns that say what is drawn in each image. The label is the class of most boxes, if there are any."""

    label: list[str | None]
    n_boxes: list[int]
    classes: list[str | None]
    box_area: list[float | None]  # mean share of the image
    largest_box: list[float | None]
    box_x: list[float | None]  # mean centre
    box_y: list[float | None]

    def columns(self) -> dict[str, Sequence[Any]]:
        """Return the columns by name."""
        return dict(vars(self))


def summed_up(boxes: Sequence[Sequence[Box]]) -> BoxTable:
    """Return one row for the boxes of each image."""
    table = BoxTable([], [], [], [], [], [], [])
    for each in boxes:
        counts = Counter(box[0] for box in each)
        table.n_boxes.append(len(each))
        table.label.append(min(counts, key=lambda name: (-counts[name], name)) if counts else None)
        table.classes.append(", ".join(sorted(counts)) if counts else None)
        areas = [min(1.0, max(0.0, box[3]) * max(0.0, box[4])) for box in each]
        table.box_area.append(sum(areas) / len(areas) if areas else None)
        table.largest_box.append(max(areas) if areas else None)
        table.box_x.append(sum(box[1] for box in each) / len(each) if each else None)
        table.box_y.append(sum(box[2] for box in each) / len(each) if each else None)
    return table
