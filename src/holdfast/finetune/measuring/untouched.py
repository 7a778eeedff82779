"""What the model saw before it was tuned: features of training and test examples, worked out once and only if asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from holdfast.core.dataset import Dataset
from holdfast.core.random import Streams
from holdfast.data.bulk.bits import finished
from holdfast.data.bulk.hashes import row_hashes
from holdfast.finetune.class_answers import head_of
from holdfast.finetune.heads import MOST, features
from holdfast.finetune.tasks.definitions import Head, Prepared
from holdfast.finetune.weights import copied, put


@dataclass(frozen=True)
class Features:
    """Features of examples before tuning, scaled by the training examples, with their classes."""

    train: Float[np.ndarray, "examples width"]  # at most 20,000 of them, in an order that follows from their content
    train_classes: Int[np.ndarray, " examples"]
    test: Float[np.ndarray, "tests width"]
    test_classes: Int[np.ndarray, " tests"]


@dataclass(frozen=True)
class Untouched:
    """The model as it was before the first step."""

    dataset: Dataset
    prepared: Prepared
    base: Mapping[str, Any]
    streams: Streams

    @cached_property
    def features(self) -> Features | None:
        """Features, None where the task has no head that stands on any."""
        task, module, head = self.prepared.task, self.prepared.module, head_of(self.prepared)
        if head is None or not task.count("train") or not task.count("test"):
            return None
        rows = self._ordered()[:MOST]
        now = copied(module, self.base.keys())
        put(module, self.base)
        try:
            train = features(task, module, head, "train", rows)
            test = features(task, module, head, "test", np.arange(task.count("test")))
        finally:
            put(module, now)
        mean, scale = train.mean(axis=0), train.std(axis=0) + 1e-6
        targets: Head = head
        return Features(
            (train - mean) / scale, targets.targets("train")[rows], (test - mean) / scale, targets.targets("test")
        )

    def _ordered(self) -> Int[np.ndarray, " examples"]:
        """Return training examples shuffled by what they hold, so that the order of rows means nothing."""
        names = tuple(column.name for column in self.dataset.of(role="feature"))
        rows = self.prepared.task.supervision.ledgers["train"].rows
        salt = np.uint64(self.streams.integer("untouched"))
        return np.argsort(finished(row_hashes(self.dataset, names)[rows] ^ salt), kind="stable")
