"""SynthID-Text: candidates meet in a tournament that a key referees (Dathathri et al. 2024, Nature 634, 818).

For each context and token the keyed function gives `depth` bits, the g-values. Of two candidates in each match of layer
l the one with the larger g-value goes on; in distribution that is p ← p · (1 + g − Σ p g), applied layer by layer,
which leaves the expected distribution of a token over keys as the model has it.
"""

from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int, Int64, UInt64
from pydantic import BaseModel, Field

from holdfast.core.finding import FROZEN
from holdfast.data.screening.watermarks.keys import Key
from holdfast.data.screening.watermarks.nulls import binomial_p, weighted_p
from holdfast.data.screening.watermarks.prf import Pair, siphash
from holdfast.data.screening.watermarks.scheme import Scored, first_of_each
from holdfast.data.screening.watermarks.tokens import Ragged

_Codes = UInt64[np.ndarray, " n"]
_FIRST, _LAST = 10, 1  # weights of the first and the last layer, falling evenly, as in the paper's weighted mean
_FEWEST = 8  # layers with weights: fewer make a lattice on which the approximation is out by up to 15%


class Tournament(BaseModel):
    """Tournament sampling with `depth` layers after contexts of `context` tokens.

    A context that the text has had before is not marked, and not counted: repeats would lower the variety of what is
    written and make chance look like a mark. The score is the mean g-value, exactly binomial without a mark; weighted,
    the first layers count more, because later ones find fewer unlike candidates, and p is a saddlepoint approximation.
    """

    model_config = FROZEN
    kind: Literal["synthid"] = "synthid"
    depth: int = Field(30, ge=1, le=64, description="layers of the tournament")
    context: int = Field(4, ge=1, le=16, description="tokens that choose the g-values")
    weighted: bool = Field(default=True, description="first layers count more")

    @property
    def weights(self) -> Int64[np.ndarray, " layers"]:
        """Whole weights of the layers: in the ratio of 10 to 1, falling evenly, with no common divisor."""
        if self.exact:
            return np.ones(self.depth, dtype=np.int64)
        steps = self.depth - 1
        whole = _FIRST * steps - (_FIRST - _LAST) * np.arange(self.depth)
        return whole // np.gcd.reduce(whole)

    @property
    def mean(self) -> float:
        """Half of all weights."""
        return float(self.weights.sum()) / 2

    @property
    def deviation(self) -> float:
        """Each layer is a fair coin."""
        return float(np.sqrt((self.weights**2).sum()) / 2)

    @property
    def best(self) -> int:
        """Ones in all layers."""
        return int(self.weights.sum())

    @property
    def exact(self) -> bool:
        """The plain mean is exactly binomial; few layers get no weights, as their sums are too uneven for the other."""
        return not self.weighted or self.depth < _FEWEST

    @property
    def scale(self) -> float:
        """Ones in all layers make a share of 1."""
        return float(self.weights.sum())

    def said(self) -> str:
        """Return the kind of mark in words."""
        how = "mean" if self.exact else "weighted mean"
        return f"SynthID form, {self.depth} layers, context of {self.context}, {how} g-value"

    def scored(self, key: Key, tokens: Ragged) -> Scored:
        """Return the tokens after contexts that are new in their document, worth their weighted g-values."""
        choosing, deciding = self._pairs(key)
        ready = np.flatnonzero(tokens.place() >= self.context)
        document = tokens.document()[ready]
        lists = siphash(choosing, *(tokens.codes[ready - back] for back in range(1, self.context + 1)))
        kept = first_of_each(document, lists)
        value = siphash(deciding, lists[kept], tokens.codes[ready][kept])
        return Scored(document[kept], value, self._worth(value))

    def p_values(self, n: Int[np.ndarray, " k"], total: Int[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
        """Return the chance of such g-values without a mark: binomial, or by saddlepoint where weighted."""
        if self.exact:
            return binomial_p(np.asarray(n) * self.depth, total, 0.5)
        return weighted_p(n, total, self.weights)

    def moved(
        self, key: Key, text: UInt64[np.ndarray, "texts length"], vocabulary: _Codes,
        scores: Float[np.ndarray, "texts types"],
    ) -> Float[np.ndarray, "texts types"]:  # fmt: skip
        """Return the logits of the tournament's winner; unchanged after a context that the text has had before."""
        if text.shape[1] < self.context:
            return scores
        moved = np.array(scores, dtype=np.float64)
        new = np.flatnonzero(~had_before(text, self.context))
        if len(new):
            values = self._values(key, text[new, -self.context :], vocabulary)
            moved[new] = logits(won(shares(moved[new]), values, self.depth))
        return moved

    def _values(
        self, key: Key, contexts: UInt64[np.ndarray, "texts context"], vocabulary: UInt64[np.ndarray, " types"]
    ) -> UInt64[np.ndarray, "texts types"]:
        """Return for each token after each context a number whose bits are its g-values."""
        choosing, deciding = self._pairs(key)
        lists = siphash(choosing, *(contexts[:, -back] for back in range(1, self.context + 1)))
        texts, types = len(contexts), len(vocabulary)
        return siphash(deciding, np.repeat(lists, types), np.tile(vocabulary, texts)).reshape(texts, types)

    def _worth(self, value: _Codes) -> Int64[np.ndarray, " n"]:
        """Return the sum of weights of the layers whose bit is set, a byte at a time by table."""
        table_of = (np.arange(256)[:, None] >> np.arange(8)) & 1
        total = np.zeros(len(value), dtype=np.int64)
        for start in range(0, self.depth, 8):
            weights = self.weights[start : start + 8]
            table = table_of[:, : len(weights)] @ weights
            total += table[((value >> np.uint64(start)) & np.uint64(0xFF)).astype(np.int64)]
        return total

    def _pairs(self, key: Key) -> tuple[Pair, Pair]:
        name = f"synthid {self.context}"
        return key.pair(f"{name}: list"), key.pair(f"{name}: token")


def won(
    chances: Float[np.ndarray, "texts types"], values: UInt64[np.ndarray, "texts types"], depth: int
) -> Float[np.ndarray, "texts types"]:
    """Return the distribution of the winner after all layers of matches between two (Dathathri et al. 2024).

    The bits of `values` are the g-values, first layer first.
    """
    for layer in range(depth):
        bits = ((values >> np.uint64(layer)) & np.uint64(1)).astype(np.float64)
        lead = (chances * bits).sum(axis=1, keepdims=True)
        chances = np.maximum(chances * (1 + bits - lead), 0.0)  # rounding may leave a chance just below none
    return chances


def had_before(text: UInt64[np.ndarray, "texts length"], context: int) -> Bool[np.ndarray, " texts"]:
    """Return for each text whether its last `context` tokens stood together somewhere before."""
    if text.shape[1] <= context:
        return np.zeros(len(text), dtype=bool)
    earlier = np.lib.stride_tricks.sliding_window_view(text[:, :-1], context, axis=1)
    return np.asarray((earlier == text[:, None, -context:]).all(axis=2).any(axis=1))


def shares(scores: Float[np.ndarray, "texts types"]) -> Float[np.ndarray, "texts types"]:
    """Return logits as chances."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def logits(chances: Float[np.ndarray, "texts types"]) -> Float[np.ndarray, "texts types"]:
    """Return chances as logits; −∞ where there is no chance."""
    with np.errstate(divide="ignore"):
        return np.log(chances)
