"""Rules of thumb that published monitoring scripts alarm by. Baselines to compare with, never alarms: no error control.

On the share of items beyond a 5% tail in 2,000 samples both rules speak in nearly every healthy run sooner or later
(`docs/collapse-watch.md` has the figures).
"""

import numpy as np
from jaxtyping import Float, Int

DROP, CHANGE = 0.10, 0.02
NEVER = -1


def ten_percent_drop(
    values: Float[np.ndarray, "generations ..."], real: Float[np.ndarray, "..."]
) -> Int[np.ndarray, "..."]:
    """Return the first generation (from 1) whose value is more than 10% below the real one, −1 if none is."""
    return _first(values < (1.0 - DROP) * real)


def two_percent_change(
    values: Float[np.ndarray, "generations ..."], real: Float[np.ndarray, "..."]
) -> Int[np.ndarray, "..."]:
    """Return the first generation (from 1) whose value is more than 2% away from the real one, −1 if none is."""
    return _first(np.abs(values - real) > CHANGE * np.abs(real))


def _first(crossed: np.ndarray) -> np.ndarray:
    return np.asarray(np.where(crossed.any(axis=0), crossed.argmax(axis=0) + 1, NEVER))
