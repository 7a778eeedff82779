"""Paths to code: files as named, folders searched with limits."""

import io
import os
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

from holdfast.audit.code.source import Code, CodeFile, ReadingProblem, file_of
from holdfast.core.errors import BadInput

SUFFIXES = (".py", ".ipynb")
MOST_FILES = 5_000  # in the folders of one call; beyond, somebody named the wrong folder
MOST_BYTES = 200_000_000  # of one file; notebooks with many pictures reach a quarter of it
_SKIPPED = {"__pycache__", "node_modules", "site-packages", "venv", "env", "build", "dist"}


def read_code(paths: str | Path | Iterable[str | Path]) -> Code:
    """Return the scripts and notebooks at `paths`; folders are searched, hidden and installed ones are passed over.

    Raises BadInput where a path is not there, is no script or notebook, or a folder holds none.
    """
    named = [paths] if isinstance(paths, str | Path) else list(paths)
    if not named:
        raise BadInput("no code given: name a script (.py), a notebook (.ipynb) or a folder")
    found: dict[str, CodeFile] = {}
    for path in map(Path, named):
        for file in _expanded(path):
            key = os.path.normpath(file)
            if key not in found:
                if len(found) >= MOST_FILES:
                    raise BadInput(
                        f"more than {MOST_FILES:,} scripts and notebooks under {path}: name a smaller folder"
                    )
                found[key] = _read(file, named=file == path)
    return Code(tuple(found.values()))


def _expanded(path: Path) -> Iterator[Path]:
    try:
        folder, there = path.is_dir(), path.exists()
    except (OSError, ValueError) as error:
        raise BadInput(f"cannot look at {str(path)[:200]!r}: {error}") from error
    if folder:
        inside = list(_searched(path))
        if not inside:
            raise BadInput(f"no script or notebook in {path}; wanted files that end in .py or .ipynb")
        yield from inside
    elif not there:
        raise BadInput(f"no file or folder {str(path)!r}; wanted a script (.py), a notebook (.ipynb) or a folder")
    elif path.suffix.lower() not in SUFFIXES:
        raise BadInput(f"{path} is not code that Holdfast reads; wanted a script (.py) or a notebook (.ipynb)")
    elif not path.is_file():
        raise BadInput(f"{path} is not an ordinary file; wanted a script (.py) or a notebook (.ipynb)")
    else:
        yield path


def _searched(folder: Path) -> Iterator[Path]:
    for here, folders, files in os.walk(folder, followlinks=False):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and name not in _SKIPPED and not (Path(here) / name / "pyvenv.cfg").exists()
        )
        for name in sorted(files):
            path = Path(here) / name
            if name.lower().endswith(SUFFIXES) and not name.startswith(".") and path.is_file():
                yield path


def _read(path: Path, *, named: bool) -> CodeFile:
    name = str(path)
    notebook = path.suffix.lower() == ".ipynb"
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            message = f"{size / 1e6:,.0f} MB, more than {MOST_BYTES / 1e6:,.0f} MB: not read"
            return CodeFile(name, (), (ReadingProblem("size", message, name),), notebook)
        content = path.read_bytes()
    except OSError as error:
        if named:
            raise BadInput(f"cannot read {name}: {error.strerror or error}") from error
        return CodeFile(name, (), (ReadingProblem("format", f"cannot be read: {error.strerror}", name),), notebook)
    text, problem = _decoded(content, name, notebook=notebook)
    file = file_of(text, name)
    return file if problem is None else CodeFile(name, file.cells, (problem, *file.problems), notebook, file.allowed)


def _decoded(content: bytes, name: str, *, notebook: bool) -> tuple[str, ReadingProblem | None]:
    """Return the text, by the encoding that the file states, UTF-8 otherwise, Latin-1 where neither fits."""
    encoding = "utf-8-sig"
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif not notebook:
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        except SyntaxError:
            encoding = "utf-8"
    try:
        return content.decode(encoding), None
    except (UnicodeDecodeError, LookupError) as error:
        line = content[: getattr(error, "start", 0)].count(b"\n") + 1
        message = f"not {encoding.removesuffix('-sig')}: read as Latin-1"
        return content.decode("latin-1"), ReadingProblem("encoding", message, name, line, lost=False)
