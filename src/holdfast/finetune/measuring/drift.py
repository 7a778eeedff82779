"""How far a model has moved from what it was, on the new task's own inputs: a meter of forgetting that needs no data.

KL(p₀ ‖ p) = E_x Σ_y p₀(y|x) log (p₀(y|x) / p(y|x)), nats per supervised item, over validation examples. It goes with
forgetting (Shenfeld, Pari & Agrawal, 2025, "RL's razor", 2509.04259, where the relation is about quadratic), and is no
measure of it.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from holdfast.audit.comparison import bootstrap_mean
from holdfast.core.random import Streams
from holdfast.core.record import Estimate
from holdfast.finetune.device import beside
from holdfast.finetune.evaluation import by_size, quiet
from holdfast.finetune.measuring.work import RESAMPLES, estimate
from holdfast.finetune.tasks.definitions import Module, Task

MOST = 128  # validation examples; the outcomes of each of their items are kept in memory


def no_drift(task: Task) -> str:
    """Return why what a model says of an item cannot be compared with what it said; empty where it can."""
    return str(getattr(task, "no_drift", ""))


def meter(task: Task, module: Module, streams: Streams) -> Callable[[Module], Float[np.ndarray, " batches"]]:
    """Return what tells, later on, how far the model is from what it is now: divergences, a mean for each batch."""
    rows = np.sort(streams("drift").permutation(task.count("valid"))[:MOST])
    places = [rows[at] for at in by_size(task.sizes("valid")[rows], batch=8)]
    with quiet(module):
        first = [task.log_probabilities(module, beside(module, task.batch("valid", at))) for at in places]

    def divergences(now: Module) -> Float[np.ndarray, " batches"]:
        with quiet(now):
            later = [task.log_probabilities(now, beside(now, task.batch("valid", at))) for at in places]
        pairs = zip(first, later, strict=True)
        return np.array([float((a.exp() * (a - b)).nan_to_num(0.0).sum(-1).mean()) for a, b in pairs])

    return divergences


def drifted(divergences: Float[np.ndarray, " batches"], streams: Streams) -> Estimate:
    """Return the mean divergence with its interval, over batches of examples."""
    return estimate(bootstrap_mean(divergences, streams("drift interval"), resamples=RESAMPLES))
