"""Writing with an n-gram model: many places of the text go on at once, each copying a random follower."""

import numpy as np
from jaxtyping import Float, Int

from holdfast.collapse.ngrams.index import Grams
from holdfast.collapse.regimes import Rule


def walked(
    model: Grams,
    texts: int,
    length: int,
    rng: np.random.Generator,
    chance: Float[np.ndarray, "replicates slots"] | None,
) -> Int[np.ndarray, "replicates texts length"]:
    """Return `texts` texts of `length` tokens for each replicate, each from a random place on.

    `chance` is the weight of each slot within its bucket, None for that of the model.
    """
    replicates, n = model.first.shape
    shared = chance is None and replicates > 1 and model.first.strides[0] == 0
    row = np.repeat(np.arange(replicates, dtype=np.int64), texts)
    offset = row * (0 if shared else n)
    first, count, following = (part[0] if shared else part.reshape(-1) for part in model[2:4] + model[1:2])
    rising = _rising(model, chance)
    if rising is not None and shared:
        rising = rising[:n]
    at = rng.integers(0, n, len(row)) + offset
    if chance is None and rising is not None:
        at = np.searchsorted(rising, rng.random(len(row)) + (0 if shared else row), side="right")
    path = np.empty((length, len(row)), dtype=np.int64)
    for step in range(length):
        luck = rng.random(len(row))
        start = first[at] + offset
        if rising is None:
            at = start + (luck * count[at]).astype(np.int64)
        else:
            stop = start + count[at] - 1
            low = np.where(start > 0, rising[start - 1], 0.0)
            at = np.searchsorted(rising, low + luck * (rising[stop] - low), side="right")
            at = np.clip(at, start, stop)
        path[step] = at
    return np.ascontiguousarray(following[path].T).reshape(replicates, texts, length)


def _rising(
    model: Grams, chance: Float[np.ndarray, "replicates slots"] | None
) -> Float[np.ndarray, " all_slots"] | None:
    """Return sums of weights that go on rising from replicate to replicate; None where all slots weigh the same."""
    if chance is not None:
        total = np.cumsum(chance, axis=1)
        total = total / total[:, -1:]
    elif model.cumulative.shape[1]:
        total = model.cumulative
    else:
        return None
    return np.asarray((total + np.arange(len(total))[:, None]).reshape(-1))


def chances(
    model: Grams, rule: Rule, passing: Float[np.ndarray, " types"] | None
) -> Float[np.ndarray, "replicates slots"] | None:
    """Return the weight of each slot under a rule and a verifier's taste, None where there is neither."""
    if rule.is_plain and passing is None:
        return None
    replicates, n = model.first.shape
    following = model.following.reshape(-1)
    rows = np.repeat(np.arange(replicates), n) * n
    starts = np.unique(model.first.reshape(-1) + rows)
    bucket = np.zeros(len(following), dtype=np.int64)
    bucket[starts] = 1
    bucket = np.cumsum(bucket) - 1
    # Runs of one follower in one bucket: equal followers stand together.
    new = np.concatenate([[True], (bucket[1:] != bucket[:-1]) | (following[1:] != following[:-1])])
    run, heads = np.cumsum(new) - 1, np.flatnonzero(new)
    own = np.diff(model.cumulative, axis=1, prepend=0.0).reshape(-1) if model.cumulative.shape[1] else None
    mass = np.add.reduceat(own, heads) if own is not None else np.diff(np.append(heads, len(following))).astype(float)
    of = bucket[heads]
    with np.errstate(divide="ignore"):
        logs = np.log(mass)
        if passing is not None:
            logs = logs + np.log(passing[following[heads]])
    logs = logs / rule.temperature
    first_run = np.flatnonzero(np.concatenate([[True], of[1:] != of[:-1]]))
    best = np.maximum.reduceat(logs, first_run)
    share = np.exp(logs - np.where(np.isfinite(best), best, 0.0)[of])
    share = np.where(np.isfinite(best)[of], share, 1.0)  # where nothing would pass, all does
    share = share / np.add.reduceat(share, first_run)[of]
    if rule.top_p < 1:
        share = np.where(_nucleus(share, of, rule.top_p), share, 0.0)
    # Slots of a run share its weight evenly.
    return (share / np.diff(np.append(heads, len(following))))[run].reshape(replicates, n)


def _nucleus(share: Float[np.ndarray, " runs"], of: Int[np.ndarray, " runs"], mass: float) -> np.ndarray:
    """Return which runs are among the most likely ones of their bucket that hold `mass`."""
    order = np.lexsort((-share, of))
    ranked = share[order]
    before = np.cumsum(ranked) - ranked
    first = np.concatenate([[True], of[order][1:] != of[order][:-1]])
    before = before - before[first][np.cumsum(first) - 1]
    kept = np.zeros(len(share), dtype=bool)
    kept[order] = (before < mass * (1 - 1e-9)) | first
    return kept
