"""A small GPT-like language model, trained from nothing or on, on text that models before it wrote."""

from collections.abc import Sequence
from functools import lru_cache
from threading import Lock
from typing import Literal, NamedTuple, Self

import numpy as np
from jaxtyping import Bool, Float, UInt16
from pydantic import BaseModel, Field, model_validator

from holdfast.collapse.definitions import Draw, Part, learner
from holdfast.collapse.learners.language import network
from holdfast.collapse.learners.language.corpus import Corpus, Unit, corpus
from holdfast.collapse.learners.language.network import Course, Size
from holdfast.collapse.learners.language.writing import Manner, written
from holdfast.collapse.learners.torch_use import EXTRA, reproducible
from holdfast.collapse.regimes import Rule
from holdfast.collapse.samples import Texts
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.finding import FROZEN
from holdfast.core.random import Streams

_PURPOSE = "the learner transformer"
_HELD_OUT = 64  # documents that measures on models look at, the same in every generation
_REFERENCE = Lock()  # it is trained once, also where several threads ask for it


class Language(NamedTuple):
    """Language models. Of the truth, `weights` are those of a reference model, trained on the real text at large."""

    weights: Float[np.ndarray, "replicates weights"]
    settings: Float[np.ndarray, "replicates settings"]  # the numbers of `Settings`
    held_out: UInt16[np.ndarray, "replicates documents length"]  # real documents that no model learns from
    real: Bool[np.ndarray, " replicates"]  # the truth itself


class Settings(NamedTuple):
    """What a measure needs to know of a model beside its weights."""

    vocabulary: float
    layers: float
    width: float
    heads: float
    context: float
    mark: float  # of the text it learnt from
    beams: float
    penalty: float
    prompt: float  # tokens of a prompt, 0 without

    @property
    def size(self) -> Size:
        """How large the network is."""
        return Size(*(int(one) for one in self[:5]))

    @property
    def manner(self) -> Manner:
        """How the model writes."""
        return Manner(Rule(), int(self.beams), self.penalty)


class Pages(NamedTuple):
    """Documents of equal length, as numbers of tokens."""

    tokens: UInt16[np.ndarray, "replicates documents length"]


class Transformer(BaseModel):
    """Small GPT-like language model, on a text of yours or on small tales.

    A sample is a document of `length` tokens. The real world is the file `file`, of which a fifth at the end is held
    out for measures, or, without one, tales that a grammar makes up. Each generation trains for `steps` steps on what
    it is fed, from new weights (`start = "fresh"`) or from those of the generation before (`"warm"`). Temperature and
    top_p belong to the regime's rule; beams, a penalty on repetition, and real prompts are options here.

    As there is no exact truth about a text, a reference model stands for it in measures: of the same size, trained
    for `reference` steps on all of the real text.
    """

    model_config = FROZEN
    file: str | None = Field(None, description="a text to learn from; tales are made up without one")
    tokens: Unit = Field("words", description="what a token is")
    vocabulary: int = Field(512, ge=4, le=65_000, description="most tokens; rarer ones become one unknown token")
    length: int = Field(32, ge=2, le=8192, description="tokens of a document")
    layers: int = Field(2, ge=1, le=48, description="blocks of attention, one upon the other")
    width: int = Field(64, ge=4, le=4096, description="numbers that stand for a token between blocks")
    heads: int = Field(4, ge=1, le=64, description="of attention in each block; a divisor of width")
    context: int | None = Field(None, ge=2, le=8192, description="tokens that are looked back on; `length`, if None")
    steps: int = Field(300, ge=1, description="steps of training a generation")
    epochs: float | None = Field(None, gt=0, description="instead of steps: how often all that is fed in is seen")
    reference: int | None = Field(None, ge=1, description="steps of the reference model; 2 × steps, if None")
    batch: int = Field(16, ge=1, description="documents a step")
    rate: float = Field(4e-3, gt=0, description="highest learning rate")
    start: Literal["fresh", "warm"] = Field("fresh", description="from new weights, or from those before")
    prompts: Literal["none", "real"] = Field("none", description="what each document is begun with; not part of it")
    prompt_length: int = Field(8, ge=1, description="tokens of a prompt")
    beams: int = Field(1, ge=1, le=64, description="texts kept by a beam search; 1 draws at random")
    penalty: float = Field(1.0, gt=0, description="on tokens the document has already; 1 is none")

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if self.width % self.heads:
            raise ValueError(f"width {self.width} is not a multiple of heads {self.heads}")
        if self.beams > 1 and self.prompts == "none":
            raise ValueError(
                f"beams {self.beams} need prompts = real: a beam search draws nothing at random, so that without a "
                "prompt every document would be the same"
            )
        return self

    def truth(self, replicates: int, rng: np.random.Generator) -> Language:
        """Return the real text, and the reference model that stands for it."""
        del rng
        with reproducible(_PURPOSE), _REFERENCE:
            weights = _reference(
                self.file, self.tokens, self.vocabulary, self.length, self._size,
                Course(self.reference or 2 * self.steps, self.batch, self.rate),
            )  # fmt: skip
        return self._state(np.tile(weights, (replicates, 1)), real=True)

    def draw(self, model: Language, wanted: Draw, rng: np.random.Generator) -> Pages:
        """Return documents: pieces of the real text, or what the models write."""
        if wanted.verifier is not None:
            raise NotApplicable("a verifier with a taste needs items that are numbers, these are texts")
        return Pages(np.stack([self._drawn(model, i, wanted.size, wanted.rule, rng) for i in range(len(model.real))]))

    def pool(self, batches: Sequence[Pages]) -> Pages:
        """Return batches as one."""
        return Pages(np.concatenate([batch.tokens for batch in batches], axis=1))

    def choose(self, batch: Pages, size: int, rng: np.random.Generator) -> Pages:
        """Return some of the documents, without replacement."""
        picked = [one[rng.permutation(len(one))[:size]] for one in batch.tokens]
        return Pages(np.stack(picked))

    def most_surprising(self, batch: Pages, size: int, model: Language) -> Pages:
        """Return the documents whose tokens surprise the models most, in the mean."""
        found = []
        with reproducible(_PURPOSE):
            for weights, pages in zip(model.weights, batch.tokens, strict=True):
                surprise = network.surprise(self._size, weights, pages).mean(axis=1)
                found.append(pages[np.sort(np.argsort(-surprise, kind="stable")[:size])])
        return Pages(np.stack(found))

    def fit(self, parts: Sequence[Part], rng: np.random.Generator, previous: Language | None) -> Language:
        """Return models trained on the documents; a part is met as often as its weight says."""
        replicates = len(parts[0].batch.tokens)
        weights = []
        with reproducible(_PURPOSE):
            for i in range(replicates):
                warm = previous is not None and self.start == "warm"
                start = previous.weights[i] if warm and previous is not None else network.fresh(self._size, rng)
                weights.append(self._trained(start, [(part.batch.tokens[i], part.weight) for part in parts], rng))
        return self._state(np.stack(weights), real=False)

    def samples(self, model: Language, size: int, rng: np.random.Generator) -> list[Texts]:
        """Return documents: of the truth, held-out ones."""
        real = self._corpus
        found = []
        for i, is_real in enumerate(model.real):
            pages = (
                real.documents(size, self.length, rng, held_out=True)
                if is_real
                else self._drawn(model, i, size, Rule(), rng)
            )
            found.append(Texts([real.text(page) for page in pages]))
        return found

    def held_out(self, most: int) -> Texts:
        """Return held-out documents that share no word."""
        real = self._corpus
        whole = real.held_out[: len(real.held_out) // self.length * self.length].reshape(-1, self.length)
        return Texts([real.text(page) for page in whole[:most]])

    def refuse(self, samples: int) -> str:
        """Return why so few samples cannot be fitted: one document is enough."""
        del samples
        return ""

    def _trained(
        self, start: np.ndarray, parts: list[tuple[np.ndarray, float]], rng: np.random.Generator
    ) -> np.ndarray:
        fed = sum(len(tokens) for tokens, _ in parts)
        steps = max(1, round(self.epochs * fed / self.batch)) if self.epochs is not None else self.steps
        shares = np.array([weight for _, weight in parts])

        def documents(n: int) -> np.ndarray:
            which = rng.choice(len(parts), n, p=shares / shares.sum())
            return np.stack([parts[k][0][rng.integers(len(parts[k][0]))] for k in which])

        return network.trained(self._size, start, documents, Course(steps, self.batch, self.rate), rng)

    def _drawn(self, model: Language, i: int, size: int, rule: Rule, rng: np.random.Generator) -> np.ndarray:
        if model.settings[i, Settings._fields.index("mark")] != self._corpus.mark:
            raise BadInput(f"{self.file} is no longer the text that the models before learnt from; put it back")
        if model.real[i]:
            return self._corpus.documents(size, self.length, rng)
        if self.beams > 1 and rule.top_p < 1:
            raise BadInput(
                f"top_p {rule.top_p:g} says how to draw at random, which a search with {self.beams} beams does not"
            )
        prompt = self.prompt_length if self.prompts == "real" else 0
        begun = self._corpus.documents(size, prompt, rng)
        manner = Manner(rule, self.beams, self.penalty)
        with reproducible(_PURPOSE):
            return written(self._size, model.weights[i], begun, self.length, manner, rng)

    def _state(self, weights: np.ndarray, *, real: bool) -> Language:
        replicates, text = len(weights), self._corpus
        prompt = self.prompt_length if self.prompts == "real" else 0
        settings = Settings(*self._size, text.mark, self.beams, self.penalty, prompt)
        starts = np.linspace(0, len(text.held_out) - self.length, _HELD_OUT).astype(int)
        held_out = text.held_out[starts[:, None] + np.arange(self.length)]
        return Language(
            weights,
            np.tile(np.array(settings, dtype=np.float64), (replicates, 1)),
            np.tile(held_out, (replicates, 1, 1)),
            np.full(replicates, real),
        )

    @property
    def _corpus(self) -> Corpus:
        return corpus(self.file, self.tokens, self.vocabulary, self.length)

    @property
    def _size(self) -> Size:
        known = len(self._corpus.vocabulary)
        return Size(known, self.layers, self.width, self.heads, self.context or self.length)


@lru_cache(maxsize=4)
def _reference(
    file: str | None, unit: Unit, vocabulary: int, length: int, size: Size, course: Course
) -> Float[np.ndarray, " weights"]:
    """Return the weights of a model that learnt from all of the real text but what is held out."""
    real, streams = corpus(file, unit, vocabulary, length), Streams(0)
    rng = streams("reference", "documents")
    start = network.fresh(size, streams("reference", "weights"))
    return network.trained(size, start, lambda n: real.documents(n, length, rng), course, rng)


transformer = learner(
    Transformer, costly=True, extra=EXTRA, tells="perplexity-of-real",
    suits={"samples": 1000, "generations": 5, "replicates": 3, "measure_size": 300},
)  # fmt: skip
