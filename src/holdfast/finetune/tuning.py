"""From a task that is ready to a model that is tuned, chosen, measured and kept: the stages of one training."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.audit.training import Guard, Training
from holdfast.core.errors import unknown
from holdfast.finetune import catalogue
from holdfast.finetune.adapting.definitions import Adaptation
from holdfast.finetune.checkpoint import Checkpoint, latest, save, stepped
from holdfast.finetune.controls.definitions import Bench
from holdfast.finetune.device import CPU, here, placed
from holdfast.finetune.evaluation import judged
from holdfast.finetune.guards import measured_or_told
from holdfast.finetune.heads import fit_head
from holdfast.finetune.interpolation import Sweep, blend, renewal, sweep
from holdfast.finetune.loop import Job, Journal, load_best, train
from holdfast.finetune.measuring.cost import foretold, scored
from holdfast.finetune.measuring.drift import drifted, meter, no_drift
from holdfast.finetune.measuring.forgetting import forgetting
from holdfast.finetune.measuring.need import measured, need
from holdfast.finetune.measuring.overfitting import curves, gap
from holdfast.finetune.measuring.sensitivity import sensitivity
from holdfast.finetune.measuring.transfer import beforehand, transfer
from holdfast.finetune.measuring.untouched import Untouched
from holdfast.finetune.measuring.work import Weights, Work
from holdfast.finetune.methods.definitions import Method, Setting
from holdfast.finetune.model_folder import MODEL, write_model
from holdfast.finetune.optimiser import trainable
from holdfast.finetune.order import Order
from holdfast.finetune.recipe import Recipe, batches
from holdfast.finetune.repeatable import Repeatable, repeatable
from holdfast.finetune.schedules import schedule_named
from holdfast.finetune.scorecard import keep, scorecard
from holdfast.finetune.stopping.rules import STRIP, rule_named
from holdfast.finetune.stopping.update import AnyRule
from holdfast.finetune.strategy import strategy_of
from holdfast.finetune.tasks.definitions import Prepared
from holdfast.finetune.weights import copied, put, weights

INTERPOLATE = "interpolate"  # the one way of keeping that comes after the training


@dataclass(frozen=True)
class Tuned:
    """What a training came to."""

    training: Training
    journal: Journal
    swept: Sweep
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Ready:
    """A training before its first step."""

    job: Job
    base: Mapping[str, Any]  # copies of what learns
    divergences: Callable[[Any], Any] | None  # from the model as it is now; None where they tell nothing
    notes: tuple[str, ...]


def ready(work: Work, adaptation: Adaptation, method: Method | None) -> Ready:
    """Return a training that is ready: the head fitted, everything decided. Raises BadInput, StoreError."""
    placed(work.module)
    note, strategy = _begun(work, adaptation), strategy_of(work.recipe)
    strategy.spread(work.module)
    learns = frozenset(trainable(work.module)) | _new(work.prepared)
    base = copied(work.module, learns)
    told = not no_drift(work.prepared.task)
    divergences = meter(work.prepared.task, work.module, work.streams) if told else None
    job = replace(job_of(work, adaptation, base, learns, () if method is None else (method,)), strategy=strategy)
    if divergences is not None:
        job = replace(job, drift=lambda module: float(divergences(module).mean()))
    if here().kind == CPU:
        return Ready(job, base, divergences, (note,))
    same = work.stages("repeatable", Repeatable, lambda: repeatable(job))
    job = replace(job, strategy=replace(strategy, strict=same.strict))
    return Ready(job, base, divergences, (note, *same.notes))


def tuned(work: Work, adaptation: Adaptation, method: Method | None, home: Path | None = None) -> Tuned:
    """Train, choose, measure and keep the model, in the folder `home` if not in that of the work.

    Raises BadInput, Diverged, StoreError.
    """
    begun, home = ready(work, adaptation, method), home or work.folder
    job, base, divergences = begun.job, begun.base, begun.divergences
    learns = job.learns
    untouched = Untouched(work.dataset, work.prepared, base, work.streams)
    bench = Bench(
        work.recipe, work.dataset, work.prepared, base, untouched, work.streams, job, work.folder, work.progress
    )
    beforehand(work, bench)
    measured(work, untouched)
    said = foretold(work, job)
    journal = train(job, work.progress)
    load_best(job, journal)
    ends = Weights(base, copied(work.module, learns), renewal(work.prepared.task, work.module, work.streams))
    swept = _chosen(work, ends)
    reason, beside = "no data of the original task were given (original = …)", no_drift(work.prepared.task)
    silent: dict[Guard, str] = {"forgetting": f"{reason}, and drift tells nothing: {beside}" if beside else reason}
    drift = None if divergences is None else drifted(divergences(work.module), work.streams)
    training = Training(
        task=work.kind.name,
        metric=work.prepared.task.metric,
        curves=curves(journal),
        gap=gap(work, job, journal, ends, swept.chosen),
        transfer=transfer(
            work, bench.after(journal.step, said.dry.step_flops if said.dry else None, said.step_seconds)
        ),
        forgetting=forgetting(work, ends, swept, drift),
        sensitivity=measured_or_told(silent, "sensitivity", lambda: sensitivity(work, job, ends)),
        need=measured_or_told(silent, "need", lambda: need(work, untouched)),
        silent=silent,
    )
    blend(work.module, ends.base, ends.tuned, swept.chosen, ends.renew)
    training = replace(training, cost=measured_or_told(silent, "cost", lambda: scored(work, job, said, journal)))
    keep(scorecard(training), home)
    write_model(work.prepared, home / MODEL)
    notes = (*begun.notes, *(note for one in job.methods for note in one.notes), *stepped(job.folder))
    return Tuned(training, journal, swept, tuple(note for note in notes if note))


def _new(prepared: Prepared) -> frozenset[str]:
    return frozenset(prepared.head.names) if prepared.head else frozenset()


def _begun(work: Work, adaptation: Adaptation) -> str:
    """Fit the head, or read back what was fitted before a kill; return what was done."""
    prepared, place = work.prepared, work.folder / "begin"
    if prepared.head is None or not adaptation.head_first:
        return ""
    kept = latest(place)
    if kept is not None:
        put(prepared.module, kept.tensors[MODEL])
        return str(kept.state["note"])
    note = fit_head(prepared.task, prepared.module, prepared.head, len(prepared.classes), work.streams)
    save(place, Checkpoint(0, {MODEL: weights(prepared.module, prepared.head.names)}, {"note": note}))
    return note


def job_of(
    work: Work, adaptation: Adaptation, base: Mapping[str, Any], learns: frozenset[str], methods: tuple[Method, ...]
) -> Job:
    """Return everything that is decided before the first step. Raises BadInput."""
    recipe, task = work.recipe, work.prepared.task
    micro, accumulate = batches(recipe)
    n = task.count("train")
    order = Order(n, micro, accumulate, recipe.seed)
    steps = max(1, round(recipe.epochs * order.steps_per_epoch))
    looks = {round(steps * (at + 1) / recipe.evaluations) for at in range(recipe.evaluations)}
    original = work.prepared.original
    return Job(
        task=task,
        module=work.module,
        order=order,
        steps=steps,
        looks=frozenset(looks) - {0},
        schedule=schedule_named(recipe.schedule, steps),
        rate=recipe.rate or work.kind.rate * adaptation.rate_factor,
        rule=_rule(recipe),
        seed=recipe.seed,
        folder=work.folder / "steps",
        learns=learns,
        watched=np.sort(work.streams("watched").permutation(n)[: task.count("valid")]),
        methods=(*methods, *_methods(work, base)),
        original=None if original is None else lambda module: judged(original, module, "valid").mean,
    )


def _rule(recipe: Recipe) -> AnyRule | None:
    """Return when to stop early. Strips of five looks are Prechelt's; with few looks they would never end."""
    if recipe.stop == "never":
        return None
    strips = {} if recipe.stop == "patience" else {"strip": max(1, min(STRIP, recipe.evaluations // 10))}
    return rule_named(recipe.stop, **{**strips, **recipe.of("stop")})


def _methods(work: Work, base: Mapping[str, Any]) -> tuple[Method, ...]:
    known = catalogue.methods()
    made = []
    for name in work.recipe.kept_by:
        if name == INTERPOLATE:
            continue
        if name not in known:
            raise unknown("way to keep (keep = [...])", name, (*known, INTERPOLATE))
        setting = Setting(work.recipe, work.prepared, base, work.recipe.of(name), work.streams, work.folder / "methods")
        made.append(known[name].make(setting))
    return tuple(made)


def _chosen(work: Work, ends: Weights) -> Sweep:
    """Choose how far to go from the base to the tuned weights, and leave the model there."""
    if INTERPOLATE not in work.recipe.kept_by:
        return Sweep(blends=(), chosen=1.0, reason="the recipe does not interpolate")
    task, original = work.prepared.task, work.prepared.original
    swept = work.stages(
        "interpolation",
        Sweep,
        lambda: sweep(
            work.module,
            ends.base,
            ends.tuned,
            lambda one: judged(task, one, "valid"),
            None if original is None else lambda one: judged(original, one, "valid"),
            work.recipe.budget,
            ends.renew,
        ),
    )
    blend(work.module, ends.base, ends.tuned, swept.chosen, ends.renew)
    return swept
