"""The same architecture from random weights, with as many steps: what the weights that it came with are worth."""

import copy
import shutil
from typing import Any

import numpy as np
from pydantic import BaseModel, Field

from holdfast.core.config import checked
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import FROZEN
from holdfast.core.random import Streams
from holdfast.finetune.controls.definitions import Bench, Control
from holdfast.finetune.device import duplicate, own_draws
from holdfast.finetune.evaluation import judged
from holdfast.finetune.measuring.short import trained
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.tasks.definitions import Judged, Module
from holdfast.finetune.weights import copied, put

SEEDS = 3
# About a minute of one processor core at 30 billion operations a second. Operations decide, not seconds: they are the
# same in every run, so that a run that was killed has the same controls.
MOST_FLOPS = 2e12
_RATE = 5e-4  # at least: what small transformers are trained with from scratch; the rate of tuning is far too low


class Options(BaseModel):
    """Options of `scratch`."""

    model_config = FROZEN
    off: bool = Field(default=False, description="no training from scratch")
    flops: float = Field(MOST_FLOPS, gt=0, description="most operations that are spent on it")
    seeds: int = Field(SEEDS, ge=1, le=SEEDS, description="trainings, each from other weights")


def seeds(recipe: Recipe, steps: int, step_flops: float | None) -> int:
    """Return how many trainings from scratch fit: 0 to 3."""
    said = checked(Options, recipe.of("scratch"), table="options.scratch")
    if said.off or not step_flops or not steps:
        return 0
    return min(said.seeds, int(said.flops // (step_flops * steps)))


def judge(bench: Bench) -> Judged | None:
    """Return the judgement averaged over seeds. Raises NotApplicable where it would cost too much, or is no control."""
    said = checked(Options, bench.recipe.of("scratch"), table="options.scratch")
    module, job = bench.prepared.module, bench.job
    if said.off:
        raise NotApplicable("off by options.scratch.off")
    if not all(one.requires_grad for one in module.parameters()):
        raise NotApplicable("only a part of the model learns, and a model from scratch has to learn all of it")
    if bench.step_flops is None:
        raise NotApplicable("what it would cost could not be told, as no operations were counted")
    many = seeds(bench.recipe, bench.steps, bench.step_flops)
    if not many:
        cost = (
            f"about {_told((bench.step_seconds or 0.0) * bench.steps)}, {bench.step_flops * bench.steps:.1g} operations"
        )
        raise NotApplicable(f"it would cost {cost}; options.scratch.flops allows {said.flops:.1g}")
    now, found = copied(module), []
    try:
        for seed in range(many):
            folder = bench.folder / "scratch" / str(seed)
            start = _fresh(module, bench.streams, seed)
            if trained(job, start, folder, bench.steps, max(job.rate, _RATE), bench.recipe.schedule):
                found.append(judged(job.task, module, "test"))
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        put(module, now)
    if not found:
        raise NotApplicable("its training burst")
    return Judged(*(np.mean([one[at] for one in found], axis=0) for at in range(3)))


def _fresh(module: Module, streams: Streams, seed: int) -> dict[str, Any]:
    """Return weights of a model of this architecture as it is made, without what it had learnt."""
    import torch

    with own_draws():
        torch.manual_seed(streams.integer("scratch", seed))
        config = getattr(module, "config", None)
        if config is not None and hasattr(type(module), "from_pretrained"):  # of transformers: made from its settings
            return copied(type(module)(copy.deepcopy(config)))
        one = duplicate(module)
        reset = set()
        for part in one.modules():
            if hasattr(part, "reset_parameters"):
                part.reset_parameters()
                reset |= {id(weight) for weight in part.parameters(recurse=False)}
        with torch.no_grad():
            for weight in one.parameters():
                if id(weight) not in reset:
                    weight.normal_(0.0, 0.02)  # the usual spread of transformers (Devlin et al., 2019)
        return copied(one)


def _told(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


control = Control(
    "scratch", "the same architecture from random weights, with as many steps",
    pretrained=False, judge=judge, before=False,
)  # fmt: skip
