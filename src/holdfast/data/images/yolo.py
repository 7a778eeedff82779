"""Ultralytics data.yaml: folders or lists of images by split, names of classes, boxes in text files beside them."""

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.core.errors import BadInput
from holdfast.core.text import one_line
from holdfast.data.images.boxes import Box, summed_up
from holdfast.data.images.files import Gatherer, found_in, is_image
from holdfast.data.images.rows import image_rows, split_names
from holdfast.data.loaders import Reading
from holdfast.data.yaml_safe import load_yaml

_SPLITS = ("train", "val", "test")
_MOST_LIST_BYTES = 1 << 30
_MOST_LABEL_BYTES = 16 << 20
_MOST_CLASSES = 100_000


def is_yolo(content: Any) -> bool:
    """Return whether a YAML document describes a detection data set."""
    return isinstance(content, dict) and "train" in content and ("names" in content or "nc" in content)


@dataclass(frozen=True)
class Described:
    """What a data.yaml says: classes by number, and each split's images in the order that they are read."""

    root: Path
    classes: Mapping[int, str]
    files: Sequence[tuple[str, str]]  # split as it is called there, and the path of an image
    download: bool


def described_by(path: Path, name: str) -> Described:
    """Return what a data.yaml says. Raises BadInput, also where none of its images is there; MissingExtra."""
    content = load_yaml(path, name)
    if not is_yolo(content):
        raise BadInput(
            f"{name} describes no detection data set; wanted are the keys train and names, as Ultralytics has them"
        )
    path = path.absolute()  # as a Gatherer reads from its own folder on
    root = _root(path, content, name)
    classes = _classes(content, name)
    found: list[tuple[str, str]] = []
    for split in _SPLITS:
        for place in _places(content.get(split), split, name):
            found += [(split, file) for file in _files(root, path.parent, place, split, name)]
    if not found:
        raise BadInput(f"{name} names no image that is there; its images are looked for below {one_line(str(root))}")
    return Described(root, classes, found, bool(content.get("download")))


def gatherer_of(described: Described, path: Path) -> Gatherer:
    """Return what reads images and labels, and nothing outside of the data set's folder."""
    home = Path(os.path.commonpath([os.path.realpath(described.root), os.path.realpath(path.parent)]))
    return Gatherer(home if _near(home, path.parent) else described.root)


def label_file(image: str) -> str:
    """Return where the boxes of an image are written: below labels in place of images, else beside it."""
    head, found, tail = image.rpartition(f"{os.sep}images{os.sep}")
    base = f"{head}{os.sep}labels{os.sep}{tail}" if found else image
    return os.path.splitext(base)[0] + ".txt"  # noqa: PTH122 called for every image


def yolo_reading(path: Path, name: str) -> Reading:
    """Return how the images that a data.yaml names read, a row an image. Raises BadInput; MissingExtra."""
    described = described_by(path, name)
    root, classes, found = described.root, described.classes, described.files
    gatherer = gatherer_of(described, path)
    files = [file for _, file in found]
    damaged: list[str] = []
    boxes = [_boxes(gatherer, file, classes, damaged) for file in files]
    table = summed_up([each or () for each in boxes])
    splits, note = split_names([split for split, _ in found])
    n_without = sum(each is None for each in boxes)
    notes = [
        f"{len(files):,} images; {len(classes):,} classes; the label is the class of most boxes",
        *([note] if note else []),
        *([f"{n_without:,} images have no label file: taken as background"] if n_without else []),
        *([f"{len(damaged):,} label files hold lines that are no boxes, such as {damaged[0]}"] if damaged else []),
        *(["nothing is downloaded: the download line is left alone"] if described.download else []),
    ]
    shown = [os.path.relpath(file, root) for file in files]
    return image_rows(gatherer, files, {**table.columns(), "file": shown, "split": splits}, notes)


def _near(home: Path, folder: Path) -> bool:
    """Return whether a folder that holds both the file and its images is no further up than the file's parent."""
    real = Path(os.path.realpath(folder))
    return home in {real, real.parent}


def _root(path: Path, content: Mapping[Any, Any], name: str) -> Path:
    """Return the folder that splits are relative to. Raises BadInput."""
    said = content.get("path")
    folder = path.parent
    if said is None:
        return folder
    if not isinstance(said, str) or not said or "\0" in said:
        raise BadInput(f"{name}: path is {one_line(repr(said), 60)}, wanted a folder")
    tried = [folder / said, Path.cwd() / said, folder / "datasets" / said, folder.parent / "datasets" / said]
    tried += [folder / Path(said).name, folder.parent / Path(said).name, folder]
    for place in tried:
        inside = any(_inside(place, home) for home in (folder, folder.parent, Path.cwd()))
        if inside and place.is_dir() and (place != folder or _has_splits(folder, content)):
            return place
    raise BadInput(
        f"{name} says that its images are in {one_line(said, 100)!r}, which is not on this disk beside it. Holdfast "
        "downloads nothing: fetch the data set first, or set path to where it is, in or beside the folder of the file"
    )


def _has_splits(folder: Path, content: Mapping[Any, Any]) -> bool:
    return any(isinstance(said := content.get(split), str) and (folder / said).exists() for split in _SPLITS)


def _inside(place: Path, home: Path) -> bool:
    real, base = os.path.realpath(place), os.path.realpath(home)
    return real == base or real.startswith(base.rstrip(os.sep) + os.sep)


def _classes(content: Mapping[Any, Any], name: str) -> dict[int, str]:
    names = content.get("names")
    if isinstance(names, list):
        names = dict(enumerate(names))
    if names is None and isinstance(content.get("nc"), int):
        names = {number: str(number) for number in range(min(content["nc"], _MOST_CLASSES))}
    if not isinstance(names, dict) or not all(isinstance(key, int) for key in names) or len(names) > _MOST_CLASSES:
        raise BadInput(f"{name}: names is a list of classes, or a table from number to class")
    return {key: str(value) for key, value in names.items()}


def _places(said: Any, split: str, name: str) -> Iterator[str]:
    for one in said if isinstance(said, list) else [] if said is None else [said]:
        if not isinstance(one, str) or not one or "\0" in one:
            raise BadInput(
                f"{name}: {split} is {one_line(repr(one), 60)}, wanted a folder, a list of them or a .txt file"
            )
        yield one


def _files(root: Path, beside: Path, said: str, split: str, name: str) -> list[str]:
    """Return the images of a folder, or of a list, as paths that can be opened. Raises BadInput."""
    tried = [root / said, beside / said]
    if said.startswith("../"):
        tried += [root / said[3:], beside / said[3:]]  # as exports of labelling tools have it
    place = next((one for one in tried if one.exists()), None)
    if place is None:
        raise BadInput(
            f"{name}: {split} is {one_line(said, 100)!r}, which is not on this disk (looked below "
            f"{one_line(str(root), 200)}). Holdfast downloads nothing: fetch the data set first"
        )
    if not any(_inside(place, home) for home in (root, beside, beside.parent)):
        raise BadInput(f"{name}: {split} is {one_line(said, 100)!r}, which leads out of the data set's folder")
    if place.is_dir():
        return [str(place / file) for file in found_in(place).files]
    if place.suffix.lower() != ".txt":
        return [str(place)] if is_image(place.name) else []
    if place.stat().st_size > _MOST_LIST_BYTES:
        raise BadInput(f"{one_line(said, 100)} is a list of more than {_MOST_LIST_BYTES >> 20} MiB")
    lines = place.read_text(encoding="utf-8", errors="replace").splitlines()
    return [str(place.parent / line.strip()) for line in lines if line.strip() and "\0" not in line]


def _boxes(gatherer: Gatherer, file: str, classes: Mapping[int, str], damaged: list[str]) -> list[Box] | None:
    """Return the boxes in an image; None where no file says."""
    path = label_file(file)
    if not gatherer.holds(path):
        return None
    try:
        if os.path.getsize(path) > _MOST_LABEL_BYTES:  # noqa: PTH202 the same
            damaged.append(os.path.basename(path))  # noqa: PTH119 the same
            return []
        with open(path, encoding="utf-8", errors="replace") as lines:  # noqa: PTH123 the same
            boxes = [_box(line.split(), classes) for line in lines if line.strip()]
    except OSError:
        return None
    if None in boxes:
        damaged.append(os.path.basename(path))  # noqa: PTH119 the same
    return [box for box in boxes if box is not None]


def _box(cells: list[str], classes: Mapping[int, str]) -> Box | None:
    """Return a box from `class x y width height`, or from a class and the corners of a polygon; None for others."""
    try:
        number, values = int(cells[0]), [float(cell) for cell in cells[1:]]
    except (ValueError, IndexError):
        return None
    if len(values) < 4 or not all(math.isfinite(value) for value in values):
        return None
    name = classes.get(number, str(number))
    if len(values) in {4, 5}:  # a fifth is a confidence
        return name, values[0], values[1], values[2], values[3]
    x, y = values[::2], values[1::2]
    return name, (min(x) + max(x)) / 2, (min(y) + max(y)) / 2, max(x) - min(x), max(y) - min(y)
