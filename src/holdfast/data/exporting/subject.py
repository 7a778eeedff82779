"""What is exported: a data set whose rows come in blocks, with the names that its images get as files."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Bool

from holdfast.core.dataset import Column, Dataset
from holdfast.core.media import ABSENT
from holdfast.core.progress import Advance
from holdfast.data.exporting.naming import Names, safe_path
from holdfast.data.origin import BY_NAME

_BLOCK, _WITH_IMAGES = 1 << 14, 1 << 8  # rows held at once; images are read beside them
_ENDINGS = (
    (b"\xff\xd8\xff", ".jpg"),
    (b"\x89PNG\r\n", ".png"),
    (b"GIF8", ".gif"),
    (b"BM", ".bmp"),
    (b"II*\0", ".tif"),
    (b"MM\0*", ".tif"),
    (b"P5", ".pgm"),
    (b"P6", ".ppm"),
)


@dataclass(frozen=True)
class Subject:
    """Data to be written, and what the writers noticed. `kept` says which rows are written, where not all are."""

    dataset: Dataset
    advance: Advance = lambda _: None
    notes: list[str] = field(default_factory=list)
    kept: Bool[np.ndarray, " rows"] | None = None

    def __len__(self) -> int:
        return len(self.dataset) if self.kept is None else int(self.kept.sum())

    def values(self, name: str) -> pa.ChunkedArray:
        """Return a column of the rows that are written."""
        values = self.dataset.values(name)
        return values if self.kept is None else values.filter(pa.array(self.kept))

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns, in the order of the table."""
        return self.dataset.columns

    @cached_property
    def image(self) -> Column | None:
        """The column of images, where there is one."""
        return next(iter(self.dataset.of(kind="image")), None)

    @cached_property
    def file(self) -> Column | None:
        """The column that says which file an image, or a document, was."""
        named = [one for one in self.columns if one.name == "file" and one.kind in {"category", "text"}]
        return named[0] if named else None

    @cached_property
    def text(self) -> Column | None:
        """The column of texts, where it is clear which: the only one, or the one called `text`."""
        texts = [one for one in self.dataset.of(kind="text") if one.name not in BY_NAME]
        named = [one for one in texts if one.name == "text"]
        return named[0] if named else texts[0] if len(texts) == 1 else None

    def blocks(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows block by block, and say how far it is."""
        size = _BLOCK if self.image is None else _WITH_IMAGES
        for start in range(0, len(self.dataset), size):
            part = self.dataset.table.slice(start, size)
            if self.kept is not None:
                part = part.filter(pa.array(self.kept[start : start + size]))
            yield from part.combine_chunks().to_batches()
            self.advance(len(part))

    def picture(self, value: str | None) -> bytes | None:
        """Return the bytes of an image as they are; None where there are none."""
        if value is None or value.startswith(ABSENT) or value not in self.dataset.media:
            return None
        return bytes(self.dataset.media.read(value))

    def picture_names(self) -> list[str | None]:
        """Return the name of each row's image: that of its file where it has one, else its hash with an ending."""
        if self.image is None:
            return []
        values = self.values(self.image.name).to_pylist()
        wanted = self.values(self.file.name).to_pylist() if self.file is not None else [None] * len(values)
        names, given = Names(), dict[tuple[str, str | None], str]()
        found: list[str | None] = []
        for value, file in zip(values, wanted, strict=True):
            if value is None or value not in self.dataset.media:
                found.append(None)
                continue
            if (value, file) not in given:  # a row that repeats image and name needs no second file
                path = safe_path(file) if file else value.rpartition(":")[2] + self._ending(value)
                given[value, file] = names.free(path)
            found.append(given[value, file])
        return found

    def _ending(self, value: str) -> str:
        place = self.dataset.media.places[value]
        if isinstance(place, Path):
            return place.suffix.lower()
        begin = bytes(memoryview(place)[:12])
        if begin[:4] == b"RIFF" and begin[8:] == b"WEBP":
            return ".webp"
        return next((ending for first, ending in _ENDINGS if begin.startswith(first)), ".bin")

    def write_pictures(self, folder: Path, names: list[str | None]) -> int:
        """Write each image once, its bytes unchanged, and return how many rows have none."""
        if self.image is None:
            return 0
        done, missing = set[str](), 0
        for value, name in zip(self.values(self.image.name).to_pylist(), names, strict=True):
            content = self.picture(value) if name is not None else None
            if content is None or name is None:
                missing += 1
                continue
            if name not in done:
                done.add(name)
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        return missing
