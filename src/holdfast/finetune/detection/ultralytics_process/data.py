"""The data that the other process is shown: links to the pictures, and the boxes as they were read here.

The library writes caches beside labels. So it gets a folder of its own, in the run's, and the person's stays untouched.
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, StoreError
from holdfast.core.text import one_line
from holdfast.finetune.detection.boxes import Boxes, Drawn
from holdfast.finetune.splits import members


@dataclass(frozen=True)
class Shown:
    """Pictures and boxes of each split, and the data.yaml that names them for the other process."""

    described: Path
    files: Mapping[str, Sequence[str]]
    boxes: Mapping[str, Boxes]
    rows: Mapping[str, np.ndarray]


def shown(dataset: Dataset, given: Drawn, folder: Path) -> Shown:
    """Write the data of all splits below `folder`. Raises BadInput for pictures that are not there, StoreError."""
    values = np.array(dataset.values("image").to_pylist(), dtype=object)
    rows = dict(members(dataset))
    boxes = {split: given.boxes.take(at) for split, at in rows.items()}
    files: dict[str, list[str]] = {}
    try:
        shutil.rmtree(folder, ignore_errors=True)
        for split, at in rows.items():
            files[split] = [_linked(dataset, str(values[row]), folder, split, number) for number, row in enumerate(at)]
            _labels(boxes[split], folder, split)
        described = folder / "data.yaml"
        names = "".join(f"  {number}: {_quoted(name)}\n" for number, name in enumerate(given.names))
        described.write_text(
            f"path: {_quoted(str(folder.absolute()))}\ntrain: images/train\nval: images/valid\nnames:\n{names}", "utf-8"
        )
    except OSError as error:
        raise StoreError(f"cannot write to {folder}: {error.strerror or error}") from error
    return Shown(described.absolute(), files, boxes, rows)


def _linked(dataset: Dataset, value: str, folder: Path, split: str, number: int) -> str:
    place = dataset.media.places.get(value)
    if not isinstance(place, Path):
        raise BadInput(
            f"a picture of {dataset.name} is not there: {one_line(value.partition(':')[2] or value, 160)}; put it in "
            "place, or leave it out"
        )
    home = folder / "images" / split
    home.mkdir(parents=True, exist_ok=True)
    link = home / f"{number:07}{place.suffix.lower()}"
    try:
        link.symlink_to(place.absolute())
    except OSError:  # systems, or rights, without links
        shutil.copyfile(place, link)
    return str(link.absolute())


def _labels(boxes: Boxes, folder: Path, split: str) -> None:
    home = folder / "labels" / split
    home.mkdir(parents=True, exist_ok=True)
    for number in range(len(boxes)):
        classes, places = boxes.of(number)
        lines = [
            f"{name} {' '.join(f'{value:.9g}' for value in place)}\n"
            for name, place in zip(classes.tolist(), places.tolist(), strict=True)
        ]
        if lines:
            (home / f"{number:07}.txt").write_text("".join(lines), "ascii")


def _quoted(text: str) -> str:
    """Return text as a YAML string in double quotes, whatever it holds."""
    plain = text.encode("unicode_escape").decode("ascii").replace('"', '\\"')
    return f'"{plain}"'


def remove(folder: Path) -> None:
    """Remove what was written for the other process only."""
    if os.path.lexists(folder):
        shutil.rmtree(folder, ignore_errors=True)
