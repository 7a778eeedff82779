"""Which subsets to train on for a learning curve: sizes evenly spaced on a log scale, and the examples of each."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Int

from holdfast.core.errors import NotApplicable
from holdfast.core.random import Streams

LEAST = 20  # examples; with fewer, most curves are in a phase of their own
WIDEST = 64.0  # from the smallest to the largest size


def curve_sizes(n: int, *, count: int = 7, least: int = LEAST) -> Int[np.ndarray, " sizes"]:
    """Return 6 to 8 sizes, the last being all n. Raises NotApplicable where n leaves no room for them."""
    first = max(float(least), n / WIDEST)
    if n < 4 * least:
        raise NotApplicable(f"not estimable: {n:,} examples leave no room for a curve; wanted {4 * least:,}")
    return np.unique(np.round(np.geomspace(first, n, count)).astype(np.int64))


def subsets(
    labels: Int[np.ndarray, " n"], sizes: Int[np.ndarray, " sizes"], resamples: int, streams: Streams
) -> Iterator[tuple[int, int, Int[np.ndarray, " subset"]]]:
    """Yield (size, resample, positions); every class has at least one example where the size allows it.

    The subsets of one resample are nested, which makes the curve smoother; resamples are drawn apart. At the size n all
    examples are taken, so only the seed of the training differs there.
    """
    labels = np.asarray(labels)
    _, code = np.unique(labels, return_inverse=True)
    for resample in range(resamples):
        order = streams("learning curve subset", resample).permutation(len(labels))
        # The first example of each class comes first, in the order drawn.
        _, first = np.unique(code[order], return_index=True)
        lead = order[np.sort(first)]
        rest = order[~np.isin(np.arange(len(order)), first)]
        nested = np.concatenate([lead, rest])
        for size in sizes:
            yield int(size), resample, nested[: int(size)]
