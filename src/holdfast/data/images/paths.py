"""Tables that name image files: the column of paths stays, and one of images stands beside it."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core.dataset import Kind
from holdfast.core.media import Media
from holdfast.core.progress import Advance, Progress, track
from holdfast.core.text import one_line
from holdfast.data.canonical import STRING
from holdfast.data.images.files import SUFFIXES, Gatherer, found_in
from holdfast.data.inputs import Part
from holdfast.data.splitting import free_name

_LOOKED_AT = 2_000
_TRIED = 40
_MOSTLY = 0.8  # share of values that end as names of images do
_THERE = 0.5  # share of them that must be files
_MOST_SEARCHED = 500_000
_PATTERN = "(?i)\\.(" + "|".join(sorted(re.escape(ending[1:]) for ending in SUFFIXES)) + ")$"
_ENDINGS = tuple(SUFFIXES)
_FOLDERS = ("", "images", "image", "imgs", "img", "data", "train", "test", "jpegs", "jpg", "png")


@dataclass(frozen=True)
class WithImages:
    """A table, the kinds that are known of its columns, where the bytes of its images are, and what is to be said."""

    table: pa.Table
    kinds: Mapping[str, Kind]
    media: Media = field(default_factory=Media)
    notes: tuple[str, ...] = ()


def with_images(
    table: pa.Table, parts: Sequence[Part], sizes: Sequence[int], kinds: Mapping[str, Kind], progress: Progress
) -> WithImages:
    """Return the table with a column of images, if it has one that names image files.

    A column of kind image (given by a person), or else the first whose values mostly name files that are there, is
    the one. `sizes` are the rows of each part; its paths are relative to the folder of the part, or to the working
    folder. The column of paths stays.
    """
    wanted = [name for name, kind in kinds.items() if kind == "image"]
    if any("image" in part.reading.kinds.values() for part in parts):
        return WithImages(table, kinds)
    starts = np.concatenate(([0], np.cumsum(sizes)))
    for name in wanted or table.column_names:
        values = table.column(name)
        if values.type != STRING or not (wanted or _look_like_images(values)):
            continue
        homes = [_Home(part.folder) for part in parts]
        if not wanted and not _are_there(values, homes, starts):
            continue
        with track(progress, "reading images", unit="images") as advance:
            hashed, notes = _hashed(values, homes, starts, advance)
        media = Media({key: place for home in homes for key, place in home.gatherer.media().places.items()})
        said = f"column {one_line(name, 60)} names image files: {len(media):,} different images"
        paths = free_name("file", table.column_names) if name == "image" else name
        image = "image" if name == "image" else free_name("image", table.column_names)
        place = table.column_names.index(name)
        table = table.rename_columns([paths if one == name else one for one in table.column_names])
        table = table.add_column(place, image, hashed)
        others = {column: kind for column, kind in kinds.items() if column != name}
        known: dict[str, Kind] = {**others, image: "image", paths: "category"}
        return WithImages(table, known, media, (said, *notes))
    return WithImages(table, kinds)


class _Home:
    """Finds the files that the rows of one part name: in the part's folder, or in the working folder."""

    def __init__(self, folder: Path | None) -> None:
        base = folder or Path.cwd()
        self._base = base
        self.gatherer = Gatherer(base)
        self._here = Gatherer(Path.cwd())
        self._by_name: dict[str, str | None] | None = None
        self._prefix: str | None = None

    def settle(self, sample: Sequence[str], *, search: bool) -> float:
        """Find out how paths are meant, and return the share of a sample that is there."""
        best, share = "", -1.0
        for prefix in _FOLDERS:
            there = sum(self.gatherer.holds(os.path.join(prefix, one)) for one in sample) / max(1, len(sample))  # noqa: PTH118
            if there > share:
                best, share = prefix, there
        if share >= _THERE:
            self._prefix = best
            return share
        if sum(self._here.holds(one) for one in sample) >= _THERE * len(sample):
            self.gatherer, self._prefix = self._here, ""
            return 1.0
        if search:
            index = self._index()
            there = sum(index.get(_base(one)) is not None for one in sample) / max(1, len(sample))
            if there >= _THERE:
                return there
        self._prefix = ""
        return share

    def place(self, path: str) -> str:
        """Return where a file is, as the gatherer wants it."""
        if self._prefix is not None:
            return os.path.join(self._prefix, path) if self._prefix else path  # noqa: PTH118
        return self._index().get(_base(path)) or path

    def _index(self) -> dict[str, str | None]:
        if self._by_name is None:
            found: dict[str, str | None] = {}
            for path in found_in(self._base).files[:_MOST_SEARCHED]:
                for key in {_base(path), _base(path).rpartition(".")[0]}:
                    found[key] = None if key in found else path
            self._by_name = found
        return self._by_name


def _base(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _look_like_images(values: pa.ChunkedArray) -> bool:
    first = values.slice(0, 20).to_pylist()  # enough to say no, which most columns of most tables are told
    if not any(value and value.lower().endswith(_ENDINGS) for value in first):
        return False
    begin = values.slice(0, _LOOKED_AT).drop_null()
    return float(np.mean(pc.match_substring_regex(begin, _PATTERN).to_numpy(zero_copy_only=False))) >= _MOSTLY


def _are_there(values: pa.ChunkedArray, homes: Sequence[_Home], starts: np.ndarray) -> bool:
    shares = [
        home.settle(_sample(values.slice(int(start), int(stop - start))), search=True)
        for home, start, stop in zip(homes, starts[:-1], starts[1:], strict=True)
        if stop > start
    ]
    return bool(shares) and max(shares) >= _THERE


def _sample(values: pa.ChunkedArray) -> list[str]:
    distinct = pc.unique(values.slice(0, 100 * _TRIED).drop_null()).to_pylist()
    return distinct[:: max(1, len(distinct) // _TRIED)][:_TRIED]


def _hashed(
    values: pa.ChunkedArray, homes: Sequence[_Home], starts: np.ndarray, advance: Advance
) -> tuple[pa.ChunkedArray, list[str]]:
    found: list[str | None] = []
    notes: dict[str, None] = {}
    for home, start, stop in zip(homes, starts[:-1], starts[1:], strict=True):
        part = values.slice(int(start), int(stop - start))
        home.settle(_sample(part), search=True)
        known: dict[str, str] = {}
        for path in part.to_pylist():
            if path is not None and path not in known:
                known[path] = home.gatherer.value(home.place(path))
                advance(1)
            found.append(None if path is None else known[path])
        notes |= dict.fromkeys(home.gatherer.notes())
    return pa.chunked_array([pa.array(found, STRING)]), list(notes)
