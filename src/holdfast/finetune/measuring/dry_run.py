"""A few real steps before the first one, undone afterwards: what a step takes in seconds, bytes and operations.

Measured at the longest batch, which has the peak of memory, and at one of median length; seconds of a step are taken
to be linear in its padded work between the two. Weights, flags and generators are put back, so that the training that
follows is the same to the bit.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel

from holdfast.core.errors import HoldfastError, NotApplicable
from holdfast.core.finding import FROZEN
from holdfast.core.progress import Progress, track
from holdfast.core.random import Streams
from holdfast.finetune.checkpoint import Checkpoint, save
from holdfast.finetune.cost.counted import counted_flops, kept_bytes, shape_of
from holdfast.finetune.cost.flops import calibration, evaluation_flops, training_flops
from holdfast.finetune.cost.memory import predicted_memory
from holdfast.finetune.device import beside, forget_peak, peak, settled
from holdfast.finetune.evaluation import judged
from holdfast.finetune.loop import Job, learn
from holdfast.finetune.measuring.memory import held
from holdfast.finetune.optimiser import moments, optimiser_of
from holdfast.finetune.undoing import undone
from holdfast.finetune.weights import weights

LONGEST, TYPICAL = 4, 3  # steps of each kind; the first one allocates memory, and is not counted
_SPREAD = 200  # steps whose padded work is looked at, spread over the training
_SAMPLE = 128  # validation examples that are judged to time an evaluation, twice; several batches, as they are sorted
_LONGER = 1.25  # times the measured peak of a device: validation examples may be longer than those that were looked at
_COPIES = 3  # of what learns, beside the base, that guards hold at most: as tuned, as chosen, and where they begin
_BYTES = 4.0  # of a weight in single precision


class DryRun(BaseModel):
    """What a few steps took. Work is in padded units (tokens, patches): examples × the longest of their batch."""

    model_config = FROZEN
    wall: tuple[float, ...]  # seconds of steps at the longest batch
    processor: tuple[float, ...]  # the same in seconds of processor time
    share: float  # mean seconds of a step over those at the longest batch
    look: tuple[float, ...]  # seconds for each unit that is judged
    look_processor: tuple[float, ...]  # the same in seconds of processor time
    save: float  # seconds for a checkpoint
    save_processor: float
    step_flops: float | None  # of a mean step
    unit_flops: float | None  # of judging one unit, in examples of mean size
    peak: tuple[float, float, float] | None  # bytes: low, value, high
    reason: str = ""  # why operations and memory are not told


def dry_run(job: Job, folder: Any, progress: Progress) -> DryRun:
    """Return what steps of a job take, leaving no trace in its model. `folder` takes a checkpoint, to time it.

    Raises NotApplicable where a process holds only a part of the weights.
    """
    module = job.module
    if not job.strategy.apart:
        raise NotApplicable("every process holds a part of each weight, and its memory and operations are not counted")
    sizes = job.task.sizes("train")
    spread = np.linspace(0, max(job.steps - 1, 0), min(_SPREAD, job.steps))
    places = [job.order.window(int(at)) for at in spread]
    each = np.array([_work(sizes, one) for one in places])
    middle = places[int(np.argsort(each, kind="stable")[len(each) // 2])]
    longest = _longest(job, sizes)
    with undone(job, 1.0), track(progress, "looking ahead", LONGEST + TYPICAL + 1, "steps") as advance:
        counted = _counted(job, longest[0], places, held())
        advance(1)
        forget_peak()
        optimiser = optimiser_of(module, job.rate, job.decay)
        wall, processor = _timed(job, optimiser, longest, LONGEST, advance)
        usual, _ = _timed(job, optimiser, middle, TYPICAL, advance)
        all_of_it = {"model": weights(module, job.learns), "train": moments(optimiser, module)}
        saving = _took(lambda: save(folder, Checkpoint(0, all_of_it, {})))
        look = _looked(job)
        if (most := peak()) is not None:  # a device counts its memory itself, and copies of weights are not there
            counted["peak"] = (float(most), float(most), most * _LONGER)
    top, low = float(np.median(wall[1:])), float(np.median(usual[1:]))
    work = _work(sizes, longest)
    slope = max(0.0, (top - low) / (work - _work(sizes, middle))) if work > _work(sizes, middle) else 0.0
    share = float(np.clip((top - slope * (work - each.mean())) / top, 0.01, 1.0)) if top else 1.0
    return DryRun(
        wall=wall, processor=processor, share=share, look=tuple(one for one, _ in look),
        look_processor=tuple(one for _, one in look), save=saving[0], save_processor=saving[1], **counted,
    )  # fmt: skip


def _longest(job: Job, sizes: np.ndarray) -> list[np.ndarray]:
    order = job.order
    rows = np.argsort(-sizes, kind="stable")[: order.batch * order.accumulate]
    return [rows[at : at + order.batch] for at in range(0, len(rows), order.batch)]


def _work(sizes: np.ndarray, window: Sequence[np.ndarray]) -> float:
    return float(sum(len(rows) * sizes[rows].max() for rows in window if len(rows)))


def _timed(
    job: Job, optimiser: Any, window: list[np.ndarray], times: int, advance: Callable[[int], None]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    wall, processor, streams = [], [], Streams(job.seed)
    for at in range(times):
        took = _took(lambda at=at: learn(job, optimiser, job.rate, at, window, streams))  # type: ignore[misc]
        wall.append(took[0])
        processor.append(took[1])
        advance(1)
    return tuple(wall), tuple(processor)


def _took(work: Callable[[], Any]) -> tuple[float, float]:
    """Return the seconds that work takes, and those of the processor."""
    settled()
    started, busy = time.perf_counter(), time.process_time()
    work()
    settled()
    return time.perf_counter() - started, time.process_time() - busy


def _looked(job: Job) -> tuple[tuple[float, float], ...]:
    """Return seconds for each unit of validation examples, also of the processor, over two samples of them."""
    sizes = job.task.sizes("valid")
    order = np.random.default_rng(0).permutation(len(sizes))
    found = []
    for rows in np.array_split(order[: 2 * _SAMPLE], 2):
        if len(rows):
            took = _took(lambda rows=rows: judged(job.task, job.module, "valid", np.sort(rows)))  # type: ignore[misc]
            units = max(int(sizes[rows].sum()), 1)
            found.append((took[0] / units, took[1] / units))
    return tuple(found)


def _counted(job: Job, rows: np.ndarray, places: Sequence[Sequence[np.ndarray]], before: int | None) -> dict[str, Any]:
    """Return operations and memory, as far as the shape of the model can be told from one pass."""
    task, module, sizes = job.task, job.module, job.task.sizes("train")
    tokens, batch = int(max(sizes[rows].max(), 1)), task.batch("train", rows, np.random.default_rng(0))
    batch = beside(module, batch)
    try:
        shape = shape_of(module, lambda: task.loss(module, batch), examples=len(rows), tokens=tokens)
        counted = counted_flops(lambda: task.loss(module, batch))
        factor = calibration(training_flops(shape, tokens, len(rows)).total, counted).factor
        kept = kept_bytes(module, lambda: task.loss(module, batch))
    except (HoldfastError, RuntimeError, TypeError, ValueError, AttributeError, NotImplementedError) as error:
        # A model whose operations cannot be counted is trained all the same.
        return {"step_flops": None, "unit_flops": None, "peak": None, "reason": str(error).partition("\n")[0][:200]}
    finally:
        module.zero_grad(set_to_none=True)
    steps = [
        sum(training_flops(shape, int(max(sizes[one].max(), 1)), len(one)).total for one in window) for window in places
    ]
    mean = max(1, round(float(sizes.mean())))
    # What the process holds already includes the model's weights and a copy of those that learn.
    overhead = max(0.0, (before or 0) - _BYTES * (shape.learning + shape.frozen))
    peak = predicted_memory(shape, kept, copies=_COPIES, overhead=round(overhead)).peak if before else None
    return {
        "step_flops": float(np.mean(steps)) * factor,
        "unit_flops": evaluation_flops(shape, mean) / mean,
        "peak": (peak.low, peak.value, peak.high) if peak else None,
    }
