"""The boxes of a data.yaml, read strictly: a line that is no box stops the training, and is named."""

import math
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.core.text import one_line
from holdfast.data.images.layouts import description_of
from holdfast.data.images.yolo import described_by, gatherer_of, label_file

_MOST_BYTES = 16 << 20  # of the boxes of one image
_SLACK = 0.01  # of a side that a box may reach beyond its image, by rounding; it is cut off there


@dataclass(frozen=True)
class Boxes:
    """Boxes of images one after the other; those of image i are `ends[i]` to `ends[i + 1]`."""

    ends: Int[np.ndarray, " images_plus_one"]
    classes: Int[np.ndarray, " boxes"]
    places: Float[np.ndarray, "boxes 4"]  # centre, width and height as shares of the image

    def __len__(self) -> int:
        return len(self.ends) - 1

    @property
    def counts(self) -> Int[np.ndarray, " images"]:
        """How many boxes each image has."""
        return np.diff(self.ends)

    @property
    def images(self) -> Int[np.ndarray, " boxes"]:
        """The image of each box."""
        return np.repeat(np.arange(len(self)), self.counts)

    def of(self, image: int) -> tuple[Int[np.ndarray, " n"], Float[np.ndarray, "n 4"]]:
        """Return classes and places of the boxes of one image."""
        at = slice(int(self.ends[image]), int(self.ends[image + 1]))
        return self.classes[at], self.places[at]

    def take(self, images: np.ndarray) -> "Boxes":
        """Return the boxes of some images, in their order."""
        counts = self.counts[images]
        ends = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        at = np.repeat(self.ends[:-1][images] - ends[:-1], counts) + np.arange(ends[-1])
        return Boxes(ends, self.classes[at], self.places[at])


@dataclass(frozen=True)
class Drawn:
    """Names of the classes by number, and the boxes of every row of a data set."""

    names: tuple[str, ...]
    boxes: Boxes
    notes: tuple[str, ...]


@dataclass
class _Faults:
    """What is wrong with lines, by kind, with the first of each."""

    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)
    cut: int = 0
    twice: int = 0

    def add(self, kind: str, where: str) -> None:
        """Count a fault."""
        self.counts[kind] += 1
        self.first.setdefault(kind, where)


def drawn(data: str | Mapping[str, str], dataset: Dataset, *, faulty: str = "refuse") -> Drawn:
    """Return the boxes behind the rows of a data set that was loaded from a data.yaml.

    Raises BadInput where the data are none, where they changed since they were loaded, and for lines that are no boxes
    unless `faulty` is "leave-out".
    """
    path = described_path(data)
    described = described_by(path, path.name)
    names = _names(described.classes, path.name)
    gatherer = gatherer_of(described, path)
    files = [file for _, file in described.files]
    if dataset.values("file").to_pylist() != [_text(os.path.relpath(file, described.root)) for file in files]:
        raise BadInput(f"the images of {path.name} changed while they were read; begin again")
    faults, each = _Faults(), []
    for file in files:
        label = label_file(file)
        each.append(_read(label, names, faults) if gatherer.holds(label) else [])
    if faults.counts and faulty == "refuse":
        raise BadInput(_said(faults, path.name))
    notes = []
    if faults.counts:
        notes.append(f"{sum(faults.counts.values()):,} lines that are no boxes were left out, as the recipe says")
    if faults.twice:
        notes.append(f"{faults.twice:,} boxes stand twice in their image, and count once")
    if faults.cut:
        notes.append(f"{faults.cut:,} boxes reach a little beyond their image, and end at its edge")
    return Drawn(names, packed(each), tuple(notes))


def described_path(data: str | Mapping[str, str]) -> Path:
    """Return the data.yaml that a recipe's data are. Raises BadInput where they are something else."""
    if not isinstance(data, str):
        raise BadInput(
            "boxes are read from one data.yaml, which names its splits (train, val, test); several files are given"
        )
    path = description_of(Path(data))
    if path is None:
        raise BadInput(
            f"boxes are read from a data.yaml as Ultralytics has it (train, val, names); got {one_line(data, 200)}. "
            "`holdfast data export` writes one from other formats"
        )
    return path.absolute()  # as images are found from wherever the command runs


def packed(each: Sequence[Sequence[tuple[int, float, float, float, float]]]) -> Boxes:
    """Return boxes (class, centre, width, height) of images as arrays."""
    ends = np.concatenate([[0], np.cumsum([len(one) for one in each])]).astype(np.int64)
    flat = [box for one in each for box in one]
    return Boxes(
        ends,
        np.array([box[0] for box in flat], dtype=np.int64),
        np.array([box[1:] for box in flat], dtype=np.float64).reshape(-1, 4),
    )


def _names(classes: Mapping[int, str], name: str) -> tuple[str, ...]:
    if sorted(classes) != list(range(len(classes))):
        raise BadInput(
            f"{name}: names has the numbers {', '.join(map(str, sorted(classes)[:8]))}; wanted 0 to "
            f"{len(classes) - 1}, each once"
        )
    if not classes:
        raise BadInput(f"{name} names no class: there is nothing to find")
    found = tuple(classes[number] for number in range(len(classes)))
    double = [one for one, n in Counter(found).items() if n > 1]
    if double:
        raise BadInput(f"{name}: two classes are called {one_line(double[0], 60)!r}; a name is for one class")
    return found


def _read(path: str, names: Sequence[str], faults: _Faults) -> list[tuple[int, float, float, float, float]]:
    """Return the boxes of a file."""
    shown = f"{Path(path).parent.name}/{Path(path).name}"
    try:
        if os.path.getsize(path) > _MOST_BYTES:  # noqa: PTH202 called for every image
            faults.add("files of more than 16 MiB", shown)
            return []
        with open(path, encoding="utf-8", errors="replace") as lines:  # noqa: PTH123 the same
            found = [
                box for number, line in enumerate(lines, 1)
                if line.strip() and (box := _box(line.split(), names, faults, f"{shown} line {number}"))
            ]  # fmt: skip
    except OSError as error:
        faults.add(f"files that cannot be read ({error.strerror or error})", shown)
        return []
    once = list(dict.fromkeys(found))
    faults.twice += len(found) - len(once)
    return once


def _box(
    cells: Sequence[str], names: Sequence[str], faults: _Faults, where: str
) -> tuple[int, float, float, float, float] | None:
    shown = f"{where}: {one_line(' '.join(cells), 60)}"
    try:
        number, *values = (float(cell) for cell in cells)
    except ValueError:
        faults.add("lines that are not numbers", shown)
        return None
    if len(values) < 4 or (len(values) > 5 and len(values) % 2) or not all(map(math.isfinite, (number, *values))):
        faults.add("lines that are not a class and four numbers", shown)
        return None
    if number != int(number) or not 0 <= number < len(names):
        faults.add(f"lines whose class is not one of 0 to {len(names) - 1}", shown)
        return None
    if len(values) > 5:  # the corners of an outline
        x, y = values[::2], values[1::2]
        left, right, top, bottom = min(x), max(x), min(y), max(y)
    else:
        left, right = values[0] - values[2] / 2, values[0] + values[2] / 2
        top, bottom = values[1] - values[3] / 2, values[1] + values[3] / 2
    if min(left, top) < -_SLACK or max(right, bottom) > 1.0 + _SLACK:
        hint = " (they are shares of the image, not pixels)" if max(right, bottom) > 2.0 else ""
        faults.add(f"boxes that lie outside of their image{hint}", shown)
        return None
    if right - left <= 0 or bottom - top <= 0:
        faults.add("boxes without an area", shown)
        return None
    inside = [min(1.0, max(0.0, one)) for one in (left, top, right, bottom)]
    faults.cut += any(abs(a - b) > 1e-6 for a, b in zip(inside, (left, top, right, bottom), strict=True))
    left, top, right, bottom = inside
    return int(number), (left + right) / 2, (top + bottom) / 2, right - left, bottom - top


def _said(faults: _Faults, name: str) -> str:
    kinds = "; ".join(f"{n:,} {kind}, such as {faults.first[kind]}" for kind, n in faults.counts.most_common(4))
    return (
        f"{name} has labels that cannot be learnt from: {kinds}. Wanted are lines `class x y width height`, the last "
        "four as shares of the image. Mend them, or leave these lines out: "
        '--set options.detect-objects.faulty="leave-out"'
    )


def _text(value: str) -> str:
    """Return a name of a file as the loader has it; bytes in it that are no text are marks."""
    return value if value.isascii() else value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
