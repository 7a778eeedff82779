"""The verb: from a recipe to a tuned model and its record, in stages that a kill cannot undo."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from holdfast.audit.recording import data_fields
from holdfast.audit.training import Training
from holdfast.core.dataset import Dataset
from holdfast.core.environment import environment
from holdfast.core.errors import BadInput
from holdfast.core.finding import FROZEN
from holdfast.core.progress import Progress, Recording, Silent
from holdfast.core.random import Streams
from holdfast.core.record import Run
from holdfast.core.store import RunStore, RunWriter, new_id
from holdfast.data.loading import load
from holdfast.finetune import catalogue, measuring, telling
from holdfast.finetune.checkpoint import Checkpoint, latest, save
from holdfast.finetune.controls.definitions import Bench
from holdfast.finetune.evaluation import judged
from holdfast.finetune.gate import Broken, gate
from holdfast.finetune.guards import guarded
from holdfast.finetune.heads import fit_head
from holdfast.finetune.interpolation import Sweep, blend, sweep
from holdfast.finetune.loop import Job, load_best, train
from holdfast.finetune.models.pretrained import require
from holdfast.finetune.optimiser import trainable
from holdfast.finetune.order import Order
from holdfast.finetune.recipe import Recipe, batches
from holdfast.finetune.schedules import schedule_named
from holdfast.finetune.splits import with_validation
from holdfast.finetune.stages import Stages
from holdfast.finetune.stopping.rules import rule_named
from holdfast.finetune.tasks.definitions import Judged, Prepared
from holdfast.finetune.threads import steady
from holdfast.finetune.weights import copied, put, weights

MODEL = "model"  # folder of the tuned model, beside the record


class Scores(BaseModel):
    """A judgement of examples, as a stage keeps it."""

    model_config = FROZEN
    score: tuple[float, ...]
    loss: tuple[float, ...]
    weight: tuple[float, ...]
    seconds: float = 0.0

    @property
    def judged(self) -> Judged:
        """The judgement as arrays."""
        return Judged(np.array(self.score), np.array(self.loss), np.array(self.weight))


class Applies(BaseModel):
    """A judgement, or none where a control does not apply."""

    model_config = FROZEN
    scores: Scores | None


def finetune(
    recipe: Recipe,
    *,
    store: RunStore,
    progress: Progress | None = None,
    command: Sequence[str] = (),
    resume: Run | None = None,
) -> Run:
    """Return the record of a fine-tuning; the model lies beside it in the folder `model`.

    `resume` goes on with a run that was interrupted, to the same bits. Raises BadInput for a recipe, data or a model
    that do not fit; Diverged where the loss is no number any more; MissingExtra without torch and transformers.
    """
    require()
    started = time.perf_counter()
    progress = progress or Silent()
    dataset, note = with_validation(_loaded(recipe.data, recipe, progress), recipe.seed)
    original = _loaded(recipe.original, recipe, progress) if recipe.original else None
    kind = catalogue.kind_for(dataset, recipe)
    run = Run(
        id=resume.id if resume else new_id(),
        kind="finetune",
        title=f"{kind.says}: {Path(recipe.model).name} on {dataset.name}",
        command=tuple(command),
        started=datetime.now(UTC),
        **data_fields(dataset),
        config=recipe.model_dump(mode="json", exclude_defaults=True),
        seed=recipe.seed,
        environment=environment(),
        notes=(note,) if note else (),
    )
    if resume is not None and resume.test_digest != run.test_digest:
        raise BadInput(f"the data of run {resume.id} have changed since it began; start a new run")
    with store.begin(run) as writer, steady(store.folder / run.id):
        prepared = kind.prepare(dataset, original, recipe)
        found = gate(dataset, original, prepared, recipe, progress)
        if found.broken and not recipe.allow:
            run = run.model_copy(update={"results": found.results, "says": found.says})
        else:
            run = _tuned(run, recipe, dataset, prepared, found, writer, Recording(progress, writer.event))
        run = run.model_copy(update={"status": "finished", "seconds": time.perf_counter() - started})
        writer.finish(run)
    return run


def _loaded(data: str | Mapping[str, str], recipe: Recipe, progress: Progress) -> Dataset:
    inputs = {"all": data} if isinstance(data, str) else dict(data)
    roles: dict[str, Any] = {recipe.label: "label"} if recipe.label else {}
    kinds: dict[str, Any] = (
        dict.fromkeys(recipe.inputs, "text") if recipe.task in {"classify-text", "generate-text"} else {}
    )
    return load(inputs, roles=roles, kinds=kinds, seed=recipe.seed, progress=progress)


def _tuned(
    run: Run, recipe: Recipe, dataset: Dataset, prepared: Prepared, found: Broken, writer: RunWriter, progress: Progress
) -> Run:
    """Train, choose, measure, judge."""
    stages, streams = Stages(writer.folder / "stages"), Streams(recipe.seed)
    task, module = prepared.task, prepared.module
    first = _begun(recipe, prepared, writer.folder, streams)
    job = _job(recipe, prepared, writer.folder, streams)
    base = copied(module, job.learns)
    journal = train(job, progress)
    last = judged(task, module, "valid").mean if not journal.points else journal.points[-1].score
    load_best(job, journal)
    tuned = copied(module, job.learns)
    train_seen, valid_seen = judged(task, module, "train", job.watched), judged(task, module, "valid")
    swept = stages("interpolation", Sweep, lambda: _swept(recipe, prepared, base, tuned))
    blend(module, base, tuned, swept.chosen)
    test = stages("test", Scores, lambda: _scores(judged(task, module, "test")))
    bench = Bench(recipe, dataset, prepared, base, journal.step, streams)
    others = {}
    for name, control in catalogue.controls().items():
        kept = stages(f"control-{name}", Applies, lambda one=control: _applied(one, bench))  # type: ignore[misc]
        if kept.scores is not None:
            others[name] = (kept.scores.judged, kept.scores.seconds)
    training = Training(
        task=kind_name(recipe, dataset),
        metric=task.metric,
        curves=measuring.curves(journal),
        gap=measuring.gap(train_seen, valid_seen, journal, last, streams),
        forgetting=_forgetting(recipe, prepared, base, tuned, swept, stages, streams),
        transfer=measuring.transfer(task.metric, test.judged, others, streams),
    )
    _kept(prepared, writer.folder / MODEL)
    results = guarded(training, progress)
    return run.model_copy(
        update={
            "results": (*found.results, *results),
            "says": telling.sentence(training, recipe),
            "sections": telling.sections(training, journal, swept, recipe),
            "notes": (*run.notes, *prepared.notes, *([first] if first else [])),
        }
    )


def kind_name(recipe: Recipe, dataset: Dataset) -> str:
    """Return the name of the task that is learnt."""
    return catalogue.kind_for(dataset, recipe).name


def _begun(recipe: Recipe, prepared: Prepared, folder: Path, streams: Streams) -> str:
    """Fit the head, or read back what was fitted; return what was done."""
    if prepared.head is None or recipe.adapt == "all":
        return ""
    kept = latest(folder / "begin")
    if kept is not None:
        put(prepared.module, kept.tensors[MODEL])
        return str(kept.state["note"])
    note = fit_head(prepared.task, prepared.module, prepared.head, streams)
    tensors = {MODEL: weights(prepared.module, prepared.head.names)}
    save(folder / "begin", Checkpoint(0, tensors, {"note": note}))
    return note


def _job(recipe: Recipe, prepared: Prepared, folder: Path, streams: Streams) -> Job:
    micro, accumulate = batches(recipe)
    n = prepared.task.count("train")
    order = Order(n, micro, accumulate, recipe.seed)
    steps = max(1, round(recipe.epochs * order.steps_per_epoch))
    looks = frozenset(round(steps * (at + 1) / recipe.evaluations) for at in range(recipe.evaluations)) - {0}
    watched = streams("watched").permutation(n)[: prepared.task.count("valid")]
    rule = None if recipe.stop == "never" else rule_named(recipe.stop, **recipe.of("stop"))
    return Job(
        task=prepared.task,
        module=prepared.module,
        order=order,
        steps=steps,
        looks=looks,
        schedule=schedule_named(recipe.schedule, steps),
        rate=recipe.rate or catalogue.kinds()["classify-text"].rate,
        rule=rule,
        seed=recipe.seed,
        folder=folder / "steps",
        learns=frozenset(trainable(prepared.module)),
        watched=np.sort(watched),
        original=_original(prepared),
    )


def _original(prepared: Prepared) -> Any:
    task = prepared.original
    return None if task is None else lambda module: judged(task, module, "valid").mean


def _swept(recipe: Recipe, prepared: Prepared, base: Mapping[str, Any], tuned: Mapping[str, Any]) -> Sweep:
    if "interpolate" not in recipe.keep:
        return Sweep(blends=(), chosen=1.0, reason="the recipe does not interpolate")
    task = prepared.task
    return sweep(
        prepared.module, base, tuned, lambda one: judged(task, one, "valid"), _original(prepared), recipe.budget
    )


def _forgetting(
    recipe: Recipe, prepared: Prepared, base: Mapping[str, Any], tuned: Mapping[str, Any], swept: Sweep,
    stages: Stages, streams: Streams,
) -> Any:  # fmt: skip
    task = prepared.original
    if task is None:
        return None

    def at(name: str, share: float) -> Judged:
        def work() -> Scores:
            blend(prepared.module, base, tuned, share)
            return _scores(judged(task, prepared.module, "test"))

        return stages(f"original-{name}", Scores, work).judged

    before, plain, after = at("before", 0.0), at("plain", 1.0), at("after", swept.chosen)
    blend(prepared.module, base, tuned, swept.chosen)
    kept_by = ", ".join(recipe.keep)
    return measuring.forgetting(task.metric, before, after, plain, recipe.budget, kept_by, streams)


def _scores(one: Judged, seconds: float = 0.0) -> Scores:
    return Scores(
        score=tuple(one.score.tolist()),
        loss=tuple(one.loss.tolist()),
        weight=tuple(one.weight.tolist()),
        seconds=seconds,
    )


def _applied(control: Any, bench: Bench) -> Applies:
    started = time.perf_counter()
    found = control.judge(bench)
    return Applies(scores=None if found is None else _scores(found, time.perf_counter() - started))


def _kept(prepared: Prepared, folder: Path) -> None:
    """Write the model beside the record, as a whole."""
    import shutil

    temporary = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    prepared.save(prepared.module, temporary)
    shutil.rmtree(folder, ignore_errors=True)
    temporary.rename(folder)
