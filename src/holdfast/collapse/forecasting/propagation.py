"""Types through generations: a Wright–Fisher chain with sharpening, fed as a regime says.

What the models learnt from is known and stands for generation 0. In every generation a model writes as many independent
items as its effective size says, with the frequencies of its training set raised to a power; the regime's graph says
which of these, and which new real items, make the next training set.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int

from holdfast.collapse.forecasting.estimates import Scatter
from holdfast.collapse.graph import Batch, graph
from holdfast.collapse.regimes import Regime
from holdfast.core.errors import NotApplicable

_MOST_RELATIVE = 1.0

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
    spread: Scatter | None = None,
) -> Mapping[int, Written]:
    """Return what models write at the generations `at`, one line for each history.

    `samples` items are drawn a generation, each worth `worth` independent ones; `power` is the sharpening; `spread`
    says how much models differ beside. Generation 1 learnt from `start`. Raises NotApplicable.
    """
    order = np.argsort(start, kind="stable")  # the most frequent type last: it takes what rounding leaves over
    back = np.argsort(order, kind="stable")
    real = np.tile((start / start.sum())[order], (len(worth), 1))
    written_out = graph(regime, samples, max(at))
    if written_out.by_surprise:
        raise NotApplicable("which types the most surprising items hold is not known beforehand")
    if any(batch.rule.top_p < 1 or batch.verifier is not None for batch in written_out.batches):
        raise NotApplicable("what top_p or a verifier with a taste does to types is not known beforehand")
    batches: dict[int, Shares] = {}
    models: list[Shares] = []
    found: dict[int, Written] = {0: np.tile(start, (len(worth), 1))}
    number = 0
    for t, fit in enumerate(written_out.fits, start=1):
        while number < len(written_out.batches) and written_out.batches[number].generation == t:
            batches[number] = _batch(written_out.batches[number], real, models, worth, power, rng, spread)
            number += 1
        learnt = sum(weight * batches[k] for k, weight in zip(fit.batches.tolist(), fit.weights.tolist(), strict=True))
        assert isinstance(learnt, np.ndarray)
        if fit.subsample is not None and t > 1:
            learnt = _shares(_drawn(learnt, fit.subsample * worth, rng))
        models.append(learnt)
        if t in at:
            found[t] = _drawn(_fitted(learnt, power, spread, rng), samples * worth, rng)[:, back]
    return found


def _batch(
    batch: Batch, real: Shares, models: Sequence[Shares], worth: np.ndarray, power: np.ndarray,
    rng: np.random.Generator, spread: Scatter | None,
) -> Shares:  # fmt: skip
    if batch.generation == 1:
        return real  # what generation 1 learnt from is known, and is not drawn again
    if batch.parent == 0:
        return _shares(_drawn(real, batch.size * worth, rng))
    sharper = power / batch.rule.temperature
    return _shares(_drawn(_fitted(models[batch.parent - 1], sharper, spread, rng), batch.size * worth, rng))


def _fitted(
    shares: Shares, power: Float[np.ndarray, " histories"], spread: Scatter | None, rng: np.random.Generator
) -> Shares:
    """Return the frequencies of a model that learnt from others: to a power, and as far off as models are."""
    moved = spread is not None and spread.extra > 0
    renewal = spread.renewal if spread is not None else 0.0
    if (power == 1).all() and not moved and not renewal:
        return shares
    alive = np.flatnonzero(shares.any(axis=0)) if not renewal else np.arange(shares.shape[1])
    some = shares[:, alive]
    raised = some ** power[:, None] * (some > 0)
    if moved and spread is not None:
        # A relative deviation of some size has this logarithm; the largest keeps e^z from running away.
        variance = np.log1p(np.minimum(spread.relative(np.where(some > 0, some, 1.0)), _MOST_RELATIVE))
        raised *= np.exp(np.sqrt(variance) * rng.standard_normal(some.shape) - variance / 2)
    found = np.zeros_like(shares)
    found[:, alive] = raised / raised.sum(axis=1, keepdims=True)
    if renewal:
        found = np.where(shares > 0, found, renewal)
    return found


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
