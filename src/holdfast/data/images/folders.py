"""A folder of images: folders of classes, of splits with classes in them, or just images.

cats/1.jpg  dogs/2.jpg                    the label is the folder
train/cats/1.jpg  val/dogs/2.jpg          splits first
1.jpg  2.jpg                              no label
"""

from collections.abc import Sequence
from pathlib import Path

from holdfast.data.folder_names import described
from holdfast.data.images.files import Found, Gatherer, found_in, is_hidden, is_image
from holdfast.data.images.rows import image_rows, split_names
from holdfast.data.loaders import Reading
from holdfast.data.roles import spelled

_HOLDERS = {"images", "imgs", "img", "image", "jpegimages", "pictures", "photos", "data"}  # folders that are no class
_SPLITS = {"train", "valid", "test"}
_MOSTLY = 0.9


def image_folder(folder: Path) -> Reading | None:
    """Return how a folder of images reads; None if it is none. Raises OSError."""
    if not _may_be(folder):
        return None
    found = found_in(folder)
    if not found.files or len(found.files) < sum(found.others.values()) / 10:
        return None
    layout = _layout(found)
    splits, note = split_names([split for split, _, _ in layout])
    columns: dict[str, Sequence[str | None]] = {
        "label": [label for _, label, _ in layout],
        "file": [file for _, _, file in layout],
        "split": splits,
    }
    notes = (*described(layout, "images"), *([note] if note else []), *found.notes())
    return image_rows(Gatherer(folder), [file for _, _, file in layout], columns, notes)


def _may_be(folder: Path) -> bool:
    """Return whether to look further: images or folders lie in it, and no table."""
    from holdfast.data.loaders import loaders

    endings = tuple(ending for loader in loaders() for ending in loader.suffixes)
    entries = [entry for entry in folder.iterdir() if not is_hidden(entry.name)]
    if any(entry.name.lower().endswith(endings) and not entry.is_dir() for entry in entries):
        return False
    return any(is_image(entry.name) or entry.is_dir() for entry in entries)


def _layout(found: Found) -> list[tuple[str | None, str | None, str]]:
    """Return (split, label, file) for every image."""
    parts = [tuple(file.split("/")) for file in found.files]
    skip = 0
    while all(len(one) > skip + 1 for one in parts) and len({one[skip] for one in parts}) == 1:
        if spelled(parts[0][skip]) in _SPLITS:
            break
        skip += 1  # a folder that holds everything, as an unpacked archive leaves it
    tops = {one[skip] for one in parts if len(one) > skip + 1}
    splits = {top for top in tops if spelled(top) in _SPLITS}
    if not splits or "train" not in {spelled(top) for top in splits}:
        return [(None, label, "/".join(one)) for one, label in zip(parts, _labels(parts, skip), strict=True)]
    kept = [one for one in parts if len(one) > skip + 1 and one[skip] in splits]
    labels = _labels(kept, skip + 1)
    return [(spelled(one[skip]), label, "/".join(one)) for one, label in zip(kept, labels, strict=True)]


def _labels(parts: list[tuple[str, ...]], at: int) -> list[str | None]:
    """Return the folder at depth `at` of each image, or None throughout where folders are no classes."""
    inside = [len(one) > at + 1 for one in parts]
    if sum(inside) < _MOSTLY * len(parts):
        return [None] * len(parts)
    while all(len(one) > at + 2 for one in parts) and {one[at].lower() for one in parts} <= _HOLDERS:
        at += 1
    names = [one[at] if len(one) > at + 1 else None for one in parts]
    if {name.lower() for name in names if name} <= _HOLDERS:
        return [None] * len(parts)
    return names
