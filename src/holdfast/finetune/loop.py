"""The training loop, top to bottom. What a step does is a pure function of the recipe, the data, the seed and the step.

That is what makes a resume exact: order, rate, dropout and what is varied in examples are found again from the step's
number, so that a checkpoint holds weights, moments and what was learnt about the run, and no generator of random
numbers. "Exact" is promised for the same machine, the same number of threads and of processes. Several processes make
one step together (`strategy.py`); all of them run this loop, and what is decided by a clock is decided by the first.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from holdfast.core.errors import HoldfastError
from holdfast.core.finding import FROZEN
from holdfast.core.progress import Progress, listening, track
from holdfast.core.random import Streams
from holdfast.finetune import processes
from holdfast.finetune.checkpoint import Checkpoint, save, stepped_over, whole
from holdfast.finetune.device import beside
from holdfast.finetune.evaluation import judged
from holdfast.finetune.methods.definitions import Method
from holdfast.finetune.optimiser import CLIP, moments, optimiser_of, restore, set_rate, trainable
from holdfast.finetune.order import Order
from holdfast.finetune.precision import computing, repeating
from holdfast.finetune.schedules import Schedule
from holdfast.finetune.stopping.rules import Look, Stopping
from holdfast.finetune.stopping.update import AnyRule, looked
from holdfast.finetune.strategy import ALONE, Strategy, own
from holdfast.finetune.tasks.definitions import Batch, Module, Task, Windowed
from holdfast.finetune.weights import put, weights

SAVE_EVERY = 60.0  # seconds; what a kill can cost
_BESTS = 3  # a run may fall back to the checkpoint before the last, and needs what was best then


class Point(BaseModel):
    """What was seen at one look: losses and scores are of evaluation mode, `learning` is the mean since the last."""

    model_config = FROZEN
    step: int
    epoch: float
    rate: float
    learning: float
    train: float  # loss on a sample of the training examples, as many as there are for validation
    valid: float
    valid_error: float  # standard error of `valid`
    score: float
    train_score: float
    original: float | None = None  # score on the original task
    drift: float | None = None  # nats from the model it began as, on the new task


class Journal(BaseModel):
    """All that a run remembers besides tensors; survives JSON unchanged."""

    model_config = FROZEN
    step: int = 0
    points: tuple[Point, ...] = ()
    stopping: Stopping = Stopping()
    best_step: int = 0
    best_score: float | None = None
    loss_sum: float = 0.0  # of the steps since the last look
    loss_steps: int = 0
    seconds: float = 0.0  # over all starts
    cpu_seconds: float = 0.0
    starts: int = 0
    skipped: int = 0  # steps without a supervised item
    ran: dict[str, int] = {}  # precision and processes -> steps that ran so


@dataclass(frozen=True)
class Job:
    """Everything that a run needs, decided before its first step."""

    task: Task
    module: Module
    order: Order
    steps: int
    looks: frozenset[int]  # steps after which the validation data are looked at
    schedule: Schedule
    rate: float
    rule: AnyRule | None
    seed: int
    folder: Path
    learns: frozenset[str]  # parameters that ever learn
    watched: np.ndarray  # training examples that the gap is measured on
    methods: Sequence[Method] = ()
    original: Callable[[Module], float] | None = None
    drift: Callable[[Module], float] | None = None
    decay: float = 0.01
    strategy: Strategy = ALONE


class Diverged(HoldfastError, ArithmeticError):
    """The loss is not a finite number any more; the best state until then is kept."""


def train(job: Job, progress: Progress | None = None) -> Journal:
    """Run all steps, or those that are left, and put the best state into the model. Raises Diverged, StoreError."""
    import torch

    streams = Streams(job.seed)
    optimiser = optimiser_of(job.module, job.rate, job.decay)
    journal = _resumed(job, optimiser)
    stepped_over(job.folder, journal.step, listening(progress))
    if journal.step < job.steps and journal.stopping.stopped is None:  # else it had ended, and is only read back
        journal = journal.model_copy(update={"starts": journal.starts + 1})
    clock = _Clock(journal)
    job.module.train()
    with track(listening(progress), "training", total=job.steps, unit="steps") as advance:
        advance(journal.step)
        while journal.step < job.steps and journal.stopping.stopped is None:
            step = journal.step
            for method in job.methods:
                method.learning(job.module, step / job.steps)
            torch.manual_seed(streams.integer("step", step, *_mine()))  # dropout, and whatever else draws in the model
            rate = job.rate * job.schedule.factor(step, job.steps)
            loss = learn(job, optimiser, rate, step, job.order.window(step), streams)
            if loss is not None and not math.isfinite(loss):
                raise Diverged(_burst(journal, rate))
            journal = journal.model_copy(
                update={
                    "step": step + 1,
                    "loss_sum": journal.loss_sum + (loss or 0.0),
                    "loss_steps": journal.loss_steps + (loss is not None),
                    "skipped": journal.skipped + (loss is None),
                    "ran": {**journal.ran, job.strategy.says: journal.ran.get(job.strategy.says, 0) + 1},
                }
            )
            advance(1)
            if journal.step in job.looks:
                journal = _look(job, journal, rate)
            if journal.step in job.looks or clock.due:
                journal = clock.stamped(journal)
                _save(job, optimiser, journal)
                clock.saved()
    load_best(job, journal)
    return clock.stamped(journal)


def learn(
    job: Job, optimiser: Any, rate: float, step: int, window: Sequence[np.ndarray], streams: Streams
) -> float | None:
    """Learn from one window. Return the mean loss of its supervised items, None where it has none.

    Each batch's summed loss is divided by the supervised items of the whole window, in all processes, so that the
    gradient is the one of a single large batch, however it is cut, also in the last window of an epoch.
    """
    import torch

    mine = [own(rows) for rows in window]
    batches = [
        job.task.batch("train", rows, streams("vary", step, part, *_mine()))
        for part, (rows, _) in enumerate(mine)
    ]  # fmt: skip
    items = [counts * job.task.weight(batch) for batch, (_, counts) in zip(batches, mine, strict=True)]
    total = float(processes.summed(np.array(sum(items))))
    if total <= 0:
        return None
    batches = [beside(job.module, batch) for batch in batches]
    if isinstance(job.task, Windowed):
        there = [batch for batch, (_, counts) in zip(batches, mine, strict=True) if counts]
        job.task.window(job.module, there, processes.summed)
    optimiser.zero_grad(set_to_none=True)
    mean = 0.0
    with computing(job.module, job.strategy.precision), repeating(job.strategy.strict):
        for part, (batch, (_, counts)) in enumerate(zip(batches, mine, strict=True)):
            share = items[part] / total
            loss = counts * job.task.loss(job.module, batch) / total
            mean += float(loss.detach())
            for method in job.methods:
                loss = loss + _added(job, method, batch, step, part, share, streams)
            loss.backward()
    job.strategy.reduced(job.module)
    mean = float(processes.summed(np.array(mean)))
    norm = torch.nn.utils.clip_grad_norm_(list(trainable(job.module).values()), CLIP)
    if not math.isfinite(mean) or not math.isfinite(norm):
        return math.nan
    set_rate(optimiser, rate)
    optimiser.step()
    return mean


def _mine() -> tuple[int, ...]:
    """Return what sets this process's random numbers apart from those of the first one."""
    return (processes.rank(),) if processes.rank() else ()


def _added(job: Job, method: Method, batch: Batch, step: int, part: int, share: float, streams: Streams) -> Any:
    """Return what a method adds to the loss of one batch, which is `share` of its window."""
    added: Any = 0.0
    penalty = method.penalty(job.module, batch, streams(method.name, step, part))
    if penalty is not None:
        added = added + share * penalty
    more = method.replayed(step, part)
    if more is not None:
        again = more.task.batch("train", more.rows, streams("vary again", step, part))
        weight = max(more.task.weight(again), 1.0)
        mean = more.task.loss(job.module, beside(job.module, again)) / weight
        added = added + share * more.strength * mean
    harder = method.varied(job.module, batch, lambda one: job.task.loss(job.module, one))
    if harder is not None:
        added = added + share * harder / max(job.task.weight(batch), 1.0)
    return added


def _look(job: Job, journal: Journal, rate: float) -> Journal:
    """Judge the model, keep it where it is the best so far, and ask the stopping rule."""
    valid, seen = judged(job.task, job.module, "valid"), judged(job.task, job.module, "train", job.watched)
    point = Point(
        step=journal.step,
        epoch=job.order.examples(journal.step) / job.order.n,
        rate=rate,
        learning=journal.loss_sum / max(journal.loss_steps, 1),
        train=seen.mean_loss,
        valid=valid.mean_loss,
        valid_error=_error(valid.loss),
        score=valid.mean,
        train_score=seen.mean,
        original=job.original(job.module) if job.original else None,
        drift=job.drift(job.module) if job.drift else None,
    )
    update: dict[str, Any] = {"points": (*journal.points, point), "loss_sum": 0.0, "loss_steps": 0}
    if _best_so_far(point, journal):
        best = Checkpoint(journal.step, {"model": weights(job.module, job.learns)}, {})
        save(job.folder / "best", best, kept=_BESTS)
        update |= {"best_step": journal.step, "best_score": point.score}
    if job.rule is not None:
        look = Look(
            step=journal.step, validation=point.valid, error=point.valid_error, training=point.learning,
            score=None if point.score == -point.valid else point.score, score_error=_error(valid.score),
        )  # fmt: skip
        update["stopping"] = looked(job.rule, journal.stopping, look)
    return journal.model_copy(update=update)


def _best_so_far(point: Point, journal: Journal) -> bool:
    """Return whether a state scores best on validation data so far; of equal scores, whether it has the least loss.

    A classifier grows too sure of itself long before it stops to answer more and more questions rightly: by its loss it
    would be kept too early.
    """
    if not math.isfinite(point.valid):
        return False
    kept = next((one for one in journal.points if one.step == journal.best_step), None)
    return kept is None or (point.score, -point.valid) > (kept.score, -kept.valid)


def _error(values: np.ndarray) -> float:
    return float(np.std(values, ddof=1) / math.sqrt(len(values))) if len(values) > 1 else 0.0


def load_best(job: Job, journal: Journal) -> None:
    """Put the best state into the model: the one with the best score on validation data."""
    for kept in whole(job.folder / "best"):
        if kept.step == journal.best_step:
            put(job.module, kept.tensors["model"])
            return


def _save(job: Job, optimiser: Any, journal: Journal) -> None:
    tensors = {"model": weights(job.module, job.learns), "train": moments(optimiser, job.module)}
    save(job.folder, Checkpoint(journal.step, tensors, journal.model_dump(mode="json")))


def _resumed(job: Job, optimiser: Any) -> Journal:
    """Go back to the newest checkpoint that is whole; begin anew where there is none."""
    for kept in whole(job.folder):
        journal = Journal.model_validate(kept.state)
        bests = {one.step for one in whole(job.folder / "best")}
        if journal.best_step and journal.best_step not in bests:
            continue
        put(job.module, kept.tensors["model"])
        for method in job.methods:
            method.learning(job.module, journal.step / job.steps)
        restore(optimiser, job.module, kept.tensors["train"])
        return journal
    return Journal()


def _burst(journal: Journal, rate: float) -> str:
    kept = f"the state of step {journal.best_step:,} is kept" if journal.best_step else "no earlier state was kept"
    return (
        f"the loss is not a number at step {journal.step + 1:,}, at a learning rate of {rate:.2g}: the training has "
        f"diverged; {kept}. Try a third of the rate (rate = {rate / 3:.1g}), or a longer warm-up; look for infinite "
        "values in the data"
    )


class _Clock:
    """Wall and CPU seconds over all starts."""

    def __init__(self, journal: Journal) -> None:
        self._wall, self._cpu = time.perf_counter() - journal.seconds, time.process_time() - journal.cpu_seconds
        self._saved = time.perf_counter()

    @property
    def due(self) -> bool:
        """Whether a checkpoint is due, by the clock of the first process."""
        late = processes.first() and time.perf_counter() - self._saved > SAVE_EVERY
        return bool(processes.summed(np.array(float(late))))

    def saved(self) -> None:
        """Begin to count anew."""
        self._saved = time.perf_counter()

    def stamped(self, journal: Journal) -> Journal:
        """Return the journal with the time that has gone by."""
        now = {"seconds": time.perf_counter() - self._wall, "cpu_seconds": time.process_time() - self._cpu}
        return journal.model_copy(update=now)
