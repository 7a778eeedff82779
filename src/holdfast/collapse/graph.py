"""A regime written out: every batch that is drawn, from which model, and which batches each fit is made on.

This is what the engines of theory read (`lineage`, `risk`); the laboratory goes through the same feeds in time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

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
class _Stream:
    """What one feed drew: all its batches, and which of them are in the training set of generation t."""

    batches: Int[np.ndarray, " drawn"]
    items: Int[np.ndarray, " drawn_and_none"]  # in the first k batches
    first: Int[np.ndarray, " generations"]
    after: Int[np.ndarray, " generations"]

    def count(self, t: int) -> int:
        """Return how many items are in the training set of generation t."""
        return int(self.items[self.after[t - 1]] - self.items[self.first[t - 1]])


class Fits(Sequence[Fit]):
    """The training sets, each written out when it is asked for: where everything is kept they are long."""

    def __init__(self, regime: Regime, streams: tuple[_Stream, ...], samples: int, generations: int) -> None:
        """Take what the feeds drew."""
        self._regime, self._streams, self._samples, self._generations = regime, streams, samples, generations

    def __len__(self) -> int:
        return self._generations

    @overload
    def __getitem__(self, index: int) -> Fit: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Fit, ...]: ...

    def __getitem__(self, index: int | slice) -> Fit | tuple[Fit, ...]:
        if isinstance(index, slice):
            return tuple(self[i] for i in range(*index.indices(len(self))))
        t = range(1, self._generations + 1)[index]
        counts = tuple(one.count(t) for one in self._streams)
        parts, weights = [], []
        for one, share, count in zip(self._streams, self._regime.weights(counts), counts, strict=True):
            first, after = one.first[t - 1], one.after[t - 1]
            parts.append(one.batches[first:after])
            weights.append(share * np.diff(one.items[first : after + 1]) / count)
        subsample = min(self._samples, sum(counts)) if self._regime.subsample else None
        return Fit(np.concatenate(parts), np.concatenate(weights), subsample)

    def items(self) -> Int[np.ndarray, " generations"]:
        """Return how many items each fit is made on."""
        fed = [sum(one.count(t) for one in self._streams) for t in range(1, self._generations + 1)]
        return np.minimum(fed, self._samples) if self._regime.subsample else np.array(fed, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """Who trains whom. `fits[t − 1]` makes model t."""

    batches: tuple[Batch, ...]
    fits: Sequence[Fit]
    by_surprise: bool = False  # whether subsamples are chosen for that

    @property
    def generations(self) -> int:
        """How many models are fitted."""
        return len(self.fits)

    def sizes(self) -> Int[np.ndarray, " batches"]:
        """Return the number of items of each batch."""
        return np.array([batch.size for batch in self.batches], dtype=np.int64)

    def training_sizes(self) -> Int[np.ndarray, " generations"]:
        """Return how many items each fit is made on."""
        if isinstance(self.fits, Fits):
            return self.fits.items()
        sizes = self.sizes()
        return np.array([fit.subsample or sizes[fit.batches].sum() for fit in self.fits], dtype=np.int64)

    def draws_plainly(self) -> bool:
        """Whether items come from models as they are: no rule, no verifier with a taste, no choice by surprise."""
        return not self.by_surprise and all(batch.rule.is_plain and batch.verifier is None for batch in self.batches)


def graph(regime: Regime, samples: int, generations: int) -> Graph:
    """Return the graph of `generations` fits; an ideal verifier's share of a batch has the real world as its parent."""
    batches: list[Batch] = []
    drawn: list[list[int]] = [[] for _ in regime.feeds]
    first: list[list[int]] = [[] for _ in regime.feeds]
    after: list[list[int]] = [[] for _ in regime.feeds]
    for generation in range(1, generations + 1):
        for feed, mine, since, until in zip(regime.feeds, drawn, first, after, strict=True):
            before = len(mine)
            if feed.every == "generation" or generation == 1:
                new = _drawn(feed, samples, generation)
                mine.extend(range(len(batches), len(batches) + len(new)))
                batches += new
                since.append(0 if feed.keep == "all" else before)
            else:
                since.append(since[-1])
            until.append(len(mine))
    streams = tuple(
        _Stream(
            np.array(mine, dtype=np.int64),
            np.cumsum([0, *(batches[k].size for k in mine)]),
            np.array(since),
            np.array(until),
        )
        for mine, since, until in zip(drawn, first, after, strict=True)
    )
    return Graph(tuple(batches), Fits(regime, streams, samples, generations), regime.choose == "most-surprising")


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
