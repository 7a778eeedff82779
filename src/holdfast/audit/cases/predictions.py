"""Small subjects with stored predictions, for cases and tests."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from holdfast.audit.cases import subject
from holdfast.audit.predictions_file import stored
from holdfast.core.dataset import Dataset


def judged(
    rng: np.random.Generator,
    skill: Mapping[str, float],
    *,
    n_test: int = 400,
    share: float = 0.5,
    sharpen: float = 1.0,
    as_classes: bool = False,
) -> dict[str, Any]:
    """Return a table with a yes/no label, and the probabilities that models with different skill gave its test rows.

    A model of skill 1 knows the true chance of each row, one of skill 0 only the share of "yes". `sharpen` above 1
    makes the probabilities overconfident.
    """
    n_train = 100
    n = n_train + n_test
    chance = 1.0 / (1.0 + np.exp(-(2.0 * rng.normal(size=n) + np.log(share / (1.0 - share)))))
    yes = rng.random(n) < chance
    yes[:2] = [True, False]
    dataset = subject(
        {"a": np.log(chance / (1.0 - chance)) + rng.normal(size=n), "y": np.where(yes, "yes", "no")},
        split=["train"] * n_train + ["test"] * n_test,
    )
    columns = {}
    for name, known in skill.items():
        # A mixture of truth and a redrawn chance: of all rows that get a probability, the mean is still right
        # where skill is 0 or 1; in between it is blurred, as with models.
        logit = np.log(chance / (1.0 - chance))[n_train:]
        blurred = known * logit + np.sqrt(max(0.0, 1.0 - known**2)) * 2.0 * rng.normal(size=n_test)
        given = 1.0 / (1.0 + np.exp(-sharpen * blurred))
        columns[name if as_classes else f"{name}_proba"] = np.where(given > 0.5, "yes", "no") if as_classes else given
    return with_predictions(dataset, columns)


def with_predictions(dataset: Dataset, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data set and stored predictions of its test rows."""
    arrays = {name: pa.array(np.asarray(values).tolist()) for name, values in columns.items()}
    return {"dataset": dataset, "predictions": stored(pa.table(arrays), dataset)}
