"""What a person hands in, as parts that can be read: paths, folders of parts, compressed files, pipes, frames."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from holdfast.core.dataset import Role
from holdfast.core.errors import BadInput, HoldfastError
from holdfast.core.hashing import digest_file
from holdfast.core.media import Media
from holdfast.core.text import one_line
from holdfast.data.arrays import ArrowExportable, table_of
from holdfast.data.images.idx import split_readings, without_labels
from holdfast.data.images.layouts import images_of_file, images_of_folder, missing_description, resolved_description
from holdfast.data.limits import BLOCK_ROWS, MOST_COLUMNS, MOST_FILES, most_bytes, size_of
from holdfast.data.loaders import UNREADABLE, Reading, loader_for
from holdfast.data.store.address import is_address
from holdfast.data.store.address import reading as version_reading
from holdfast.data.texts.folders import text_folder
from holdfast.data.texts.huggingface import saved_dataset
from holdfast.data.unpacking import spooled, unpacked

_DESCRIPTIONS = (".yaml", ".yml", ".json")  # of images: files that name what is learnt, and do not hold it
_BEGIN = 4096
_PIPES = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")
_T = TypeVar("_T")


@dataclass(frozen=True)
class Part:
    """One file or frame: its name, its content hash (empty for frames), and how it reads."""

    name: str
    digest: str
    reading: Reading
    most_bytes: int
    format: str = ""
    notes: tuple[str, ...] = field(default=())
    folder: Path | None = None  # that the file was found in: paths in a table are relative to it

    def blocks(self) -> Iterator[pa.RecordBatch]:
        """Yield the blocks of rows. Raises BadInput when the content turns out to be broken."""
        blocks = guarded(self.name, self.format, lambda: iter(self.reading.blocks()))
        while (block := guarded(self.name, self.format, lambda: next(blocks, None))) is not None:
            for start in range(0, len(block), BLOCK_ROWS):
                yield block.slice(start, BLOCK_ROWS)


def parts_of(given: Any) -> list[Part]:
    """Return the parts of one input; several for a folder. Raises BadInput, MissingExtra."""
    if isinstance(given, str | os.PathLike):
        text = os.fspath(given)
        if not isinstance(text, str):
            raise BadInput(f"a path is text, got {text!r}")
        return _of_path(text)
    if isinstance(given, ArrowExportable):
        return [_of_frame(given, type(given).__name__)]
    table, label = table_of(given)
    return [_of_frame(table, "arrays", {} if label is None else {label: "label"})]


def guarded(name: str, form: str, work: Callable[[], _T]) -> _T:
    """Return what `work` returns; what libraries raise for broken content becomes a BadInput that names the file."""
    try:
        return work()
    except HoldfastError:
        raise
    except PermissionError as error:
        raise BadInput(f"no permission to read {one_line(name)}") from error
    except UNREADABLE as error:
        why = one_line(str(error).partition("\n")[0].strip() or type(error).__name__, 200)
        what = f" as {form}" if form else ""
        raise BadInput(f"{one_line(name)} cannot be read{what}: {why}") from error


def _of_path(text: str) -> list[Part]:
    if text == "-":
        return [_of_file(spooled(sys.stdin.buffer, "standard input"), "standard input")]
    if "://" in text:
        raise BadInput(f"{one_line(text, 100)} is an address; Holdfast reads files only, so download it first")
    if text.startswith(_PIPES):
        return [_of_file(guarded(text, "", lambda: spooled(Path(text).open("rb"), text)), text)]
    if "\0" in text or not text:
        raise BadInput("a path is not empty and holds no NUL character")
    if is_address(text):
        name, digest, reading = version_reading(text)
        return [_checked(Part(one_line(name, 200), digest, reading, most_bytes(0) * 1024, "a version"))]
    path = Path(text)
    if guarded(text, "", path.is_dir):
        return _of_folder(path)
    if not guarded(text, "", path.exists):
        described = resolved_description(path)
        if described is None:
            raise BadInput(f"no file {one_line(text)}{_nearest(path)}{missing_description(path)}")
        path = described
    if not path.is_file():
        raise BadInput(f"{one_line(text)} is neither a file nor a folder")
    return [_of_file(path, path.name)]


def _nearest(path: Path) -> str:
    folder = path.parent
    try:
        names = [entry.name for entry in folder.iterdir()]
    except OSError:
        return f"; there is no folder {one_line(str(folder))} either" if not folder.exists() else ""
    near = get_close_matches(path.name, names, n=1, cutoff=0.75)  # names share their ending: 0.5 is no likeness
    return f". Did you mean {one_line(str(folder / near[0]))!r}?" if near else ""


def _of_folder(folder: Path) -> list[Part]:
    """Return the files of a folder in name order. Raises BadInput for none, or for several formats."""
    shown = one_line(folder.name or str(folder), 200)
    images = guarded(shown, "images", lambda: images_of_folder(folder))
    if isinstance(images, Path):
        return [_of_file(images, images.name)]
    if images is not None:
        return [_checked(Part(shown, "", images, most_bytes(0), "images"))]
    saved = guarded(shown, "a data set", lambda: saved_dataset(folder))
    if saved is not None:
        return [_checked(Part(shown, "", saved, most_bytes(0) * 1024, "a data set"))]
    texts = guarded(shown, "documents", lambda: text_folder(folder))
    if texts is not None:
        return [_checked(Part(shown, "", texts, most_bytes(0) * 1024, "documents"))]
    entries = guarded(str(folder), "", lambda: sorted(folder.iterdir()))
    files = [entry for entry in entries if entry.is_file() and not entry.name.startswith((".", "_"))]
    folders = [entry.name for entry in entries if entry.is_dir() and not entry.name.startswith((".", "_"))]
    shown = one_line(str(folder))
    if not files:
        inside = f"; it has folders {', '.join(one_line(name, 40) for name in folders[:5])}" if folders else ""
        hint = ": give each as a split, such as --split train=…/train" if len(folders) > 1 else ""
        raise BadInput(f"{shown} is a folder without files{inside}{hint}")
    if len(files) > MOST_FILES:
        raise BadInput(f"{shown} has {len(files):,} files, more than {MOST_FILES:,}")
    parts = [_of_file(file, file.name) for file in without_labels(files)]
    formats = {part.format: part.name for part in reversed(parts)}
    if len(formats) > 1:
        examples = ", ".join(f"{form} ({one_line(name, 60)})" for form, name in sorted(formats.items()))
        raise BadInput(f"{shown} mixes formats: {examples}; a folder of parts holds files of one format")
    if parts[0].reading.media is Media:
        return parts
    readings = split_readings([part.name for part in parts], [part.reading for part in parts])
    return [replace(part, reading=reading) for part, reading in zip(parts, readings, strict=True)]


def _of_file(path: Path, name: str) -> Part:
    shown = one_line(name, 200)
    if guarded(shown, "", lambda: path.stat().st_size) == 0:
        raise BadInput(f"{shown} is empty")
    digest = guarded(shown, "", lambda: digest_file(path))
    plain, inner, note = guarded(shown, "", lambda: unpacked(path, name))
    with plain.open("rb") as file:
        begin = file.read(_BEGIN)
    if not begin:
        raise BadInput(f"{shown} is empty")
    images = guarded(shown, "images", lambda: images_of_file(path, plain, inner, begin))
    if images is not None:
        own = "" if inner.lower().endswith(_DESCRIPTIONS) else digest  # what is described lies elsewhere
        return _checked(Part(shown, own, images, most_bytes(0) * 1024, "images", folder=path.parent))
    loader, contradiction = loader_for(inner, begin)
    reading = guarded(shown, loader.name, lambda: loader.read(plain, shown))
    notes = tuple(one for one in (note, contradiction) if one)
    limit = most_bytes(size_of(plain))
    reading = replace(reading, notes=(*notes, *reading.notes))
    return _checked(Part(shown, digest, reading, limit, loader.name, folder=path.parent))


def _checked(part: Part) -> Part:
    width = len(part.reading.names)
    if width == 0:
        raise BadInput(f"{part.name} has no columns")
    if width > MOST_COLUMNS:
        raise BadInput(f"{part.name} has {width:,} columns, more than {MOST_COLUMNS:,}: is it transposed?")
    return part


def _of_frame(frame: ArrowExportable, name: str, roles: Mapping[str, Role] | None = None) -> Part:
    if not hasattr(frame, "__len__"):  # a stream that can be read only once
        stream = frame
        frame = guarded(name, "", lambda: pa.RecordBatchReader.from_stream(stream).read_all())
    reader = guarded(name, "", lambda: _export(name, frame))
    # pandas adds an index without a name, such as the one that is left after a shuffle, as a column of this name.
    every = reader.schema.names  # built anew each time it is asked for
    kept = [place for place, column in enumerate(every) if not column.startswith("__index_level_")]
    names = tuple(every[place] for place in kept)
    notes = ("the index without a name is left out",) if len(kept) < len(every) else ()

    def blocks() -> Iterator[pa.RecordBatch]:
        for block in _export(name, frame):
            columns = [block.column(place) for place in kept]
            yield pa.RecordBatch.from_arrays(columns, names=[str(place) for place in kept])

    free = most_bytes(0) * 1024  # it was in memory already, so that it is no bomb; the disk still bounds it
    return _checked(Part(name, "", Reading(names, blocks, notes, roles=roles or {}), free))


def _export(name: str, frame: ArrowExportable) -> pa.RecordBatchReader:
    try:
        return pa.RecordBatchReader.from_stream(frame)
    except (pa.ArrowException, TypeError, ValueError, NotImplementedError) as error:
        why = one_line(str(error).partition("\n")[0], 200)
        raise BadInput(f"{name} cannot be exported to Arrow: {why}") from error
