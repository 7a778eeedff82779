"""A regime written out: every batch that is drawn, from which model, and which batches each fit is made on.

This is what the engines of theory read (`lineage`, `risk`); the laboratory goes through the same feeds in time.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from holdfast.collapse.regimes import PLAIN, Feed, Regime, Rule, Verifier


@dataclass(frozen=True, slots=True)
class Batch:
    """Items drawn together. `parent` is the model they are drawn from; 0 is the real world."""

    feed: str
    generation: int
    parent: int
    size: int
    rule: Rule = PLAIN
    verifier: Verifier | None = None


@dataclass(frozen=True, slots=True)
class Fit:
    """A model's training set: numbers of batches with the weight of each; weights sum to 1.

    `subsample` is how many items are drawn from them without replacement, None if all are used.
    """

    batches: Int[np.ndarray, " parts"]
    weights: Float[np.ndarray, " parts"]
    subsample: int | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """Who trains whom. `fits[t − 1]` makes model t."""

    batches: tuple[Batch, ...]
    fits: tuple[Fit, ...]

    @property
    def generations(self) -> int:
        """How many models are fitted."""
        return len(self.fits)

    def sizes(self) -> Int[np.ndarray, " batches"]:
        """Return the number of items of each batch."""
        return np.array([batch.size for batch in self.batches], dtype=np.int64)

    def draws_plainly(self) -> bool:
        """Whether every batch is drawn from its model as it is: no rule, no verifier with a taste."""
        return all(batch.rule.is_plain and batch.verifier is None for batch in self.batches)


def graph(regime: Regime, samples: int, generations: int) -> Graph:
    """Return the graph of `generations` fits; an ideal verifier's share of a batch has the real world as its parent."""
    batches: list[Batch] = []
    fits: list[Fit] = []
    held: dict[str, list[int]] = {feed.name: [] for feed in regime.feeds}
    for generation in range(1, generations + 1):
        for feed in regime.feeds:
            if feed.every == "once" and generation > 1:
                continue
            drawn = _drawn(feed, samples, generation)
            numbers = list(range(len(batches), len(batches) + len(drawn)))
            batches += drawn
            held[feed.name] = held[feed.name] + numbers if feed.keep == "all" else numbers
        sizes = [np.array([batches[k].size for k in held[feed.name]]) for feed in regime.feeds]
        shares = regime.weights(tuple(int(size.sum()) for size in sizes))
        weights = np.concatenate([share * size / size.sum() for share, size in zip(shares, sizes, strict=True)])
        used = np.array([k for feed in regime.feeds for k in held[feed.name]], dtype=np.int64)
        subsample = min(samples, sum(int(size.sum()) for size in sizes)) if regime.subsample else None
        fits.append(Fit(used, weights, subsample))
    return Graph(tuple(batches), tuple(fits))


def _drawn(feed: Feed, samples: int, generation: int) -> list[Batch]:
    size = feed.items(samples, generation)
    parent = 0 if feed.of == "real" else max(0, generation - feed.lag)
    if feed.verifier is None or parent == 0:
        return [Batch(feed.name, generation, parent, size, feed.rule if parent else PLAIN)]
    if feed.verifier.kind == "biased":
        return [Batch(feed.name, generation, parent, size, feed.rule, feed.verifier)]
    passed = verified_items(feed.verifier, size)
    split = [Batch(feed.name, generation, 0, passed), Batch(feed.name, generation, parent, size - passed, feed.rule)]
    return [batch for batch in split if batch.size > 0]


def verified_items(verifier: Verifier, size: int) -> int:
    """Return how many items of a batch are as good as real after an ideal verifier."""
    return round(verifier.share * size)
