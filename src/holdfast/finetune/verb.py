"""The verb: from a recipe to a tuned model and its record."""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from holdfast.core.dataset import Dataset
from holdfast.core.progress import Progress, listening
from holdfast.core.random import Streams
from holdfast.core.record import Run
from holdfast.core.recording import begun, data_fields
from holdfast.core.store import RunStore, new_id
from holdfast.data.loading import load
from holdfast.finetune import catalogue, processes, telling
from holdfast.finetune.detection.ultralytics_process.verb import finetune_ultralytics, names_ultralytics
from holdfast.finetune.device import chosen, on, refuse_shared, spared
from holdfast.finetune.gate import Broken, gate
from holdfast.finetune.guards import guarded
from holdfast.finetune.loop import Diverged
from holdfast.finetune.measuring.work import Work
from holdfast.finetune.model_folder import MODEL
from holdfast.finetune.models.pretrained import refuse_model_as_data, require
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.rescue import rescued
from holdfast.finetune.searching.space import space_of
from holdfast.finetune.searching.trials import Setup
from holdfast.finetune.searching.verb import searched
from holdfast.finetune.splits import in_splits
from holdfast.finetune.stages import Stages
from holdfast.finetune.starts import started_again
from holdfast.finetune.strategy import options_of, refuse_device
from holdfast.finetune.tables.estimators import names_estimator
from holdfast.finetune.tables.verb import finetune_table
from holdfast.finetune.tasks.definitions import Told
from holdfast.finetune.threads import kept_device, steady
from holdfast.finetune.tuning import Tuned, tuned

_LESS = (
    "what was saved until now is whole. Let a new run take fewer examples at once (micro = 4, a divisor of batch: the "
    'sum stays the same), bfloat16 (options.scale.precision = "bf16") or shorter examples; or make room'
)


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
    if names_estimator(recipe):
        processes.refuse_several("scikit-learn's estimators")
        refuse_device(recipe, "scikit-learn's estimators", "leave it out")
        return finetune_table(recipe, store=store, progress=progress, command=command, resume=resume)
    if names_ultralytics(recipe):
        processes.refuse_several("models of Ultralytics")
        refuse_device(recipe, "models of Ultralytics", "name it as options.yolo.device")
        return finetune_ultralytics(recipe, store=store, progress=progress, command=command, resume=resume)
    require()
    kept = kept_device(store.folder / resume.id) if resume else ""
    device = chosen(options_of(recipe).device, kept=kept, many=processes.launched()[1])
    with processes.together(store, listening(progress), device.backend) as (own, listener), on(device):
        refuse_shared()
        return _finetune(recipe, own, listener, command, resume)


def _finetune(recipe: Recipe, store: RunStore, progress: Progress, command: Sequence[str], resume: Run | None) -> Run:
    started = time.perf_counter()
    if recipe.search:
        space_of(recipe)  # what is wrong with it is told before anything is read
    dataset, original, note = in_splits(recipe, lambda data: loaded(data, recipe, progress), progress)
    processes.alike("data", dataset.digest)
    kind = catalogue.kind_for(dataset, recipe)
    adaptation = catalogue.adaptation(recipe.adapt)
    run = begun(
        "finetune",
        f"{kind.says}: {Path(recipe.model).name} on {dataset.name}",
        command,
        recipe,
        id=resume.id if resume else processes.agreed(str, new_id),
        **data_fields(dataset),
        notes=(note,) if note else (),
    )
    with (
        started_again(run, resume, recipe.model, store, progress, started) as (going, folder),
        steady(folder) as place,
        spared(_LESS),
    ):
        prepared = kind.prepare(dataset, original, recipe)
        found = processes.agreed(Broken, lambda: gate(dataset, original, prepared, recipe, progress))
        if found.broken:
            done: dict[str, Any] = {"results": found.results, "says": found.says, "sections": found.sections}
        else:
            again = partial(kind.prepare, dataset, original)
            prepared, method = adaptation.apply(prepared, recipe)
            work = Work(
                recipe=recipe,
                dataset=dataset,
                kind=kind,
                prepared=prepared,
                folder=folder,
                streams=Streams(recipe.seed),
                stages=Stages(folder / "stages"),
                progress=going.listening(progress),
            )
            sought = searched(work, again) if recipe.search else None
            one = sought.setup if sought else Setup(work, adaptation, method)
            come = _tuned(one, folder)
            told = tuple(telling.sections(come.training, come.journal, come.swept))
            ready = one.work.prepared
            if isinstance(ready.task, Told):
                told = (*told, *ready.task.told(ready.module, one.work.streams))
            done = {
                "results": (*found.results, *guarded(come.training, progress)),
                "says": " ".join((telling.sentence(come.training), *([sought.says] if sought else ()))),
                "sections": (*told, *(sought.sections if sought else ()), *found.sections),
                "notes": (
                    *run.notes,
                    *one.work.prepared.notes,
                    *come.notes,
                    *(sought.notes if sought else ()),
                    *place.notes,
                ),
                "config": {**run.config, "task": kind.name, "inputs": list(prepared.task.supervision.columns)},
            }
        return going.finish(**done)


def _tuned(one: Setup, home: Path) -> Tuned:
    """Train; where that diverges, leave the best state until then as the model. Raises Diverged, StoreError."""
    try:
        return tuned(one.work, one.adaptation, one.method, home)
    except Diverged as error:
        if rescued(one.work.prepared, one.work.folder / "steps", home / MODEL):
            raise Diverged(f"{error}. What is kept lies in {home / MODEL}") from error
        raise


def loaded(data: str | Mapping[str, str], recipe: Recipe, progress: Progress) -> Dataset:
    """Return the data that a recipe names, as it names them. Raises BadInput."""
    inputs = {"all": data} if isinstance(data, str) else dict(data)
    for one in inputs.values():
        refuse_model_as_data(one, recipe.model)
    texts = recipe.inputs if recipe.task in {"classify-text", "generate-text"} else ()
    return load(
        inputs, roles=recipe.roles, kinds=dict.fromkeys(texts, "text"), seed=recipe.seed, progress=progress,
        undivided=set(inputs) == {"all"},  # test rows are put aside by content: copies and groups stay on one side
    )  # fmt: skip
