"""Unlabelled examples with the answers that the model is sure of before tuning, in training only."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, Field

from holdfast.audit.supervision import Supervision
from holdfast.core.config import checked
from holdfast.core.dataset import Column, Dataset
from holdfast.core.errors import BadInput
from holdfast.core.finding import FROZEN
from holdfast.data.loading import load
from holdfast.finetune import catalogue
from holdfast.finetune.device import beside
from holdfast.finetune.evaluation import by_size, quiet
from holdfast.finetune.methods.at_base import print_of
from holdfast.finetune.methods.definitions import Method, MethodKind, More, Setting, Steps
from holdfast.finetune.recipe import batches
from holdfast.finetune.stages import Stages
from holdfast.finetune.tasks.definitions import Batch, Judged, Module, Task

_STAND_IN = ("0", "1")  # labels that a task asks for and that are never looked at


class Options(BaseModel):
    """Options of `pseudo-labels`."""

    model_config = FROZEN
    data: str = Field(description="file of examples without labels")
    sure: float = Field(0.9, gt=0, le=1, description="least probability of an answer that is taken")
    share: float = Field(0.25, gt=0, lt=1, description="of what a step learns from")


class Taken(BaseModel):
    """Examples whose answers the model was sure of, by their number, and the class of each."""

    model_config = FROZEN
    rows: tuple[int, ...]
    classes: tuple[int, ...]
    of: int


@dataclass(frozen=True)
class Answered:
    """Examples whose classes a model has given."""

    task: Task
    rows: np.ndarray
    classes: np.ndarray
    metric: str = "accuracy"

    @property
    def supervision(self) -> Supervision:
        """What of each example the model is shown."""
        return self.task.supervision

    def count(self, split: str) -> int:
        """Return how many examples there are, all of them to learn from."""
        return len(self.rows) if split == "train" else 0

    def sizes(self, split: str) -> Any:
        """Return how many tokens each example costs."""
        return self.task.sizes(split)[self.rows] if split == "train" else np.array([], dtype=np.int64)

    def batch(self, split: str, rows: np.ndarray, rng: np.random.Generator | None = None) -> Batch:
        """Return examples with the classes that were given to them."""
        import torch

        return {**self.task.batch(split, self.rows[rows], rng), "labels": torch.from_numpy(self.classes[rows])}

    def weight(self, batch: Batch) -> float:
        """Return how many examples are in a batch."""
        return self.task.weight(batch)

    def loss(self, module: Module, batch: Batch) -> Any:
        """Return the summed loss."""
        return self.task.loss(module, batch)

    def judge(self, module: Module, batch: Batch) -> Judged:
        """Return how far a model agrees with the classes that were given."""
        return self.task.judge(module, batch)

    def log_probabilities(self, module: Module, batch: Batch) -> Any:
        """Return log p of each class."""
        return self.task.log_probabilities(module, batch)


def make(setting: Setting) -> Method:
    """Return learning from answers that the model gives before tuning, with its head fitted first, where it is sure.

    Lee (2013), "Pseudo-label". They are given once and read back after a kill. Raises BadInput where the head is new
    and unfitted, where examples have no class, and for data that cannot be read.
    """
    options = checked(Options, setting.options, table="options.pseudo-labels")
    prepared, recipe = setting.prepared, setting.recipe
    if setting.new and not catalogue.adaptations()[recipe.adapt].head_first:
        raise BadInput(
            f'pseudo-labels are given by the model before tuning, and with adapt = "{recipe.adapt}" its head is '
            'random; take adapt = "head-first"'
        )
    if not prepared.classes or recipe.label is None:
        raise BadInput("pseudo-labels wants examples of classes, and this task has none")
    task = _unlabelled(setting, options.data)
    found = _taken(setting, task, options)
    n, (micro, _) = len(found.rows), batches(recipe)
    note = (
        f"pseudo-labels: {n:,} of {found.of:,} unlabelled examples were learnt from with synthetic labels, which the "
        f"model gave before tuning with a probability of at least {options.sure:g}; in training only"
    )
    if not n:
        return Steps("pseudo-labels", notes=(note,))
    answered = Answered(task, np.array(found.rows), np.array(found.classes))
    size = min(n, max(1, round(micro * options.share / (1 - options.share))))

    def replayed(step: int, part: int) -> More:
        rows = setting.streams("pseudo-labels", step, part).choice(n, size=size, replace=False)
        return More(answered, rows, options.share / (1 - options.share))

    return Steps("pseudo-labels", replays=replayed, notes=(note,))


def _unlabelled(setting: Setting, data: str) -> Task:
    """Return examples of a file as the recipe's kind of task has them."""
    recipe = setting.recipe
    label = str(recipe.label)
    dataset = load({"train": data}, kinds=dict.fromkeys(recipe.inputs, "text"), seed=recipe.seed)
    kind = catalogue.kind_for(_labelled(dataset, label), recipe)
    return kind.prepare(_labelled(dataset, label), None, recipe).task


def _labelled(dataset: Dataset, label: str) -> Dataset:
    """Return the data with stand-ins for labels; what stood in that column is taken away."""
    kept = [column for column in dataset.columns if column.name != label]
    values = pa.array(np.array(_STAND_IN, dtype=object)[np.arange(len(dataset)) % 2], pa.large_string())
    table = dataset.table.select([column.name for column in kept]).append_column(label, values)
    return replace(dataset, table=table, columns=(*kept, Column(label, "category", "label")))


def _taken(setting: Setting, task: Task, options: Options) -> Taken:
    """Return what the model was sure of before a kill, or is now."""

    def work() -> Taken:
        module, own = setting.prepared.module, setting.prepared.task
        n = task.count("train")
        best, chosen = np.zeros(n), np.zeros(n, dtype=np.int64)
        with quiet(module):
            for at in by_size(task.sizes("train")):
                logs = own.log_probabilities(module, beside(module, task.batch("train", at)))
                shares = logs.cpu().double().exp().numpy()
                best[at], chosen[at] = shares.max(axis=1), shares.argmax(axis=1)
        rows = np.flatnonzero(best >= options.sure)
        return Taken(rows=tuple(rows.tolist()), classes=tuple(chosen[rows].tolist()), of=n)

    if setting.folder is None:
        return work()
    name = f"pseudo-labels-{print_of(setting.base)[:12]}-{options.sure:g}-{Path(options.data).stem[:40]}"
    return Stages(setting.folder)(name.replace("/", "-"), Taken, work)


method = MethodKind("pseudo-labels", "unlabelled examples with answers that the model is sure of, in training", make)
