"""What a kind of mark can do: score tokens under a key, say what chance does, and move a model's scores."""

from typing import NamedTuple, Protocol

import numpy as np
from jaxtyping import Bool, Float, Int, Int64, UInt64

from holdfast.data.screening.watermarks.keys import Key
from holdfast.data.screening.watermarks.prf import scattered
from holdfast.data.screening.watermarks.tokens import Ragged


class Scored(NamedTuple):
    """Tokens that count, in order: each input of the keyed function once a document.

    `worth` is what a token says for the mark; `value` is the keyed function's value, which names its input.
    """

    document: Int64[np.ndarray, " scored"]
    value: UInt64[np.ndarray, " scored"]
    worth: Int64[np.ndarray, " scored"]

    def only(self, kept: Bool[np.ndarray, " scored"]) -> "Scored":
        """Return some of the tokens."""
        return Scored(self.document[kept], self.value[kept], self.worth[kept])


class Scheme(Protocol):
    """A kind of mark. `mean` and `deviation` are of one unmarked token's worth, in the units of `worth`."""

    @property
    def mean(self) -> float:
        """Expected worth of a token without a mark."""
        ...

    @property
    def deviation(self) -> float:
        """Standard deviation of it."""
        ...

    @property
    def best(self) -> int:
        """Largest worth of a token."""
        ...

    @property
    def exact(self) -> bool:
        """Whether p-values are exact."""
        ...

    @property
    def scale(self) -> float:
        """What the worth is divided by to be a share between 0 and 1."""
        ...

    def scored(self, key: Key, tokens: Ragged) -> Scored:
        """Return the tokens that count."""
        ...

    def p_values(self, n: Int[np.ndarray, " k"], total: Int[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
        """Return the chance that n unmarked tokens are together worth `total` or more."""
        ...

    def moved(
        self, key: Key, text: UInt64[np.ndarray, "texts length"], vocabulary: UInt64[np.ndarray, " types"],
        scores: Float[np.ndarray, "texts types"],
    ) -> Float[np.ndarray, "texts types"]:  # fmt: skip
        """Return a model's scores (logits) of the next token, with the mark in them."""
        ...

    def said(self) -> str:
        """Return the kind of mark and its settings in words."""
        ...


def first_of_each(document: Int64[np.ndarray, " n"], named: UInt64[np.ndarray, " n"]) -> Int64[np.ndarray, " kept"]:
    """Return the places at which a value is met for the first time in its document, in order."""
    # An odd factor and a mixing keep documents apart: equal sums of unlike pairs are 64-bit collisions.
    both = scattered(named ^ scattered(document.astype(np.uint64)))
    _, first = np.unique(both, return_index=True)
    return np.sort(first)
