"""How well one image fits another once it is turned, and the piece that fits best is found."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from holdfast.audit.facts.images.candidates import CROPS, Candidates, sampling
from holdfast.audit.facts.images.properties import TURNS, turned_pixels

_STEPS = 4  # of Gauss-Newton; from a grid of 4%, three suffice
_CHUNK = 1024
_WORTH_ALIGNING = 0.45  # correlation below which the pieces are unrelated, however they are shifted
_WORTH_MORE = 0.75
_SMALLEST = 0.7  # piece of a side
_NOT_CUT = 0.03  # of both sides together: what resizing and rounding do


@dataclass(frozen=True)
class Aligned:
    """Correlation of each pair after aligning, -1 where it was not worth it, and how much of the sides was cut."""

    correlation: Float[np.ndarray, " pairs"]
    cut: Float[np.ndarray, " pairs"]


def aligned(
    squares: Float[np.ndarray, "n s s"], pairs: Candidates, hopeful: Float[np.ndarray, " pairs"] | None = None
) -> Aligned:
    """Return how well `right` fits the best piece of `left`, turned.

    A pair that correlates by less than `hopeful` before aligning is left at that.
    """
    least = np.full(len(pairs.left), _WORTH_ALIGNING) if hopeful is None else np.maximum(hopeful, _WORTH_ALIGNING)
    correlation, cut = np.full(len(pairs.left), -1.0), np.zeros(len(pairs.left))
    crops = np.array(CROPS)  # crop, side (down, across), (start, size)
    for turn in range(len(TURNS)):
        chosen = np.flatnonzero(pairs.turn == turn)
        for start in range(0, len(chosen), _CHUNK):
            part = chosen[start : start + _CHUNK]
            whole = turned_pixels(squares[pairs.left[part]], turn).astype(np.float32)
            target = normed(squares[pairs.right[part]].astype(np.float32))
            correlation[part], cut[part] = _fitted(whole, target, crops[pairs.crop[part]], least[part])
    return Aligned(correlation, cut)


def normed(squares: Float[np.ndarray, "n s s"]) -> Float[np.ndarray, "n s s"]:
    """Return squares with mean 0 and length 1, so that a product is a correlation; flat ones become 0."""
    centred = squares - squares.mean(axis=(1, 2), keepdims=True)
    length = np.sqrt((centred**2).sum(axis=(1, 2), keepdims=True))
    return np.asarray(centred / np.maximum(length, 1e-6))


def _fitted(
    whole: np.ndarray, target: np.ndarray, cuts: np.ndarray, least: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the best correlation, and the share cut away, by Gauss-Newton from the given pieces (Lucas & Kanade)."""
    best = _correlation(_piece(whole, cuts), target)
    best_cuts = cuts.copy()
    active = np.flatnonzero(best >= least)
    current = cuts.copy()
    for step in range(_STEPS):
        if not len(active):
            break
        current[active] = _moved(whole[active], target[active], current[active])
        value = _correlation(_piece(whole[active], current[active]), target[active])
        better = active[value > best[active]]
        best[better] = value[value > best[active]]
        best_cuts[better] = current[better]
        if step == 1:
            active = active[best[active] >= _WORTH_MORE]
    cut = np.clip(1.0 - best_cuts[:, :, 1], 0.0, 1.0).max(axis=1)
    return best, np.where(cut > _NOT_CUT, cut, 0.0)


def _piece(whole: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    side = whole.shape[1]
    return np.asarray(sampling(cuts[:, 0], side) @ whole @ sampling(cuts[:, 1], side).swapaxes(1, 2))


def _correlation(piece: np.ndarray, target: np.ndarray) -> Float[np.ndarray, " n"]:
    return np.asarray((normed(piece) * target).sum(axis=(1, 2)), dtype=np.float64)


def _moved(whole: np.ndarray, target: np.ndarray, cuts: np.ndarray) -> Float[np.ndarray, "n 2 2"]:
    """Return pieces that fit better, one step on."""
    n, side = whole.shape[:2]
    piece = _piece(whole, cuts)
    centred = piece - piece.mean(axis=(1, 2), keepdims=True)
    length = np.sqrt((centred**2).sum(axis=(1, 2), keepdims=True))
    unit = centred / np.maximum(length, 1e-6)
    # How the piece changes when its start or its end moves: slope times how far along the side a point is.
    slopes = (np.gradient(piece, axis=1) * side, np.gradient(piece, axis=2) * side)
    along = ((np.arange(side) + 0.5) / side).astype(np.float32)
    columns = []
    for axis, slope in enumerate(slopes):
        share = along[None, :, None] if axis == 0 else along[None, None, :]
        per_share = slope / cuts[:, axis, 1].astype(np.float32)[:, None, None]
        columns += [per_share * (1.0 - share), per_share * share]
    jacobian = np.stack(columns, axis=1) / np.maximum(length, 1e-6)[:, None]
    jacobian = jacobian - jacobian.mean(axis=(2, 3), keepdims=True)
    jacobian = jacobian.reshape(n, 4, -1)
    flat = unit.reshape(n, 1, -1)
    jacobian = jacobian - (jacobian * flat).sum(axis=2, keepdims=True) * flat
    residual = (target - unit).reshape(n, -1, 1)
    normal = jacobian @ jacobian.swapaxes(1, 2)
    ridge = 1e-3 * np.trace(normal, axis1=1, axis2=2)[:, None, None] + 1e-9
    step = np.linalg.solve(normal + ridge * np.eye(4, dtype=np.float32), jacobian @ residual)[:, :, 0]
    step = np.clip(step, -0.06, 0.06).reshape(n, 2, 2)
    start = np.clip(cuts[:, :, 0] + step[:, :, 0], 0.0, 1.0 - _SMALLEST)
    end = np.clip(cuts[:, :, 0] + cuts[:, :, 1] + step[:, :, 1], start + _SMALLEST, 1.0)
    return np.stack([start, end - start], axis=2)
