"""Types through generations: a Wright–Fisher chain with sharpening, fed as a regime says.

What the models learnt from is known and stands for generation 0. In every generation a model writes as many independent
items as its effective size says, with the frequencies of its training set raised to a power; the regime's graph says
which of these, and which new real items, make the next training set.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int

from holdfast.collapse.graph import Batch, graph
from holdfast.collapse.regimes import Regime
from holdfast.core.errors import NotApplicable

Shares = Float[np.ndarray, "histories types"]
Written = Int[np.ndarray, "histories types"]


def histories(
    start: Int[np.ndarray, " types"],
    regime: Regime,
    samples: int,
    at: Sequence[int],
    worth: Float[np.ndarray, " histories"],
    power: Float[np.ndarray, " histories"],
    rng: np.random.Generator,
) -> Mapping[int, Written]:
    """Return what models write at the generations `at`, one line for each history.

    `samples` items are drawn a generation, each worth `worth` independent ones; `power` is the sharpening. Generation 1
    learnt from `start`. Raises NotApplicable.
    """
    order = np.argsort(start, kind="stable")  # the most frequent type last: it takes what rounding leaves over
    back = np.argsort(order, kind="stable")
    real = np.tile((start / start.sum())[order], (len(worth), 1))
    written_out = graph(regime, samples, max(at))
    if any(batch.rule.top_p < 1 or batch.verifier is not None for batch in written_out.batches):
        raise NotApplicable("what top_p or a verifier with a taste does to types is not known beforehand")
    batches: dict[int, Shares] = {}
    models: list[Shares] = []
    found: dict[int, Written] = {0: np.tile(start, (len(worth), 1))}
    number = 0
    for t, fit in enumerate(written_out.fits, start=1):
        while number < len(written_out.batches) and written_out.batches[number].generation == t:
            batches[number] = _batch(written_out.batches[number], real, models, worth, power, rng)
            number += 1
        learnt = sum(weight * batches[k] for k, weight in zip(fit.batches.tolist(), fit.weights.tolist(), strict=True))
        assert isinstance(learnt, np.ndarray)
        if fit.subsample is not None and t > 1:
            learnt = _shares(_drawn(learnt, fit.subsample * worth, rng))
        models.append(learnt)
        if t in at:
            found[t] = _drawn(_sharpened(learnt, power), samples * worth, rng)[:, back]
    return found


def _batch(
    batch: Batch, real: Shares, models: Sequence[Shares], worth: np.ndarray, power: np.ndarray, rng: np.random.Generator
) -> Shares:
    if batch.generation == 1:
        return real  # what generation 1 learnt from is known, and is not drawn again
    if batch.parent == 0:
        return _shares(_drawn(real, batch.size * worth, rng))
    sharper = power / batch.rule.temperature
    return _shares(_drawn(_sharpened(models[batch.parent - 1], sharper), batch.size * worth, rng))


def _sharpened(shares: Shares, power: Float[np.ndarray, " histories"]) -> Shares:
    if (power == 1).all():
        return shares
    raised = np.where(shares > 0, shares, 0.0) ** power[:, None]
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _drawn(shares: Shares, sizes: Float[np.ndarray, " histories"], rng: np.random.Generator) -> Written:
    """Return counts of a multinomial draw for each history, over the types that are alive in one of them."""
    alive = np.flatnonzero(shares.any(axis=0))
    found = np.zeros(shares.shape, dtype=np.int64)
    some = shares[:, alive]
    some = some / some.sum(axis=1, keepdims=True)
    # The sum of a long row may pass 1 in the last digit, which NumPy refuses.
    found[:, alive] = rng.multinomial(np.maximum(1, np.round(sizes)).astype(np.int64), some * (1 - 1e-12))
    return found


def _shares(counts: Written) -> Shares:
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))
