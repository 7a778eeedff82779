"""Low-level properties, summaries and perceptual hashes of many decoded images at once."""

import numpy as np
from jaxtyping import Float, UInt8, UInt64

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601
_LOW = 8  # frequencies across and down that a hash keeps


def halved(values: np.ndarray) -> Float[np.ndarray, "n s s"]:
    """Return squares (first axis: images) at half their side: means over 2 × 2 pixels."""
    v = values.astype(np.float32)
    return np.asarray((v[:, ::2, ::2] + v[:, 1::2, ::2] + v[:, ::2, 1::2] + v[:, 1::2, 1::2]) * np.float32(0.25))


def cells(values: Float[np.ndarray, "n s s"], n_cells: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the standard deviation in each of `n_cells` × `n_cells` cells."""
    n, side = len(values), values.shape[1] // n_cells
    blocks = values.reshape(n, n_cells, side, n_cells, side).swapaxes(2, 3).reshape(n, n_cells, n_cells, side * side)
    return blocks.mean(axis=3), blocks.std(axis=3)


def entropies(luma: Float[np.ndarray, "n s s"]) -> Float[np.ndarray, " n"]:
    """Return the entropy of the histogram of brightness, in bits; 64 bins."""
    n = len(luma)
    flat = luma.reshape(n, -1).astype(np.uint8) // 4
    counts = np.bincount((flat + 64 * np.arange(n)[:, None]).ravel(), minlength=64 * n).reshape(n, 64)
    share = counts / max(1, flat.shape[1])
    return np.asarray(-(share * np.log2(np.where(share > 0, share, 1.0))).sum(axis=1))


def saturations(pixels: UInt8[np.ndarray, "n high wide 3"]) -> Float[np.ndarray, " n"]:
    """Return the mean of (largest - smallest channel) / largest channel."""
    top, bottom = pixels.max(axis=3), pixels.min(axis=3)
    return np.asarray(((top - bottom) / np.maximum(top, 1).astype(np.float32)).mean(axis=(1, 2)))


def sharpness(centre: UInt8[np.ndarray, "high wide"]) -> float:
    """Return the variance of the Laplacian (Pech-Pacheco et al., 2000); NaN for less than 3 × 3 pixels."""
    if min(centre.shape) < 3:
        return float("nan")
    v = centre.astype(np.int16)
    laplacian = v[:-2, 1:-1] + v[2:, 1:-1] + v[1:-1, :-2] + v[1:-1, 2:] - 4 * v[1:-1, 1:-1]
    return float(laplacian.var())


def blockiness(centre: UInt8[np.ndarray, "high wide"]) -> float:
    """Return how much larger steps are at the borders of 8 × 8 blocks than elsewhere; 1 for none, NaN if too small."""
    if min(centre.shape) < 24:
        return float("nan")
    v = centre.astype(np.int16)
    across = np.abs(np.diff(v, axis=1)).mean(axis=0)
    down = np.abs(np.diff(v, axis=0)).mean(axis=1)
    at_border, elsewhere = [], []
    for steps in (across, down):
        border = np.arange(len(steps)) % 8 == 7
        at_border.append(steps[border].mean())
        elsewhere.append(steps[~border].mean())
    return float((sum(at_border) + 0.5) / (sum(elsewhere) + 0.5))


def cosines(side: int, n: int = _LOW) -> Float[np.ndarray, "n side"]:
    """Return the first `n` rows of the orthonormal cosine transform (DCT-II) of `side` points."""
    k, x = np.arange(n)[:, None], np.arange(side)[None, :]
    basis = np.cos(np.pi * k * (2 * x + 1) / (2 * side)) * np.sqrt(2.0 / side)
    basis[0] /= np.sqrt(2.0)
    return basis.astype(np.float32)


def low_frequencies(luma: Float[np.ndarray, "n s s"]) -> Float[np.ndarray, "n 8 8"]:
    """Return the 8 × 8 lowest frequencies of each square; the mean is at [0, 0]."""
    basis = cosines(luma.shape[1])
    return np.asarray(basis @ luma.astype(np.float32) @ basis.T)


# How the cosine transform of an image changes with it: turn (transpose), then mirror across, then mirror down.
TURNS = tuple((swap, across, down) for swap in (False, True) for across in (False, True) for down in (False, True))


def turned(frequencies: Float[np.ndarray, "n 8 8"], turn: int) -> Float[np.ndarray, "n 8 8"]:
    """Return the frequencies of the images after one of the eight `TURNS`."""
    swap, across, down = TURNS[turn]
    result = frequencies.transpose(0, 2, 1) if swap else frequencies
    sign = np.where(np.arange(_LOW) % 2 == 1, -1.0, 1.0).astype(np.float32)
    if across:
        result = result * sign[None, None, :]
    if down:
        result = result * sign[None, :, None]
    return result


def turned_pixels(squares: np.ndarray, turn: int) -> np.ndarray:
    """Return squares (first axis: images) after one of the eight `TURNS`."""
    swap, across, down = TURNS[turn]
    result = squares.swapaxes(1, 2) if swap else squares
    if across:
        result = result[:, :, ::-1]
    if down:
        result = result[:, ::-1]
    return result


def perceptual_hashes(frequencies: Float[np.ndarray, "n 8 8"]) -> UInt64[np.ndarray, "n 8"]:
    """Return 63 signs of low frequencies as bits, for each of the eight `TURNS` (pHash: Zauner, 2010)."""
    return np.stack([packed(turned(frequencies, turn)) for turn in range(len(TURNS))], axis=1)


def packed(frequencies: Float[np.ndarray, "n 8 8"]) -> UInt64[np.ndarray, " n"]:
    """Return the signs of the frequencies, less the mean, as the bits of one number."""
    return bits_as_numbers(frequencies.reshape(len(frequencies), -1) > 0) & ~np.uint64(1)


def bits_as_numbers(bits: np.ndarray) -> UInt64[np.ndarray, " n"]:
    """Return 64 truth values a row as one number; the first is the lowest bit."""
    return np.packbits(bits, axis=1, bitorder="little").view("<u8").reshape(-1).astype(np.uint64)
