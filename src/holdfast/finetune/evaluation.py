"""A model judged on a split: evaluation mode, no gradients, no randomness, every example once and in its own order."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from holdfast.finetune.tasks.definitions import Judged, Module, Task

BATCH = 64  # examples judged at once; of like size, so that padding costs little


@contextmanager
def quiet(module: Module) -> Iterator[None]:
    """Put a model into evaluation mode, without gradients, and back."""
    import torch

    was = module.training
    module.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        module.train(was)


def judged(task: Task, module: Module, split: str, rows: np.ndarray | None = None) -> Judged:
    """Return what the model makes of examples of a split, all of them if `rows` is not given."""
    wanted = np.arange(task.count(split)) if rows is None else rows
    found = np.zeros((3, len(wanted)))
    with quiet(module):
        for at in by_size(task.sizes(split)[wanted]):
            found[:, at] = np.stack(task.judge(module, task.batch(split, wanted[at])))
    return Judged(*found)


def by_size(sizes: np.ndarray, batch: int = BATCH) -> Iterator[np.ndarray]:
    """Yield places of examples in batches of like size."""
    order = np.argsort(sizes, kind="stable")
    for start in range(0, len(order), batch):
        yield order[start : start + batch]
