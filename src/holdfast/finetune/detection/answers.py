"""What a detector says of pictures: its own loss, normalised over a whole window, and its boxes."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from holdfast.finetune.detection.matching import Detections
from holdfast.finetune.tasks.definitions import Batch, Module

MOST = 100  # boxes of a picture that are kept, the best: what COCO counts
_WHOLE = "whole"  # in a batch: boxes, and weights of outcomes, of all batches of its step
_NOT_BOXES = "boxes1 must be in"  # how the library says that a box is no number any more


@dataclass(frozen=True, slots=True)
class Whole:
    """What losses are divided by: drawn boxes, and the weights of all outcomes, of which nothing has a small one."""

    boxes: float
    outcomes: float


def whole(module: Module, counts: Sequence[int] | np.ndarray) -> Whole:
    """Return what the losses of pictures with so many drawn boxes are divided by, taken together."""
    return Whole(float(np.sum(counts)), float(sum(_outcomes(module, int(one)) for one in counts)))


def counts_of(batch: Batch) -> list[int]:
    """Return how many boxes are drawn in each picture."""
    return [len(one["class_labels"]) for one in batch["labels"]]


def shared(batches: Sequence[Batch], parts: Whole) -> None:
    """Let each batch know what it is a part of."""
    for batch in batches:
        batch[_WHOLE] = parts


def loss(module: Module, batch: Batch) -> Any:
    """Return the model's own loss, times the drawn boxes of the batch: over the window's boxes it is that of one batch.

    The library divides by the boxes of each batch, and cross-entropy of models with an outcome for nothing by the
    weights of the batch's outcomes. Batches of a step with few and with many boxes would then count alike, and a box
    in a picture with many would count for less.
    """
    import torch

    try:
        found = module(pixel_values=batch["pixel_values"], labels=batch["labels"])
    except ValueError as error:
        if _NOT_BOXES not in str(error):
            raise
        return batch["pixel_values"].sum() * torch.nan
    here = whole(module, counts_of(batch))
    parts = batch.get(_WHOLE, here)
    sharp = _cross_entropy(module, found.loss_dict)
    if sharp is None:
        return found.loss * max(here.boxes, 1.0)
    boxes = max(parts.boxes, 1.0)
    return (found.loss - sharp) * max(here.boxes, 1.0) + sharp * (here.outcomes / parts.outcomes) * boxes


def losses(
    module: Module, found: Any, labels: Sequence[Mapping[str, Any]], parts: Whole, pictures: int
) -> Float[np.ndarray, " pictures"]:
    """Return the loss of each picture by itself, from its last layer's answers, in evaluation mode.

    With the sums over all `pictures`, of which these are some, their mean is the loss of all of them.
    """
    config = copy.copy(module.config)
    config.auxiliary_loss = False
    each, boxes = np.full(len(labels), np.nan), max(parts.boxes, 1.0)
    for at, one in enumerate(labels):
        if not bool(found.pred_boxes[at].isfinite().all()):
            continue
        total, terms, _ = module.loss_function(
            found.logits[at : at + 1], [one], found.logits.device, found.pred_boxes[at : at + 1], config
        )
        here, sharp = len(one["class_labels"]), _cross_entropy(module, terms)
        each[at] = float(total) * max(here, 1) / boxes
        if sharp is not None:
            each[at] += float(sharp) * (_outcomes(module, here) / parts.outcomes - max(here, 1) / boxes)
    return each * pictures


def detections(found: Any, *, softmax: bool, first: int = 0) -> Detections:
    """Return the best boxes of each picture; pictures are numbered from `first`."""
    import torch

    logits, places = found.logits.cpu().double(), found.pred_boxes.cpu().double()
    n, slots = logits.shape[:2]
    if softmax:
        scores, classes = logits.softmax(-1)[..., :-1].max(-1)
        slot = torch.arange(slots).expand(n, slots)
    else:
        flat = logits.sigmoid().flatten(1)
        scores, at = flat.topk(min(MOST, flat.shape[1]), dim=1)
        slot, classes = at // logits.shape[-1], at % logits.shape[-1]
    scores = scores.nan_to_num(0.0)
    if scores.shape[1] > MOST:
        scores, at = scores.topk(MOST, dim=1)
        slot, classes = slot.gather(1, at), classes.gather(1, at)
    boxes = places.gather(1, slot[..., None].expand(-1, -1, 4)).nan_to_num(0.0)
    images = np.repeat(np.arange(first, first + n), scores.shape[1])
    flat_scores, flat_classes = scores.reshape(-1).numpy(), classes.reshape(-1).numpy()
    return Detections(images, flat_classes, flat_scores, boxes.reshape(-1, 4).numpy())


def joined(parts: Sequence[Detections]) -> Detections:
    """Return the boxes of several parts as one."""
    return Detections(
        np.concatenate([one.images for one in parts]), np.concatenate([one.classes for one in parts]),
        np.concatenate([one.scores for one in parts]), np.concatenate([one.places for one in parts]),
    )  # fmt: skip


def log_probabilities(found: Any, *, softmax: bool) -> Any:
    """Return log p of the outcomes of each slot (items × outcomes); of each class by itself, where they are so."""
    import torch

    logits = found.logits
    if softmax:
        return logits.log_softmax(-1).flatten(0, 1)
    logs = torch.nn.functional.logsigmoid
    return torch.stack([logs(logits), logs(-logits)], dim=-1).flatten(0, 2)


def _cross_entropy(module: Module, terms: Mapping[str, Any]) -> Any | None:
    """Return the part of a loss that is divided by the weights of outcomes; None where there is none."""
    if not _weighs_nothing(module):
        return None
    return sum(value for name, value in terms.items() if name.startswith("loss_ce"))


def _weighs_nothing(module: Module) -> bool:
    """Return whether a model's classes are learnt by cross-entropy in which nothing has a weight of its own."""
    from transformers.loss.loss_for_object_detection import ForObjectDetectionLoss

    return getattr(module.loss_function, "__func__", module.loss_function) is ForObjectDetectionLoss


def _outcomes(module: Module, boxes: int) -> float:
    """Return the weights of the outcomes of a picture: 1 for each box that is matched, less for each other slot."""
    if not _weighs_nothing(module):
        return float(boxes)
    config = module.config
    slots = int(getattr(config, "num_detection_tokens", 0) or config.num_queries)
    hits = min(boxes, slots)
    return hits + float(config.eos_coefficient) * (slots - hits)
