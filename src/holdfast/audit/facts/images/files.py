"""Which column names the image files, and whether their endings are right."""

import os

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool

from holdfast.audit.facts.images.images import Images
from holdfast.core.dataset import Dataset

_ENDINGS: dict[str, frozenset[str]] = {
    "JPEG": frozenset({".jpg", ".jpeg", ".jpe", ".jfif"}),
    "MPO": frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"}),
    "PNG": frozenset({".png", ".apng"}),
    "GIF": frozenset({".gif"}),
    "BMP": frozenset({".bmp", ".dib"}),
    "DIB": frozenset({".bmp", ".dib"}),
    "TIFF": frozenset({".tif", ".tiff"}),
    "WEBP": frozenset({".webp"}),
    "AVIF": frozenset({".avif", ".heif", ".heic"}),
    "PPM": frozenset({".ppm", ".pgm", ".pbm", ".pnm"}),
    "JPEG2000": frozenset({".jp2", ".j2k", ".jpx", ".j2c", ".jpf"}),
    "ICO": frozenset({".ico"}),
}
_ALL = frozenset().union(*_ENDINGS.values())
_LOOKED_AT = 1000
_MOSTLY = 0.5


def file_names(dataset: Dataset, column: str) -> str | None:
    """Return the column that names the files of the images in `column`, if there is one."""
    for other in dataset.columns:
        values = dataset.table.column(other.name)
        if other.name == column or not pa.types.is_large_string(values.type):
            continue
        begin = values.slice(0, _LOOKED_AT).drop_null()
        if len(begin) and (other.name == "file" or _share_of_files(begin) >= _MOSTLY):
            return other.name
    return None


def mismatched(dataset: Dataset, images: Images) -> Bool[np.ndarray, " images"]:
    """Return which images have a format that contradicts the ending of a file's name."""
    wrong = np.zeros(len(images.values), dtype=bool)
    name = file_names(dataset, images.column)
    if name is None:
        return wrong
    first = np.full(len(images.values), -1, dtype=np.int64)
    rows = np.flatnonzero(images.place >= 0)[::-1]
    first[images.place[rows]] = rows
    files = dataset.table.column(name).take(pa.array(np.maximum(first, 0))).to_pylist()
    for place, file in enumerate(files):
        ending = os.path.splitext(file or "")[1].lower()  # noqa: PTH122 called for every image
        expected = _ENDINGS.get(images.format[place])
        wrong[place] = bool(expected and ending in _ALL and ending not in expected)
    return wrong


def _share_of_files(values: pa.ChunkedArray) -> float:
    pattern = "(?i)\\.(" + "|".join(sorted(ending[1:] for ending in _ALL)) + ")$"
    return float(np.mean(pc.match_substring_regex(values, pattern).to_numpy(zero_copy_only=False)))
