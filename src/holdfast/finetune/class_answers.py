"""Answers that are classes: learnt from, judged, and given to the head that belongs to them, whatever is shown."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Int

from holdfast.audit.facts.labels.labels import Labels, labels
from holdfast.audit.supervision import Supervision
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.random import Streams
from holdfast.finetune.device import beside, numbers, placed
from holdfast.finetune.evaluation import by_size, quiet
from holdfast.finetune.last_layer import LastLayer
from holdfast.finetune.own_head import OwnHead, layer_of, probed
from holdfast.finetune.tasks.definitions import Batch, Head, Judged, Module, Prepared

NEW = "new"  # the one split of examples whose classes nobody knows
_MOST_SCORES = 100  # classes whose probabilities are written out; beyond that they are no table to look at


class Shown(Protocol):
    """Examples as a model is shown them, without their classes."""

    def count(self, split: str) -> int:
        """Return how many examples a split has."""

    def sizes(self, split: str) -> Int[np.ndarray, " examples"]:
        """Return what each example costs."""

    def batch(self, split: str, rows: np.ndarray, rng: np.random.Generator | None = None) -> Batch:
        """Return examples as tensors; with `rng` they are for learning, and may be varied."""


@dataclass(frozen=True)
class Classes:
    """Examples with the class of each, and how a model is asked for a number for each class: a task."""

    shown: Shown
    classes: Mapping[str, Int[np.ndarray, " examples"]]
    answers: Callable[[Module, Batch], Any]  # logits: examples × classes
    supervision: Supervision
    metric: str = field(default="accuracy", init=False)

    def count(self, split: str) -> int:
        """Return how many examples a split has."""
        return self.shown.count(split)

    def sizes(self, split: str) -> Int[np.ndarray, " examples"]:
        """Return what each example costs."""
        return self.shown.sizes(split)

    def batch(self, split: str, rows: np.ndarray, rng: np.random.Generator | None = None) -> Batch:
        """Return what is shown, and `labels` (examples)."""
        import torch

        return {**self.shown.batch(split, rows, rng), "labels": torch.from_numpy(self.classes[split][rows])}

    def weight(self, batch: Batch) -> float:
        """Return the number of examples: each has one class."""
        return float(len(batch["labels"]))

    def loss(self, module: Module, batch: Batch) -> Any:
        """Return the summed cross-entropy, nats."""
        from torch.nn.functional import cross_entropy

        return cross_entropy(self.answers(module, batch), batch["labels"], reduction="sum")

    def judge(self, module: Module, batch: Batch) -> Judged:
        """Return whether each is right, and its cross-entropy."""
        from torch.nn.functional import cross_entropy

        logits = self.answers(module, batch)
        losses = numbers(cross_entropy(logits, batch["labels"], reduction="none"))
        right = numbers(logits.argmax(-1) == batch["labels"])
        return Judged(right, losses, np.ones(len(losses)))

    def log_probabilities(self, module: Module, batch: Batch) -> Any:
        """Return log p of each class (examples × classes)."""
        return self.answers(module, batch).log_softmax(-1)


def head_of(prepared: Prepared) -> Head | None:
    """Return the head of a model that gives classes, also where it came with one and none of it is new; else None."""
    task = prepared.task
    if prepared.head is not None or not isinstance(task, Classes):
        return prepared.head
    return LastLayer((), task.classes, len(prepared.classes), task.answers)


@dataclass(frozen=True)
class Came:
    """The head that a model came with, and which classes its outcomes are."""

    classes: Mapping[str, int]
    weights: Float[np.ndarray, "outcomes width"]
    biases: Float[np.ndarray, " outcomes"]


def came(layer: Any, classes: Mapping[str, int]) -> Came:
    """Return the last layer that a model came with, as it is now."""
    weights = layer.weight.detach().cpu().numpy().copy()
    biases = layer.bias.detach().cpu().numpy().copy() if layer.bias is not None else np.zeros(len(weights), np.float32)
    return Came(classes, weights, biases)


def label_of(dataset: Dataset) -> Labels:
    """Return the label as classes. Raises BadInput where there are no two."""
    try:
        found = labels.run(dataset, task="classification")
    except NotApplicable as error:
        raise BadInput(f"{dataset.name}: {error}") from error
    if len(found.classes) < 2:
        raise BadInput(f"the label {found.column!r} has one class, {found.classes[0]!r}: there is nothing to learn")
    return found


def in_order(layer: Any, known: Mapping[str, int], classes: Sequence[str]) -> bool:
    """Give a last layer that a model came with the order of the classes; return whether it is for these classes.

    As many classes, but other ones, want a new head: what the old one knew of those is no knowledge of these. Its
    weights are drawn anew.
    """
    import torch

    if set(known) != set(classes):
        layer.reset_parameters()
        return False
    with torch.no_grad():
        for one in layer.parameters():
            one.copy_(one[[known[name] for name in classes]].clone())
    return True


def original_of(
    task: Classes, classes: Sequence[str], module: Module, place: str, n_outcomes: int, own: Came | None,
    streams: Streams,
) -> tuple[OwnHead, str]:  # fmt: skip
    """Return the original task with the head that the model came with, or with one fitted on it; and which it is.

    `place` is that of the last layer in the module, whose outcomes are `n_outcomes`.
    """
    if own is not None and set(classes) <= set(own.classes):
        rows = [own.classes[name] for name in classes]
        return OwnHead(task, place, placed(layer_of(own.weights[rows], own.biases[rows]))), (
            "the original task is judged by the head that the model came with"
        )
    head = LastLayer((), task.classes, n_outcomes, task.answers)
    layer, n = probed(task, module, head, len(classes), streams)
    return OwnHead(task, place, placed(layer)), (
        f"the original task is judged by a head that was fitted on {n:,} of its examples before tuning, "
        "as the model came without one for its classes"
    )


def predicted(shown: Shown, module: Module, answers: Callable[[Module, Batch], Any], names: Sequence[str]) -> pa.Table:
    """Return `prediction` and, for each class, its probability as `p_` and its name, of the examples of `NEW`."""
    found = np.zeros((shown.count(NEW), len(names)))
    with quiet(module):
        for at in by_size(shown.sizes(NEW)):
            logs = answers(module, beside(module, shown.batch(NEW, at))).log_softmax(-1)
            found[at] = logs.cpu().double().exp().numpy()
    classes = pa.array(names).take(pa.array(found.argmax(axis=1)))
    scores = {f"p_{name}": found[:, at] for at, name in enumerate(names)} if len(names) <= _MOST_SCORES else {}
    return pa.table({"prediction": classes, **scores})
