"""Classes of pictures, by an image model of transformers or a person's own torch module."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from jaxtyping import Int
from pydantic import BaseModel, Field

from holdfast.audit.facts.images.decoding import quiet as quiet_decoding
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.supervision import Ledger, Supervision
from holdfast.core.config import checked
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.core.finding import FROZEN
from holdfast.core.media import Media
from holdfast.core.random import Streams
from holdfast.finetune.answering import Answering, Asked, refuse_options
from holdfast.finetune.class_answers import NEW, Classes, label_of, original_of, predicted
from holdfast.finetune.device import beside, placed
from holdfast.finetune.last_layer import LastLayer
from holdfast.finetune.models.factory import is_factory
from holdfast.finetune.models.images import MOST_SIDE, Pictures, opened, pictures
from holdfast.finetune.models.picture_models import Loaded, from_factory, from_transformers, logits_of, tuned_model
from holdfast.finetune.own_head import last_linear
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.splits import members
from holdfast.finetune.tasks.definitions import Batch, Kind, Module, Prepared

NAME = "classify-image"
_AT_ONCE = 256  # pictures decoded at once, to be answered
_BOXES = "n_boxes"  # a column that formats of detection have: their label is only the most frequent class


class Options(BaseModel):
    """Options of `classify-image`. Size, mean and spread are of models that do not say them: a person's own."""

    model_config = FROZEN
    channels: Literal[1, 3] | None = Field(None, description="1 for grey, 3 for colour; as the pictures are")
    size: int | None = Field(None, ge=4, le=MOST_SIDE, description="pixels a side; as most pictures are, up to 224")
    mean: tuple[float, ...] = Field((), description="of channels, white being 1; that of the training pictures")
    std: tuple[float, ...] = Field((), description="of channels; that of the training pictures")
    weights: str | None = Field(None, description="folder of a model that was saved here, to begin from")
    head: Literal["new", "own"] = Field("new", description="of a factory: fit the last layer anew, or keep it")
    shift: int = Field(0, ge=0, le=64, description="most pixels that a training picture is moved by")
    flip: bool = Field(default=False, description="mirror half of the training pictures, left to right")


@dataclass(frozen=True)
class Variation:
    """How training pictures are varied. Nothing by default: a mirrored 2 is no digit, and text or sides turn round."""

    shift: int = 0
    flip: bool = False

    def __call__(self, pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return pictures (examples × channels × high × wide) moved and mirrored; edges are drawn out."""
        n, _, high, wide = pixels.shape
        if not self.shift and not self.flip:
            return pixels
        down, right = rng.integers(-self.shift, self.shift + 1, size=(2, n, 1))
        rows = (np.arange(high) - down).clip(0, high - 1)
        columns = (np.arange(wide) - right).clip(0, wide - 1)
        turned = rng.random(n) < 0.5
        if self.flip:
            columns[turned] = columns[turned][:, ::-1]
        each = np.arange(n)[:, None, None]
        found = pixels.transpose(0, 2, 3, 1)[each, rows[:, :, None], columns[:, None, :]]
        return np.ascontiguousarray(found.transpose(0, 3, 1, 2))


@dataclass(frozen=True)
class Shown:
    """Pictures as a model is shown them."""

    pictures: Pictures
    places: Mapping[str, Int[np.ndarray, " examples"]]  # of the picture of each example
    units: int  # that a picture costs: patches, or pixels
    variation: Variation = Variation()

    def count(self, split: str) -> int:
        """Return how many examples a split has."""
        return len(self.places.get(split, ()))

    def sizes(self, split: str) -> Int[np.ndarray, " examples"]:
        """Return what each example costs, in patches or pixels: the same for all."""
        return np.full(self.count(split), self.units, dtype=np.int64)

    def batch(self, split: str, rows: np.ndarray, rng: np.random.Generator | None = None) -> Batch:
        """Return `pixel_values` (examples × channels × high × wide)."""
        import torch

        pixels = self.pictures.take(self.places[split][rows])
        if rng is not None:
            pixels = self.variation(pixels, rng)
        return {"pixel_values": torch.from_numpy(self.pictures.shown.tensor(pixels))}


def prepare(dataset: Dataset, original: Dataset | None, recipe: Recipe) -> Prepared:
    """Return pictures in the model's size, and the model with a head for their classes. Raises BadInput."""
    options = checked(Options, recipe.of(NAME), table=f"options.{NAME}")
    label, column = label_of(dataset), _column(dataset, recipe)
    if is_factory(recipe.model):
        codes, values = dataset.codes(column)
        rows = members(dataset)["train"]
        seen = sorted(str(values[code]) for code in np.unique(codes[rows]) if code >= 0)  # whatever the order of rows
        loaded = from_factory(recipe, options, label.classes, dataset.media, seen)
    else:
        loaded = from_transformers(recipe, label.classes, with_came=original is not None)
    placed(loaded.module)
    task = _task(dataset, column, label, loaded, options)
    _refuse_other_outcomes(task, loaded, recipe.model)
    before, notes = None, loaded.notes
    if original is not None:
        then, n_outcomes, streams = label_of(original), len(label.classes), Streams(recipe.seed)
        task_then = _task(original, _column(original, recipe), then, loaded, options)
        place = last_linear(loaded.module, n_outcomes)[0]
        before, note = original_of(task_then, then.classes, loaded.module, place, n_outcomes, loaded.came, streams)
        notes = (*notes, note)
    head = LastLayer(loaded.new, task.classes, len(label.classes), _logits) if loaded.new else None
    return Prepared(
        task=task,
        module=loaded.module,
        save=loaded.save,
        original=before,
        head=head,
        classes=label.classes,
        notes=notes,
    )


def _column(dataset: Dataset, recipe: Recipe) -> str:
    found = tuple(column.name for column in dataset.of(role="feature", kind="image"))
    wanted = recipe.inputs or found[:1]
    if len(wanted) > 1:
        raise BadInput(f"a picture is classified by itself; got {len(wanted)} columns in inputs: {', '.join(wanted)}")
    for name in wanted:
        if dataset[name].kind != "image":
            raise BadInput(f"{name!r} is a column of kind {dataset[name].kind}; {NAME} wants one of pictures")
    if not wanted:
        raise BadInput(
            f"{dataset.name} has no column of pictures. Wanted: a folder with a folder for each class, IDX files, or a "
            "table with a column of paths or of bytes"
        )
    return wanted[0]


def _task(dataset: Dataset, column: str, label: Labels, loaded: Loaded, options: Options) -> Classes:
    codes, values = dataset.codes(column)
    rows_of = {
        split: every[(label.codes[every] >= 0) & (codes[every] >= 0)] for split, every in members(dataset).items()
    }
    rows_of = {split: rows for split, rows in rows_of.items() if len(rows)}
    wanted, places = np.unique(np.concatenate(list(rows_of.values())), return_inverse=True)
    used, place = np.unique(codes[wanted], return_inverse=True)
    held = pictures(dataset.media, [str(values[code]) for code in used], loaded.shown, dataset.name)
    ends = np.cumsum([len(rows) for rows in rows_of.values()])[:-1]
    place_of = dict(zip(rows_of, np.split(place[places], ends), strict=True))
    ledgers = {split: _ledger(rows, loaded.units) for split, rows in rows_of.items()}
    return Classes(
        Shown(held, place_of, loaded.units, Variation(options.shift, options.flip)),
        {split: label.codes[rows] for split, rows in rows_of.items()},
        _logits,
        Supervision(loaded.unit, None, ledgers, (column,)),
    )


def _ledger(rows: np.ndarray, units: int) -> Ledger:
    whole = np.full(len(rows), units, dtype=np.int64)
    return Ledger(rows, whole, whole, np.ones(len(rows), np.int64), np.zeros(len(rows), np.int64))


def _refuse_other_outcomes(task: Classes, loaded: Loaded, name: str) -> None:
    """Raise BadInput where a model does not give a number for each class to a picture."""
    from holdfast.finetune.evaluation import quiet

    split = next(iter(task.classes))
    with quiet(loaded.module):
        batch = beside(loaded.module, task.batch(split, np.arange(min(2, task.count(split)))))
        try:
            found = logits_of(loaded.module, batch["pixel_values"])
        except (RuntimeError, ValueError, TypeError, AttributeError) as error:
            shape = tuple(batch["pixel_values"].shape)
            first = str(error).partition("\n")[0][:240]
            raise BadInput(
                f"model {Path(name).name} failed on pictures of shape {shape} (examples, channels, height, width): "
                f"{type(error).__name__}: {first}"
            ) from error
    wanted = (len(batch["labels"]), len(loaded.classes))
    if tuple(getattr(found, "shape", ())) != wanted:
        got = tuple(getattr(found, "shape", ())) or type(found).__name__
        raise BadInput(
            f"model {Path(name).name} gives {got} for {wanted[0]} pictures of {wanted[1]} classes; wanted {wanted}"
        )


def _logits(module: Module, batch: Batch) -> Any:
    return logits_of(module, batch["pixel_values"])


def _suits(dataset: Dataset, recipe: Recipe) -> bool:
    if dataset.one("label") is None or _BOXES in dataset.table.column_names:
        return False
    images = {column.name for column in dataset.of(role="feature", kind="image")}
    return bool(images) and set(recipe.inputs) <= images


kind = Kind(NAME, "classes of pictures", _suits, 5e-5, partial(prepare))


def predictor(asked: Asked) -> Answering:
    """Return what says the class of pictures, and how probable each class is, by the tuned model."""
    refuse_options(asked, "classes")
    module, names, shown = tuned_model(asked.model, asked.recipe)
    placed(module)

    def answer(rows: pa.Table, media: Media) -> pa.Table:
        """Return `prediction` and, for each class, its probability as `p_` and its name; null without a picture."""
        values = rows.column(asked.columns[0]).to_pylist()
        with quiet_decoding():
            seen = {value: opened(media, value, shown) for value in dict.fromkeys(values) if isinstance(value, str)}
        good = {value: at for at, value in enumerate(value for value, (_, problem) in seen.items() if not problem)}
        held = [seen[value][0] for value in good] or [np.zeros((shown.channels, shown.high, shown.wide), np.uint8)]
        known = Pictures(media, tuple(good), shown, np.stack(held))
        found = predicted(Shown(known, {NEW: np.arange(len(good))}, 1), module, _logits, names)
        return found.take(pa.array([good.get(value) for value in values], pa.int64()))

    return Answering(
        answer, needs=asked.columns[:1], reads="image", at_once=_AT_ONCE, silent="their pictures cannot be read"
    )
