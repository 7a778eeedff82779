"""The columns of a table as numbers, for controls that learn from them: texts are left to others."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from holdfast.audit.facts.labels.labels import labels
from holdfast.audit.facts.learning.encoding import encoding
from holdfast.core.errors import NotApplicable
from holdfast.finetune.controls.definitions import Bench, classified
from holdfast.finetune.tasks.classify_text import texts_of
from holdfast.finetune.tasks.definitions import Judged


@dataclass(frozen=True)
class Columns:
    """Training and test examples with their classes; categories are codes, missing is NaN."""

    train: Float[np.ndarray, "examples columns"]
    train_classes: Int[np.ndarray, " examples"]
    test: Float[np.ndarray, "tests columns"]
    test_classes: Int[np.ndarray, " tests"]
    categorical: np.ndarray

    def judged(self, model: Any) -> Judged:
        """Return what a fitted classifier makes of the test examples."""
        return classified(model.predict_proba(self.test), model.classes_, self.test_classes)


def columns_of(bench: Bench) -> Columns | None:
    """Return numbers, times and categories of the data; None where there are none, or no classes to learn."""
    ledgers = bench.prepared.task.supervision.ledgers
    if not {"train", "test"} <= set(ledgers):
        return None
    try:
        found, known = encoding.run(bench.dataset, None, None), labels.run(bench.dataset, task="classification")
    except NotApplicable:
        return None
    texts = set(bench.recipe.inputs or texts_of(bench.dataset))
    places = [at for at, name in enumerate(found.names) if name not in texts]
    train, test = ledgers["train"].rows, ledgers["test"].rows
    if not places or len(np.unique(known.codes[train])) < 2:
        return None
    return Columns(
        found.matrix(train)[:, places],
        known.codes[train],
        found.matrix(test)[:, places],
        known.codes[test],
        found.categorical[places],
    )
