"""Steps that leave no trace: a model learns for as long as something is measured, and is then as it was."""

from collections.abc import Iterator
from contextlib import contextmanager

from holdfast.finetune.device import own_draws
from holdfast.finetune.loop import Job
from holdfast.finetune.weights import copied, put


@contextmanager
def undone(job: Job, share: float) -> Iterator[None]:
    """Let a job's model learn as when `share` of its steps are behind.

    Weights, what of them learns, gradients, mode and generators are put back afterwards, so that the training that
    follows is the same to the bit.
    """
    module = job.module
    start, was = copied(module, job.learns), module.training
    flags = {name: one.requires_grad for name, one in module.named_parameters()}
    try:
        with own_draws():
            for method in job.methods:
                method.learning(module, share)
            module.train()
            yield
    finally:
        put(module, start)
        for name, one in module.named_parameters():
            one.requires_grad_(flags[name])
            one.grad = None
        module.train(was)
