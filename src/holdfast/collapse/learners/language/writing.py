"""How a language model writes: token by token from its distribution, or the likeliest text that a beam search finds."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, UInt16

from holdfast.collapse.learners.language.corpus import START
from holdfast.collapse.learners.language.network import Memory, Size, scores, taken_apart
from holdfast.collapse.learners.torch_use import torch_for
from holdfast.collapse.regimes import Rule

_AT_ONCE = 256  # documents written together: enough to fill a core, small enough for memory
_MEMORY = 1 << 28  # bytes of keys and values at most
_PURPOSE = "a language model"


class Manner(NamedTuple):
    """How to write: `rule` of the regime, beams and penalty of the learner."""

    rule: Rule = Rule()
    beams: int = 1
    penalty: float = 1.0  # on tokens that the document has already, 1 is none (Keskar et al. 2019, CTRL)


def written(
    size: Size,
    weights: Float[np.ndarray, " weights"],
    prompts: UInt16[np.ndarray, "documents prompt"],
    length: int,
    manner: Manner,
    rng: np.random.Generator,
) -> UInt16[np.ndarray, "documents length"]:
    """Return what the model writes after each prompt, which may be empty; the prompt is not part of it."""
    torch = torch_for(_PURPOSE)
    led = np.concatenate([np.full((len(prompts), 1), START, np.int64), prompts], axis=1)
    luck = rng.random((length, len(prompts)))
    each = 8 * size.layers * size.width * size.context * manner.beams  # keys and values, 4 bytes a number
    step = max(1, min(_AT_ONCE, _MEMORY // each))
    found = []
    with torch.no_grad():
        parts = taken_apart(size, torch.from_numpy(weights))
        for top in range(0, len(led), step):
            some = torch.from_numpy(led[top : top + step])
            if manner.beams > 1:
                found.append(_searched(size, parts, some, length, manner))
            else:
                found.append(_sampled(size, parts, some, length, manner, luck[:, top : top + step]))
    return np.concatenate(found).astype(np.uint16)


def _sampled(
    size: Size, weights: dict[str, Any], stream: Any, length: int, manner: Manner, luck: np.ndarray
) -> np.ndarray:
    torch = torch_for(_PURPOSE)
    prompt = stream.shape[1]
    reader = _Reader(size, weights, len(stream))
    for turn in range(length):
        found = _weighed(reader.next(stream), stream, manner)
        chosen = _picked(found.softmax(dim=1), manner.rule.top_p, torch.from_numpy(luck[turn]))
        stream = torch.cat([stream, chosen[:, None]], dim=1)
    return stream[:, prompt:].numpy()


class _Reader:
    """Reads a growing text and says what comes next; what does not fit into the context is read again by half."""

    def __init__(self, size: Size, weights: dict[str, Any], documents: int) -> None:
        self._size, self._weights, self._documents = size, weights, documents
        self.memory: Memory | None = None

    def next(self, stream: Any) -> Any:
        """Return the scores of the token after `stream`."""
        if self.memory is None or self.memory.length >= self._size.context:
            # A first reading takes all that fits; later ones leave half of the context free.
            most = self._size.context if self.memory is None else max(1, self._size.context // 2)
            self.memory = Memory(self._size, self._documents)
            new = stream[:, -most:]
        else:
            new = stream[:, -1:]
        return scores(self._size, self._weights, new, self.memory)[:, -1]


def _weighed(found: Any, stream: Any, manner: Manner) -> Any:
    """Return scores after penalty and temperature; the start of a document is never written."""
    torch = torch_for(_PURPOSE)
    if manner.penalty != 1.0:
        had = torch.zeros(found.shape, dtype=torch.bool)
        had[torch.arange(len(found))[:, None], stream] = True
        punished = torch.where(found > 0, found / manner.penalty, found * manner.penalty)
        found = torch.where(had, punished, found)
    found = found / manner.rule.temperature
    found[:, START] = -torch.inf
    return found


def _picked(shares: Any, top_p: float, luck: Any) -> Any:
    """Return a token for each document: where its luck falls in the summed-up shares."""
    torch = torch_for(_PURPOSE)
    shares = shares.double()
    names = None
    if top_p < 1:
        shares, names = shares.sort(dim=1, descending=True, stable=True)
        before = shares.cumsum(dim=1) - shares
        shares = torch.where(before < top_p, shares, 0.0)
    sums = shares.cumsum(dim=1)
    place = torch.searchsorted(sums, (luck * sums[:, -1])[:, None], right=True).clamp(max=shares.shape[1] - 1)
    return (names.gather(1, place) if names is not None else place)[:, 0]


def _searched(size: Size, weights: dict[str, Any], prompts: Any, length: int, manner: Manner) -> np.ndarray:
    """Return the likeliest of the texts that a beam search keeps; it draws nothing at random."""
    torch = torch_for(_PURPOSE)
    documents, beams = len(prompts), manner.beams
    reader = _Reader(size, weights, documents * beams)
    stream = prompts.repeat_interleave(beams, dim=0)
    # At first all beams are the same text: only the first of each document counts.
    totals = torch.full((documents, beams), -torch.inf)
    totals[:, 0] = 0.0
    rows = torch.arange(documents)[:, None] * beams
    for _ in range(length):
        logs = _weighed(reader.next(stream), stream, manner).log_softmax(dim=1)
        every = (totals.view(-1, 1) + logs).view(documents, -1)
        totals, place = every.topk(beams, dim=1)
        order = (rows + place // logs.shape[1]).flatten()
        stream = torch.cat([stream[order], (place % logs.shape[1]).view(-1, 1)], dim=1)
        if reader.memory is not None:
            reader.memory.reorder(order)
    best = rows[:, 0] + totals.argmax(dim=1)
    return stream[best, prompts.shape[1] :].numpy()
