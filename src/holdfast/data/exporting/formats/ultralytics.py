"""Ultralytics: data.yaml, images/SPLIT/NAME and labels/SPLIT/NAME.txt with a box a line.

Boxes come from a column `boxes` (JSON: a list of [class, x, y, width, height], shares of the image, x and y of the
centre), or from the label files that stand beside the images on the disk, which are copied byte for byte.
"""

import json
import math
from pathlib import Path
from typing import Any

from holdfast.core.errors import BadInput
from holdfast.core.text import one_line
from holdfast.data.exporting.form import Form, Options
from holdfast.data.exporting.naming import Names, safe_name
from holdfast.data.exporting.subject import Subject
from holdfast.data.images.yolo import is_yolo
from holdfast.data.yaml_safe import load_yaml

BOXES = "boxes"
_SPELLED = {"valid": "val"}
_DESCRIBED = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")
_DEEPEST = 4  # folders above an image that are searched for the file that describes it


def write(subject: Subject, folder: Path, options: Options) -> Path:
    """Write the trees of images and labels, and data.yaml."""
    del options
    if subject.image is None:
        raise BadInput(f"{subject.dataset.name} has no images, and data.yaml is about boxes in images")
    names = subject.picture_names()
    labels, classes = _labels(subject)
    split = subject.dataset.one("split")
    splits = subject.dataset.values(split.name).to_pylist() if split is not None else ["train"] * len(names)
    used, free, missing = dict[str, None](), Names(), 0
    values = subject.dataset.values(subject.image.name).to_pylist()
    for value, name, said, label in zip(values, names, splits, labels, strict=True):
        content = subject.picture(value)
        if content is None or name is None:
            missing += 1
            continue
        part = _SPELLED.get(said, safe_name(str(said))) if said is not None else "rest"
        used[part] = None
        # A label file is named after the stem, so that a.jpg and a.png may not stand side by side.
        stem, dot, ending = name.rpartition("/")[2].rpartition(".")
        path = free.free(f"{part}/{stem or ending}")
        _put(folder / "images" / f"{path}{dot if stem else ''}{ending if stem else ''}", content)
        if label is not None:
            _put(folder / "labels" / f"{path}.txt", label)
    if missing:
        subject.notes.append(f"{missing:,} records have no image: its bytes are not in the data")
    description = folder / "data.yaml"
    description.write_text(_yaml(subject, list(used), classes), "utf-8")
    return description


def _labels(subject: Subject) -> tuple[list[bytes | None], list[str]]:
    """Return the content of each label file (None for background without one), and the classes. Raises BadInput."""
    if BOXES in subject.dataset.table.column_names:
        return _from_column(subject)
    return _from_files(subject)


def _from_column(subject: Subject) -> tuple[list[bytes | None], list[str]]:
    parsed = [_boxes(cell, row) for row, cell in enumerate(subject.dataset.values(BOXES).to_pylist(), start=1)]
    classes = sorted({name for boxes in parsed for name, _ in boxes or ()})
    number = {name: place for place, name in enumerate(classes)}
    files: list[bytes | None] = []
    for boxes in parsed:
        lines = [f"{number[name]} {' '.join(f'{value:.6g}' for value in box)}" for name, box in boxes or ()]
        files.append(None if boxes is None else ("\n".join(lines) + "\n" if lines else "").encode())
    return files, classes


def _boxes(cell: Any, row: int) -> list[tuple[str, list[float]]] | None:
    if cell is None:
        return None
    try:
        boxes = [(str(one[0]), [float(value) for value in one[1:5]]) for one in json.loads(cell)]
    except (ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        shown = one_line(str(cell), 80)
        raise BadInput(f"row {row:,}: {BOXES} is no list of [class, x, y, width, height]: {shown}") from error
    if not all(len(box) == 4 and all(math.isfinite(one) and 0 <= one <= 1 for one in box) for _, box in boxes):
        shown = one_line(str(cell), 80)
        raise BadInput(f"row {row:,}: boxes have four numbers between 0 and 1 (shares of the image): {shown}")
    return boxes


def _from_files(subject: Subject) -> tuple[list[bytes | None], list[str]]:
    assert subject.image is not None
    files: list[bytes | None] = []
    described: dict[Path, list[str] | None] = {}
    for value in subject.dataset.values(subject.image.name).to_pylist():
        place = subject.dataset.media.places.get(value)
        beside = _beside(place) if isinstance(place, Path) else None
        if beside is not None and place is not None and isinstance(place, Path):
            described.setdefault(place.parent, None)
        files.append(beside.read_bytes() if beside is not None else None)
    if not any(file is not None for file in files):
        raise BadInput(
            f"{subject.dataset.name} has no boxes: neither a column {BOXES} nor label files beside its images. For "
            "classes of whole images use --format folders, which Ultralytics reads as well"
        )
    for home in described:
        classes = _classes_above(home)
        if classes is not None:
            return files, classes
    raise BadInput(
        "label files stand beside the images, but no data.yaml above them says what their classes are called"
    )


def _beside(image: Path) -> Path | None:
    parts = list(image.parts)
    if "images" not in parts:
        return None
    place = len(parts) - 1 - parts[::-1].index("images")
    path = Path(*parts[:place], "labels", *parts[place + 1 :]).with_suffix(".txt")
    return path if path.is_file() else None


def _classes_above(folder: Path) -> list[str] | None:
    for home in (folder, *folder.parents[:_DEEPEST]):
        for name in _DESCRIBED:
            path = home / name
            if not path.is_file():
                continue
            content = load_yaml(path, name)
            names = content.get("names") if is_yolo(content) else None
            if isinstance(names, dict) and all(isinstance(key, int) for key in names):
                return [str(names.get(number, number)) for number in range(max(names) + 1)]
            if isinstance(names, list):
                return [str(one) for one in names]
    return None


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _yaml(subject: Subject, splits: list[str], classes: list[str]) -> str:
    """Return data.yaml. Strings are in JSON's quotes, which YAML reads as they are."""
    train = "train" if "train" in splits else splits[0] if splits else "train"
    judged = next((one for one in ("val", "test") if one in splits), train)
    if judged != "val":
        subject.notes.append(f"there is no split val: data.yaml names {judged} in its place")
    lines = [f"train: {json.dumps('images/' + train)}", f"val: {json.dumps('images/' + judged)}"]
    if "test" in splits:
        lines.append('test: "images/test"')
    others = [one for one in splits if one not in {train, "val", "test"}]
    if others:
        subject.notes.append(
            f"data.yaml knows no other splits than train, val and test: {', '.join(others)} stand apart"
        )
    names = [f"  {number}: {json.dumps(name, ensure_ascii=False)}" for number, name in enumerate(classes)]
    return "\n".join([*lines, f"nc: {len(classes)}", "names:", *names, ""])


EXPORT_FORMAT = Form("ultralytics", "data.yaml with trees of images and boxes", write)
