"""A tuned model on new data: row for row, in the order they stand, prepared as its training rows were."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from holdfast.core.config import checked
from holdfast.core.dataset import Dataset, Kind
from holdfast.core.errors import BadInput
from holdfast.core.hashing import digest_file
from holdfast.core.media import Media
from holdfast.core.progress import Progress, Silent, track
from holdfast.core.record import Run
from holdfast.core.text import one_line
from holdfast.data.bulk.records import blocks, is_plain, parquet_records
from holdfast.data.canonical import STRING
from holdfast.data.images.files import is_image
from holdfast.data.loading import load
from holdfast.data.splitting import free_name
from holdfast.finetune import catalogue
from holdfast.finetune.answering import ROW, Answering, Asked
from holdfast.finetune.detection.ultralytics_process.verb import names_ultralytics
from holdfast.finetune.device import AUTO, CPU, Device, chosen, on, spared
from holdfast.finetune.models.pretrained import require
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.tables.estimators import names_estimator

_PARQUET = (".parquet", ".pq")
_LESS = "take the processor (--device cpu), or, of a model that writes, fewer texts at once (--batch 4)"
_FILE = "file"  # the column of a folder of pictures that says which is which


@dataclass(frozen=True)
class Predictions:
    """Answers in blocks, and how many rows there are. `notes` are complete when the blocks have been taken."""

    rows: int
    blocks: Iterator[pa.Table]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Opened:
    """Rows that are to be answered: how many, blocks of them, the pictures behind them, and what they have."""

    rows: int
    blocks: Iterator[pa.Table]
    has: tuple[str, ...]
    media: Media = field(default_factory=Media)
    notes: tuple[str, ...] = ()


def predictions(
    run: Run,
    folder: Path,
    data: Path,
    *,
    keep: tuple[str, ...] = (),
    options: Mapping[str, Any] | None = None,
    device: str = AUTO,
    progress: Progress | None = None,
) -> Predictions:
    """Return what the model of a run, whose folder is given, makes of each row; columns to `keep` stand before.

    `options` are of what is asked for, such as the temperature of text; `device` is where it is computed. Raises
    BadInput for a run without a model, for data without the columns that it learnt from, and for a device that is not
    here; MissingExtra.
    """
    progress = progress or Silent()
    recipe = _learnt(run)
    model = folder / "model"
    if not model.is_dir():
        raise BadInput(f"run {run.id} has no tuned model ({run.status}; {run.says or 'it ended before there was one'})")
    with on(where := _where(recipe, device)):
        answering = _answering(Asked(model, run.id, recipe, recipe.inputs, dict(options or {})))
    opened = _opened(data, answering, keep, progress)
    if answering.reads == "image" and not keep and _FILE in opened.has:
        keep = (_FILE,)  # answers about pictures nobody can name are of no use
    found = Predictions(opened.rows, iter(()), [*where.notes, *answering.notes, *opened.notes])
    given = [name for name in (*answering.needs, *answering.uses) if name in opened.has]
    return Predictions(found.rows, _answered(opened, answering, where, given, keep, found.notes, progress), found.notes)


def _where(recipe: Recipe, wanted: str) -> Device:
    """Return the device that a model is put on; what computes in its own way or process stays where it does."""
    if names_estimator(recipe) or names_ultralytics(recipe):
        if wanted not in {AUTO, CPU}:
            raise BadInput(f"{one_line(recipe.model, 60)} is not put on a device here; leave --device {wanted} out")
        return Device()
    require()
    return chosen(wanted)


def _learnt(run: Run) -> Recipe:
    """Return the recipe of a run, its task and the columns that it learnt from settled. Raises BadInput."""
    if run.kind != "finetune":
        raise BadInput(f"run {run.id} is no fine-tuning but of kind {run.kind}: it has no tuned model")
    if run.status not in {"finished", "failed"}:
        on = f": holdfast finetune --resume {run.id}" if run.status == "interrupted" else ""
        raise BadInput(f"run {run.id} is {run.status}: its model is not whole yet{on}")
    recipe = checked(Recipe, run.config)
    if recipe.task == "auto" or not recipe.inputs:
        raise BadInput(f"the record of run {run.id} does not say which columns it learnt from; tune again")
    return recipe


def _answering(asked: Asked) -> Answering:
    known = catalogue.predictors()
    if asked.recipe.task not in known:
        raise BadInput(
            f"predictions of {asked.recipe.task} are not made here; load the run's folder `model`. Known are "
            + ", ".join(known)
        )
    found: Answering = known[asked.recipe.task](asked)
    return found


def _opened(data: Path, answering: Answering, keep: tuple[str, ...], progress: Progress) -> _Opened:
    """Return the rows of data; Parquet is read in blocks where it lies, unless pictures stand behind it."""
    wanted = tuple(dict.fromkeys((*answering.needs, *keep)))
    if data.is_file() and data.suffix.lower() in _PARQUET and is_plain(data) and answering.reads == "text":
        records = parquet_records([(data.name, [data])])
        has = tuple(records.columns)
        _refuse_missing(wanted, has, data.name)
        taken = tuple(dict.fromkeys((*wanted, *(name for name in answering.uses if name in has))))
        parts = (pa.Table.from_batches([block]) for unit in records.units for _, block in blocks(unit, taken))
        return _Opened(len(records), (_texts(part, answering) for part in parts), has)
    if answering.reads == "image" and data.is_file() and is_image(data.name):
        return _picture(data, answering.needs[0])
    loaded, notes = _loaded(data, answering, progress)
    has = tuple(loaded.table.column_names)
    _refuse_missing(wanted, has, data.name)
    parts = (pa.Table.from_batches([one]) for one in loaded.table.to_batches(answering.at_once))
    notes = (*notes, *(note for source in loaded.sources for note in source.notes))
    return _Opened(len(loaded), (_texts(part, answering) for part in parts), has, loaded.media, notes)


def _loaded(data: Path, answering: Answering, progress: Progress) -> tuple[Dataset, tuple[str, ...]]:
    """Return data whose columns are of the kinds that a model learnt from, and what is to be said of that."""
    loaded = load({"new": data}, undivided=True, progress=progress)
    has = set(loaded.table.column_names)
    kinds: dict[str, Kind] = {name: kind for name, kind in answering.kinds.items() if name in has}
    if answering.reads == "image":
        [name] = answering.needs
        pictures = [column.name for column in loaded.columns if column.kind == "image"]
        if name not in has and len(pictures) == 1:
            table = loaded.table.rename_columns({pictures[0]: name})
            columns = tuple(replace(one, name=name) if one.name == pictures[0] else one for one in loaded.columns)
            note = f"the pictures are those of column {one_line(pictures[0], 60)}, the only one that holds any"
            return replace(loaded, table=table, columns=columns), (note,)
        if name in has and name not in pictures:
            kinds = {name: "image"}
    if answering.reads == "text":  # texts that look like numbers, as a few may
        given = [name for name in (*answering.needs, *answering.uses) if name in has]
        kinds = {name: "text" for name in given if pa.types.is_primitive(loaded.values(name).type)}
    return (load({"new": data}, kinds=kinds, undivided=True, progress=progress) if kinds else loaded), ()


def _picture(file: Path, name: str) -> _Opened:
    """Return one picture as data of one row. Raises BadInput where it cannot be read."""
    try:
        digest = digest_file(file)
    except OSError as error:
        raise BadInput(f"cannot read {file}: {error.strerror or error}") from error
    table = pa.table({name: pa.array([digest], STRING), _FILE: pa.array([file.name], STRING)})
    return _Opened(1, iter([table]), (name, _FILE), Media({digest: file}))


def _refuse_missing(wanted: tuple[str, ...], names: tuple[str, ...], where: str) -> None:
    missing = [one_line(name, 60) for name in wanted if name not in names]
    if missing:
        has = ", ".join(one_line(name, 60) for name in names[:12])
        raise BadInput(
            f"{one_line(where)} has no column {', '.join(missing)}, which the model learnt from or which is to be "
            f"kept; its columns are {has}"
        )


def _texts(part: pa.Table, answering: Answering) -> pa.Table:
    """Return a block with its texts as texts. Raises BadInput for a column of another kind."""
    if answering.reads != "text":
        return part
    for name in answering.needs:
        kind = part.column(name).type
        if pa.types.is_primitive(kind) and not pa.types.is_null(kind):
            raise BadInput(
                f"column {one_line(name, 60)} held texts when the model learnt, and holds {kind} here; write it as "
                "text, or name another file"
            )
    return part


def _answered(
    opened: _Opened, answering: Answering, where: Device, given: list[str], keep: tuple[str, ...], notes: list[str],
    progress: Progress,
) -> Iterator[pa.Table]:  # fmt: skip
    without = 0
    with track(progress, "predicting", opened.rows, "rows") as advance:
        for part in opened.blocks:
            for at in range(0, len(part), answering.at_once):
                some = part.slice(at, answering.at_once)
                with on(where), spared(_LESS):
                    answers = answering.answer(some.select(given), opened.media)
                beside = some.select(list(keep))
                if answering.many:
                    rows = answers.column(ROW)
                    without += len(some) - len(rows.unique())
                    beside, answers = beside.take(rows), answers.drop_columns([ROW])
                else:
                    without += answers.column(0).null_count
                columns = dict(zip(beside.column_names, beside.columns, strict=True))
                for name, values in zip(answers.column_names, answers.columns, strict=True):
                    columns[free_name(name, list(columns))] = values
                table = pa.table(columns)
                yield table
                advance(len(some))
    if without:
        notes.append(f"{without:,} of {opened.rows:,} rows have no answer: {answering.silent}")
