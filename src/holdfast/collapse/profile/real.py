"""The real world of a profile: which types are its tail, and what samples of it cover by chance."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from holdfast.core.errors import BadInput

Counts = Int[np.ndarray, " types"]
Draw = Callable[[int, np.random.Generator], Counts]
TAIL = 0.2  # share of the real items whose types are the tail
DRAWS = 200  # real samples of a null: enough for a 1% limit


@dataclass(frozen=True, slots=True)
class Real:
    """Real frequencies, and fresh real samples of any size, independent of them.

    `domain` numbers the domain of each type, such as a task or a class; None where there is one. Types that belong to
    no domain in particular have −1: words that two texts share would hide that one of them is forgotten.
    """

    share: Float[np.ndarray, " types"]
    draw: Draw
    domain: Int[np.ndarray, " types"] | None = None
    tail_share: float = TAIL

    @classmethod
    def of_counts(
        cls, counts: Counts, other: Counts, domain: Int[np.ndarray, " types"] | None = None, tail_share: float = TAIL
    ) -> "Real":
        """Return the real world of two independent real samples: one says what the tail is, one what chance covers.

        Raises BadInput.
        """
        if counts.shape != other.shape or counts.sum() == 0 or other.sum() == 0:
            raise BadInput("two real samples that count the same types are needed, and neither may be empty")

        def draw(size: int, rng: np.random.Generator) -> Counts:
            if size <= other.sum() // 2:
                return np.asarray(rng.multivariate_hypergeometric(other, size, method="marginals"))
            # Without replacement a large part would hardly vary.
            return np.asarray(rng.multinomial(size, other / other.sum() * (1 - 1e-12)))

        return cls(counts / counts.sum(), draw, domain, tail_share)

    @classmethod
    def of_law(
        cls,
        share: Float[np.ndarray, " types"],
        domain: Int[np.ndarray, " types"] | None = None,
        tail_share: float = TAIL,
    ) -> "Real":
        """Return the real world of known frequencies."""
        return cls(share, lambda size, rng: np.asarray(rng.multinomial(size, share * (1 - 1e-12))), domain, tail_share)

    @property
    def tail(self) -> Bool[np.ndarray, " types"]:
        """The rarest types that together hold `tail_share` of the real items."""
        order = np.argsort(self.share, kind="stable")
        found = np.zeros(len(self.share), dtype=bool)
        found[order[np.cumsum(self.share[order]) <= self.tail_share]] = True
        return found & (self.share > 0)

    def covered(self, counts: Counts, types: Bool[np.ndarray, " types"]) -> float:
        """Return the share of the real mass of some types that a sample has at least once."""
        mass = self.share[types]
        return float((mass * (counts[types] > 0)).sum() / mass.sum()) if mass.sum() else float("nan")
