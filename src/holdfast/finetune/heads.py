"""A new head fitted on what the untouched model sees, before anything else learns.

Learning from a random head distorts good features (Kumar et al., 2022, "Fine-tuning can distort pretrained features",
2202.10054): with the head fitted first, tuning gained one point inside and ten points outside of its distribution over
plain tuning. It is also the cheapest control there is: what the model is worth as it came.
"""

import numpy as np
from jaxtyping import Float

from holdfast.core.random import Streams
from holdfast.finetune.device import beside, numbers
from holdfast.finetune.evaluation import by_size, quiet
from holdfast.finetune.tasks.definitions import Head, Module, Task

MOST = 20_000  # examples that a head is fitted on; more change its weights in the third digit
_STRENGTH = 1.0  # inverse of the penalty: scikit-learn's default, on features of unit variance


def fit_head(task: Task, module: Module, head: Head, n_outcomes: int, streams: Streams) -> str:
    """Fit the head by logistic regression and put it into the model. Return what was done."""
    weights, biases, n = fitted(task, module, head, n_outcomes, streams)
    head.place(module, weights, biases)
    return f"the head was fitted first, on {n:,} examples"


def fitted(
    task: Task, module: Module, head: Head, n_outcomes: int, streams: Streams
) -> tuple[Float[np.ndarray, "outcomes width"], Float[np.ndarray, " outcomes"], int]:
    """Return weights and biases of a head for what the model sees now, and on how many examples it was fitted.

    A class that no training example has gets no weight and the least bias.
    """
    from sklearn.linear_model import LogisticRegression

    rows = np.arange(task.count("train"))
    if len(rows) > MOST:
        rows = np.sort(streams("head").choice(rows, MOST, replace=False))
    seen, targets = features(task, module, head, "train", rows), head.targets("train")[rows]
    mean, scale = seen.mean(axis=0), seen.std(axis=0) + 1e-6
    model = LogisticRegression(C=_STRENGTH, max_iter=1000).fit((seen - mean) / scale, targets)
    weights, biases = model.coef_ / scale, model.intercept_ - (model.coef_ / scale) @ mean
    if len(model.classes_) == 2:  # one row of weights stands for both classes
        weights, biases = np.concatenate([-weights, weights]) / 2, np.concatenate([-biases, biases]) / 2
    full, shift = np.zeros((n_outcomes, seen.shape[1])), np.full(n_outcomes, biases.min() - 1.0)
    full[model.classes_], shift[model.classes_] = weights, biases
    return full.astype(np.float32), shift.astype(np.float32), len(rows)


def features(
    task: Task, module: Module, head: Head, split: str, rows: np.ndarray
) -> Float[np.ndarray, "examples width"]:
    """Return what the head stands on, for examples of a split."""
    found: list[np.ndarray] = []
    places: list[np.ndarray] = []
    with quiet(module):
        for at in by_size(task.sizes(split)[rows]):
            found.append(numbers(head.features(module, beside(module, task.batch(split, rows[at])))))
            places.append(at)
    joined = np.concatenate(found)
    result = np.empty_like(joined)
    result[np.concatenate(places)] = joined
    return result
