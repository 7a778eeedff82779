"""A model judged on a split: evaluation mode, no gradients, no randomness, every example once and in its own order."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from holdfast.finetune import processes, shards
from holdfast.finetune.device import beside
from holdfast.finetune.tasks.definitions import Judged, Module, Task, Together

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
    """Return what the model makes of examples of a split, all of them if `rows` is not given.

    Of several processes that hold the whole model each judges every n-th batch; a batch is judged by one of them, so
    that the numbers are those of one process.
    """
    wanted = np.arange(task.count(split)) if rows is None else rows
    if isinstance(task, Together):
        with quiet(module):
            return task.together(module, split, wanted)
    found = np.zeros((3, len(wanted)))
    here, many = _turns(module)
    with quiet(module):
        for turn, at in enumerate(by_size(task.sizes(split)[wanted])):
            if turn % many == here:
                found[:, at] = np.stack(task.judge(module, beside(module, task.batch(split, wanted[at]))))
    return Judged(*(processes.summed(found) if many > 1 else found))


def _turns(module: Module) -> tuple[int, int]:
    """Return which batches this process judges: (this one, of so many); all of them where weights are spread."""
    many = processes.size()
    if many == 1 or any(shards.spread(one) for one in module.parameters()):
        return 0, 1
    return processes.rank(), many


def by_size(sizes: np.ndarray, batch: int = BATCH) -> Iterator[np.ndarray]:
    """Yield places of examples in batches of like size."""
    order = np.argsort(sizes, kind="stable")
    for start in range(0, len(order), batch):
        yield order[start : start + batch]
