"""A law over types, learnt by counting: unigram models, labels, species."""

from collections.abc import Sequence
from functools import cached_property
from typing import Self

import numpy as np
from jaxtyping import Float
from pydantic import BaseModel, Field, model_validator

from holdfast.collapse.definitions import Draw, Part, learner
from holdfast.collapse.samples import Counts
from holdfast.collapse.states.frequencies import (
    Frequencies,
    Law,
    Tally,
    acceptance,
    chosen,
    fitted,
    law_of_types,
    leapt,
    ruled,
    tallied,
    tilted,
)
from holdfast.core.finding import FROZEN

MOST_TYPES = 2_000_000


class Categorical(BaseModel):
    """Frequencies of types, fitted by counting: a Wright–Fisher population of items.

    A batch is drawn as its counts, which is all that a fit needs to know: a multinomial over the types that are still
    alive. A verifier with a taste sees types at the place of their rank in the true law, in its standard deviations.
    """

    model_config = FROZEN
    types: int = Field(200, ge=1, le=MOST_TYPES, description="how many types there are (K)")
    law: Law = Field("zipf", description="zipf, uniform or geometric")
    exponent: float = Field(
        1.2, ge=0, le=20, description="of Zipf's law: type i has frequency i to the power −exponent"
    )
    ratio: float = Field(0.9, gt=0, lt=1, description="of the geometric law: each type is so many times the one before")
    probabilities: tuple[float, ...] = Field((), description="your own law instead, one number for each type")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.probabilities:
            own = np.array(self.probabilities)
            if not np.isfinite(own).all() or (own < 0).any() or abs(own.sum() - 1) > 1e-6:
                raise ValueError(f"probabilities must be at least 0 and sum to 1, they sum to {own.sum():g}")
        return self

    @cached_property
    def true_law(self) -> Float[np.ndarray, " types"]:
        """The true frequencies."""
        if self.probabilities:
            own = np.array(self.probabilities)
            return np.asarray(own / own.sum())
        return law_of_types(self.law, self.types, self.exponent, self.ratio)

    def truth(self, replicates: int, rng: np.random.Generator) -> Frequencies:
        """Return the true law, the same for all replicates."""
        del rng
        share = np.broadcast_to(self.true_law, (replicates, 1, len(self.true_law)))
        return Frequencies(share, np.ones((replicates, 1)))

    def draw(self, model: Frequencies, wanted: Draw, rng: np.random.Generator) -> Tally:
        """Return counts."""
        share = model.share
        if wanted.verifier is not None:
            share = tilted(share, acceptance(self.true_law, wanted.verifier)[None])
        share = ruled(share, wanted.rule)
        return tallied(share, np.full(share.shape[:2], wanted.size), rng)

    def pool(self, batches: Sequence[Tally]) -> Tally:
        """Return batches as one."""
        return Tally(np.sum([batch.counts for batch in batches], axis=0))

    def choose(self, batch: Tally, size: int, rng: np.random.Generator) -> Tally:
        """Return some of the items, without replacement: a multivariate hypergeometric draw."""
        return chosen(batch, None, size, rng)

    def fit(self, parts: Sequence[Part], rng: np.random.Generator, previous: Frequencies | None) -> Frequencies:
        """Return weighted frequencies."""
        del rng, previous
        replicates = len(parts[0].batch.counts)
        return fitted([(part.batch, part.weight) for part in parts], np.ones((replicates, 1)))

    def leap(self, model: Frequencies, sizes: Sequence[int], rng: np.random.Generator) -> Frequencies:
        """Return the model after a fit of each size, each on items of the one before."""
        return model._replace(share=leapt(model.share, sizes, rng))

    def samples(self, model: Frequencies, size: int, rng: np.random.Generator) -> list[Counts]:
        """Return how often each type is seen in so many items."""
        drawn = tallied(model.share, np.full(model.share.shape[:2], size), rng)
        return [Counts(counts) for counts in drawn.counts[:, 0]]

    def refuse(self, samples: int) -> str:
        """Return why so few samples cannot be fitted: one item is enough."""
        return "" if samples >= 1 else "frequencies need at least 1 item"

    def room(self, items: int) -> int:
        """Return how many bytes one replicate takes at most: model, batch and what is made on the way."""
        del items
        return 8 * 5 * len(self.true_law)


categorical = learner(Categorical, tells="types-alive")
