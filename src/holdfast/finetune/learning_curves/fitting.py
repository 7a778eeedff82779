"""Weighted least squares of a learning-curve family, for many samples of the curve at once."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from holdfast.finetune.learning_curves.families import Grid, inverse, shape

_CELLS_AT_ONCE = 1 << 21  # shapes × samples held at once; 16 MiB an array


@dataclass(frozen=True, slots=True)
class Fits:
    """One fitted curve of a family for each sample: error(n) = floor + amplitude × shape(n)."""

    family: str
    floor: Float[np.ndarray, " samples"]
    amplitude: Float[np.ndarray, " samples"]
    exponent: Float[np.ndarray, " samples"]
    place: Float[np.ndarray, " samples"]
    misfit: Float[np.ndarray, " samples"]  # weighted sum of squares that is left

    def at(self, n: Float[np.ndarray, " sizes"]) -> Float[np.ndarray, "samples sizes"]:
        """Return the fitted errors at n examples."""
        n = np.atleast_1d(np.asarray(n, dtype=np.float64))
        bent = shape(self.family, self.exponent[:, None], self.place[:, None], n[None, :])
        return self.floor[:, None] + self.amplitude[:, None] * bent

    def needed(self, target: float) -> Float[np.ndarray, " samples"]:
        """Return the examples at which the error has fallen to `target`; infinite where it never does."""
        with np.errstate(divide="ignore", invalid="ignore"):
            left = np.where(self.amplitude > 0, (target - self.floor) / self.amplitude, np.inf)
        left = np.where((self.amplitude == 0) & (self.floor > target), 0.0, left)
        return inverse(self.family, self.exponent, self.place, left)


def fitted(
    grid: Grid,
    sizes: Float[np.ndarray, " sizes"],
    errors: Float[np.ndarray, "samples sizes"],
    weights: Float[np.ndarray, " sizes"],
) -> Fits:
    """Return the best curve of the family for each row of `errors`, floor and amplitude being 0 or more."""
    errors = np.atleast_2d(errors)
    step = max(1, _CELLS_AT_ONCE // len(grid.exponent))
    bent = shape(grid.family, grid.exponent[:, None], grid.place[:, None], sizes[None, :])
    parts = [_best(bent, errors[at : at + step], weights) for at in range(0, len(errors), step)]
    which, floor, amplitude, misfit = (np.concatenate(each) for each in zip(*parts, strict=True))
    return Fits(grid.family, floor, amplitude, grid.exponent[which], grid.place[which], misfit)


def _best(bent: np.ndarray, errors: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return for each sample the best shape, its floor and amplitude, and the misfit."""
    total = weights.sum()
    middle = bent @ weights / total  # shapes
    level = errors @ weights / total  # samples
    around, beside = bent - middle[:, None], errors - level[:, None]
    spread = (around**2) @ weights
    across = (around * weights) @ beside.T  # shapes × samples
    amplitude = np.maximum(across / np.maximum(spread, 1e-300)[:, None], 0.0)
    floor = level[None, :] - amplitude * middle[:, None]
    # A floor below 0 is held there, and the amplitude fitted alone.
    alone = np.maximum((bent * weights) @ errors.T / ((bent**2) @ weights)[:, None], 0.0)
    below = floor < 0.0
    floor, amplitude = np.where(below, 0.0, floor), np.where(below, alone, amplitude)
    off = level[None, :] - floor - amplitude * middle[:, None]
    misfit = (
        ((beside**2) @ weights)[None, :] - 2.0 * amplitude * across + amplitude**2 * spread[:, None] + total * off**2
    )
    which = misfit.argmin(axis=0)
    column = np.arange(len(errors))
    return which, floor[which, column], amplitude[which, column], np.maximum(misfit[which, column], 0.0)
