"""Which domain each type belongs to, told by real samples of the domains."""

import numpy as np
from jaxtyping import Int

TIMES = 10.0  # as frequent as in any other domain; what domains share would hide that one of them is forgotten
NONE = -1


def domain_of(counts: Int[np.ndarray, "types domains"]) -> Int[np.ndarray, " types"]:
    """Return the domain of each type, NONE for types that are at home in several.

    Half an occurrence is added everywhere, so that a type seen once in one domain and never in another belongs to none.
    """
    rate = (counts + 0.5) / counts.sum(axis=0)
    order = np.sort(rate, axis=1)
    return np.where(order[:, -1] >= TIMES * order[:, -2], rate.argmax(axis=1), NONE)
