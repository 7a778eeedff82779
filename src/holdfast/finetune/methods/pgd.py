"""The step's images once more, with pixels moved to where the loss is greatest: harder to fool by small changes."""

from collections.abc import Callable
from typing import Any

import numpy as np
from pydantic import BaseModel, Field

from holdfast.core.config import checked
from holdfast.core.errors import BadInput
from holdfast.core.finding import FROZEN
from holdfast.finetune.methods.definitions import Method, MethodKind, Setting, Steps
from holdfast.finetune.tasks.definitions import Batch, Module

PIXELS = "pixel_values"


class Options(BaseModel):
    """Options of `pgd`."""

    model_config = FROZEN
    radius: float = Field(0.03, gt=0, description="most change of a pixel, in the units that the model is given")
    steps: int = Field(3, ge=1, le=50, description="towards the greatest loss")


def make(setting: Setting) -> Method:
    """Return the loss on images moved by projected gradient ascent within ±radius a pixel, from a random start.

    Madry et al. (2018), "Towards deep learning models resistant to adversarial attacks", 1706.06083. The way there is
    found in evaluation mode, so that statistics of batches are not learnt from it; values stay within those of the
    batch. A step costs `steps` + 1 passes more. Raises BadInput where examples are no images.
    """
    options = checked(Options, setting.options, table="options.pgd")
    if PIXELS not in setting.prepared.task.batch("train", np.arange(1)):
        raise BadInput("pgd moves the pixels of images, and this task has none; for texts there is fgm")

    def varied(module: Module, batch: Batch, loss: Callable[[Batch], Any]) -> Any:
        return loss({**batch, PIXELS: moved(module, batch, loss, options.radius, options.steps)})

    return Steps("pgd", varies=varied)


def moved(module: Module, batch: Batch, loss: Callable[[Batch], Any], radius: float, steps: int) -> Any:
    """Return pixels at most `radius` from those of the batch; draws from torch's generator, which the step seeds."""
    import torch

    first = batch[PIXELS]
    low, high = first.min(), first.max()
    now = (first + radius * (2 * torch.rand_like(first) - 1)).clamp(low, high)
    pace = 2.5 * radius / steps  # the paper's own: every point of the region can be reached, with some to spare
    was = module.training
    module.eval()
    try:
        for _ in range(steps):
            now.requires_grad_()
            (gradient,) = torch.autograd.grad(loss({**batch, PIXELS: now}), now)
            now = (now.detach() + pace * gradient.sign()).clamp(first - radius, first + radius).clamp(low, high)
    finally:
        module.train(was)
    return now.detach()


method = MethodKind("pgd", "images once more with pixels moved against the model", make)
