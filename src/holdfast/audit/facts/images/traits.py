"""What image files say of themselves, and low-level properties of their pixels, as traits of records."""

from collections.abc import Sequence

import numpy as np

from holdfast.audit.facts.images.images import Images
from holdfast.audit.facts.labels.traits import Trait, of_numbers, of_texts

_TOLD = ("format", "mode", "make", "model", "software", "comment")
_COUNTED = {"width": "width", "height": "height", "bits": "bit depth", "quality": "JPEG quality"}
_FLAGS = {
    "exif": "EXIF or none",
    "gps": "place of taking or none",
    "icc": "colour profile or none",
    "progressive": "progressive or not",
    "alpha": "transparency or none",
    "animated": "animated or not",
}
_MEASURED = {
    "brightness": "brightness",
    "contrast": "contrast",
    "saturation": "saturation",
    "entropy": "variety of brightness",
    "dark": "share of black",
    "light": "share of white",
    "blockiness": "traces of JPEG blocks",
}


def of_files(images: Images, rows: np.ndarray) -> tuple[Trait, ...]:
    """Return what the files behind `rows` say: format, size in pixels, bit depth, compression, camera, software, day.

    The number of bytes is left out: pictures with more in them take more, whatever they show.
    """
    place = images.place[rows]
    found = [_texts(images, place, f"{name} of the files", getattr(images, name)) for name in _TOLD]
    found.append(_texts(images, place, "day of taking", [value[:10] for value in images.taken]))
    found += [_numbers(images, place, f"{title} of the files", getattr(images, n)) for n, title in _COUNTED.items()]
    found += [_numbers(images, place, f"{title} of the files", getattr(images, n)) for n, title in _FLAGS.items()]
    found.append(_numbers(images, place, "orientation of the files", images.orientation))
    return tuple(found)


def of_pixels(images: Images, rows: np.ndarray) -> tuple[Trait, ...]:
    """Return low-level properties of the pictures of `rows`: light, colour, blur, traces of compression.

    Sharpness is set in relation to contrast, so that it does not count how much there is to see.
    """
    place = images.place[rows]
    found = [_numbers(images, place, title, getattr(images, name), "pixels") for name, title in _MEASURED.items()]
    with np.errstate(divide="ignore", invalid="ignore"):
        sharp = np.log((images.sharpness + 1.0) / (images.contrast.astype(np.float64) ** 2 + 1.0))
    found.append(_numbers(images, place, "sharpness", sharp, "pixels"))
    mean = images.colour_mean.astype(np.float64)
    for channel, name in enumerate(("red", "green", "blue")):
        found.append(_numbers(images, place, f"share of {name}", mean[:, channel] - mean.mean(axis=1), "pixels"))
    return tuple(found)


def _texts(images: Images, place: np.ndarray, title: str, values: Sequence[str]) -> Trait:
    each = np.array([*(value or None for value in values), None], dtype=object)
    return of_texts(title, images.column, "image", each[place])  # place -1 is no image: the last, None


def _numbers(images: Images, place: np.ndarray, title: str, values: np.ndarray, kind: str = "image") -> Trait:
    each = np.append(np.asarray(values, dtype=np.float64), np.nan)[place]
    return of_numbers(title, images.column, "pixels" if kind == "pixels" else "image", each)
