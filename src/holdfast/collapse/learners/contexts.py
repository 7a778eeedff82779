"""Softmax regression of the next token on one-hot contexts: one chain of frequencies for each context."""

from collections.abc import Sequence
from functools import cached_property
from typing import Literal

import numpy as np
from jaxtyping import Float, Int
from pydantic import BaseModel, Field

from holdfast.collapse.definitions import Draw, Part, learner
from holdfast.collapse.samples import Counts
from holdfast.collapse.states.frequencies import (
    Frequencies,
    Law,
    Tally,
    acceptance,
    apportioned,
    chosen,
    fitted,
    law_of_types,
    ruled,
    tallied,
    tilted,
)
from holdfast.core.finding import FROZEN

_MOST = 20_000


class Contexts(BaseModel):
    """Next-token softmax regression on one-hot contexts, fitted without penalty.

    The fit gives each context the frequencies of its own items (Seddik et al., 2024), so each context is a
    Wright–Fisher chain by itself, with as many items as it gets. Contexts are given, not generated: they come as often
    in every generation. The most common type of context c is type c, and ranks go round from there. A context that got
    no item is uniform, as under a vanishing ridge penalty.
    """

    model_config = FROZEN
    contexts: int = Field(10, ge=1, le=_MOST, description="how many contexts there are (C)")
    types: int = Field(30, ge=1, le=_MOST, description="how many types can follow (K)")
    law: Law = Field("zipf", description="of the types in each context: zipf, uniform or geometric")
    exponent: float = Field(1.2, ge=0, le=20, description="of Zipf's law of the types")
    ratio: float = Field(0.9, gt=0, lt=1, description="of the geometric law of the types")
    context_exponent: float = Field(0.0, ge=0, le=20, description="of Zipf's law of the contexts; 0: all as often")
    counts: Literal["fixed", "random"] = Field("fixed", description="items of a context: its share, or multinomial")

    @cached_property
    def ranked_law(self) -> Float[np.ndarray, " types"]:
        """The true frequencies of the types of a context, the most common first."""
        return law_of_types(self.law, self.types, self.exponent, self.ratio)

    @cached_property
    def true_law(self) -> Float[np.ndarray, "contexts types"]:
        """The true frequencies in each context."""
        rank = (np.arange(self.types)[None, :] - np.arange(self.contexts)[:, None]) % self.types
        return self.ranked_law[rank]

    @cached_property
    def context_law(self) -> Float[np.ndarray, " contexts"]:
        """How often each context comes."""
        return law_of_types("zipf", self.contexts, self.context_exponent, self.ratio)

    def truth(self, replicates: int, rng: np.random.Generator) -> Frequencies:
        """Return the true laws, the same for all replicates."""
        del rng
        shape = (replicates, self.contexts, self.types)
        return Frequencies(np.broadcast_to(self.true_law, shape), self._context(replicates))

    def draw(self, model: Frequencies, wanted: Draw, rng: np.random.Generator) -> Tally:
        """Return counts."""
        share = model.share
        if wanted.verifier is not None:
            share = tilted(share, acceptance(self.true_law, wanted.verifier))
        share = ruled(share, wanted.rule)
        return tallied(share, self._sizes(len(share), wanted.size, rng), rng)

    def pool(self, batches: Sequence[Tally]) -> Tally:
        """Return batches as one."""
        return Tally(np.sum([batch.counts for batch in batches], axis=0))

    def choose(self, batch: Tally, size: int, rng: np.random.Generator) -> Tally:
        """Return some of the items without replacement, from each context its share where counts are fixed."""
        sizes = self._sizes(len(batch.counts), size, rng) if self.counts == "fixed" else None
        return chosen(batch, sizes, size, rng)

    def fit(self, parts: Sequence[Part], rng: np.random.Generator, previous: Frequencies | None) -> Frequencies:
        """Return weighted frequencies in each context."""
        del rng, previous
        replicates = len(parts[0].batch.counts)
        return fitted([(part.batch, part.weight) for part in parts], self._context(replicates))

    def samples(self, model: Frequencies, size: int, rng: np.random.Generator) -> list[Counts]:
        """Return how often each pair of context and type is seen."""
        sizes = rng.multinomial(size, np.ascontiguousarray(model.context))
        return [Counts(counts.ravel()) for counts in tallied(model.share, sizes, rng).counts]

    def refuse(self, samples: int) -> str:
        """Return why so few samples cannot be fitted."""
        least = int(apportioned(samples, self.context_law).min())
        if self.counts == "random" or least >= 1:
            return ""
        return f"of {self.contexts:,} contexts, one would get none; give more samples, or options.counts=random"

    def room(self, items: int) -> int:
        """Return how many bytes one replicate takes at most: model, batch and what is made on the way."""
        del items
        return 8 * 5 * self.contexts * self.types

    def _context(self, replicates: int) -> Float[np.ndarray, "replicates contexts"]:
        return np.broadcast_to(self.context_law, (replicates, self.contexts))

    def _sizes(self, replicates: int, size: int, rng: np.random.Generator) -> Int[np.ndarray, "replicates contexts"]:
        if self.counts == "random":
            return rng.multinomial(size, self.context_law, replicates)
        return np.broadcast_to(apportioned(size, self.context_law), (replicates, self.contexts))


contexts = learner(Contexts, tells="types-alive")
