"""Always the most frequent class: what a score is worth that looks at nothing."""

import numpy as np

from holdfast.finetune.class_answers import head_of
from holdfast.finetune.controls.definitions import Bench, Control
from holdfast.finetune.tasks.definitions import Judged


def judge(bench: Bench) -> Judged | None:
    """Return whether the most frequent training class is right on each test example; None where there are none."""
    head = head_of(bench.prepared)
    if head is None:
        return None
    counts = np.bincount(head.targets("train")) + 1.0
    known = head.targets("test").clip(max=len(counts) - 1)
    right = head.targets("test") == counts.argmax()
    return Judged(right.astype(float), -np.log(counts[known] / counts.sum()), np.ones(len(known)))


control = Control("most-frequent", "always the most frequent class", pretrained=False, judge=judge)
