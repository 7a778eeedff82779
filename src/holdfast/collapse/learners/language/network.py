"""A small GPT: all weights in one vector, so that a model is an array like any other.

The layout is GPT-2's with learned positions and tied input and output vectors; no biases but in the norms.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, UInt16

from holdfast.collapse.learners.language.corpus import START
from holdfast.collapse.learners.torch_use import torch_for

_PURPOSE = "a language model"
_INIT = 0.6  # standard deviation of new weights × √width: GPT-2 has 0.02 × √768; small networks learn faster so
_CLIP = 1.0  # longest gradient
_WARM_UP = 0.1  # of the steps, in which the rate rises; then it falls along a cosine to a tenth
_BETAS = (0.9, 0.95)
_DECAY = 0.01
_AT_ONCE = 64  # documents


class Size(NamedTuple):
    """How large a network is."""

    vocabulary: int
    layers: int
    width: int
    heads: int
    context: int

    def parts(self) -> list[tuple[str, tuple[int, ...]]]:
        """Return name and shape of each array of weights, in the order in which they lie in the vector."""
        w = self.width
        found: list[tuple[str, tuple[int, ...]]] = [("tokens", (self.vocabulary, w)), ("places", (self.context, w))]
        for i in range(self.layers):
            found += [(f"norm1.{i}", (2, w)), (f"look.{i}", (3 * w, w)), (f"mix.{i}", (w, w))]
            found += [(f"norm2.{i}", (2, w)), (f"up.{i}", (4 * w, w)), (f"down.{i}", (w, 4 * w))]
        return [*found, ("norm", (2, w))]

    @property
    def weights(self) -> int:
        """How many weights there are."""
        return sum(math.prod(shape) for _, shape in self.parts())


class Course(NamedTuple):
    """How a network is trained."""

    steps: int
    batch: int
    rate: float


def fresh(size: Size, rng: np.random.Generator) -> Float[np.ndarray, " weights"]:
    """Return new weights."""
    parts = []
    for name, shape in size.parts():
        if name.startswith("norm"):
            parts.append(np.stack([np.ones(shape[1]), np.zeros(shape[1])]).ravel())
        else:
            spread = _INIT / math.sqrt(size.width)
            if name.startswith(("mix", "down")):  # what is added to the stream, 2 × layers times
                spread /= math.sqrt(2 * size.layers)
            parts.append(spread * rng.standard_normal(math.prod(shape)))
    return np.concatenate(parts).astype(np.float32)


def taken_apart(size: Size, flat: Any) -> dict[str, Any]:
    """Return the arrays of weights in a vector, as views: gradients arrive in the vector."""
    parts = size.parts()
    pieces = flat.split([math.prod(shape) for _, shape in parts])
    return {name: piece.view(shape) for (name, shape), piece in zip(parts, pieces, strict=True)}


class Memory:
    """What a network remembers of the tokens before: keys and values of each layer."""

    def __init__(self, size: Size, documents: int) -> None:
        """Reserve the place."""
        torch = torch_for(_PURPOSE)
        shape = (size.layers, 2, documents, size.heads, size.context, size.width // size.heads)
        self._kept, self.length = torch.empty(shape), 0

    def extend(self, layer: int, keys: Any, values: Any) -> tuple[Any, Any]:
        """Keep keys and values of new tokens; return those of all. The length grows with the last layer."""
        end = self.length + keys.shape[2]
        self._kept[layer, 0, :, :, self.length : end] = keys
        self._kept[layer, 1, :, :, self.length : end] = values
        if layer == len(self._kept) - 1:
            self.length = end
        return self._kept[layer, 0, :, :, :end], self._kept[layer, 1, :, :, :end]

    def reorder(self, order: Any) -> None:
        """Keep these documents, in this order."""
        self._kept = self._kept[:, :, order]


def scores(size: Size, weights: dict[str, Any], tokens: Any, memory: Memory | None = None) -> Any:
    """Return the score of each next token after each of `tokens` (documents × length)."""
    functional = torch_for(_PURPOSE).nn.functional
    documents, length = tokens.shape
    start = memory.length if memory is not None else 0
    x = functional.embedding(tokens, weights["tokens"]) + weights["places"][start : start + length]
    for i in range(size.layers):
        seen = _norm(x, weights[f"norm1.{i}"]) @ weights[f"look.{i}"].T
        query, key, value = (
            one.view(documents, length, size.heads, -1).transpose(1, 2) for one in seen.split(size.width, dim=2)
        )
        if memory is not None:
            key, value = memory.extend(i, key, value)
        mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=length > 1)
        x = x + mixed.transpose(1, 2).reshape(documents, length, size.width) @ weights[f"mix.{i}"].T
        inner = functional.gelu(_norm(x, weights[f"norm2.{i}"]) @ weights[f"up.{i}"].T)
        x = x + inner @ weights[f"down.{i}"].T
    return _norm(x, weights["norm"]) @ weights["tokens"].T


def _norm(x: Any, weights: Any) -> Any:
    return torch_for(_PURPOSE).nn.functional.layer_norm(x, x.shape[-1:], weights[0], weights[1])


Batches = Callable[[int], UInt16[np.ndarray, "documents length"]]


def trained(
    size: Size, start: Float[np.ndarray, " weights"], documents: Batches, course: Course, rng: np.random.Generator
) -> Float[np.ndarray, " weights"]:
    """Return weights after training from `start`; `documents(n)` returns n documents to learn from."""
    torch = torch_for(_PURPOSE)
    flat = torch.tensor(start, requires_grad=True)
    rule = torch.optim.AdamW([flat], lr=course.rate, betas=_BETAS, weight_decay=_DECAY)
    rise = max(1, round(_WARM_UP * course.steps))
    for step in range(course.steps):
        fall = 0.55 + 0.45 * math.cos(math.pi * max(0, step - rise) / max(1, course.steps - rise))
        rule.param_groups[0]["lr"] = course.rate * min((step + 1) / rise, fall)
        given, wanted = _windows(documents(course.batch), size.context, rng)
        found = scores(size, taken_apart(size, flat), torch.from_numpy(given))
        loss = torch.nn.functional.cross_entropy(found.flatten(0, 1), torch.from_numpy(wanted).flatten())
        flat.grad = None
        loss.backward()
        torch.nn.utils.clip_grad_norm_([flat], _CLIP)
        rule.step()
    return flat.detach().numpy().copy()


def _windows(
    documents: UInt16[np.ndarray, "documents length"], context: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return what the network is given and what it should say: whole documents, or a window of each longer one."""
    led = np.concatenate([np.full((len(documents), 1), START, np.int64), documents], axis=1)
    if documents.shape[1] > context:
        starts = rng.integers(documents.shape[1] - context + 1, size=len(documents))
        led = np.take_along_axis(led, starts[:, None] + np.arange(context + 1), axis=1)
    return np.ascontiguousarray(led[:, :-1]), np.ascontiguousarray(led[:, 1:])


def surprise(
    size: Size, weights: Float[np.ndarray, " weights"], documents: UInt16[np.ndarray, "documents length"]
) -> Float[np.ndarray, "documents length"]:
    """Return −log of the probability of each token of documents, given those before it in its window."""
    torch = torch_for(_PURPOSE)
    led = np.concatenate([np.full((len(documents), 1), START, np.int64), documents], axis=1)
    found = np.empty(documents.shape)
    with torch.no_grad():
        parts = taken_apart(size, torch.from_numpy(weights))
        for top in range(0, len(documents), _AT_ONCE):
            for start in range(0, documents.shape[1], size.context):
                window = torch.from_numpy(led[top : top + _AT_ONCE, start : start + size.context + 1])
                logs = scores(size, parts, window[:, :-1]).log_softmax(dim=2)
                said = logs.gather(2, window[:, 1:, None])[:, :, 0]
                found[top : top + _AT_ONCE, start : start + said.shape[1]] = -said.numpy()
    return found
