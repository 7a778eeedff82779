"""The classes of the nearest training examples, by what the untouched model sees: no training at all."""

import numpy as np

from holdfast.finetune.controls.definitions import Bench, Control, classified
from holdfast.finetune.tasks.definitions import Judged

NEIGHBOURS = 10  # Caron et al. (2021), 2104.14294, section 4.1, take 10 or 20


def judge(bench: Bench) -> Judged | None:
    """Return whether the 10 nearest by cosine vote for the class of each test example; nearer ones count more."""
    from sklearn.neighbors import KNeighborsClassifier

    seen = bench.untouched.features
    if seen is None:
        return None
    model = KNeighborsClassifier(min(NEIGHBOURS, len(seen.train)), weights="distance")
    model.fit(_unit(seen.train), seen.train_classes)
    return classified(model.predict_proba(_unit(seen.test)), model.classes_, seen.test_classes)


def _unit(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))


control = Control(
    "nearest", "most of the ten nearest training examples, by what the untouched model sees",
    pretrained=True, judge=judge,
)  # fmt: skip
