"""The step's texts once more, with embeddings moved to where the loss is greatest: harder to fool by small changes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from pydantic import BaseModel, Field

from holdfast.core.config import checked
from holdfast.core.errors import BadInput
from holdfast.core.finding import FROZEN
from holdfast.finetune.methods.definitions import Method, MethodKind, Setting, Steps
from holdfast.finetune.tasks.definitions import Batch, Module


class Options(BaseModel):
    """Options of `fgm`."""

    model_config = FROZEN
    radius: float = Field(0.1, gt=0, le=1, description="of the change, as a share of the length of the embeddings")


def make(setting: Setting) -> Method:
    """Return the loss at E + r, r = ε ‖E‖ g / ‖g‖, g being the loss's gradient in a text's embeddings E.

    Miyato, Dai & Goodfellow (2017), "Adversarial training methods for semi-supervised text classification", 1605.07725.
    The length is a share of the embeddings' own, so that it suits any model. A step costs about three times as much.
    Raises BadInput for a model without embeddings of tokens.
    """
    radius = checked(Options, setting.options, table="options.fgm").radius
    example = setting.prepared.task.batch("train", np.arange(1))
    if "input_ids" not in example or _embeddings(setting.prepared.module) is None:
        raise BadInput("fgm moves the embeddings of tokens, and this model has none; for images there is pgd")

    def varied(module: Module, batch: Batch, loss: Callable[[Batch], Any]) -> Any:
        import torch

        seen: list[Any] = []
        with _embedded(module, lambda one: _leaf(one, seen)):
            before = loss(batch)
        (gradient,) = torch.autograd.grad(before, seen)
        shown = batch.get("attention_mask", torch.ones_like(batch["input_ids"]))[..., None]
        axes = tuple(range(1, gradient.ndim))
        reach = (seen[0].detach() * shown).square().sum(axes, keepdim=True).sqrt()
        length = gradient.square().sum(axes, keepdim=True).sqrt()
        move = radius * reach * gradient / length.clamp_min(torch.finfo(gradient.dtype).tiny)
        with _embedded(module, lambda one: one + move):
            return loss(batch)

    return Steps("fgm", varies=varied)


def _leaf(one: Any, seen: list[Any]) -> Any:
    seen.append(one.detach().requires_grad_())
    return seen[-1]


def _embeddings(module: Module) -> Any | None:
    try:
        return module.get_input_embeddings()
    except (AttributeError, NotImplementedError):
        return None


@contextmanager
def _embedded(module: Module, change: Callable[[Any], Any]) -> Iterator[None]:
    """Change what the embeddings of tokens give, for one forward pass."""
    handle = _embeddings(module).register_forward_hook(lambda _layer, _given, out: change(out))  # type: ignore[union-attr]
    try:
        yield
    finally:
        handle.remove()


method = MethodKind("fgm", "texts once more with embeddings moved against the model", make)
