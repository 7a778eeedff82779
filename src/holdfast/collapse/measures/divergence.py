"""How far the shares of types are from the real ones."""

import numpy as np

from holdfast.collapse.definitions import measure
from holdfast.collapse.measures.counts import smoothed
from holdfast.collapse.measures.sound import both_counted
from holdfast.collapse.samples import Counts


@measure(good="low", unit="nats")
def sampled_divergence(sample: Counts, real: Counts) -> float:
    """Kullback–Leibler divergence of the sample from the real one, smoothed.

    What it costs to take the sample for the real thing: large where the sample has lost what is real. Half an item is
    added to every type that either sample holds, without which one lost type would make it infinite.

    Formula: Σ pᵢ ln(pᵢ/qᵢ), p real and q of the sample, both (c + ½)/(N + K/2) over the K types seen.

    Caveat: how much a lost type costs is decided by the smoothing and the size; two real samples are not at 0.

    Source: Kullback & Leibler 1951; smoothing by Krichevsky & Trofimov 1981.
    """
    q, p = _shares(sample, real)
    return max(0.0, float((p * np.log(p / q)).sum()))


@measure(good="low", unit="nats")
def sampled_js_divergence(sample: Counts, real: Counts) -> float:
    """Jensen–Shannon divergence between the sample and the real one.

    0 where both are equal, ln 2 where they never meet.

    Formula: ½ KL(p|m) + ½ KL(q|m), m = (p + q)/2, of observed shares; it needs no smoothing.

    Caveat: biased upwards by an amount that depends on the size; two real samples are not at 0.

    Source: Lin 1991, Divergence measures based on the Shannon entropy.
    """
    some, true = both_counted(sample, real)
    p, q = some / some.sum(), true / true.sum()
    m = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(p > 0, p * np.log(p / m), 0.0) + np.where(q > 0, q * np.log(q / m), 0.0)
    return max(0.0, float(parts.sum()) / 2)


def _shares(sample: Counts, real: Counts) -> tuple[np.ndarray, np.ndarray]:
    some, true = both_counted(sample, real)
    there = (some + true) > 0
    return smoothed(some[there]), smoothed(true[there])
