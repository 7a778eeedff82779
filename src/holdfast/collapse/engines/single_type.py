"""One type alone is a chain of binomial draws: exact expectations of all that is a sum over types.

Where each generation learns from M items, Mᵣ of them real and new, the count k of a type goes to Binomial(M − Mᵣ, k/M)
+ Binomial(Mᵣ, p), whatever the other types do. One (M + 1)² matrix carries any function of the count backwards through
the generations, for any number of types at once.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import gammaln, xlog1py, xlogy

from holdfast.collapse.graph import Graph
from holdfast.core.errors import NotApplicable

MOST_ITEMS = 3000  # M: the matrix then has 9e6 entries
_MOST_WORK = 2e10  # multiplications
_MOST_ENTRIES = 2e7  # of types × counts

Law = Float[np.ndarray, " types"]
Expected = Float[np.ndarray, "generations types"]  # of models 1, 2, …


class Single(NamedTuple):
    """Expectations for each type in each model from the first on, the truth not among them."""

    alive: Expected  # P(frequency > 0)
    only: Expected  # P(frequency = 1)
    surprise: Expected  # E[−q ln q]
    missed: Expected  # E[(1 − q)^draws]


def single(law: Law, graph: Graph, draws: int) -> Single:
    """Return the expectations. Raises NotApplicable where counts are no Markov chain, or the matrix is too large."""
    items, real = _constant(graph)
    distinct, back = np.unique(law, return_inverse=True)
    found = _single(distinct.tobytes(), items, real, graph.generations, draws)
    return Single(*(one[:, back] for one in found))


def _constant(graph: Graph) -> tuple[int, int]:
    """Return M and Mᵣ. Raises NotApplicable."""
    if not graph.draws_plainly():
        raise NotApplicable("items are drawn by a rule or a verifier with a taste")
    sizes = graph.sizes()
    seen = set()
    for t, fit in enumerate(graph.fits, start=1):
        if fit.subsample is not None:
            raise NotApplicable("a subsample is learnt from")
        used = [graph.batches[k] for k in fit.batches]
        if any(batch.generation != t or batch.parent not in {0, t - 1} for batch in used):
            raise NotApplicable("a generation learns from more than new real items and the model before")
        whole = int(sizes[fit.batches].sum())
        if not np.allclose(fit.weights, sizes[fit.batches] / whole):
            raise NotApplicable("items have different weights")
        seen.add((whole, sum(batch.size for batch in used if batch.parent == 0) if t > 1 else None))
    real = {number for _, number in seen if number is not None} or {0}
    if len({whole for whole, _ in seen}) > 1 or len(real) > 1:
        raise NotApplicable("generations have different sizes")
    items = next(whole for whole, _ in seen)
    if items > MOST_ITEMS:
        raise NotApplicable(f"above {MOST_ITEMS:,} items a generation the matrix is too large; branching says the same")
    return items, next(iter(real))


@lru_cache(maxsize=16)
def _single(law: bytes, items: int, real: int, generations: int, draws: int) -> Single:
    p = np.frombuffer(law)
    kernels = 1 if real == 0 else len(p)
    work = generations * kernels * 4.0 * (items + 1) * (items - real + 1)
    if work > _MOST_WORK or len(p) * (items + 1) > _MOST_ENTRIES:
        raise NotApplicable("there are too many types, items or generations for the matrix; branching says the same")
    q = np.arange(items + 1) / items
    wanted = np.stack([q > 0, q == 1, -xlogy(q, q), (1 - q) ** draws]).astype(np.float64)
    start = binomial(items, p)
    if real == 0:
        step = _step(items, items)
        ahead = [wanted.T]
        for _ in range(generations - 1):
            ahead.append(step @ ahead[-1])
        values = np.einsum("tkf,uk->ftu", np.array(ahead), start, optimize=True)
        return Single(*values)
    fresh, step = binomial(real, p), _step(items - real, items)
    found = np.empty((4, generations, len(p)))
    for number, one in enumerate(wanted):
        ahead_each = np.broadcast_to(one, (len(p), items + 1))
        for t in range(generations):
            found[number, t] = (start * ahead_each).sum(axis=1)
            ahead_each = _correlated(ahead_each, fresh) @ step.T
    return Single(*found)


def _correlated(
    values: Float[np.ndarray, "types counts"], weights: Float[np.ndarray, "types drawn_counts"]
) -> Float[np.ndarray, "types other_counts"]:
    """Return Σ_r weights[r] values[s + r] for each s."""
    length = 1 << (values.shape[1] - 1).bit_length()
    product = np.fft.rfft(values, length) * np.fft.rfft(weights, length).conj()
    return np.asarray(np.fft.irfft(product, length)[:, : values.shape[1] - weights.shape[1] + 1])


@lru_cache(maxsize=2)
def _step(drawn: int, items: int) -> Float[np.ndarray, "counts drawn_counts"]:
    """Return P(count among `drawn` | count among the `items` before)."""
    return binomial(drawn, np.arange(items + 1) / items)


def binomial(items: int, p: Law) -> Float[np.ndarray, "types counts"]:
    """Return the binomial probabilities of each count for each p."""
    k = np.arange(items + 1)
    ways = gammaln(items + 1) - gammaln(k + 1) - gammaln(items - k + 1)
    return np.asarray(np.exp(ways + xlogy(k, p[:, None]) + xlog1py(items - k, -p[:, None])))
