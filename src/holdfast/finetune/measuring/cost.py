"""What a training costs: told before its first step, with the guards' own work, and scored after its last."""

import shutil
from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, Field

from holdfast.audit.training import Cost, Item
from holdfast.core.config import checked
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import FROZEN
from holdfast.core.progress import say
from holdfast.core.record import Estimate
from holdfast.finetune import device
from holdfast.finetune.controls.scratch import seeds
from holdfast.finetune.cost.duration import predicted_duration
from holdfast.finetune.cost.energy import estimated_energy
from holdfast.finetune.device import CPU, here
from holdfast.finetune.interpolation import SHARES
from holdfast.finetune.loop import Job, Journal
from holdfast.finetune.measuring.drift import MOST
from holdfast.finetune.measuring.dry_run import DryRun, dry_run
from holdfast.finetune.measuring.memory import forget_peak, held, peak
from holdfast.finetune.measuring.sensitivity import planned
from holdfast.finetune.measuring.work import Work

STAGE = "cost"
_AFTER_TESTS = 3  # times the original task's test examples are judged: as it came, tuned, and as it was chosen


class Options(BaseModel):
    """Options of `cost`."""

    model_config = FROZEN
    off: bool = Field(default=False, description="no forecast and no reckoning of cost")


class Foretold(BaseModel):
    """What was said before the first step. Seconds of guards include those already spent."""

    model_config = FROZEN
    dry: DryRun | None
    training: Estimate | None = None
    processor: Estimate | None = None
    guards: Estimate | None = None
    spent: float = 0.0  # seconds of the guards before the first step
    memory: Estimate | None = None
    flops: float | None = None
    energy: Estimate | None = None
    reason: str = ""

    @property
    def step_seconds(self) -> float | None:
        """Seconds of a mean step."""
        if self.dry is None:
            return None
        return sorted(self.dry.wall[1:])[len(self.dry.wall[1:]) // 2] * self.dry.share

    @property
    def says(self) -> str:
        """A line for whoever waits."""
        if self.training is None or self.guards is None:
            return f"cost not estimable: {self.reason}"
        parts = [f"about {time_in_words(self.training.value + self.guards.value - self.spent)}"]
        parts += [bytes_in_words(self.memory.value)] if self.memory else []
        parts += [f"{self.energy.value:.2g} Wh (an estimate)"] if self.energy else []
        return ", ".join(parts)


def foretold(work: Work, job: Job) -> Foretold:
    """Return what the training will cost, from a few steps that are undone; once, and kept. Shows it to who listens."""

    def done() -> Foretold:
        folder = work.folder / "dry"
        try:
            return _foretold(work, job, dry_run(job, folder, work.progress))
        except NotApplicable as error:
            return Foretold(dry=None, reason=str(error))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    if checked(Options, work.recipe.of("cost"), table="options.cost").off:
        return Foretold(dry=None, reason="off by options.cost.off")
    found = work.stages(STAGE, Foretold, done)
    say(work.progress, found.says)
    forget_peak()
    device.forget_peak()
    return found


def _foretold(work: Work, job: Job, dry: DryRun) -> Foretold:
    task, original = job.task, work.prepared.original
    valid, test = int(task.sizes("valid").sum()), int(task.sizes("test").sum())
    watched = int(task.sizes("train")[job.watched].sum())
    before = sum(seconds for name, seconds in work.stages.seconds.items() if name != STAGE)
    look = valid + watched + (int(original.sizes("valid").sum()) if original else 0)
    drift = _drift_units(job, task.sizes("valid"))
    looks, saves = len(job.looks), 2 * len(job.looks)  # each look is saved, and often the best state beside it

    def duration(step: Sequence[float], each: Sequence[float], save: float) -> Estimate:
        return predicted_duration(
            step, job.steps, share=dry.share, look_seconds=[one * (look + drift) for one in each], looks=looks,
            save_seconds=[save], saves=saves,
        ).seconds  # fmt: skip

    training = duration(dry.wall, dry.look, dry.save)
    processor = duration(dry.processor, dry.look_processor, dry.save_processor)

    factors, short = planned(work.recipe, job.steps)
    again = seeds(work.recipe, job.steps, dry.step_flops)
    swept = len(SHARES) * (look - watched) if "interpolate" in work.recipe.kept_by else 0
    units = valid + watched + test + swept + len(factors) * valid + again * test
    units += _AFTER_TESTS * int(original.sizes("test").sum()) if original else 0
    after = predicted_duration(
        dry.wall, len(factors) * short + again * job.steps, share=dry.share,
        look_seconds=[one * units for one in dry.look], looks=1,
    ).seconds  # fmt: skip
    own = before + sum(dry.wall) * 2  # the steps at median length, the count and the checkpoint are about as much again
    guards = _plus(after, own)
    memory = None
    if dry.peak is not None:
        memory = Estimate(low=dry.peak[0], value=dry.peak[1], high=dry.peak[2], level=1.0)
    flops = None
    if dry.step_flops is not None and dry.unit_flops is not None:
        flops = dry.step_flops * job.steps + dry.unit_flops * look * looks
    ram = float(held() or 0) if here().kind != CPU else memory.value if memory else 0.0
    spent = estimated_energy(processor.value, training.value, ram, device_watts=here().watts)
    return Foretold(
        dry=dry, training=training, processor=processor, guards=guards, spent=own, memory=memory, flops=flops,
        energy=spent.watt_hours,
    )  # fmt: skip


def _drift_units(job: Job, sizes: np.ndarray) -> int:
    """Return what the drift meter looks at, in units of examples of mean size."""
    return 0 if job.drift is None else int(sizes.mean() * min(len(sizes), MOST))


def scored(work: Work, job: Job, said: Foretold, journal: Journal) -> Cost:
    """Return what was said beside what it was. Raises NotApplicable where nothing was said."""
    if said.training is None or said.guards is None or said.dry is None:
        raise NotApplicable(said.reason)
    guards = sum(work.stages.seconds.values())
    ram, own = peak(), device.peak()
    high = ram if own is None else own
    spent = estimated_energy(journal.cpu_seconds, journal.seconds, float(ram or 0), device_watts=here().watts)
    early = f"stopped early, after {journal.step:,} of {job.steps:,} steps" if journal.step < job.steps else ""
    restarts = f"over {journal.starts} starts" if journal.starts > 1 else ""
    flops = None
    if said.flops is not None:
        flops = said.flops * journal.step / job.steps
    total = Estimate(
        value=said.training.value + said.guards.value, low=said.training.low + said.guards.low,
        high=said.training.high + said.guards.high, level=said.training.level,
    )  # fmt: skip
    return Cost(
        items=(
            Item("time in all", "seconds", total, journal.seconds + guards, early or restarts),
            Item("training", "seconds", said.training, journal.seconds, early or restarts),
            Item(
                "guards and controls", "seconds", said.guards, guards,
                f"{time_in_words(said.spent)} of it before the first step, also to foretell",
            ),
            Item("processor", "seconds", said.processor, journal.cpu_seconds),
            Item(
                "memory", "bytes", said.memory, float(high) if high else None,
                said.dry.reason if own is None else "of the device, as PyTorch counts it",
            ),
            Item(
                "operations", "FLOPs", Estimate(value=said.flops, low=said.flops, high=said.flops, level=1.0)
                if said.flops else None, flops, said.dry.reason or "of steps and looks, by formula and one count",
            ),
            Item("energy", "Wh", said.energy, spent.watt_hours.value, spent.source + _unknown_power()),
        )
    )  # fmt: skip


def _unknown_power() -> str:
    return "; without the device, whose power nobody tells" if here().kind != CPU and not here().watts else ""


def _plus(one: Estimate, more: float) -> Estimate:
    return Estimate(value=one.value + more, low=one.low + more, high=one.high + more, level=one.level)


def time_in_words(seconds: float) -> str:
    """Return seconds as a person says them, such as `4 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.2g} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"


def bytes_in_words(n: float) -> str:
    """Return bytes as a person says them, such as `1.2 GB`."""
    return f"{n / 1e9:.1f} GB" if n >= 1e9 else f"{n / 1e6:.0f} MB"
