"""Whether a step on an accelerator comes to the same bits each time: tried once, before the first one.

Many operations of accelerators add up in whatever order comes first, unless they are told not to; a few know no other
way, and some, such as the way back through fused attention, keep to an order only where PyTorch is told to refuse all
others. So one step is made with everything else refused. Where it fails, steps are made as they can be, and the record
says that they are not the same to the bit.
"""

from dataclasses import replace

import torch
from pydantic import BaseModel

from holdfast.core.finding import FROZEN
from holdfast.core.random import Streams
from holdfast.core.text import one_line
from holdfast.finetune.loop import Job, learn
from holdfast.finetune.optimiser import optimiser_of
from holdfast.finetune.undoing import undone

_SIGN = "deterministic"  # in what PyTorch says when it refuses


class Repeatable(BaseModel):
    """Whether steps come to the same bits each time, and what stands against it."""

    model_config = FROZEN
    strict: bool
    reason: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a record has to say of it."""
        if self.strict:
            return ()
        says = "steps do not come to the same bits each time on this device, so that a run that goes on ends near, "
        return (f"{says}not at, the same weights: {self.reason}",)


def repeatable(job: Job) -> Repeatable:
    """Return whether a step does without what adds up in any order; the model is left as it was."""
    told = replace(job, strategy=replace(job.strategy, strict=True))
    with undone(job, 1.0):
        torch.manual_seed(0)
        try:
            learn(told, optimiser_of(job.module, job.rate, job.decay), job.rate, 0, job.order.window(0), Streams(0))
        except RuntimeError as error:
            if _SIGN not in str(error):
                raise
            return Repeatable(strict=False, reason=one_line(str(error).partition(",")[0], 160))
    return Repeatable(strict=True)
