"""Files and folders copied with tags of origin; nothing is overwritten, and what is no picture or text is left out."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from holdfast.core.errors import BadInput
from holdfast.core.progress import Progress, listening, track
from holdfast.core.text import one_line
from holdfast.data.origin import EVIDENCED, GENERATOR, ORIGIN, Origin
from holdfast.data.screening.tags.generators import SOURCE_TYPES
from holdfast.data.screening.tags.texts import front_matter
from holdfast.data.screening.tags.writing import SOURCE_TYPE, tagged
from holdfast.data.screening.tags.xmp import VOCABULARY

PICTURES = {".png", ".jpg", ".jpeg", ".webp"}
PAGES = {".txt", ".md"}
LINES = {".jsonl", ".ndjson"}
_MOST_BYTES = 1 << 30  # of one file
_MOST_FILES = 1_000_000


@dataclass(frozen=True, slots=True)
class Copied:
    """How many files were written, and why others were not, with how many."""

    written: int
    left_out: tuple[tuple[str, int], ...]


def tag_files(
    source: Path, out: Path, origin: Origin, generator: str = "", kind: str = "", progress: Progress | None = None
) -> Copied:
    """Write a copy of each picture and text below `source` into the new folder `out`, with tags of its origin.

    `kind` is an IPTC source type. Links are not followed. Raises BadInput where the folder is there already and not
    empty, lies inside the source, or nothing can be written.
    """
    if kind and SOURCE_TYPES.get(kind) != origin:
        fitting = ", ".join(name for name, made in SOURCE_TYPES.items() if made == origin)
        raise BadInput(f"source type {kind!r} does not say that something is {origin}; those that do: {fitting}")
    if not source.exists():
        raise BadInput(f"there is no file or folder {source}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadInput(f"{out} is there already; name a new folder")
    if source.is_dir() and out.resolve().is_relative_to(source.resolve()):
        raise BadInput(f"{out} lies inside {source}; name a folder beside it")
    files = list(_below(source))
    if not files:
        raise BadInput(f"{source} holds no file")
    written, reasons = 0, Counter[str]()
    with track(listening(progress), "tagging", len(files), "files") as advance:
        for path, name in files:
            try:
                new = _content(path, origin, generator, kind)
            except BadInput as error:
                reasons[str(error)] += 1
            else:
                _write(out / name, new)
                written += 1
            advance(1)
    return Copied(written, tuple(reasons.most_common()))


def _below(source: Path) -> Iterator[tuple[Path, Path]]:
    """Yield (file, its name below the folder), sorted; hidden ones and links are left out."""
    if source.is_file():
        yield source, Path(source.name)
        return
    count = 0
    for folder, inner, names in os.walk(source, followlinks=False):
        inner[:] = sorted(one for one in inner if not one.startswith("."))
        for name in sorted(names):
            path = Path(folder) / name
            if name.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            count += 1
            if count > _MOST_FILES:
                raise BadInput(f"{source} holds more than {_MOST_FILES:,} files; tag it in parts")
            yield path, path.relative_to(source)


def _content(path: Path, origin: Origin, generator: str, kind: str) -> bytes:
    suffix = path.suffix.lower()
    if suffix not in PICTURES | PAGES | LINES:
        raise BadInput(f"no tag is known for files like {one_line(suffix, 20) or 'those without an ending'}")
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadInput(f"larger than {_MOST_BYTES >> 30} GiB")
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror or error}") from error
    if suffix in PICTURES:
        return tagged(data, origin, generator, kind)
    kind = kind or SOURCE_TYPE[origin]
    return _page(data, generator, kind) if suffix in PAGES else _lines(data, origin, generator)


def _page(data: bytes, generator: str, kind: str) -> bytes:
    text = data.decode("utf-8", "surrogateescape")
    if front_matter(text) is not None:
        raise BadInput("its front matter says already where it comes from")
    plain = json.dumps(one_line(generator, 200), ensure_ascii=False)
    lines = f"digital_source_type: {VOCABULARY}{kind}\n" + (f"generator: {plain}\n" if generator else "")
    head, _, rest = text.partition("\n")
    if head.strip() == "---" and "\n---" in rest[:4096]:
        return f"{head}\n{lines}{rest}".encode("utf-8", "surrogateescape")
    return f"---\n{lines}---\n{text}".encode("utf-8", "surrogateescape")


def _lines(data: bytes, origin: Origin, generator: str) -> bytes:
    found = []
    known = {ORIGIN: origin, EVIDENCED: "declared"} | ({GENERATOR: generator} if generator else {})
    for number, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            raise BadInput(f"line {number:,} is not JSON") from None
        if not isinstance(record, dict):
            raise BadInput(f"line {number:,} is not an object")
        if record.get(ORIGIN) not in {None, "unknown", origin}:
            raise BadInput(f"line {number:,} has another {ORIGIN} already")
        found.append(json.dumps({**record, **known}, ensure_ascii=False))
    return ("\n".join(found) + "\n").encode("utf-8", "surrogateescape")


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(content)
    except OSError as error:
        raise BadInput(f"cannot write {path}: {error.strerror or error}") from error
