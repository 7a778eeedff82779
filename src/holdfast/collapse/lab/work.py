"""All histories of an experiment, block by block, on all cores; each finished block is kept."""

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Event

import numpy as np

from holdfast.collapse.definitions import Measure
from holdfast.collapse.lab.experiment import Arm, Experiment
from holdfast.collapse.lab.keeping import Keeper
from holdfast.collapse.lab.loop import Block, Recorder, Values, begun, generations
from holdfast.collapse.own.learner import EXTERNAL
from holdfast.core.errors import BadInput
from holdfast.core.progress import Advance, Progress, track
from holdfast.core.random import Streams

_MOST_ITEMS = 20_000_000  # of a block, where a regime keeps all items one by one: 160 MB
_MOST_BYTES = 100_000_000  # of a block, where a learner says how much room a replicate takes
_KEEP_EVERY = 1.0  # seconds; and never more than a twentieth of the time goes into keeping


def blocks(experiment: Experiment, arm: Arm) -> tuple[Block, ...]:
    """Return the replicates of an experiment in blocks that go in lock-step."""
    # Two blocks at least, for two cores; the number of cores itself must not change what is drawn.
    size = experiment.block or min(arm.kind.block, max(500, -(-experiment.replicates // 2)))
    if experiment.block is None and arm.regime.subsample:
        size = min(size, max(1, _MOST_ITEMS // (arm.samples * arm.generations)))
    room = getattr(arm.learner, "room", None)
    if experiment.block is None and room is not None:
        size = min(size, max(1, _MOST_BYTES // room(_most_learnt_from(arm))))
    starts = range(0, experiment.replicates, size)
    return tuple(Block(i, min(size, experiment.replicates - start)) for i, start in enumerate(starts))


def _most_learnt_from(arm: Arm) -> int:
    """Return how many items the largest training set has, before any subsample."""
    ends = (1, arm.generations)
    return sum(
        sum(feed.items(arm.samples, t) for t in range(1, arm.generations + 1))
        if feed.keep == "all"
        else max(feed.items(arm.samples, t) for t in ends)
        for feed in arm.regime.feeds
    )


def run_all(
    experiment: Experiment, found: Sequence[Arm], measures: Sequence[Measure], keeper: Keeper, progress: Progress
) -> None:
    """Run what is not kept yet. Raises BadInput when a history cannot go on, as where samples are not finite."""
    units = [(number, arm, block) for number, arm in enumerate(found) for block in blocks(experiment, arm)]
    total = sum(arm.generations for _, arm, _ in units)
    # A person's own learner may not be made for threads; those of the package are, also the ones on torch.
    workers = 1 if any(arm.kind is EXTERNAL for arm in found) else min(os.cpu_count() or 1, len(units))
    stop = Event()
    pool = ThreadPoolExecutor(workers)
    patient = True
    with track(progress, "generations", total, "generations") as advance:
        try:
            jobs = [
                pool.submit(_unit, experiment, number, arm, block, measures, keeper, advance, stop)
                for number, arm, block in units
            ]
            wait(jobs, return_when=FIRST_EXCEPTION)
            for job in jobs:
                if job.done():
                    job.result()
        except KeyboardInterrupt:
            patient = False  # a generation may take minutes, and what was done before is kept
            raise
        finally:
            stop.set()
            pool.shutdown(wait=patient, cancel_futures=True)
    for job in jobs:
        job.result()


def _unit(
    experiment: Experiment,
    number: int,
    arm: Arm,
    block: Block,
    measures: Sequence[Measure],
    keeper: Keeper,
    advance: Advance,
    stop: Event,
) -> None:
    """Run one block of one arm to its end."""
    if keeper.finished(number, block.number) is not None:
        advance(arm.generations)
        return
    streams = Streams(experiment.seed)
    at = tuple(t for t in experiment.recorded() if t <= arm.generations)
    recorder = Recorder(arm, block, streams, measures, at, experiment.measure_size)
    moment = keeper.moment(number, block.number, arm.learner)
    if moment is None:
        moment = begun(arm, block, streams)
    else:
        recorder.values.update(moment.values)
        advance(moment.generation)
    last, cost, before = time.monotonic(), 0.0, moment.generation
    for after in generations(arm, block, streams, moment, recorder, at):
        advance(after.generation - before)
        before = after.generation
        _refuse_lost(arm, after.generation, after.models[-1])
        if stop.is_set():
            return
        begin = time.monotonic()
        if begin - last >= (0.0 if arm.kind.costly else max(_KEEP_EVERY, 20 * cost)):
            keeper.keep(number, block.number, after._replace(values=recorder.values))
            last = time.monotonic()
            cost = last - begin
    keeper.finish(number, block.number, recorder.values)


def _refuse_lost(arm: Arm, generation: int, model: tuple[np.ndarray, ...]) -> None:
    """Raise BadInput when a model is no longer made of numbers."""
    for name, value in zip(getattr(model, "_fields", ()), model, strict=True):
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            lost = int((~np.isfinite(value)).reshape(len(value), -1).any(axis=1).sum())
            raise BadInput(
                f"{arm.name}: in generation {generation} the model's {name} is not a finite number in {lost:,} of "
                f"{len(value):,} replicates. Give each generation more samples, or fewer generations"
            )


def gathered(experiment: Experiment, number: int, arm: Arm, keeper: Keeper) -> Values:
    """Return the values of one arm, all replicates together."""
    parts = list(_kept(experiment, number, arm, keeper))
    return {name: np.concatenate([one[name] for one in parts], axis=1) for name in parts[0]}


def _kept(experiment: Experiment, number: int, arm: Arm, keeper: Keeper) -> Iterator[Values]:
    for block in blocks(experiment, arm):
        values = keeper.finished(number, block.number)
        if values is None:
            raise BadInput(f"{arm.name}: the values of block {block.number} are not there; start the run again")
        yield values
