"""Formats of files, one a module: what a loader is, and which one fits a file.

To add a format, add a module here (or in a plug-in, see `core.registry`) with a `LOADER`; nothing else changes.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from zipfile import BadZipFile
from zlib import error as ZlibError  # noqa: N812 an exception is named like one

import pyarrow as pa

from holdfast.core.dataset import Kind, Role
from holdfast.core.errors import BadInput
from holdfast.core.media import Media
from holdfast.core.registry import discover


@dataclass(frozen=True)
class Reading:
    """A table that can be read block by block, again and again.

    Names of columns may be empty or repeat: they are made usable later. `textual` says that string values are text
    as it stood in a file, whose types are still to be found out. `headless` says that the names are made up.
    `found` gives what was noticed while reading, once the blocks are exhausted; it may raise BadInput.
    """

    names: tuple[str, ...]
    blocks: Callable[[], Iterator[pa.RecordBatch]]
    notes: tuple[str, ...] = ()
    first_row: int = 1
    textual: bool = False
    headless: bool = False
    comma: bool = False  # a decimal comma is possible
    found: Callable[[], tuple[str, ...]] = tuple
    kinds: Mapping[str, Kind] = field(default_factory=dict)  # of columns whose kind the format knows
    roles: Mapping[str, Role] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()  # columns that are left out where no row has a value
    media: Callable[[], Media] = Media  # the images behind values, once the blocks are exhausted


@dataclass(frozen=True)
class Loader:
    """A format: its name, endings of file names, first bytes that prove it, and how to read a file of it.

    `read(path, name)` returns quickly, and leaves the work to the blocks of the Reading; the name is for messages.
    It raises BadInput, MissingExtra, or one of `UNREADABLE` for content that is not of the format. `first_bytes` are
    strong: they beat the ending.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Callable[[Path, str], Reading]
    first_bytes: tuple[bytes, ...] = ()


# What libraries raise for content that is broken; everything else is a bug of ours and keeps its trace.
UNREADABLE = (
    pa.ArrowException,
    OSError,
    ValueError,
    EOFError,
    MemoryError,
    RecursionError,
    OverflowError,
    ZlibError,
    BadZipFile,
)

# Content that no loader reads, by its first bytes, so that the message can say what it is.
FOREIGN = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"SQLite format 3": "an SQLite database",
    b"\x80\x04": "a Python pickle, which Holdfast never opens, as opening one can run code",
    b"\x80\x05": "a Python pickle, which Holdfast never opens, as opening one can run code",
    b"\x93NUMPY": "a NumPy array",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"BZh": "bzip2-compressed",
    b"\xfd7zXZ": "xz-compressed",
    b"FEA1": "Feather of version 1, which is no longer in use",
    b"ORC": "an ORC file",
    b"Obj\x01": "an Avro file",
    b"$FL2": "an SPSS file",
    b"\x7fELF": "a program",
}
# The same of formats that are text, or have no control character where they begin.
FOREIGN_TEXT = {
    rb"%PDF": "a PDF document",
    rb"\x89HDF": "an HDF5 file",
    rb"<stata_dta>": "a Stata file",
    rb"(?s)(%[^\n]*\s+)*@relation\s.*@attribute\s": "an ARFF file",
    rb"[-+\d.]+( \d+:[-+\d.eE]+)+ *\r?\n": "a file of LIBSVM (svmlight)",
}
_INSTEAD = "What another library reads, holdfast.audit(frame) in Python takes: pandas, Polars, PyArrow, DuckDB"


@cache
def loaders() -> tuple[Loader, ...]:
    """Return all loaders: Holdfast's own, then those of plug-ins."""
    found = [getattr(module, "LOADER", None) for module in discover("holdfast.data.loaders")]
    return tuple(loader for loader in found if isinstance(loader, Loader))


def loader_for(name: str, begin: bytes) -> tuple[Loader, str]:
    """Return the loader for a file called `name` that begins so, and a note if the content contradicts the name.

    Raises BadInput for content of a format that is not read. A name without a known ending is delimited text.
    """
    lower = name.lower()
    by_name = next((one for one in loaders() if lower.endswith(one.suffixes)), None)
    binary = any(byte < 9 for byte in begin)
    for loader in loaders() if binary else ():
        if loader.first_bytes and begin.startswith(loader.first_bytes):
            if by_name in {None, loader}:
                return loader, ""
            return loader, f"the name says {by_name.name if by_name else ''}, the content is {loader.name}"
    what = next((what for first, what in FOREIGN.items() if binary and begin.startswith(first)), None)
    what = what or next((what for first, what in FOREIGN_TEXT.items() if re.match(first, begin, re.IGNORECASE)), None)
    if what and what.endswith("image"):
        raise BadInput(f"{name} is {what}; give the folder of images that it is in, or a table that names them")
    if what:
        raise BadInput(f"{name} is {what}; Holdfast reads {', '.join(one.name for one in loaders())}. {_INSTEAD}")
    default = next(one for one in loaders() if not one.first_bytes and ".csv" in one.suffixes)
    return by_name or default, ""
