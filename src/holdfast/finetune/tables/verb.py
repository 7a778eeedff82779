"""From a recipe to a fitted table: gate, search, fit, guards, record. Stages are kept, so that a run goes on."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, Field

from holdfast.audit.supervision import Ledger, Supervision
from holdfast.audit.training import Guard, Training
from holdfast.core.config import checked
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.finding import FROZEN
from holdfast.core.progress import Progress, listening
from holdfast.core.random import Streams
from holdfast.core.record import Run
from holdfast.core.recording import begun, data_fields
from holdfast.core.store import RunStore, new_id
from holdfast.core.text import one_line
from holdfast.finetune.gate import Broken, gated
from holdfast.finetune.guards import guarded, measured_or_told
from holdfast.finetune.learning_curves.sizes import curve_sizes
from holdfast.finetune.model_folder import MODEL, model_written
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.scorecard import keep, scorecard
from holdfast.finetune.searching.space import Space
from holdfast.finetune.stages import Stages
from holdfast.finetune.starts import started_again
from holdfast.finetune.tables import keeping, measuring, searching, telling
from holdfast.finetune.tables.columns import columns_of
from holdfast.finetune.tables.estimators import TABLE
from holdfast.finetune.tables.fitting import Fitted, fitted
from holdfast.finetune.tables.preparing import REPLAY, Ready, loaded, prepared
from holdfast.finetune.tables.rows import Rows, Table
from holdfast.finetune.tables.work import Learning, settings_told

# Fields of a recipe that are about networks, and what says the same of an estimator.
_FOREIGN: Mapping[str, str] = {
    "adapt": "", "epochs": "options.estimator.max_iter", "batch": "", "micro": "", "schedule": "", "evaluations": "",
    "rate": "options.estimator.learning_rate",
}  # fmt: skip
# Checks of the audit that find a label which stands in a column, or rows that hold what only the label could tell.
LEAKS = (
    "label-in-disguise", "id-predicts-label", "missingness-tells-label", "row-order-predicts-label", "known-afterwards",
    "target-encoded-before-split", "oversampled-before-split",
)  # fmt: skip


class Need(BaseModel):
    """Options of `need`, as for other tasks."""

    model_config = FROZEN
    off: bool = Field(default=False, description="no forecast of the rows that are needed")
    target: float | None = Field(None, gt=0, le=1, description="score that is wanted, such as 0.95")


def finetune_table(
    recipe: Recipe,
    *,
    store: RunStore,
    progress: Progress | None = None,
    command: Sequence[str] = (),
    resume: Run | None = None,
) -> Run:
    """Return the record of an estimator fitted to a table; the model lies beside it as JSON, in the folder `model`.

    Raises BadInput for a recipe, data or an estimator that do not fit, StoreError.
    """
    started, processor, progress = time.perf_counter(), time.process_time(), listening(progress)
    _refuse_foreign(recipe)
    dataset, original, note = loaded(recipe, progress)
    ready = prepared(dataset, original, recipe)
    sought = searching.space(recipe, ready.plan.reference, ready.plan.settings) if recipe.search else None
    run = begun(
        "finetune", f"a table by {one_line(recipe.model, 80)}: {dataset.name}", command, recipe,
        id=resume.id if resume else new_id(), **data_fields(dataset), notes=(note,) if note else (),
    )  # fmt: skip
    with started_again(run, resume, recipe.model, store, progress, started) as (going, folder):
        found = _gate(ready, original, recipe, progress)
        if found.broken:
            done: dict[str, Any] = {"results": found.results, "says": found.says}
        else:
            work = Learning(
                recipe, ready.table, ready.plain, ready.native, ready.plan, Streams(recipe.seed),
                Stages(folder / "stages"), going.listening(progress),
            )  # fmt: skip
            done = _learnt(work, ready, folder, processor, sought)
            done["results"] = (*found.results, *guarded(done.pop("training"), progress))
            done["notes"] = (*run.notes, *done["notes"])
            done["config"] = {**run.config, "task": TABLE, "inputs": list(ready.columns)}
        return going.finish(**done)


def _learnt(work: Learning, ready: Ready, home: Path, processor: float, sought: Space | None) -> dict[str, Any]:
    """Search, fit and measure; return what the record says of it, and the training for the guards."""
    silent: dict[Guard, str] = {
        "forgetting": "not estimable: a model that is fitted anew has nothing to forget; to see what is lost where it "
        "takes the place of another, give the rows that one learnt from (original = …)"
    }
    measuring.simpler(work)
    said = measured_or_told(silent, "cost", lambda: measuring.pace(work))
    wanted = checked(Need, work.recipe.of("need"), table="options.need")
    planned = _planned(work, sought.trials if sought else 0, ready, need=not wanted.off)
    search = None
    if sought is not None:
        whole = work.table.splits["train"].joined(work.table.splits["valid"])
        # Rows that are replayed have numbers of their own data set: they are told from the others by their place.
        folds = np.concatenate([_folds(ready, work), searching.folds_of(ready.dataset, work.table.splits["valid"].rows,
                                                                        work.streams)])  # fmt: skip
        assert len(folds) == len(whole)
        search = searching.searched(work, sought, folds)
        work = work.planned(search.plan)
    one = fitted(work.plan, work.table)
    found = measuring.transfer(work, one)
    gap = measured_or_told(silent, "overfitting", lambda: measuring.gap(work, one))
    lost = None
    if ready.before is not None:
        learnt, then = ready.before.splits["train"], ready.before.splits["test"]
        lost = measuring.forgetting(work, one, learnt, then, ready.alone, replayed=REPLAY in work.recipe.kept_by)
    band = measured_or_told(silent, "sensitivity", lambda: measuring.sensitivity(work))
    seeds, why = dict[int, float](), ""
    try:
        seeds = dict(measuring.seeds(work))
    except NotApplicable as error:
        why = str(error)
    test = measuring.judged_once(work, "test", one, work.table.splits["test"])
    if wanted.off:
        silent["need"] = "off by options.need.off"
    more = None if wanted.off else measured_or_told(silent, "need", lambda: measuring.need(work, wanted.target, test))
    training = Training(
        task=TABLE, metric=work.table.metric, curves=measuring.curves(one), gap=gap, transfer=found, forgetting=lost,
        sensitivity=band, need=more, silent=silent,
    )  # fmt: skip
    if said is not None:
        used = measuring.cost(work, one, said, planned, time.process_time() - processor)
        training = replace(training, cost=used)
    keep(scorecard(training), home)
    _write(work, one, home / MODEL)
    told = telling.sections(training, one, work.table, settings_told(work.plan.settings), seeds, why)
    return {
        "training": training,
        "says": " ".join((telling.sentence(training, one), *([search.says] if search else ()))),
        "sections": (*told, *((searching.section(search, work.table.metric),) if search else ())),
        "notes": (*one.notes, *(search.notes if search else ()), *_left_out(ready)),
    }


def _folds(ready: Ready, work: Learning) -> np.ndarray:
    """Return the fold of each training row; replayed ones by their place, as they are of another data set."""
    own = searching.folds_of(ready.dataset, ready.alone.rows, work.streams)
    more = len(work.table.splits["train"]) - len(ready.alone)
    return np.concatenate([own, np.arange(more) % searching.FOLDS])


def _planned(work: Learning, trials: int, ready: Ready, *, need: bool) -> measuring.Planned:
    """Return what is to be done after the controls: trials, the model, guards; the curve's sizes fall by a factor."""
    sizes, n = np.array([], dtype=np.int64), len(work.table.splits["train"])
    with suppress(NotApplicable):
        sizes = curve_sizes(n, count=measuring.SIZES) if need else sizes
    curve = [(size, 1 if size == n else measuring.RESAMPLES) for size in sizes.tolist()]
    alike = 1 + 3 + measuring.SEEDS + 1 + (2 if ready.before is not None else 0)
    return measuring.Planned(
        fits=((n, alike), *curve),
        searched=(n, trials * searching.FOLDS),
        beside=measuring.beside_fits(work),
        spent=sum(work.stages.seconds.values()),
    )


def _gate(ready: Ready, original: Dataset | None, recipe: Recipe, progress: Progress) -> Broken:
    """Return what checks say about the rows, before anything is fitted."""
    return gated(
        ready.dataset, original, _supervision(ready.table, len(ready.columns), ready.alone),
        None if ready.before is None else _supervision(ready.before, len(ready.columns), ready.before.splits["train"]),
        recipe, progress, LEAKS,
    )  # fmt: skip


def _supervision(table: Table, width: int, train: Rows) -> Supervision:
    ledgers = {}
    for name, one in table.splits.items():
        rows = train.rows if name == "train" else one.rows
        n = len(rows)
        whole = np.full(n, width, dtype=np.int64)
        ledgers[name] = Ledger(rows, whole, whole, np.ones(n, np.int64), np.zeros(n, np.int64))
    return Supervision("values", None, ledgers)


def _write(work: Learning, one: Fitted, folder: Path) -> None:
    """Write the model beside the record, as a whole. Raises StoreError."""
    data, original = keeping.paths_of(work.recipe)
    plan, table = work.plan, work.table
    kept = keeping.Kept(
        estimator=plan.reference, settings=dict(plan.settings), seed=plan.seed, stops=plan.stops,
        label=table.label.column, task="classification" if table.label.is_classes else "regression",
        classes=table.label.classes, encoder=table.encoder, frames=table.frames,
        inputs=work.recipe.inputs, data=data, original=original,
        rows=one.n, rounds=one.rounds, digest=table.digest, packages=keeping.packages(),
        line=None if table.frames else keeping.line_of(one),
    )  # fmt: skip
    with model_written(folder) as making:
        keeping.written(kept, making)


def _left_out(ready: Ready) -> tuple[str, ...]:
    missing = [name for name in columns_of(ready.dataset, ready.columns) if name not in ready.columns]
    return (f"columns without a value in the training rows are left out: {', '.join(missing)}",) if missing else ()


def _refuse_foreign(recipe: Recipe) -> None:
    """Raise BadInput where a recipe says something that is about networks only."""
    for name in recipe.model_fields_set:
        if name in _FOREIGN and getattr(recipe, name) != Recipe.model_fields[name].default:
            instead = f"; say {_FOREIGN[name]}" if _FOREIGN[name] else ""
            raise BadInput(f"{name} is for networks, and {one_line(recipe.model, 60)} is an estimator{instead}")
    wrong = [one for one in recipe.keep or () if one not in {REPLAY, "interpolate"}]
    if wrong:
        raise BadInput(f"keep names {wrong[0]}, which is for networks; an estimator can keep by {REPLAY}")
