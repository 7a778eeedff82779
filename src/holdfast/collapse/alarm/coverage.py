"""Layer A for types (words, categories): does a generation still hold the rare things that real items hold.

The share of rare types in all that a model says does not fall when it forgets most of them: what is left grows as much
as what is lost, on average (tail mass is a martingale under unbiased recursion). So real items are asked instead. From
a document of fresh real data one occurrence of a rare type is drawn, and it is a hit if that type occurs anywhere in
m items of the generation. Given the generation these are independent trials, and their rate is the generation's
*coverage* of the stratum; the floor comes from m real items in the generation's place.

A stratum is the types that m real items are expected to hold between `edges` times, judged on other real items.
Each generation is asked with real items of its own: the same ones asked again would repeat their luck.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

EDGES = (0.25, 1.0, 4.0, 16.0)  # expected occurrences in m items: three strata, from mostly absent to mostly there
NAMES = ("rarest types", "rare types", "less rare types")
_CAUTION = 3.0  # standard deviations by which coverage by real samples may differ


class Documents(NamedTuple):
    """The types that each item holds, each once: item i holds `types[starts[i]:starts[i + 1]]`."""

    types: Int[np.ndarray, " occurrences"]
    starts: Int[np.ndarray, " items+1"]

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self.starts) - 1

    def take(self, items: Int[np.ndarray, " chosen"]) -> "Documents":
        """Return some of the items, in the order given."""
        sizes = np.diff(self.starts)[items]
        starts = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
        inside = np.arange(starts[-1]) - np.repeat(starts[:-1], sizes)
        return Documents(self.types[np.repeat(self.starts[items], sizes) + inside], starts)


def strata_of(reference: Documents, n_types: int, m: int) -> Int[np.ndarray, " types"]:
    """Return the stratum of each type, −1 for types that are too rare or too frequent to tell anything."""
    expected = np.bincount(reference.types, minlength=n_types) / max(1, len(reference)) * m
    found = np.searchsorted(EDGES, expected, side="right") - 1
    return np.where((expected > 0) & (found < len(EDGES) - 1), found, -1)


def drawn_types(
    items: Documents, strata: Int[np.ndarray, " types"], stratum: int, rng: np.random.Generator
) -> Int[np.ndarray, " trials"]:
    """Return one random type of a stratum for each item that holds one."""
    inside = strata[items.types] == stratum
    owner = np.repeat(np.arange(len(items)), np.diff(items.starts))[inside]
    types = items.types[inside]
    order = np.lexsort((rng.random(len(types)), owner))
    first = np.ones(len(order), dtype=bool)
    first[1:] = owner[order][1:] != owner[order][:-1]
    return types[order][first]


def present(items: Documents, n_types: int) -> Bool[np.ndarray, " types"]:
    """Return which types occur in the items."""
    found = np.zeros(n_types, dtype=bool)
    found[items.types] = True
    return found


def coverage_floor(hits: int, trials: Int[np.ndarray, " trials"], level: float) -> float:
    """Return how much of a stratum samples of real items cover at least.

    The Clopper–Pearson bound for the one real sample that was asked, less what the coverage by another such sample
    may differ: of independent types with these frequencies, three standard deviations of a difference.
    """
    from holdfast.collapse.alarm.tails import floors

    bound = float(floors(np.array([hits]), len(trials), level)[0])
    return max(0.0, bound - _CAUTION * np.sqrt(2.0) * coverage_error(hits / max(1, len(trials)), trials))


def coverage_error(rate: float, trials: Int[np.ndarray, " trials"]) -> float:
    """Return the standard deviation of the coverage of samples: of many types it is small, of a few it is not.

    A sample that covers everything does not show that all do: half a type is added to either side.
    """
    if not len(trials):
        return 1.0
    counts = np.bincount(trials)
    # Pairs of trials with the same type estimate the sum of squared shares, whose inverse is the effective number.
    pairs = float((counts * (counts - 1.0)).sum()) / max(1.0, len(trials) * (len(trials) - 1.0))
    types = 1.0 / max(pairs, 1.0 / len(trials) ** 2)
    shrunk = (rate * types + 0.5) / (types + 1.0)
    return float(np.sqrt(shrunk * (1.0 - shrunk) / types))


def hits_of(
    asked: Documents, held: Bool[np.ndarray, " types"], strata: Int[np.ndarray, " types"], rng: np.random.Generator
) -> tuple[Float[np.ndarray, " strata"], Int[np.ndarray, " strata"]]:
    """Return (hits, trials) of each stratum when real items are asked of a generation that holds the types `held`."""
    drawn = [drawn_types(asked, strata, one, rng) for one in range(len(NAMES))]
    hits = np.array([int(held[types].sum()) for types in drawn], dtype=np.float64)
    return hits, np.array([len(types) for types in drawn])
