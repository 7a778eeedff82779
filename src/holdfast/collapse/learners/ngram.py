"""n-gram language models, sampled exactly: the successor of a random occurrence is copied."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import BaseModel, Field

from holdfast.collapse.definitions import Draw, Part, learner
from holdfast.collapse.ngrams.index import Grams, Writing, as_it_stands, indexed, joined, pieces_of, repeated
from holdfast.collapse.ngrams.surprise import book, surprising_pieces
from holdfast.collapse.ngrams.text import Source, Unit, file_source, made_source
from holdfast.collapse.ngrams.walk import chances, walked
from holdfast.collapse.samples import Texts
from holdfast.collapse.states.frequencies import acceptance
from holdfast.core.finding import FROZEN


class Ngram(BaseModel):
    """n-gram language model by maximum likelihood, on words or characters of a text.

    An item is a token. The real world is the text: real batches are stretches of it from random places (or, with
    `real = "model"`, what the n-gram model of all of it writes, so that the truth is of the learner's own kind).
    Batches are written in stretches of up to `stretch` tokens that are put one after the other; where they meet, a few
    n-grams arise by chance, one in `stretch` or fewer. A verifier with a taste sees tokens at the place of their rank
    in the real text, in its standard deviations.
    """

    model_config = FROZEN
    file: str | None = Field(None, description="a text file; without it a text is made up")
    unit: Unit = Field("words", description="of a file: words or characters")
    order: int = Field(2, ge=1, le=8, description="tokens in an n-gram: 2 is a bigram")
    real: Literal["text", "model"] = Field("text", description="real batches: stretches of the text, or of its model")
    types: int = Field(2000, ge=1, le=1_000_000, description="of made text: how many types of tokens")
    exponent: float = Field(1.0, ge=0, le=20, description="of made text: Zipf's law of the tokens")
    length: int = Field(100_000, ge=100, le=20_000_000, description="of made text: tokens")
    held_out: int = Field(1000, ge=10, le=1_000_000, description="tokens of the real text nobody learns from")
    stretch: int = Field(1000, ge=10, description="tokens that are written in one go")
    document: int = Field(50, ge=1, description="tokens of a document, which measures on texts look at")

    def source(self) -> Source:
        """Return the real text. Raises BadInput."""
        if self.file is not None:
            return file_source(self.file, self.unit, self.held_out)
        return made_source(self.types, self.exponent, self.length, self.held_out)

    def truth(self, replicates: int, rng: np.random.Generator) -> Grams:
        """Return the real text, the same for all replicates."""
        del rng
        source = self.source()
        if self.real == "text":
            return as_it_stands(source.tokens, source.held_out, self.order, replicates)
        model = indexed(source.tokens[None], self.order, np.empty((1, 0)))
        return repeated(model._replace(held_out=source.held_out[None]), replicates)

    def draw(self, model: Grams, wanted: Draw, rng: np.random.Generator) -> Writing:
        """Return a text."""
        passing = None
        if wanted.verifier is not None:
            counts = np.bincount(self.source().tokens, minlength=len(self.source().vocabulary))
            passing = acceptance(counts / counts.sum(), wanted.verifier)
        texts = -(-wanted.size // self.stretch)
        drawn = walked(model, texts, -(-wanted.size // texts), rng, chances(model, wanted.rule, passing))
        return Writing(drawn.reshape(len(drawn), -1)[:, : wanted.size])

    def pool(self, batches: Sequence[Writing]) -> Writing:
        """Return texts one after the other."""
        return Writing(np.concatenate([batch.tokens for batch in batches], axis=1))

    def choose(self, batch: Writing, size: int, rng: np.random.Generator) -> Writing:
        """Return pieces of a text, without replacement; of unigrams, single tokens."""
        return pieces_of(batch, size, self.stretch if self.order > 1 else 1, rng)

    def most_surprising(self, batch: Writing, size: int, model: Grams) -> Writing:
        """Return the documents whose tokens surprise the models most, in the mean."""
        types = len(self.source().vocabulary)
        known = book(model.tokens, model.weight, self.order, types)
        return surprising_pieces(batch, size, known, self.order, max(self.document, self.order))

    def fit(self, parts: Sequence[Part], rng: np.random.Generator, previous: Grams | None) -> Grams:
        """Return the index of the training text."""
        del rng, previous
        return joined([(part.batch, part.weight) for part in parts], self.order)

    def samples(self, model: Grams, size: int, rng: np.random.Generator) -> list[Texts]:
        """Return documents with so many tokens together."""
        length = min(self.document, size)
        source = self.source()
        drawn = walked(model, max(1, size // length), length, rng, None)
        return [Texts(tuple(source.text(tokens) for tokens in documents)) for documents in drawn]

    def refuse(self, samples: int) -> str:
        """Return why so few samples cannot be fitted."""
        return "" if samples >= self.order else f"an n-gram of order {self.order} needs as many tokens at least"

    def room(self, items: int) -> int:
        """Return how many bytes one replicate takes at most: text, index and what is made on the way."""
        return 120 * items


ngram = learner(Ngram, tells="types-spoken")
