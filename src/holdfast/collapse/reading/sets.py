"""One sample set from a file or folder: texts, pictures, numbers and categories, whichever it holds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float

from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, unknown
from holdfast.core.hashing import digest_file, hasher, tagged
from holdfast.core.progress import Progress, track
from holdfast.core.record import InputRecord
from holdfast.core.text import one_line
from holdfast.data.store.address import is_address

LINES = (".txt", ".text", ".md")
ARRAYS = (".npy", ".npz")
MOST_BYTES = 1 << 31  # of a file that is read as a whole
_PASSED_OVER = {"id", "ignore", "split", "group", "time", "weight", "origin"}
_SIDE = 32  # pixels that a side has at least after large pictures were made smaller
_AT_ONCE = 64
_PICTURES = (3, 4)  # dimensions of an array of pictures: items × height × width (× channels)


@dataclass(frozen=True)
class SampleItems:
    """The items of one generation, or of the real data. Whatever is there has a value for every item."""

    name: str
    n: int
    digest: str
    texts: tuple[str, ...] | None = None
    pixels: Float[np.ndarray, "items height width channels"] | None = None
    points: Float[np.ndarray, "items dimensions"] | None = None
    columns: tuple[str, ...] = ()  # names of the dimensions
    categories: Mapping[str, pa.Array] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of items."""
        return self.n

    @property
    def holds(self) -> tuple[str, ...]:
        """What it holds, in words."""
        said = {"texts": self.texts, "pictures": self.pixels, "numbers": self.points, "categories": self.categories}
        return tuple(name for name, value in said.items() if value is not None and len(value))


def read_sets(paths: Sequence[Path], text: str | None, progress: Progress, unit: str = "files") -> list[SampleItems]:
    """Return the items of several files or folders; all must have the columns of the first. Raises BadInput."""
    found: list[SampleItems] = []
    with track(progress, "reading", len(paths), unit) as advance:
        for path in paths:
            found.append(read_set(path, text, found[0] if found else None))
            advance(1)
    return found


def read_set(path: Path, text: str | None = None, like: SampleItems | None = None) -> SampleItems:
    """Return the items of a file or folder; `like` is the real set, whose columns it must have. Raises BadInput.

    `text` names the column that holds the documents.
    """
    if not (path.exists() or is_address(str(path))):
        raise BadInput(f"no file or folder {one_line(str(path))}")
    suffix = path.suffix.lower()
    if path.is_file() and path.stat().st_size == 0:
        raise _nothing(path.name)
    if path.is_file() and suffix in LINES and text is None:
        found = _lines(path)
    elif path.is_file() and suffix in ARRAYS:
        found = _array(path)
    else:
        found = _table(path, text, like)
    if not len(found):
        raise _nothing(path.name)
    if like is not None:
        _refuse_other(found, like)
    return found


def _nothing(name: str) -> BadInput:
    return BadInput(f"{one_line(name)} holds no items; leave it out, or look at what was to write it")


def _refuse_other(found: SampleItems, like: SampleItems) -> None:
    """Raise BadInput unless both hold the same kinds of thing, of the same shape."""
    if found.holds != like.holds:
        raise BadInput(
            f"{one_line(found.name)} holds {' and '.join(found.holds) or 'nothing that can be compared'}, and the real "
            f"data {one_line(like.name)} hold {' and '.join(like.holds)}; every sample set holds the same kind of item"
        )
    if found.points is not None and like.points is not None and found.points.shape[1] != like.points.shape[1]:
        raise BadInput(
            f"the vectors of {one_line(found.name)} have {found.points.shape[1]:,} dimensions and those of "
            f"{one_line(like.name)} {like.points.shape[1]:,}"
        )


def _lines(path: Path) -> SampleItems:
    if path.stat().st_size > MOST_BYTES:
        raise BadInput(f"{one_line(path.name)} is larger than 2 GiB; give a part of it, or a table")
    data, notes = path.read_bytes(), ()
    try:
        content = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        content, notes = data.decode("cp1252", "replace"), ("not in UTF-8, read as Windows-1252",)  # type: ignore[assignment]
    # Not every mark that Unicode calls a line break ends a document.
    texts = tuple(line for line in content.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip())
    return SampleItems(path.name, len(texts), digest_file(path), texts=texts, notes=notes)


def _array(path: Path) -> SampleItems:
    shown = one_line(path.name)
    try:
        content: Any = np.load(path, allow_pickle=False, mmap_mode="r" if path.suffix.lower() == ".npy" else None)
        if hasattr(content, "files"):
            if len(content.files) != 1:
                raise BadInput(f"{shown} holds the arrays {', '.join(content.files[:6])}; wanted one array a file")
            content = content[content.files[0]]
    except (OSError, ValueError, EOFError) as error:
        raise BadInput(f"{shown} cannot be read as a NumPy array without unpickling: {error}") from error
    if content.dtype.kind not in "fiub" or content.ndim not in {1, 2, *_PICTURES}:
        raise BadInput(
            f"{shown} holds {content.ndim} dimensions of type {content.dtype}; wanted numbers: items × dimensions, or "
            "pictures as items × height × width × channels"
        )
    whole = content.dtype.kind in "ui"
    if content.ndim in _PICTURES:
        content = _smaller(content)
    values = np.asarray(content, dtype=np.float64)
    _refuse_not_finite(shown, values)
    if values.ndim in _PICTURES:
        values = values / 255.0 if whole else values
        if len(values) and (values.min() < 0 or values.max() > 1):
            raise BadInput(f"{shown}: values of pictures are bytes, or numbers from 0 to 1")
        pixels = values if values.ndim == max(_PICTURES) else values[..., None]
        return SampleItems(path.name, len(pixels), digest_file(path), pixels=pixels)
    points = values.reshape(len(values), -1)
    names = tuple(f"dimension {i + 1}" for i in range(points.shape[1]))
    return SampleItems(path.name, len(points), digest_file(path), points=points, columns=names)


def _smaller(pictures: np.ndarray) -> np.ndarray:
    """Return large pictures as means over blocks, so that thousands of them fit into memory; small ones as they are."""
    across, down = (max(1, side // _SIDE) for side in pictures.shape[1:3])
    if max(across, down) == 1:
        return pictures
    height, width = pictures.shape[1] // across, pictures.shape[2] // down
    found = np.empty((len(pictures), height, width, *pictures.shape[3:]))
    for start in range(0, len(pictures), _AT_ONCE):
        some = np.asarray(pictures[start : start + _AT_ONCE, : height * across, : width * down], dtype=np.float64)
        blocks = some.reshape(len(some), height, across, width, down, *pictures.shape[3:])
        found[start : start + _AT_ONCE] = blocks.mean(axis=(2, 4))
    return found


def _refuse_not_finite(name: str, values: np.ndarray, column: str = "") -> None:
    lost = int((~np.isfinite(values)).reshape(len(values), -1).any(axis=1).sum())
    if lost:
        where = f", column {one_line(column, 60)!r}" if column else ""
        raise BadInput(
            f"{name}{where}: {lost:,} of {len(values):,} items hold a number that is missing or not finite; what a "
            "model says should be numbers, so look at what wrote them, or leave these items out"
        )


def _table(path: Path, text: str | None, like: SampleItems | None) -> SampleItems:
    from holdfast.data.loading import load

    dataset = load({"all": path})
    digest = dataset.sources[0].digest if len(dataset.sources) == 1 and dataset.sources[0].digest else dataset.digest
    shown = one_line(path.name)
    if text is not None:
        if text not in dataset.table.column_names:
            raise unknown("column", text, dataset.table.column_names, where=shown)
        if dataset[text].kind not in {"text", "category"}:
            raise BadInput(f"column {one_line(text, 60)!r} of {shown} holds {dataset[text].kind}s, not documents")
        return SampleItems(path.name, len(dataset), digest, texts=_texts(shown, dataset, text))
    used = [column for column in dataset.columns if column.role not in _PASSED_OVER]
    if like is not None and like.texts is None and like.pixels is None:
        return _columns_of(path.name, dataset, digest, like.columns, tuple(like.categories), like)
    pictures = [column.name for column in used if column.kind == "image"]
    if pictures:
        return _pictures(path.name, dataset, pictures[0], digest)
    texts = [column.name for column in used if column.kind == "text"]
    if not texts and like is not None and like.texts is not None:
        # Documents of a model that repeats itself look like categories.
        texts = [column.name for column in used if column.kind == "category" and column.name in like.columns]
    if len(texts) > 1:
        raise BadInput(f"{shown} has several columns of text ({', '.join(texts[:6])}); say which with --text COLUMN")
    if texts:
        return SampleItems(path.name, len(dataset), digest, _texts(shown, dataset, texts[0]), columns=(texts[0],))
    numbers = tuple(column.name for column in used if column.kind in {"number", "vector"})
    return _columns_of(
        path.name, dataset, digest, numbers, tuple(column.name for column in used if column.kind == "category"), None
    )


def _texts(shown: str, dataset: Dataset, column: str) -> tuple[str, ...]:
    values = pc.cast(dataset.values(column), pa.large_string())
    if values.null_count:
        raise BadInput(f"{shown}, column {one_line(column, 60)!r}: {values.null_count:,} documents are missing")
    return tuple(values.to_pylist())


def _columns_of(
    name: str, dataset: Dataset, digest: str, numbers: tuple[str, ...], categories: tuple[str, ...],
    like: SampleItems | None,
) -> SampleItems:  # fmt: skip
    """Return numbers and categories. What real data miss is no tail of theirs; what generations miss is an error."""
    shown = one_line(name)
    notes: list[str] = []
    columns: list[np.ndarray] = []
    names: list[str] = []
    for column in numbers:
        if like is not None and column not in dataset.table.column_names:
            column = column.rpartition("[")[0]  # noqa: PLW2901 one dimension of a vector
            if column in names:
                continue
            if column not in dataset.table.column_names:
                raise BadInput(
                    f"{shown} has no column {one_line(numbers[len(columns)], 60)!r}, which the real data "
                    f"{one_line(like.name)} have"
                )
        values = _numbers(dataset, column)
        if like is None and not np.isfinite(values).all():
            notes.append(f"column {one_line(column, 60)!r} is left out: real data miss values there")
            continue
        _refuse_not_finite(shown, values, column)
        columns.append(values)
        names += [column] if values.shape[1] == 1 else [f"{column}[{i}]" for i in range(values.shape[1])]
    kept: dict[str, pa.Array] = {}
    for column in categories:
        if column not in dataset.table.column_names:
            raise BadInput(f"{shown} has no column {one_line(column, 60)!r}, which the real data have")
        kept[column] = pc.fill_null(pc.cast(dataset.values(column).combine_chunks(), pa.large_string()), "")
    points = np.concatenate(columns, axis=1) if columns else None
    return SampleItems(
        name, len(dataset), digest, points=points, columns=tuple(names), categories=kept, notes=tuple(notes)
    )


def _numbers(dataset: Dataset, column: str) -> np.ndarray:
    values = dataset.values(column).combine_chunks()
    if pa.types.is_fixed_size_list(values.type):
        return np.asarray(values.flatten(), dtype=np.float64).reshape(len(values), -1)
    return dataset.numbers(column)[:, None]


def _pictures(name: str, dataset: Dataset, column: str, digest: str) -> SampleItems:
    """Return pictures as 32 × 32 in colour; damaged ones are left out and counted."""
    from holdfast.audit.facts.images.decoding import decoded, quiet

    codes, values = dataset.codes(column)
    small, state = [], hasher()
    with quiet():
        for value in values:
            state.update(str(value).encode())
            try:
                small.append(decoded(dataset.media.read(value)).small)
            except OSError:
                small.append(None)
    good = np.array([i for i in codes.tolist() if i >= 0 and small[i] is not None], dtype=np.int64)
    lost = len(codes) - len(good)
    if not len(good):
        raise BadInput(f"none of the {len(codes):,} pictures of {one_line(name)} can be read")
    pixels = np.stack([small[i] for i in good.tolist()]).astype(np.float64) / 255.0
    notes = (f"{lost:,} of {len(codes):,} pictures cannot be read and are left out",) if lost else ()
    return SampleItems(name, len(pixels), digest or tagged(state), pixels=pixels, notes=notes)


def inputs_of(sets: Iterable[SampleItems]) -> tuple[InputRecord, ...]:
    """Return sample sets as the inputs of a record, one after another."""
    at, found = 0, []
    for one in sets:
        found.append(InputRecord(name=one.name, start=at, stop=at + len(one), digest=one.digest, notes=one.notes))
        at += len(one)
    return tuple(found)
