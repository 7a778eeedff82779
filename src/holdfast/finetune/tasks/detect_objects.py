"""Objects in pictures, by boxes: a data.yaml as Ultralytics has it, and a detector of transformers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

import numpy as np
from jaxtyping import Int
from pydantic import BaseModel, Field

from holdfast.audit.supervision import Ledger, Supervision
from holdfast.core.config import checked
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.core.finding import FROZEN
from holdfast.core.random import Streams
from holdfast.core.record import Section
from holdfast.core.text import one_line
from holdfast.finetune.answering import Answering, Asked
from holdfast.finetune.detection import answers
from holdfast.finetune.detection.as_it_came import AsItCame
from holdfast.finetune.detection.average_precision import precision
from holdfast.finetune.detection.boxes import Boxes, Drawn, drawn
from holdfast.finetune.detection.matching import Detections, matched
from holdfast.finetune.detection.models import Detector, came, class_modules, detector
from holdfast.finetune.detection.telling import told
from holdfast.finetune.device import beside, numbers, placed
from holdfast.finetune.evaluation import by_size, quiet
from holdfast.finetune.models.images import MOST_SIDE, Pictures, pictures
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.splits import members
from holdfast.finetune.tasks.definitions import Batch, Judged, Kind, Module, Prepared

NAME = "detect-objects"
METRIC = "mean average precision (mAP50-95)"
_SIDED = ("left", "right")  # in names of classes: such objects turn into others in a mirror


class Options(BaseModel):
    """Options of `detect-objects`."""

    model_config = FROZEN
    size: int | None = Field(None, ge=32, le=MOST_SIDE, description="pixels a side; as the model says, else 640")
    flip: bool | None = Field(
        None, description="mirror half of the training pictures, left to right; if no class is called left or right"
    )
    faulty: Literal["refuse", "leave-out"] = Field("refuse", description="lines of labels that are no boxes")


@dataclass(frozen=True)
class DetectObjects:
    """Pictures, and the boxes that are drawn in each."""

    pictures: Pictures
    places: Mapping[str, Int[np.ndarray, " examples"]]  # of the picture of each example
    boxes: Mapping[str, Boxes]
    names: tuple[str, ...]
    softmax: bool
    units: int
    flip: bool
    supervision: Supervision
    no_drift: str = ""  # why a slot's answers cannot be compared with what they were, if they cannot
    metric: str = field(default=METRIC, init=False)

    def count(self, split: str) -> int:
        """Return how many examples a split has."""
        return len(self.places.get(split, ()))

    def sizes(self, split: str) -> Int[np.ndarray, " examples"]:
        """Return what each example costs: the same for all."""
        return np.full(self.count(split), self.units, dtype=np.int64)

    def batch(self, split: str, rows: np.ndarray, rng: np.random.Generator | None = None) -> Batch:
        """Return `pixel_values` (examples × channels × high × wide) and `labels` (classes and boxes of each)."""
        import torch

        pixels = self.pictures.take(self.places[split][rows])
        boxes = self.boxes[split].take(rows)
        if rng is not None and self.flip:
            turned = rng.random(len(rows)) < 0.5
            pixels, boxes = mirrored(pixels, boxes, turned)
        each = [boxes.of(at) for at in range(len(rows))]
        return {
            "pixel_values": torch.from_numpy(self.pictures.shown.tensor(pixels)),
            "labels": [
                {"class_labels": torch.from_numpy(classes), "boxes": torch.from_numpy(places.astype(np.float32))}
                for classes, places in each
            ],
        }

    def weight(self, batch: Batch) -> float:
        """Return how many boxes are drawn."""
        return float(sum(answers.counts_of(batch)))

    def window(self, module: Module, batches: Sequence[Batch], summed: Any) -> None:
        """Let the batches of one step know what their losses are divided by, over all processes."""
        here = answers.whole(module, [count for batch in batches for count in answers.counts_of(batch)])
        boxes, outcomes = summed(np.array([here.boxes, here.outcomes])).tolist()
        answers.shared(batches, answers.Whole(boxes, outcomes))

    def loss(self, module: Module, batch: Batch) -> Any:
        """Return the model's own loss, times the drawn boxes."""
        return answers.loss(module, batch)

    def judge(self, module: Module, batch: Batch) -> Judged:
        """Return mean average precision of these pictures alone, and their losses; `judged` asks for all at once."""
        boxes = _boxes_of(batch)
        return self._judged(boxes, [(np.arange(len(boxes)), batch)], module)

    def together(self, module: Module, split: str, rows: np.ndarray) -> Judged:
        """Return for each picture a number whose mean is mean average precision over all of them, and its loss."""
        parts = ((at, beside(module, self.batch(split, rows[at]))) for at in by_size(self.sizes(split)[rows]))
        return self._judged(self.boxes[split].take(rows), parts, module)

    def found(self, module: Module, split: str) -> Detections:
        """Return what a model finds in the pictures of a split."""
        rows = np.arange(self.count(split))
        parts = []
        for at in by_size(self.sizes(split)):
            said = module(pixel_values=beside(module, self.batch(split, rows[at]))["pixel_values"])
            one = answers.detections(said, softmax=self.softmax)
            parts.append(replace(one, images=at[one.images]))
        return answers.joined(parts)

    def score(self, truth: Boxes, seen: Detections) -> np.ndarray:
        """Return a number for each picture whose mean is mean average precision; 0 where nothing is drawn at all."""
        if not len(truth.classes):
            return np.zeros(len(truth))
        return precision(matched(truth, seen, len(self.names))).by_image

    def told(self, module: Module, streams: Streams) -> tuple[Section, ...]:
        """Return what is found in test pictures, class by class."""
        with quiet(module):
            seen = self.found(module, "test")
        return (told(self.boxes["test"], seen, self.names, streams),)

    def log_probabilities(self, module: Module, batch: Batch) -> Any:
        """Return log p of each class for every slot (items × outcomes)."""
        return answers.log_probabilities(module(pixel_values=batch["pixel_values"]), softmax=self.softmax)

    def _judged(self, truth: Boxes, parts: Iterable[tuple[np.ndarray, Batch]], module: Module) -> Judged:
        losses, seen = np.zeros(len(truth)), []
        whole = answers.whole(module, truth.counts)
        for at, batch in parts:
            said = module(pixel_values=batch["pixel_values"])
            losses[at] = answers.losses(module, said, batch["labels"], whole, len(truth))
            one = answers.detections(said, softmax=self.softmax)
            seen.append(replace(one, images=at[one.images]))
        return Judged(self.score(truth, answers.joined(seen)), losses, np.ones(len(truth)))


def mirrored(pixels: np.ndarray, boxes: Boxes, turned: np.ndarray) -> tuple[np.ndarray, Boxes]:
    """Return pictures of which those `turned` are mirrored left to right, and their boxes with them."""
    pixels = np.where(turned[:, None, None, None], pixels[..., ::-1], pixels)
    places = boxes.places.copy()
    there = turned[boxes.images]
    places[there, 0] = 1.0 - places[there, 0]
    return pixels, replace(boxes, places=places)


def prepare(dataset: Dataset, original: Dataset | None, recipe: Recipe) -> Prepared:
    """Return pictures with their boxes, and a detector for their classes. Raises BadInput."""
    options = checked(Options, recipe.of(NAME), table=f"options.{NAME}")
    given = drawn(recipe.data, dataset, faulty=options.faulty)
    if not len(given.boxes.classes):
        raise BadInput(f"{dataset.name} has no box in any picture: there is nothing to learn")
    model = detector(recipe, given.names, options.size)
    placed(model.module)
    if model.new and recipe.adapt == "lora":
        raise BadInput(
            'adapt = "lora" keeps the weights of classes as they came, and this model has not learnt these classes; '
            'take "all"'
        )
    task, notes = _task(dataset, given, model, options)
    before = None
    if original is not None:
        before, more = _original(recipe, original, model, options)
        notes = (*notes, *more)
    return Prepared(
        task=task, module=model.module, save=model.save, original=before, classes=model.names,
        notes=(*given.notes, *model.notes, *notes),
    )  # fmt: skip


def _task(dataset: Dataset, given: Drawn, model: Detector, options: Options) -> tuple[DetectObjects, tuple[str, ...]]:
    codes, values = dataset.codes("image")
    rows_of = {split: rows[codes[rows] >= 0] for split, rows in members(dataset).items()}
    rows_of = {split: rows for split, rows in rows_of.items() if len(rows)}
    wanted = np.unique(np.concatenate(list(rows_of.values())))
    used = np.unique(codes[wanted])
    held = pictures(dataset.media, [str(values[code]) for code in used], model.shown, dataset.name)
    boxes = {split: given.boxes.take(rows) for split, rows in rows_of.items()}
    learnt = np.bincount(boxes["train"].classes, minlength=len(given.names)) if "train" in boxes else np.zeros(1)
    unseen = [one_line(name, 40) for name, n in zip(given.names, learnt, strict=False) if not n]
    sided = [name for name in given.names if any(word in name.lower() for word in _SIDED)]
    flip = not sided if options.flip is None else options.flip
    notes = (
        *([f"no training picture has a box of {', '.join(unseen[:6])}"] if unseen else []),
        *([f"pictures are not mirrored, as a class is called {one_line(sided[0], 40)}"]
          if sided and options.flip is None else []),
    )  # fmt: skip
    no_drift = (
        "some of its classes are new" if model.new else
        "" if model.fixed else "its slots look at other places in every picture"
    )  # fmt: skip
    ledgers = {split: _ledger(rows, boxes[split], model.slots) for split, rows in rows_of.items()}
    task = DetectObjects(
        pictures=held, places={split: np.searchsorted(used, codes[rows]) for split, rows in rows_of.items()},
        boxes=boxes, names=given.names, softmax=model.softmax, units=model.units, flip=flip,
        supervision=Supervision("boxes or backgrounds", model.slots, ledgers, ("image",), labelled=False),
        no_drift=no_drift,
    )  # fmt: skip
    return task, notes


def _ledger(rows: np.ndarray, boxes: Boxes, slots: int) -> Ledger:
    """Return what is learnt of each picture: its boxes, as far as there are slots; a background teaches one thing."""
    whole = boxes.counts.astype(np.int64).clip(1)
    kept = np.minimum(whole, slots)
    return Ledger(rows, whole, kept, kept, whole - kept)


def _original(recipe: Recipe, original: Dataset, model: Detector, options: Options) -> tuple[AsItCame, tuple[str, ...]]:
    """Return the original task with the parts that the model came with. Raises BadInput where it knew other classes."""
    if recipe.original is None:
        raise BadInput("original wants a data.yaml")
    then, before = drawn(recipe.original, original, faulty=options.faulty), came(recipe.model)
    labels = dict(before.config.id2label)
    knew = {name: number for number, name in labels.items()}
    strange = [one_line(name, 40) for name in then.names if name not in knew]
    if strange:
        raise BadInput(
            f"the model came without the class {', '.join(strange[:4])} of the original data, so that what it forgot "
            f"of it cannot be judged; it knows {', '.join(map(str, list(knew)[:8]))}"
        )
    numbers = np.array([knew[name] for name in then.names], dtype=np.int64)
    own = Drawn(
        tuple(labels[number] for number in range(len(labels))),
        replace(then.boxes, classes=numbers[then.boxes.classes]), then.notes,
    )  # fmt: skip
    task, _ = _task(original, own, replace(model, names=own.names), options)
    parts = class_modules(before, model.parts)
    for one in parts.values():
        placed(one).requires_grad_(requires_grad=False)
    return AsItCame(task, parts, labels), (
        "the original task is judged by the weights for classes that the model came with",
    )


def _boxes_of(batch: Batch) -> Boxes:
    classes = [one["class_labels"].cpu().numpy() for one in batch["labels"]]
    ends = np.concatenate([[0], np.cumsum([len(one) for one in classes])]).astype(np.int64)
    places = np.concatenate([numbers(one["boxes"]) for one in batch["labels"]])
    return Boxes(ends, np.concatenate(classes), places)


def _suits(dataset: Dataset, recipe: Recipe) -> bool:
    return not recipe.inputs and {"image", "file", "n_boxes"} <= set(dataset.table.column_names)


def predictor(asked: Asked) -> Answering:
    """Return what tells the boxes of new pictures, by the tuned model."""
    from holdfast.finetune.detection.predicting import predictor as of_boxes

    return of_boxes(asked)


kind = Kind(NAME, "objects in pictures, by boxes", _suits, 1e-4, partial(prepare))
