"""What a sample set must be before it is measured: of the right kind, finite, and not too small."""

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from jaxtyping import Float, Int

from holdfast.collapse.samples import Counts, Images, Points, Texts
from holdfast.core.errors import BadInput, NotApplicable

_T = TypeVar("_T")
Rows = Float[np.ndarray, "items dimensions"]


class Fewer(NotApplicable):
    """A sample set holds less than a measure is to draw from it; `have` says how much it holds."""

    def __init__(self, have: int, wanted: int, what: str) -> None:
        self.have = have
        super().__init__(f"the sample holds {have:,} {what}, and {wanted:,} are to be drawn")


def drawn(draws: int | None, have: int, what: str) -> int:
    """Return how many are to be drawn, all that there are unless told otherwise. Raises Fewer, NotApplicable."""
    if have < 1:
        raise NotApplicable(f"the sample holds no {what}")
    if draws is None:
        return have
    if draws < 1:
        raise BadInput(f"{draws:,} {what} are to be drawn; draw at least 1")
    if draws > have:
        raise Fewer(have, draws, what)
    return draws


def of_kind(sample: Any, kind: type[_T]) -> _T:
    """Return the sample if it is of this kind. Raises BadInput."""
    if not isinstance(sample, kind):
        raise BadInput(f"this measure reads {kind.__name__}, and the sample is {type(sample).__name__}")
    return sample


def documents(sample: Texts, least: int = 1) -> Sequence[str]:
    """Return the documents of a sample. Raises BadInput, NotApplicable."""
    texts = of_kind(sample, Texts).texts
    for text in texts:
        if not isinstance(text, str):
            raise BadInput(f"documents are texts, and one is {type(text).__name__}; leave it out, or write it as text")
    if len(texts) < least:
        raise NotApplicable(f"{len(texts):,} documents are fewer than {least}")
    return texts


def rows(sample: Points, least: int = 2) -> Rows:
    """Return the vectors of a sample, finite and in double precision. Raises BadInput, NotApplicable."""
    points = np.asarray(of_kind(sample, Points).points)
    if points.ndim != 2 or points.dtype.kind not in "fiub":
        raise BadInput(f"points are rows of numbers; got {points.ndim} dimensions of type {points.dtype}")
    if len(points) < least or points.shape[1] == 0:
        raise NotApplicable(f"{len(points):,} points of {points.shape[1]:,} dimensions are fewer than {least} × 1")
    points = points.astype(np.float64, copy=False)
    lost = int((~np.isfinite(points)).any(axis=1).sum())
    if lost:
        raise BadInput(
            f"{lost:,} of {len(points):,} points hold a number that is not finite; leave them out or mend them"
        )
    return points


def pair(sample: Points, real: Points, least: int = 2) -> tuple[Rows, Rows]:
    """Return the vectors of a sample and of a real one, in the same space. Raises BadInput, NotApplicable."""
    some, true = rows(sample, least), rows(real, least)
    if some.shape[1] != true.shape[1]:
        raise BadInput(
            f"the sample has {some.shape[1]:,} dimensions and the real one {true.shape[1]:,}; give both the same"
        )
    return some, true


def counted(sample: Counts, least: int = 1) -> Int[np.ndarray, " types"]:
    """Return the counts of a sample, all whole and none below 0. Raises BadInput, NotApplicable."""
    counts = np.asarray(of_kind(sample, Counts).counts)
    if counts.ndim != 1 or counts.dtype.kind not in "iub":
        raise BadInput(f"counts are a row of whole numbers; got {counts.ndim} dimensions of type {counts.dtype}")
    counts = counts.astype(np.int64)
    if (counts < 0).any():
        raise BadInput(f"{int((counts < 0).sum()):,} counts are below 0")
    if counts.sum() < least:
        raise NotApplicable(f"{int(counts.sum()):,} items are fewer than {least}")
    return counts


def both_counted(sample: Counts, real: Counts) -> tuple[Int[np.ndarray, " types"], Int[np.ndarray, " types"]]:
    """Return the counts of a sample and of a real one, of the same types. Raises BadInput, NotApplicable."""
    some, true = counted(sample), counted(real)
    if len(some) != len(true):
        raise BadInput(f"the sample counts {len(some):,} types and the real one {len(true):,}; count the same types")
    return some, true


def pictures(sample: Images, least: int = 1) -> Float[np.ndarray, "items height width channels"]:
    """Return the pictures of a sample, values from 0 to 1. Raises BadInput, NotApplicable."""
    pixels = np.asarray(of_kind(sample, Images).pixels)
    if pixels.ndim != 4 or pixels.dtype.kind != "f":
        raise BadInput(
            "pictures are items × height × width × channels, from 0 to 1; "
            f"got {pixels.ndim} dimensions of type {pixels.dtype}"
        )
    if len(pixels) < least or 0 in pixels.shape:
        raise NotApplicable(f"pictures of shape {pixels.shape} are fewer than {least}, or empty")
    lost = ~np.isfinite(pixels).reshape(len(pixels), -1).all(axis=1)
    if lost.any():
        raise BadInput(f"{int(lost.sum()):,} of {len(pixels):,} pictures hold a value that is not finite")
    if pixels.min() < -1e-6 or pixels.max() > 1 + 1e-6:
        raise BadInput(f"values of pictures go from 0 to 1; got {pixels.min():.3g} to {pixels.max():.3g}")
    return pixels.astype(np.float64, copy=False)
