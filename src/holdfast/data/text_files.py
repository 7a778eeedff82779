"""Text files as clean UTF-8: which encoding a file has, and a rewritten copy where a reader needs one."""

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from holdfast.core.errors import BadInput
from holdfast.data.workspace import fresh_path

_BLOCK = 1 << 20
_HEAD = 1 << 16
_LONGEST_LINE = 1 << 25  # characters of a first line; 100,000 columns with long names have fewer
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MOST_CONTROL = 0.02  # share of control characters in the first 64 KiB above which a file is not text
_NOT_IN_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_WIDE_ZEROS = 0.3  # Latin text as UTF-16 without a mark: at least this share of one half of the bytes is zero

Rewrite = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Encoding:
    """The codec of a file, how its errors are treated, and what should be said about it."""

    codec: str
    errors: str = "strict"
    note: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether the file can be read as it is."""
        return self.codec in {"utf-8", "utf-8-sig"} and self.errors == "strict"


def encoding_of(path: Path, name: str) -> Encoding:
    """Return the encoding of a text file, decided over all of it. Raises BadInput if it is not text."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    marked = next((codec for bom, codec in _BOMS if head.startswith(bom)), None) or _unmarked_wide(head)
    if marked is None:
        found = _narrow(path)
    else:
        note = "" if marked == "utf-8-sig" else f"encoding {marked.upper()}"
        found = Encoding(marked, note=note)
        if not _decodes(path, marked):
            found = Encoding(marked, "replace", f"encoding {marked.upper()}, with damaged characters shown as �")
    text = head.decode(found.codec, "replace")
    if text and len(_CONTROL.findall(text)) > _MOST_CONTROL * len(text) + 8:
        raise BadInput(
            f"{name} is not text: its beginning is full of control characters; is it another format? What "
            "another library reads, holdfast.audit(frame) in Python takes"
        )
    return found


def as_utf8(path: Path, encoding: Encoding, rewrite: Rewrite | None = None) -> Path:
    """Return a file with the same text as UTF-8, each line passed through `rewrite`; `path` itself if that is it."""
    if encoding.is_plain and rewrite is None:
        return path
    copy = fresh_path(".txt")
    with (
        path.open("r", encoding=encoding.codec, errors=encoding.errors, newline="") as old,
        copy.open("w", encoding="utf-8", errors="replace", newline="") as new,
    ):
        if rewrite is None:
            while block := old.read(_BLOCK):
                new.write(block)
        else:
            for line in old:
                body = line.rstrip("\r\n")
                new.write(rewrite(body) + line[len(body) :])
    return copy


def head_of(path: Path, encoding: Encoding, name: str, most: int = _BLOCK) -> tuple[str, bool]:
    """Return the first whole lines of the file, and whether they are all of it. Line ends stay as they are.

    Raises BadInput.
    """
    with path.open("r", encoding=encoding.codec, errors=encoding.errors, newline="") as file:
        text = file.read(most)
        while text and not _last_line_end(text) and len(text) < _LONGEST_LINE:
            more = file.read(len(text))
            if not more:
                return text, True
            text += more
        whole = not file.read(1)
    if not whole and not _last_line_end(text):
        raise BadInput(f"{name}: the first line is longer than {len(text) >> 20} MiB; is it a table?")
    return (text, True) if whole else (text[: _last_line_end(text)], False)


def _last_line_end(text: str) -> int:
    return max(text.rfind("\n"), text.rfind("\r", 0, len(text) - 1)) + 1


def _narrow(path: Path) -> Encoding:
    """Return the encoding of a file without a mark: UTF-8 where it is, else the one of old Windows."""
    if _decodes(path, "utf-8"):
        return Encoding("utf-8")
    n_good = n_bad = 0
    line, is_1252 = 1, True
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            text = decoder.decode(block)
            if not n_bad:
                line += text.count("\n", 0, text.find("\ufffd"))
            bad = text.count("\ufffd")
            n_bad += bad
            n_good += 0 if text.isascii() else len(re.findall(r"[^\x00-\x7f]", text)) - bad
            is_1252 = is_1252 and not _NOT_IN_1252.search(block)
    if n_good > n_bad:
        return Encoding(
            "utf-8", "replace", f"characters that are not UTF-8: {max(n_bad, 1):,} (first in line {line:,}), shown as �"
        )
    name = "cp1252" if is_1252 else "latin-1"
    shown = "Windows-1252" if is_1252 else "Latin-1"
    return Encoding(name, note=f"not UTF-8 (first in line {line:,}): read as {shown}")


def _unmarked_wide(head: bytes) -> str | None:
    pairs = len(head) // 2
    if pairs < 2:
        return None
    high, low = head[0 : 2 * pairs : 2].count(0) / pairs, head[1 : 2 * pairs : 2].count(0) / pairs
    if low > _WIDE_ZEROS and high < low / 10:
        return "utf-16-le"
    return "utf-16-be" if high > _WIDE_ZEROS and low < high / 10 else None


def _decodes(path: Path, codec: str) -> bool:
    decoder = codecs.getincrementaldecoder(codec)("strict")
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True
