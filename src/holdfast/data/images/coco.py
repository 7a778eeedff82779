"""COCO JSON: images, annotations, categories; read object by object, so that outlines of objects take no memory."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from holdfast.core.errors import BadInput
from holdfast.core.text import one_line
from holdfast.data.images.boxes import Box, summed_up
from holdfast.data.images.files import Gatherer, found_in
from holdfast.data.images.rows import image_rows
from holdfast.data.loaders import Reading

_KEYS = ("images", "annotations", "categories")
_BEGINS = re.compile(rb'\A(?:\xef\xbb\xbf)?\s*\{[\s\S]*?"(?:images|annotations|categories|info|licenses)"\s*:')
_SPACE = re.compile(r"[ \t\r\n]*")
_MOST_BYTES = 4 << 30
_MOST_SEARCHED = 2_000_000  # files below the folder, where images are not where their names say
_HOLDERS = {"annotations", "labels", "annotation"}


def may_be_coco(begin: bytes) -> bool:
    """Return whether a JSON document begins as COCO files do."""
    return bool(_BEGINS.match(begin))


def coco_reading(plain: Path, beside: Path, name: str) -> Reading | None:
    """Return how the images of a COCO file read, a row an image; None if it is none. Raises BadInput.

    `plain` is the file itself, `beside` the folder that it was found in.
    """
    if plain.stat().st_size > _MOST_BYTES:
        raise BadInput(f"{name} has more than {_MOST_BYTES >> 30} GiB of JSON")
    text = plain.read_bytes().decode("utf-8-sig", "replace")
    images: list[tuple[Any, str, float, float]] = []
    raw: list[tuple[Any, Any, tuple[float, ...]]] = []
    categories: dict[Any, str] = {}
    known: set[str] = set()
    try:
        for key, value in _objects(text, name):
            known.add(key)
            if value is None:
                continue
            if key == "images":
                images.append(_image(value, name))
            elif key == "annotations":
                raw.append(_annotation(value, name))
            else:
                categories[_id(value.get("id"), name)] = one_line(str(value.get("name", value.get("id"))), 200)
    except RecursionError as error:
        raise BadInput(f"{name} is nested too deeply") from error
    del text
    if "images" not in known or not images or not ({"annotations", "categories"} & known):
        return None
    return _reading(images, raw, categories, beside)


def _reading(
    images: Sequence[tuple[Any, str, float, float]],
    raw: Sequence[tuple[Any, Any, tuple[float, ...]]],
    categories: Mapping[Any, str],
    beside: Path,
) -> Reading:
    place = {key: number for number, (key, _, _, _) in enumerate(images)}
    boxes: list[list[Box]] = [[] for _ in images]
    n_strangers = 0
    for image, category, box in raw:
        number = place.get(image)
        if number is None:
            n_strangers += 1
            continue
        _, _, wide, high = images[number]
        x, y, w, h = (box[0] / wide, box[1] / high, box[2] / wide, box[3] / high) if wide and high else (0.0,) * 4
        boxes[number].append((categories.get(category, str(category)), x + w / 2, y + h / 2, w, h))
    root, files = _found(beside, [file for _, file, _, _ in images])
    notes = [f"{len(images):,} images, {len(raw):,} annotations of {len(categories):,} categories"]
    notes.append("the label is the category of most annotations")
    if n_strangers:
        notes.append(f"{n_strangers:,} annotations are of images that are not listed")
    if len(place) < len(images):
        notes.append(f"{len(images) - len(place):,} images have an id that another has too")
    columns = {**summed_up(boxes).columns(), "file": [file for _, file, _, _ in images]}
    return image_rows(Gatherer(root), files, columns, notes)


def _objects(text: str, name: str) -> Iterator[tuple[str, Any]]:
    """Yield (key, object) for the objects in the lists of interest; (key, None) once for each list there is."""
    decoder = json.JSONDecoder()
    at = _after(text, 0, "{", name)
    while not _ends(text, at, "}"):
        key, at = _decoded(decoder, text, at, name)
        if not isinstance(key, str):
            raise BadInput(f"{name} is not JSON: a key is no text")
        at = _after(text, at, ":", name)
        if key in _KEYS and _ends(text, at, "["):
            yield key, None
            at = _after(text, at, "[", name)
            while not _ends(text, at, "]"):
                value, at = _decoded(decoder, text, at, name)
                if not isinstance(value, dict):
                    raise BadInput(f"{name}: {key} holds something that is no object: {one_line(repr(value), 60)}")
                yield key, value
                at = _after_value(text, at, "]", name)
            at = _after(text, at, "]", name)
        else:
            _, at = _decoded(decoder, text, at, name)
        at = _after_value(text, at, "}", name)


def _space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _ends(text: str, at: int, mark: str) -> bool:
    return text.startswith(mark, _space(text, at))


def _after(text: str, at: int, mark: str, name: str) -> int:
    at = _space(text, at)
    if not text.startswith(mark, at):
        raise BadInput(f"{name} is not JSON: expected {mark!r} at character {at:,}")
    return _space(text, at + 1)


def _after_value(text: str, at: int, end: str, name: str) -> int:
    """Return where the next value begins: after a comma, or at the mark that ends the list."""
    return at if _ends(text, at, end) else _after(text, at, ",", name)


def _decoded(decoder: json.JSONDecoder, text: str, at: int, name: str) -> tuple[Any, int]:
    try:
        return decoder.raw_decode(text, _space(text, at))
    except ValueError as error:  # also a number with more digits than Python reads
        raise BadInput(f"{name} is not JSON: {one_line(str(error), 120)}") from error


def _image(value: Mapping[str, Any], name: str) -> tuple[Any, str, float, float]:
    file = value.get("file_name")
    if not isinstance(file, str) or not file or "\0" in file:
        raise BadInput(f"{name}: an image has no file_name: {one_line(repr(dict(value)), 100)}")
    return _id(value.get("id"), name), file, _number(value.get("width")), _number(value.get("height"))


def _annotation(value: Mapping[str, Any], name: str) -> tuple[Any, Any, tuple[float, ...]]:
    box = value.get("bbox")
    numbers = tuple(_number(one) for one in box) if isinstance(box, list) and len(box) == 4 else (0.0,) * 4
    return _id(value.get("image_id"), name), _id(value.get("category_id"), name), numbers


def _id(value: Any, name: str) -> Any:
    if value is None or isinstance(value, int | str):
        return value
    raise BadInput(f"{name}: an id is {one_line(repr(value), 60)}, wanted a number or a word")


def _number(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return number if math.isfinite(number) else 0.0


def _found(beside: Path, files: Sequence[str]) -> tuple[Path, list[str]]:
    """Return the folder that images lie in, and their paths in it: as named, or wherever a file of that name is."""
    home = beside.parent if beside.name.lower() in _HOLDERS else beside
    folders = [home, beside, home / "images"]
    direct = Gatherer(home)
    sample = files[:: max(1, len(files) // 50)]
    for folder in folders:
        if sum(direct.holds(str(folder / file)) for file in sample) > len(sample) / 2:
            return home, [str(folder / file) for file in files]
    where: dict[str, str | None] = {}
    try:
        there = found_in(home).files[:_MOST_SEARCHED]
    except OSError:
        there = []
    for path in there:
        base = path.rpartition("/")[2]
        where[base] = None if base in where else path  # a name that stands for two files stands for none
    return home, [where.get(file.replace("\\", "/").rpartition("/")[2]) or file for file in files]
