"""Whose picture a file is, as its name tells: `00000013_005.png` and `patient12/view1.png` are of 13 and 12."""

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from jaxtyping import Int

from holdfast.audit.facts.columns.file_parts import are_files
from holdfast.core.dataset import Dataset

_CUT = re.compile(r"[ _\-.()]+")
_MOST_PIECES = 6
_MOST_CHARACTERS = 300
_MOST_ROWS = 200_000  # names are cut one by one; beyond, groups must be told


def file_groups(dataset: Dataset) -> Iterator[tuple[str, Int[np.ndarray, " rows"]]]:
    """Yield columns of file names with possible groups: a number for each row (-1: none), coarsest first.

    A group is a folder with a number in its name, or what the file's name begins with up to a separator, as long as
    there is a number in it and something follows: the number of a person before that of a picture.
    """
    for column in dataset.columns:
        if column.role in {"label", "split", "ignore", "group"} or column.kind not in {"category", "text"}:
            continue
        values = dataset.table.column(column.name)
        if len(values) > _MOST_ROWS or not are_files(values):
            continue
        names = [None if text is None else text[-_MOST_CHARACTERS:].replace("\\", "/") for text in values.to_pylist()]
        for level in (2, 1):
            yield column.name, _numbered([None if name is None else _folder(name, level) for name in names])
        for pieces in range(1, _MOST_PIECES):
            keys = [None if name is None else _beginning(name, pieces) for name in names]
            if not any(keys):
                break
            yield column.name, _numbered(keys)


def _folder(name: str, level: int) -> str | None:
    """Return the path down to the folder `level` above the file, if that folder's name holds a number."""
    pieces = name.split("/")[:-1]
    if len(pieces) < level or not any(map(str.isdigit, pieces[-level])):
        return None
    return "/".join(pieces[: len(pieces) - level + 1])


def _beginning(name: str, pieces: int) -> str | None:
    """Return the first pieces of the name up to and with the `pieces`-th that holds a number; None if nothing follows.

    Folders are left out: one person's pictures may lie in the folders of two splits.
    """
    stem = name.rpartition("/")[2].rpartition(".")[0]
    cut = _CUT.split(stem)
    with_number = [place for place, piece in enumerate(cut) if any(map(str.isdigit, piece))]
    if len(with_number) < pieces or with_number[pieces - 1] >= len(cut) - 1:
        return None
    return "_".join(cut[: with_number[pieces - 1] + 1])


def _numbered(keys: list[str | None]) -> Int[np.ndarray, " rows"]:
    """Return equal numbers for equal keys, in the order of the keys, -1 for none."""
    encoded = pa.array(keys, pa.large_string()).dictionary_encode()
    words = encoded.dictionary.to_pylist()
    rank = np.empty(len(words) + 1, dtype=np.int64)
    rank[sorted(range(len(words)), key=words.__getitem__)] = np.arange(len(words))
    rank[-1] = -1
    return np.asarray(rank[encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)])
