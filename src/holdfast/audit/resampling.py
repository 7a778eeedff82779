"""Bootstrap samples of rows as weights, and scores on them: the same samples for all that are compared."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from jaxtyping import Float

Weights = Float[np.ndarray, "resamples rows"]
Evaluator = Callable[[Weights], Float[np.ndarray, " resamples"]]  # NaN where the metric is not defined
_BLOCK = 1 << 22  # weights held at once, in cells: 16 MB of float32


def resampled_weights(
    rng: np.random.Generator, n_rows: int, resamples: int, clusters: np.ndarray | None = None
) -> Iterator[Weights]:
    """Yield blocks of bootstrap weights: how often each row was drawn, whole clusters at a time where given.

    `clusters` holds a number from 0 for each row; rows of one cluster are drawn together.
    """
    n_units = n_rows if clusters is None else int(clusters.max(initial=-1)) + 1
    at_once = max(1, min(resamples, _BLOCK // max(n_rows, 1)))
    for start in range(0, resamples, at_once):
        n = min(at_once, resamples - start)
        drawn = rng.integers(0, n_units, size=(n, n_units), dtype=np.int64)
        drawn += np.arange(n)[:, None] * n_units
        counts = np.bincount(drawn.reshape(-1), minlength=n * n_units).reshape(n, n_units).astype(np.float32)
        yield counts if clusters is None else counts[:, clusters]


def bootstrap(
    evaluators: Sequence[Evaluator],
    n_rows: int,
    rng: np.random.Generator,
    *,
    resamples: int = 2000,
    clusters: np.ndarray | None = None,
) -> Float[np.ndarray, "evaluators resamples"]:
    """Return the scores of each evaluator on the same resamples, so that differences between them are paired."""
    blocks = [
        np.stack([evaluate(weights) for evaluate in evaluators])
        for weights in resampled_weights(rng, n_rows, resamples, clusters)
    ]
    return np.concatenate(blocks, axis=1) if blocks else np.empty((len(evaluators), 0))
