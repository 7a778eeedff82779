"""A folder of documents, one a file: folders of classes, of splits with classes in them, or just documents.

neg/1.txt  pos/2.txt                      the label is the folder
train/neg/1.txt  test/pos/2.txt           splits first
1.txt  2.txt                              no label
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from holdfast.core.dataset import Kind, Role
from holdfast.core.errors import BadInput
from holdfast.core.text import one_line
from holdfast.data.canonical import STRING
from holdfast.data.folder_names import described
from holdfast.data.loaders import Reading
from holdfast.data.roles import spelled

NAMES = ("text", "label", "file", "split")
KINDS: dict[str, Kind] = {"text": "text", "label": "category", "file": "category", "split": "category"}
ROLES: dict[str, Role] = {"text": "feature", "label": "label", "file": "metadata", "split": "split"}
SUFFIXES = frozenset({".txt", ".text", ".md", ".rst", ".eml", ".story"})
MOST_DOCUMENTS = 2_000_000
LONGEST_DOCUMENT = 1 << 26  # bytes; a longer file is a corpus, and belongs in a table
_DEEPEST = 24
_BLOCK = 1 << 24  # bytes of documents that are handed on at once
_SPLITS = {"train", "valid", "test"}
_TABLES = (".csv", ".tsv", ".tab", ".psv", ".jsonl", ".ndjson", ".json", ".parquet", ".pq", ".arrow", ".feather")
_MOSTLY = 0.9
_FEW_LOOKED_AT = 5
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass
class _Found:
    """Documents by their path in the folder, and what was passed over."""

    files: list[str] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    outside: list[str] = field(default_factory=list)


@dataclass
class _Read:
    """What was noticed while documents were read."""

    not_utf8: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def notes(self) -> tuple[str, ...]:
        """Return it in words. Raises BadInput where nothing was left."""
        said = []
        if self.not_utf8:
            said.append(
                f"documents not in UTF-8: {len(self.not_utf8):,}, such as {self.not_utf8[0]}: read as Windows-1252"
            )
        if self.left_out:
            said.append(
                f"left out as no documents (unreadable, not text, or longer than {LONGEST_DOCUMENT >> 20} MiB): "
                f"{len(self.left_out):,}, such as {self.left_out[0]}"
            )
        return tuple(said)


def text_folder(folder: Path) -> Reading | None:
    """Return how a folder of documents reads; None if it is none. Raises BadInput, OSError."""
    if not _may_be(folder):
        return None
    found = _found_in(folder)
    layout = _layout(found.files)
    if not layout or (all(label is None for _, label, _ in layout) and not _are_documents(folder, found.files)):
        return None
    seen = _Read()
    notes = [*described(layout, "documents")]
    if len(layout) < len(found.files):
        notes.append(f"documents outside the folders of classes, left out: {len(found.files) - len(layout):,}")
    if found.others:
        listed = ", ".join(f"{ending or 'no ending'} ({n:,})" for ending, n in found.others.most_common(4))
        notes.append(f"files that are no documents, left out: {listed}")
    if found.outside:
        notes.append(f"links that lead out of the folder, not opened: {len(found.outside):,}")
    return Reading(
        names=NAMES,
        blocks=lambda: _blocks(folder, layout, seen),
        notes=tuple(notes),
        found=seen.notes,
        kinds=KINDS,
        roles=ROLES,
        optional=frozenset({"label", "split"}),
    )


def _may_be(folder: Path) -> bool:
    names = [name for name in os.listdir(folder) if not name.startswith((".", "_"))]  # noqa: PTH208 names will do
    return bool(names) and not any(name.lower().endswith(_TABLES) for name in names)


def _found_in(root: Path) -> _Found:
    """Return the documents below `root` in the order of their paths, none of them outside of it."""
    found, home = _Found(), os.path.realpath(root)
    ahead, seen = [("", 0)], {home}
    while ahead:
        inside, depth = ahead.pop()
        with os.scandir(root / inside) as listing:
            entries = [entry for entry in listing if not entry.name.startswith((".", "__"))]
        for entry in entries:
            name = f"{inside}/{entry.name}" if inside else entry.name
            real = os.path.realpath(entry.path)
            if real != home and not real.startswith(home + os.sep):
                found.outside.append(name)
            elif entry.is_dir():
                if depth < _DEEPEST and real not in seen:
                    seen.add(real)
                    ahead.append((name, depth + 1))
            elif _is_document(entry.name, depth):
                found.files.append(name)
            else:
                found.others[os.path.splitext(entry.name)[1].lower()[:12]] += 1  # noqa: PTH122 called very often
        if len(found.files) > MOST_DOCUMENTS:
            raise BadInput(f"{one_line(root.name)} has more than {MOST_DOCUMENTS:,} documents")
    found.files.sort()
    return found


def _is_document(name: str, depth: int) -> bool:
    """Return whether a name is that of a document: its ending, or, in a folder of a class, a number."""
    stem, ending = os.path.splitext(name)  # noqa: PTH122 called very often
    return ending.lower() in SUFFIXES or (depth > 0 and (stem + ending[1:]).isdigit())


def _layout(files: list[str]) -> list[tuple[str | None, str | None, str]]:
    """Return (split, label, file) for every document that stands where the others do."""
    parts = [tuple(file.split("/")) for file in files]
    skip = 0
    while all(len(one) > skip + 1 for one in parts) and len({one[skip] for one in parts}) == 1:
        if spelled(parts[0][skip]) in _SPLITS:
            break
        skip += 1  # a folder that holds everything, as an unpacked archive leaves it
    splits = {one[skip]: spelled(one[skip]) for one in parts if len(one) > skip + 1}
    splits = {top: name for top, name in splits.items() if name in _SPLITS}
    if "train" in splits.values():
        if "test" not in splits.values():
            splits = {top: "test" if name == "valid" else name for top, name in splits.items()}
        parts = [one for one in parts if len(one) > skip + 1 and one[skip] in splits]
        skip += 1
    else:
        splits = {}
    labelled = [one for one in parts if len(one) > skip + 1]
    if len(labelled) >= _MOSTLY * len(parts):
        parts = labelled
    has_labels = len(labelled) == len(parts) and len({one[skip] for one in parts}) > 1
    return [
        (splits.get(one[skip - 1]) if splits else None, one[skip] if has_labels else None, "/".join(one))
        for one in parts
    ]


def _are_documents(folder: Path, files: list[str]) -> bool:
    """Return whether files that no class folder holds are documents rather than parts of one table."""
    from holdfast.data.dialect import NO_DELIMITER, sniff

    forms = set()
    for file in files[:_FEW_LOOKED_AT]:
        head = (folder / file).read_bytes()[: 1 << 16].decode("utf-8", "replace")
        dialect = sniff(head) if head.strip() else None
        forms.add((dialect.delimiter, dialect.width) if dialect else (NO_DELIMITER, 1))
    return len(files) > 1 and (len(forms) > 1 or forms == {(NO_DELIMITER, 1)})


def _blocks(folder: Path, layout: list[tuple[str | None, str | None, str]], seen: _Read) -> Iterator[pa.RecordBatch]:
    seen.not_utf8.clear()
    seen.left_out.clear()
    rows: list[tuple[str | None, ...]] = []
    size = 0
    for split, label, file in layout:
        text = _text(folder / file, file, seen)
        if text is None:
            continue
        rows.append((text, label, file, split))
        size += len(text) + 100
        if size > _BLOCK:
            yield _block(rows)
            rows, size = [], 0
    if rows:
        yield _block(rows)


def _block(rows: list[tuple[str | None, ...]]) -> pa.RecordBatch:
    arrays = [pa.array([_encodable(value) for value in column], STRING) for column in zip(*rows, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, names=[str(place) for place in range(len(NAMES))])


def _encodable(value: str | None) -> str | None:
    """Return the value without lone surrogates, which names of files may hold."""
    return value if value is None or value.isascii() else value.encode("utf-8", "replace").decode()


def _text(path: Path, file: str, seen: _Read) -> str | None:
    """Return the text of a file, or None where it holds none. Line ends stay as they are."""
    shown = one_line(file, 100)
    try:
        with path.open("rb") as opened:
            raw = opened.read(LONGEST_DOCUMENT + 1)
    except OSError:
        seen.left_out.append(shown)
        return None
    codec = next((codec for bom, codec in _BOMS if raw.startswith(bom)), "utf-8")
    if len(raw) > LONGEST_DOCUMENT or (codec != "utf-16" and b"\0" in raw[:4096]):
        seen.left_out.append(shown)
        return None
    try:
        return raw.decode(codec)
    except UnicodeDecodeError:
        seen.not_utf8.append(shown)
        return raw.decode("cp1252", "replace")
