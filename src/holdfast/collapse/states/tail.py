"""Which types are the tail of a law: rare ones, together of a given mass."""

import numpy as np
from jaxtyping import Bool, Float

TAIL = 0.1  # of the real mass


def in_tail(truth: Float[np.ndarray, "*rows types"], mass: float) -> Bool[np.ndarray, "*rows types"]:
    """Return the rarest types that together hold at most `mass`, but one at least unless there is only one type.

    Of equal ones, the later in order are rarer.
    """
    order = np.argsort(truth[..., ::-1], axis=-1, kind="stable")
    order = truth.shape[-1] - 1 - order
    ranked = np.take_along_axis(truth, order, axis=-1)
    rare = np.zeros(truth.shape, dtype=bool)
    there = np.cumsum(ranked > 0, axis=-1)
    kept = (np.cumsum(ranked, axis=-1) <= mass * (1 + 1e-9)) | (there == 1)
    np.put_along_axis(rare, order, kept & (ranked > 0) & (there[..., -1:] > 1), axis=-1)
    return rare
