"""How many types a sample of counts holds, and how evenly."""

import numpy as np

from holdfast.collapse.definitions import measure
from holdfast.collapse.measures.dispersion import hill
from holdfast.collapse.measures.distinct import heterozygosity
from holdfast.collapse.measures.rarefaction import expected_types
from holdfast.collapse.measures.sound import counted, drawn
from holdfast.collapse.samples import Counts
from holdfast.core.errors import BadInput


@measure(good="high", unit="types")
def sampled_types(sample: Counts, *, draws: int | None = None) -> float:
    """Different types among equally many items.

    Formula: Σᵢ [1 − C(N − cᵢ, m)/C(N, m)], the expectation over all draws of m items without replacement.

    Caveat: all types count the same, so that a rare mistake counts as much as half of the mass.

    Source: Hurlbert 1971, The nonconcept of species diversity; order 0 of Hill 1973.
    """
    counts = counted(sample)
    return expected_types(counts, drawn(draws, int(counts.sum()), "items"))


@measure(good="high", unit="types")
def sampled_hill_number(sample: Counts, *, order: float = 1.0) -> float:
    """Hill number: how many equally frequent types would be as diverse.

    Order 0 counts types, order 1 weighs them by their frequency, order 2 answers to the frequent ones alone.

    Formula: exp(−Σ pᵢ ln pᵢ) for order 1, (Σ pᵢ^q)^(1/(1 − q)) else, of observed shares.

    Caveat: observed shares miss the types that were not drawn, so it grows with the sample, most at low orders.

    Source: Hill 1973, Diversity and evenness: a unifying notation and its consequences.
    """
    if not order >= 0:
        raise BadInput(f"the order of a Hill number is 0 or more, got {order}")
    counts = counted(sample)
    return hill(counts / counts.sum(), order)


@measure(good="high", unit="probability")
def sampled_heterozygosity(sample: Counts) -> float:
    """Heterozygosity: probability that two items of the sample are of different types.

    Its expectation under recursive training of frequencies is known exactly in every regime. Does not depend on the
    size of the sample.

    Formula: N/(N − 1) · (1 − Σ pᵢ²), unbiased.

    Caveat: answers to the frequent types; the tail can go without its moving.

    Source: Nei 1978, Estimation of average heterozygosity; Simpson 1949.
    """
    return heterozygosity(counted(sample, least=2))


def smoothed(counts: np.ndarray) -> np.ndarray:
    """Return shares of types with half an item added to each."""
    return (counts + 0.5) / (counts.sum() + 0.5 * len(counts))
