"""How a picture was made, in numbers: its power spectrum, traces of upsampling, and its noise.

Upsampling layers leave peaks at even fractions of the sampling frequency, and spectra that fall off otherwise than
those of cameras (Durall et al. 2020, CVPR; Frank et al. 2020, ICML); sensors leave noise with little correlation
between neighbours.
"""

import numpy as np
from jaxtyping import Float

_RINGS = 16
_PERIODS = (2, 4, 8)  # pixels: of grids that upsampling by two, once or several times, leaves
_LAGS = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (0, 4), (0, 8))
NAMES = (
    *(f"power in ring {i + 1} of {_RINGS}" for i in range(_RINGS)),
    "slope of the spectrum",
    "bend of the spectrum",
    *(f"peaks at a period of {period}" for period in _PERIODS),
    *(f"noise correlation at {lag}" for lag in _LAGS),
    "tails of the noise",
    "noise of colour one against brightness",
    "noise of colour two against brightness",
)


def features(picture: Float[np.ndarray, "side side 3"]) -> Float[np.ndarray, " features"]:
    """Return the numbers that NAMES names, of brightness and two colour differences."""
    light = picture[:, :, 0]
    noise = np.stack([_residual(picture[:, :, channel]) for channel in range(3)])
    own = noise[0]
    spread = max(float(own.std()), 1e-6)
    colours = [float((own * other).mean() / (spread * max(float(other.std()), 1e-6))) for other in noise[1:]]
    scaled = own / spread
    tails = float(np.log(max((np.minimum(np.abs(scaled), 20.0) ** 4).mean(), 1e-6)))
    return np.array([*_spectrum(light), *_correlations(scaled), tails, *colours])


def _spectrum(light: Float[np.ndarray, "side side"]) -> list[float]:
    side = len(light)
    window = np.hanning(side)[:, None] * np.hanning(side)
    power = np.log(np.abs(np.fft.fft2((light - light.mean()) * window)) ** 2 + 1.0)
    frequency = np.fft.fftfreq(side)
    radius = np.hypot(frequency[:, None], frequency)
    edges = np.geomspace(2.0 / side, 0.5, _RINGS + 1)
    ring = np.clip(np.searchsorted(edges, radius.ravel(), side="right") - 1, -1, _RINGS)
    inside = (ring >= 0) & (ring < _RINGS)
    sums = np.bincount(ring[inside], power.ravel()[inside], _RINGS)
    counts = np.bincount(ring[inside], minlength=_RINGS)
    rings = np.where(counts > 0, sums / np.maximum(counts, 1), power.mean())
    middle = np.log(np.sqrt(edges[1:] * edges[:-1]))
    slope, start = np.polyfit(middle, rings, 1)
    bend = float(np.sqrt(np.mean((rings - slope * middle - start) ** 2)))
    return [*(rings - rings.mean()).tolist(), float(slope), bend, *(_peaks(power, period) for period in _PERIODS)]


def _peaks(power: Float[np.ndarray, "side side"], period: int) -> float:
    """Return by how much the log power at multiples of 1/period, in either direction, exceeds that around it."""
    side = len(power)
    steps = np.arange(1, period, 2) * side // period  # odd multiples: even ones belong to shorter periods
    rows = [(int(step), other) for step in steps for other in (0, int(step))]
    found = []
    for down, right in {*rows, *((right, down) for down, right in rows)}:
        near = power[np.ix_(np.arange(down - 3, down + 4) % side, np.arange(right - 3, right + 4) % side)]
        found.append(near[2:5, 2:5].max() - np.median(near))
    return float(np.mean(found))


def _residual(channel: Float[np.ndarray, "side side"]) -> Float[np.ndarray, "inner inner"]:
    """Return what a picture differs by from the mean of its neighbours."""
    around = (
        channel[:-2, 1:-1] + channel[2:, 1:-1] + channel[1:-1, :-2] + channel[1:-1, 2:]
        + channel[:-2, :-2] + channel[2:, 2:] + channel[:-2, 2:] + channel[2:, :-2]
    )  # fmt: skip
    found: Float[np.ndarray, "inner inner"] = channel[1:-1, 1:-1] - around / 8
    return found - found.mean()


def _correlations(noise: Float[np.ndarray, "inner inner"]) -> list[float]:
    high, wide = noise.shape
    return [float((noise[: high - down, : wide - right] * noise[down:, right:]).mean()) for down, right in _LAGS]
