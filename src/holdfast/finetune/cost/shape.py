"""A model as arithmetic sees it: which matrices are applied how often, which of them learn, where gradients must pass.

Embeddings are looked up, not multiplied, and do not appear; an output projection is a matrix like any other, tied or
not. Norms, biases and activations cost next to nothing beside the products.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from holdfast.core.errors import BadInput

Group = Literal["body", "adapter", "head"]
_PROJECTIONS = ("query", "key", "value", "out", "up", "gate", "down")


@dataclass(frozen=True, slots=True)
class Part:
    """A matrix (or kernel) of `size` weights, applied at each token, or `uses` times an example where given.

    `passes`: whether the gradient of its input is computed, because something before it learns.
    """

    name: str
    size: int
    learns: bool = True
    passes: bool = True
    uses: int | None = None
    group: Group = "body"
    recomputed: bool = False  # inside a checkpointed block: its forward product is made twice


@dataclass(frozen=True, slots=True)
class Attention:
    """Scores and mixing of one layer: two products of (tokens × tokens × width) each way.

    `width` is heads × head size. A fused kernel makes the scores once more on the way back.
    """

    width: int
    passes: bool = True
    fused: bool = False
    recomputed: bool = False


@dataclass(frozen=True, slots=True)
class ModelShape:
    """The parts of a model in any order, and how many weights there are that learn, or do not, matrices or not."""

    parts: tuple[Part, ...]
    attention: tuple[Attention, ...] = ()
    learning: int = 0  # weights in all, for memory; embeddings, norms and biases included
    frozen: int = 0


@dataclass(frozen=True, slots=True)
class Adapters:
    """LoRA of one rank at some of a layer's projections (Hu et al., 2022): x A B beside x W, W being frozen."""

    rank: int
    at: tuple[str, ...] = _PROJECTIONS


def transformer(
    layers: int,
    width: int,
    inner: int,
    *,
    key_width: int | None = None,
    gated: bool = False,
    embeddings_learn: bool = True,
    body_learns: bool = True,
    adapters: Adapters | None = None,
    head: int = 0,
    head_per_token: bool = False,
    patch: int = 0,
    fused: bool = False,
    checkpointing: bool = False,
    other: int = 0,
) -> ModelShape:
    """Return the shape of a usual transformer: BERT, GPT, ViT.

    `inner` is the width of the feed-forward part, `key_width` that of keys and values where fewer (grouped queries),
    `head` the weights of the head or output projection, `patch` those of the projection of image patches (whose input
    needs no gradient), `other` the weights that are only looked up or added (embeddings, norms, biases).
    """
    if min(layers, width, inner) < 1:
        raise BadInput(f"a transformer has layers, width and inner width of 1 at least; got {layers}, {width}, {inner}")
    unknown = set(adapters.at) - set(_PROJECTIONS) if adapters else set()
    if unknown:
        raise BadInput(f"no projections {', '.join(sorted(unknown))}; known are {', '.join(_PROJECTIONS)}")
    parts = [Part("patches", patch, learns=body_learns, passes=False)] if patch else []
    attention: list[Attention] = []
    passes = embeddings_learn or (patch > 0 and body_learns)
    keys = width if key_width is None else key_width
    sizes = {
        "query": (width, width), "key": (width, keys), "value": (width, keys), "out": (width, width),
        "up": (width, inner), **({"gate": (width, inner)} if gated else {}), "down": (inner, width),
    }  # fmt: skip
    for layer in range(layers):
        for stage in (("query", "key", "value"), (), ("out",), ("up", "gate"), ("down",)):
            if not stage:
                attention.append(Attention(width, passes, fused, checkpointing))
                continue
            here = [
                part
                for name in stage
                if name in sizes
                for part in _applied(name, layer, sizes[name], passes, body_learns, adapters, checkpointing)
            ]
            parts += here
            passes = passes or any(part.learns for part in here)
    if head:
        parts.append(Part("head", head, passes=passes, uses=None if head_per_token else 1, group="head"))
    learning = sum(part.size for part in parts if part.learns) + (other if embeddings_learn else 0)
    return ModelShape(
        tuple(parts),
        tuple(attention),
        learning,
        sum(part.size for part in parts) + other - learning,
    )


def _applied(
    name: str,
    layer: int,
    size: tuple[int, int],
    passes: bool,  # noqa: FBT001
    learns: bool,  # noqa: FBT001
    adapters: Adapters | None,
    checkpointing: bool,  # noqa: FBT001
) -> Iterator[Part]:
    title = f"layer {layer} {name}"
    learns = learns and adapters is None
    yield Part(title, size[0] * size[1], learns=learns, passes=passes, recomputed=checkpointing)
    if adapters is not None and name in adapters.at:
        down, up = size[0] * adapters.rank, adapters.rank * size[1]
        yield Part(f"{title} A", down, passes=passes, group="adapter", recomputed=checkpointing)
        yield Part(f"{title} B", up, passes=True, group="adapter", recomputed=checkpointing)
