"""How near strangers come to an image by chance: learnt around each image, from a sample of the others."""

from dataclasses import dataclass, replace
from zlib import compress

import numpy as np
from jaxtyping import Float, Int

from holdfast.audit.facts.images.alignment import normed

MOST_NEAREST = 60
FEWEST = 3  # the k-th nearest counts: an image may have two copies
FINEST = 0.05  # nearer than this is told from equal by nothing but noise: drawings of few parts recur exactly
# Bytes: squares 48, discs 118, a written 1 130, other digits 200, photographs 260 to 480.
_PLAINEST, _BYTES_PER_DIMENSION = 40.0, 25.0
_CHUNK = 1024
_MOST_DIMENSIONS = 20.0


@dataclass(frozen=True)
class Strangers:
    """For each image: the distance of its `k`-th nearest of `of` others, and how their number grows with distance.

    Distance is the sine of the angle whose cosine is the correlation: near strangers are as many as a cap of a
    sphere is wide, and its width grows with a power of the sine.
    """

    radius: Float[np.ndarray, " images"]
    dimension: Float[np.ndarray, " images"]
    k: int
    of: int

    def expected(self, which: np.ndarray, distance: np.ndarray) -> Float[np.ndarray, " pairs"]:
        """Return which share of strangers comes as near as `distance` to the images `which`."""
        share: np.ndarray = self.k / self.of * (distance / self.radius[which]) ** self.dimension[which]
        return share


def strangers(squares: Float[np.ndarray, "n s s"], others: Int[np.ndarray, " others"]) -> Strangers:
    """Return what chance does around each of `squares`, judged by the images `others` among them.

    Up to k - 1 copies of an image among the others change nothing: only the k-th nearest and those beyond count.
    """
    n, n_others = len(squares), len(others)
    nearest = min(max(3 * FEWEST, n_others // 3), n_others - 1, MOST_NEAREST)
    k = max(min(FEWEST, nearest - 2), nearest // 6)
    reference = normed(squares[others].astype(np.float32)).reshape(n_others, -1)
    place = np.full(n, -1, dtype=np.int64)
    place[others] = np.arange(n_others)
    radius, dimension = np.empty(n), np.empty(n)
    for start in range(0, n, _CHUNK):
        part = slice(start, min(n, start + _CHUNK))
        likeness = normed(squares[part].astype(np.float32)).reshape(part.stop - start, -1) @ reference.T
        own = place[part]
        likeness[np.flatnonzero(own >= 0), own[own >= 0]] = -1.0
        top = -np.partition(-likeness, nearest - 1, axis=1)[:, :nearest]
        distance = np.sort(sine(top), axis=1)
        radius[part] = distance[:, k - 1]
        dimension[part] = _dimension(distance, k)
    return Strangers(radius, dimension, k, n_others)


def with_plain_images(chance: Strangers, squares: Float[np.ndarray, "n s s"], which: np.ndarray) -> Strangers:
    """Return `chance` with fewer dimensions for those of the images `which` that few bytes describe.

    A square on a plain ground has a place and a size, whatever the distances to a few hundred others suggest: among
    enough of them, some agree exactly.
    """
    dimension = chance.dimension.copy()
    bound = (described_by(squares[which]) - _PLAINEST) / _BYTES_PER_DIMENSION
    dimension[which] = np.clip(np.minimum(dimension[which], bound), 1.0, None)
    return replace(chance, dimension=dimension)


def described_by(squares: Float[np.ndarray, "n s s"]) -> Float[np.ndarray, " n"]:
    """Return how many bytes describe each square, in 16 shades and packed."""
    low = squares.min(axis=(1, 2), keepdims=True)
    span = np.maximum(squares.max(axis=(1, 2), keepdims=True) - low, 1.0)
    shades = ((squares - low) / span * 15.99).astype(np.int8)
    steps = np.diff(shades, axis=2, prepend=0)
    return np.array([len(compress(one.tobytes(), 6)) for one in steps], dtype=np.float64)


def sine(correlation: np.ndarray) -> np.ndarray:
    """Return the sine for a correlation (a cosine); 1 for those below 0."""
    clipped = np.clip(correlation.astype(np.float64), 0.0, 1.0)
    return np.asarray(np.maximum(np.sqrt(1.0 - clipped**2), FINEST))


def _dimension(distance: Float[np.ndarray, "n nearest"], k: int) -> Float[np.ndarray, " n"]:
    """Return the local dimension by its likelihood (Levina & Bickel, 2004), less one and a half standard errors.

    Only from the k-th nearest on: log(r_K / r_j) is expected to be the sum of 1 / (D i) for i from j to K - 1.
    """
    n = distance.shape[1]
    if n - k < 2:
        return np.full(len(distance), 1.0)
    logs = np.log(distance[:, -1:] / distance[:, k - 1 : -1]).mean(axis=1)
    tails = np.cumsum(1.0 / np.arange(n - 1, 0, -1))[::-1]  # at j - 1: the sum of 1 / i for i from j to n - 1
    estimate = tails[k - 1 :].mean() / np.maximum(logs, 1e-4)
    return np.asarray(np.clip((1.0 - 1.5 / np.sqrt(n)) * estimate, 1.0, _MOST_DIMENSIONS))
