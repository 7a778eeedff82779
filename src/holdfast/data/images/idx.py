"""IDX, the format of MNIST: a block of images, and their labels in a file of a like name beside it."""

import gzip
import math
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from zlib import error as ZlibError  # noqa: N812 an exception is named like one

import numpy as np
import pyarrow as pa

from holdfast.core.errors import BadInput
from holdfast.core.hashing import hasher, tagged
from holdfast.core.media import Media
from holdfast.data.canonical import STRING
from holdfast.data.images.rows import KINDS, ROLES
from holdfast.data.loaders import Reading

_BYTES = 0x08  # the only type of values that images of this format have
_BLOCK = 4096
_MOST_BYTES = 8 << 30
_SPLITS = (("train", "train"), ("t10k", "test"), ("test", "test"), ("val", "valid"))


def is_idx(begin: bytes) -> bool:
    """Return whether a file begins as a block of images does: bytes in three dimensions, or four."""
    return len(begin) > 16 and begin[:3] == b"\0\0\x08" and begin[3] in {3, 4} and begin[4:8] != b"\0\0\0\0"


def idx_reading(plain: Path, path: Path, name: str) -> Reading:
    """Return how a block of images reads; `path` is where the file was found, so that its labels are looked for there.

    Raises BadInput.
    """
    shape = _shape(plain, name)
    labels, note = _labels(path, shape[0], name)
    places: dict[str, pa.Buffer | bytes | Path] = {}

    def blocks() -> Iterator[pa.RecordBatch]:
        size = math.prod(shape[1:])
        header = _header(shape)
        with plain.open("rb") as file:
            file.seek(4 + 4 * len(shape))
            for start in range(0, shape[0], _BLOCK):
                n = min(_BLOCK, shape[0] - start)
                data = file.read(n * size)
                values = []
                for place in range(n):
                    image = header + data[place * size : (place + 1) * size]
                    state = hasher()
                    state.update(image)
                    values.append(tagged(state))
                    places[values[-1]] = image
                label = labels[start : start + n] if labels is not None else [None] * n
                arrays = [pa.array(values, STRING), pa.array(label, STRING)]
                yield pa.RecordBatch.from_arrays(arrays, names=["0", "1"])

    described = f"{shape[0]:,} images of {' × '.join(str(one) for one in shape[1:])} pixels"
    return Reading(
        names=("image", "label"),
        blocks=blocks,
        notes=(described, note),
        kinds={name: KINDS[name] for name in ("image", "label")},
        roles={name: ROLES[name] for name in ("image", "label")},
        optional=frozenset({"label"}),
        media=lambda: Media(dict(places)),
    )


def without_labels(files: Sequence[Path]) -> list[Path]:
    """Return the files of a folder less those that hold the labels of images beside them."""
    taken = {_labels_of(file.name) for file in files if "images" in file.name.lower() and "idx" in file.name.lower()}
    return [file for file in files if file.name.removesuffix(".gz") not in taken]


def split_readings(names: Sequence[str], readings: Sequence[Reading]) -> list[Reading]:
    """Return blocks of images that lie in one folder, with the split that the name of each file stands for.

    They are left as they are unless the names stand for several splits.
    """
    splits = [next((split for begin, split in _SPLITS if name.lower().startswith(begin)), None) for name in names]
    if None in splits or len(set(splits)) < 2:
        return list(readings)
    return [_in_split(reading, str(split)) for reading, split in zip(readings, splits, strict=True)]


def _in_split(reading: Reading, split: str) -> Reading:
    def blocks() -> Iterator[pa.RecordBatch]:
        for block in reading.blocks():
            column = pa.repeat(pa.scalar(split, STRING), len(block))
            yield pa.RecordBatch.from_arrays([*block.columns, column], names=["0", "1", "2"])

    return replace(
        reading,
        names=(*reading.names, "split"),
        blocks=blocks,
        kinds={**reading.kinds, "split": KINDS["split"]},
        roles={**reading.roles, "split": ROLES["split"]},
    )


def _labels_of(name: str) -> str:
    """Return what the file of labels beside a file of images is called, without `.gz`."""
    renamed = re.sub("idx[34]", "idx1", name.replace("images", "labels").replace("Images", "Labels"))
    return renamed.removesuffix(".gz")


def _shape(plain: Path, name: str) -> tuple[int, ...]:
    with plain.open("rb") as file:
        begin = file.read(4)
        dimensions = begin[3]
        sizes = file.read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise BadInput(f"{name} ends in its header")
    shape = struct.unpack(f">{dimensions}I", sizes)
    if dimensions == 4 and shape[3] != 3:
        raise BadInput(f"{name} has four dimensions {shape}; wanted images × height × width × 3")
    wanted = 4 + 4 * dimensions + math.prod(shape)
    there = plain.stat().st_size
    if wanted != there or wanted > _MOST_BYTES:
        raise BadInput(f"{name} says that it holds {wanted:,} bytes, and has {there:,}: it is cut short or damaged")
    if min(shape[1:]) < 1 or max(shape[1:]) > 1 << 15:
        raise BadInput(f"{name} holds images of {shape[1:]} pixels")
    return shape


def _header(shape: tuple[int, ...]) -> bytes:
    """Return the header that makes a portable grey or pixel map of the bytes of an image."""
    return f"P{6 if len(shape) == 4 else 5} {shape[2]} {shape[1]} 255\n".encode()


def _labels(path: Path, n: int, name: str) -> tuple[list[str] | None, str]:
    """Return the labels of a file whose name differs in `labels` for `images`, and what to say about it."""
    stem = _labels_of(path.name)
    for other in (f"{stem}{'.gz' * path.name.endswith('.gz')}", stem, f"{stem}.gz"):
        place = path.parent / other
        if other == path.name or not place.is_file():
            continue
        with gzip.open(place) if other.endswith(".gz") else place.open("rb") as file:
            try:
                data = file.read(8 + n + 1)
            except (OSError, EOFError, ZlibError) as error:
                raise BadInput(f"{other} cannot be read: {error}") from error
        if data[:4] != b"\0\0\x08\x01" or len(data) != 8 + n or struct.unpack(">I", data[4:8])[0] != n:
            raise BadInput(f"{other} does not hold {n:,} labels, one for each image of {name}")
        return [str(label) for label in np.frombuffer(data, np.uint8, offset=8).tolist()], f"labels are in {other}"
    return None, f"no labels: there is no {stem} beside it"
