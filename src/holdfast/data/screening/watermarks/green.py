"""Green lists: the tokens before choose, with a key, which tokens a model prefers (Kirchenbauer et al. 2023).

A token is green with chance γ, decided by a keyed function of its context and itself; a model writes with δ added to
the logits of green tokens. In the paper the list of a context has exactly γ of the vocabulary; here each token flips
its own coin, so that the number of green tokens among distinct n-grams of an unmarked text is exactly binomial.
"""

from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int, UInt64
from pydantic import BaseModel, Field

from holdfast.core.finding import FROZEN
from holdfast.data.screening.watermarks.keys import Key
from holdfast.data.screening.watermarks.nulls import binomial_p
from holdfast.data.screening.watermarks.prf import Pair, siphash
from holdfast.data.screening.watermarks.scheme import Scored, first_of_each
from holdfast.data.screening.watermarks.tokens import Ragged

Seeding = Literal["left", "min", "self"]
_Codes = UInt64[np.ndarray, " n"]


class GreenList(BaseModel):
    """Green lists with a share `gamma` of green tokens and a lead `delta` in logits.

    How the context of `context` tokens chooses a list (Kirchenbauer et al. 2023, "On the reliability of watermarks"):
    left: all of them, in order: most even, and a changed word spoils the `context` tokens after it.
    min:  the one with the smallest keyed value: fewer lists, and most of them survive a changed word.
    self: as min, over pairs of each of them and the token itself: what is green depends on the token too.
    """

    model_config = FROZEN
    kind: Literal["green"] = "green"
    gamma: float = Field(0.25, gt=0, lt=1, description="share of tokens that are green by chance")
    delta: float = Field(2.0, gt=0, le=50, description="added to the logits of green tokens when writing")
    context: int = Field(2, ge=1, le=16, description="tokens that choose the list")
    seeding: Seeding = Field("left", description="how they choose it")

    @property
    def mean(self) -> float:
        """γ."""
        return self.gamma

    @property
    def deviation(self) -> float:
        """√(γ(1 − γ))."""
        return float(np.sqrt(self.gamma * (1 - self.gamma)))

    @property
    def best(self) -> int:
        """A green token counts 1."""
        return 1

    @property
    def exact(self) -> bool:
        """The binomial law is exact."""
        return True

    @property
    def scale(self) -> float:
        """A green token counts 1."""
        return 1.0

    def said(self) -> str:
        """Return the kind of mark in words."""
        return f"green list, γ = {self.gamma:g}, context of {self.context} by {self.seeding}-hash"

    def scored(self, key: Key, tokens: Ragged) -> Scored:
        """Return each distinct input of the keyed function, worth 1 where it is green."""
        choosing, deciding = self._pairs(key)
        ready = np.flatnonzero(tokens.place() >= self.context)
        own = tokens.codes[ready]
        before = [tokens.codes[ready - back] for back in range(1, self.context + 1)]
        if self.seeding == "min":  # the keyed value of each token once, not once for each context that it is in
            single = siphash(choosing, tokens.codes)
            lists = np.minimum.reduce([single[ready - back] for back in range(1, self.context + 1)])
        else:
            lists = self._lists(choosing, before, own)
        value = siphash(deciding, lists, own)
        document = tokens.document()[ready]
        kept = first_of_each(document, value)
        green = self._green(value[kept]).astype(np.int64)
        return Scored(document[kept], value[kept], green)

    def p_values(self, n: Int[np.ndarray, " k"], total: Int[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
        """Return the chance of as many green tokens without a mark: exact binomial."""
        return binomial_p(n, total, self.gamma)

    def moved(
        self, key: Key, text: UInt64[np.ndarray, "texts length"], vocabulary: _Codes,
        scores: Float[np.ndarray, "texts types"],
    ) -> Float[np.ndarray, "texts types"]:  # fmt: skip
        """Return logits with δ added to those of green tokens; unchanged before there is a whole context."""
        if text.shape[1] < self.context:
            return scores
        return scores + self.delta * self.green(key, text[:, -self.context :], vocabulary)

    def green(
        self, key: Key, contexts: UInt64[np.ndarray, "texts context"], vocabulary: UInt64[np.ndarray, " types"]
    ) -> Bool[np.ndarray, "texts types"]:
        """Return which tokens are green after each context, given in the order of reading."""
        choosing, deciding = self._pairs(key)
        texts, types = len(contexts), len(vocabulary)
        before = [contexts[:, -back] for back in range(1, self.context + 1)]
        own = np.tile(vocabulary, texts)
        if self.seeding == "self":
            lists = self._lists(choosing, [np.repeat(one, types) for one in before], own)
        else:
            lists = np.repeat(self._lists(choosing, before, before[0]), types)
        return self._green(siphash(deciding, lists, own)).reshape(texts, types)

    def _lists(self, choosing: Pair, before: list[_Codes], own: _Codes) -> _Codes:
        """Return the number of the list for each context: `before[0]` is the token just before."""
        if self.seeding == "left":
            return siphash(choosing, *before)
        if self.seeding == "min":
            return np.minimum.reduce([siphash(choosing, one) for one in before])
        return np.minimum.reduce([siphash(choosing, one, own) for one in (own, *before)])

    def _green(self, value: _Codes) -> Bool[np.ndarray, " n"]:
        return value < np.uint64(int(self.gamma * 2.0**64))

    def _pairs(self, key: Key) -> tuple[Pair, Pair]:
        name = f"green {self.seeding} {self.context}"
        return key.pair(f"{name}: list"), key.pair(f"{name}: token")
