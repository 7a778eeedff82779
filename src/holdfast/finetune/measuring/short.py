"""A training beside the real one: from given weights, in a folder of its own, with nothing looked at on the way."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from holdfast.finetune.loop import Diverged, Job, train
from holdfast.finetune.schedules import schedule_named
from holdfast.finetune.weights import put


def trained(job: Job, start: Mapping[str, Any], folder: Path, steps: int, rate: float, schedule: str) -> bool:
    """Train the job's model from `start`, going on where a kill broke off; False where the loss was no number.

    Data, order and methods are those of the job; the schedule is drawn together to `steps`.
    """
    put(job.module, start)
    one = replace(
        job, steps=steps, looks=frozenset(), schedule=schedule_named(schedule, steps), rate=rate, rule=None,
        folder=folder, original=None, drift=None,
    )  # fmt: skip
    try:
        train(one)
    except Diverged:
        return False
    return True
