"""Compressed files, unpacked within bounds: gzip, Zstandard, and a ZIP archive that holds one file."""

import shutil
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from holdfast.core.errors import BadInput
from holdfast.core.text import one_line
from holdfast.data.limits import most_bytes, size_of
from holdfast.data.workspace import fresh_path

_PIECE = 1 << 20
_CODECS = {b"\x1f\x8b": ("gzip", (".gz", ".gzip")), b"\x28\xb5\x2f\xfd": ("zstd", (".zst", ".zstd"))}
_ZIP = b"PK\x03\x04"
_WORKBOOK_PARTS = ("[content_types].xml", "mimetype")  # what a ZIP archive that is a workbook holds


def unpacked(path: Path, name: str) -> tuple[Path, str, str]:
    """Return a file that is not compressed, its name without the ending, and a note; the same file if it is plain.

    Raises BadInput when the file is damaged, or unpacks to more than it should.
    """
    with path.open("rb") as file:
        begin = file.read(4)
    for magic, (codec, endings) in _CODECS.items():
        if begin.startswith(magic):
            inner = next((name[: -len(end)] for end in endings if name.lower().endswith(end)), name)
            return _copied(path, name, partial(_decompressed, path, codec)), inner, ""
    if begin == _ZIP and zipfile.is_zipfile(path):
        return _from_zip(path, name)
    return path, name, ""


def spooled(stream: IO[bytes], name: str) -> Path:
    """Return a file with all that a pipe delivers. Raises BadInput when that is more than there is room for."""
    return _copied(None, name, lambda: stream)


def _decompressed(path: Path, codec: str) -> pa.NativeFile:
    return pa.CompressedInputStream(pa.OSFile(str(path)), codec)


def _from_zip(path: Path, name: str) -> tuple[Path, str, str]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.filename.endswith("/")]
            if any(member.filename.lower() in _WORKBOOK_PARTS for member in members):
                return path, name, ""
            members = [member for member in members if not member.filename.startswith("__MACOSX")]
            if len(members) != 1:
                raise BadInput(
                    f"{name} is an archive of {len(members)} files; unpack it, and give the folder or a file"
                )
            inner = Path(members[0].filename).name
            copy = _copied(path, name, lambda: archive.open(members[0]))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise BadInput(f"{name} cannot be unpacked: {one_line(str(error), 200)}") from error
    return copy, inner, f"unpacked from {name}"


def _copied(path: Path | None, name: str, opened: Callable[[], Any]) -> Path:
    most = most_bytes(size_of(path) if path else 0)
    if path is None:
        most = int(shutil.disk_usage(fresh_path().parent).free * 0.5)
    copy, n_bytes = fresh_path(), 0
    try:
        with opened() as stream, copy.open("wb") as out:
            while piece := stream.read(_PIECE):
                n_bytes += len(piece)
                if n_bytes > most:
                    raise BadInput(
                        f"{name} unpacks to more than {most / 1e9:,.1f} GB, which is out of proportion to the file or "
                        "to the free space for temporary files"
                    )
                out.write(piece)
    except (pa.ArrowException, OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise BadInput(f"{name} cannot be unpacked: {one_line(str(error), 200)}") from error
    return copy
