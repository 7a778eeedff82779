"""Several examples in one row of a batch, none of which sees another: less padding, the same loss."""

import numpy as np
from jaxtyping import Bool, Int


def bins(sizes: Int[np.ndarray, " examples"], limit: int) -> list[list[int]]:
    """Return examples in bins of at most `limit` tokens: largest first, each into the first bin that has room.

    At most 11/9 of the fewest bins plus one (Johnson, 1973, first-fit decreasing).
    """
    found: list[list[int]] = []
    room: list[int] = []
    for at in np.argsort(-sizes, kind="stable").tolist():
        size = int(sizes[at])
        place = next((number for number, left in enumerate(room) if left >= size), None)
        if place is None:
            found.append([at])
            room.append(limit - size)
        else:
            found[place].append(at)
            room[place] -= size
    return found


def positions(owner: Int[np.ndarray, "bins width"]) -> Int[np.ndarray, "bins width"]:
    """Return the place of each token in its own example; examples stand one after the other."""
    at = np.broadcast_to(np.arange(owner.shape[1]), owner.shape)
    begins = np.ones(owner.shape, dtype=bool)
    begins[:, 1:] = owner[:, 1:] != owner[:, :-1]
    return np.asarray(at - np.maximum.accumulate(np.where(begins, at, 0), axis=1))


def sees(owner: Int[np.ndarray, "bins width"]) -> Bool[np.ndarray, "bins 1 width width"]:
    """Return which tokens each token sees: itself and those before it in its own example; padding sees itself."""
    width = owner.shape[1]
    same = owner[:, :, None] == owner[:, None, :]
    return np.asarray((same & np.tril(np.ones((width, width), dtype=bool)))[:, None])
