"""A tuned model on new data: row for row, in the order they stand, prepared as its training rows were.

A task that can predict has, in its module, a `predictor`: a function of the model's folder, the recipe and the columns
that were learnt from, which returns a function from blocks of those columns to columns of answers.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from holdfast.core.config import checked
from holdfast.core.errors import BadInput
from holdfast.core.progress import Progress, listening, track
from holdfast.core.record import Run
from holdfast.core.text import one_line
from holdfast.data.bulk.records import blocks, is_plain, parquet_records
from holdfast.data.canonical import STRING
from holdfast.data.loading import load
from holdfast.data.splitting import free_name
from holdfast.finetune import catalogue
from holdfast.finetune.models.pretrained import require
from holdfast.finetune.recipe import Recipe

Predict = Callable[[pa.Table], pa.Table]
Predictor = Callable[[Path, Recipe, tuple[str, ...]], Predict]
_ROWS = 4096  # predicted at once
_PARQUET = (".parquet", ".pq")


@dataclass(frozen=True)
class Predictions:
    """Answers in blocks, how many rows there are, and what is to be said of the data."""

    rows: int
    blocks: Iterator[pa.Table]
    notes: tuple[str, ...]


def predictions(
    run: Run, folder: Path, data: Path, *, keep: tuple[str, ...] = (), progress: Progress | None = None
) -> Predictions:
    """Return what the model of a run, whose folder is given, makes of each row; columns to `keep` stand before.

    Raises BadInput for a run without a model, and for data without the columns that it learnt from; MissingExtra.
    """
    require()
    recipe, columns = _learnt(run)
    model = folder / "model"
    if not model.is_dir():
        raise BadInput(f"run {run.id} has no tuned model ({run.status}; {run.says or 'it ended before there was one'})")
    predict = _predictor(recipe.task)(model, recipe, columns)
    wanted = tuple(dict.fromkeys((*columns, *keep)))
    rows, given, notes = _opened(data, wanted, columns, listening(progress))
    return Predictions(rows, _answered(given, rows, predict, columns, keep, listening(progress)), notes)


def _learnt(run: Run) -> tuple[Recipe, tuple[str, ...]]:
    """Return the recipe of a run, its task settled, and the columns that it learnt from. Raises BadInput."""
    if run.kind != "finetune":
        raise BadInput(f"run {run.id} is no fine-tuning but of kind {run.kind}: it has no tuned model")
    if run.status not in {"finished", "failed"}:
        on = f": holdfast finetune --resume {run.id}" if run.status == "interrupted" else ""
        raise BadInput(f"run {run.id} is {run.status}: its model is not whole yet{on}")
    recipe = checked(Recipe, run.config)
    if recipe.task == "auto" or not recipe.inputs:
        raise BadInput(f"the record of run {run.id} does not say which columns it learnt from; tune again")
    return recipe, recipe.inputs


def _predictor(task: str) -> Predictor:
    found: Predictor | None = catalogue.predictors().get(task)
    if found is None:
        known = ", ".join(catalogue.predictors())
        raise BadInput(f"predictions of {task} are not made here; load the run's folder `model`. Known are {known}")
    return found


def _opened(
    data: Path, wanted: tuple[str, ...], texts: tuple[str, ...], progress: Progress
) -> tuple[int, Iterator[pa.Table], tuple[str, ...]]:
    """Return rows, blocks of the wanted columns, and notes; Parquet is read in blocks where it lies."""
    if data.is_file() and data.suffix.lower() in _PARQUET and is_plain(data):
        records = parquet_records([(data.name, [data])])
        _refuse_missing(wanted, records.columns, data.name)
        parts = (pa.Table.from_batches([block]) for unit in records.units for _, block in blocks(unit, wanted))
        return len(records), (_texts(part, texts) for part in parts), ()
    loaded = load({"new": data}, undivided=True, progress=progress)
    _refuse_missing(wanted, loaded.table.column_names, data.name)
    if any(loaded.values(name).type != STRING for name in texts):  # texts that look like numbers, as a few may
        loaded = load({"new": data}, kinds=dict.fromkeys(texts, "text"), undivided=True, progress=progress)
    parts = (pa.Table.from_batches([one]) for one in loaded.table.select(list(wanted)).to_batches(_ROWS))
    notes = tuple(note for source in loaded.sources for note in source.notes)
    return len(loaded), (_texts(part, texts) for part in parts), notes


def _refuse_missing(wanted: tuple[str, ...], names: Any, where: str) -> None:
    missing = [one_line(name, 60) for name in wanted if name not in names]
    if missing:
        has = ", ".join(one_line(name, 60) for name in list(names)[:12])
        raise BadInput(
            f"{one_line(where)} has no column {', '.join(missing)}, which the model learnt from or which is to be "
            f"kept; its columns are {has}"
        )


def _texts(part: pa.Table, texts: tuple[str, ...]) -> pa.Table:
    """Return a block with its texts as texts. Raises BadInput for a column of another kind."""
    for name in texts:
        values = part.column(name)
        if values.type == STRING or pa.types.is_null(values.type):
            continue
        raise BadInput(
            f"column {one_line(name, 60)} held texts when the model learnt, and holds {values.type} here; write it as "
            "text, or name another file"
        )
    return part


def _answered(
    given: Iterator[pa.Table], rows: int, predict: Predict, columns: tuple[str, ...], keep: tuple[str, ...],
    progress: Progress,
) -> Iterator[pa.Table]:  # fmt: skip
    with track(progress, "predicting", rows, "rows") as advance:
        for part in given:
            for at in range(0, len(part), _ROWS):
                some = part.slice(at, _ROWS)
                answers = predict(some.select(list(columns)))
                table = some.select(list(keep))
                for name, values in zip(answers.column_names, answers.columns, strict=True):
                    table = table.append_column(free_name(name, table.column_names), values)
                yield table
                advance(len(some))
