"""The learning-rate range test: one rising sweep of updates, undone afterwards, and the rate that it speaks for."""

import math

import numpy as np
import torch
from pydantic import BaseModel

from holdfast.core.finding import FROZEN
from holdfast.core.progress import Progress, track
from holdfast.core.random import Streams
from holdfast.finetune.loop import Job, learn
from holdfast.finetune.optimiser import optimiser_of
from holdfast.finetune.rate_range import suggested_rate, swept_rates
from holdfast.finetune.undoing import undone

UPDATES = 100
_BELOW, _ABOVE = 1e-2, 1e3  # times the task's usual rate: from where little happens to where it bursts


class RateRange(BaseModel):
    """The losses of a sweep, and the rate it speaks for: None where it shows none."""

    model_config = FROZEN
    rates: tuple[float, ...]
    losses: tuple[float, ...]  # up to where the loss was no number any more
    rate: float | None
    reason: str


def range_test(job: Job, progress: Progress) -> RateRange:
    """Return what a sweep of rates shows; the model is left as it was."""
    rates = swept_rates(job.rate * _BELOW, job.rate * _ABOVE, UPDATES)
    streams, losses = Streams(job.seed), np.full(UPDATES, math.nan)
    with undone(job, 0.0), track(progress, "rate range", UPDATES, "updates") as advance:
        optimiser = optimiser_of(job.module, float(rates[0]), job.decay)
        for at, rate in enumerate(rates):
            torch.manual_seed(streams.integer("range", at))
            loss = learn(job, optimiser, float(rate), at, job.order.window(at), streams)
            if loss is None or not math.isfinite(loss):
                break
            losses[at] = loss
            advance(1)
    seen = suggested_rate(rates, losses)
    whole = tuple(float(one) for one in losses if math.isfinite(one))
    return RateRange(rates=tuple(rates.tolist()), losses=whole, rate=seen.rate, reason=seen.reason)
