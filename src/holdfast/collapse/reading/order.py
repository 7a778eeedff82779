"""Which sample sets there are: the entries of a folder in natural order, or those that were named."""

import re
from collections.abc import Sequence
from pathlib import Path

from holdfast.core.errors import BadInput
from holdfast.core.text import one_line
from holdfast.data.store.address import is_address
from holdfast.data.store.documents import is_store

MOST_SETS = 2_000
_NUMBER = re.compile(r"(\d+)")


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a key that sorts gen2 before gen10."""
    parts = _NUMBER.split(name.casefold())
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part)


def sets_of(paths: Sequence[Path], real: Path | None = None) -> tuple[Path, tuple[Path, ...]]:
    """Return the real set and the generations, in order. Raises BadInput.

    Of a folder each file or sub-folder is a set; one called `real` is the real one, else the first is, unless `real`
    says which.
    """
    if len(paths) == 1 and is_store(paths[0]):
        name = one_line(str(paths[0]))
        raise BadInput(f"{name} is a store; say which versions are the generations, such as {name}@v1 {name}@head")
    found = _entries(paths[0]) if len(paths) == 1 and paths[0].is_dir() else tuple(paths)
    if real is None:
        called = [path for path in found if path.stem.casefold() == "real"]
        real = called[0] if called else found[0]
    if not (real.exists() or is_address(str(real))):
        raise BadInput(f"no file or folder {one_line(str(real))} to be the real data")
    rest = tuple(path for path in found if path.absolute() != real.absolute())
    if not rest:
        raise BadInput(
            f"there is one sample set only, {one_line(real.name)}; wanted real data and at least one generation, such "
            "as holdfast collapse watch real.csv gen1.csv gen2.csv, or a folder of them"
        )
    return real, rest


def _entries(folder: Path) -> tuple[Path, ...]:
    """Return what lies in a folder: sub-folders, if there are any, else files."""
    try:
        entries = [entry for entry in folder.iterdir() if not entry.name.startswith((".", "_"))]
    except OSError as error:
        raise BadInput(f"cannot read {one_line(str(folder))}: {error.strerror or error}") from error
    folders, files = [one for one in entries if one.is_dir()], [one for one in entries if one.is_file()]
    # The real data may lie as a file beside the folders of the generations, or a note beside both.
    if folders and files and any(one.stem.casefold() == "real" for one in files):
        folders += [one for one in files if one.stem.casefold() == "real"]
    found = folders or files
    shown = one_line(str(folder))
    if not found:
        raise BadInput(f"{shown} is empty; wanted a file or a sub-folder for each generation")
    if len(found) > MOST_SETS:
        raise BadInput(
            f"{shown} holds {len(found):,} {'folders' if folders else 'files'}, more than {MOST_SETS:,} generations; "
            "if each is one item, put the items of a generation into a folder of their own"
        )
    suffixes = sorted(
        {one.suffix.lower() or "no ending" for one in found if one.is_file() and one.stem.casefold() != "real"}
    )
    if not folders and len(suffixes) > 1:
        raise BadInput(
            f"{shown} mixes files of different kinds ({', '.join(suffixes[:6])}); keep only the sample sets there, or "
            "name them: holdfast collapse watch real.csv gen1.csv gen2.csv"
        )
    return tuple(sorted(found, key=lambda one: natural(one.name)))
