"""The three sources of error of one generation, told apart by interventions.

Shumailov et al. 2024 (Nature 631, 755–759) name them: too few samples, a model that cannot express the real data, and
training that does not find the best model. Each is what goes away when its cause does: with k times as many samples
the first falls to 1/k, with a larger model the second, with longer training the third.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from holdfast.collapse.definitions import Draw, Part
from holdfast.core.errors import BadInput
from holdfast.core.random import Streams

Losses = Float[np.ndarray, " replicates"]


@dataclass(frozen=True, slots=True)
class Source:
    """How much of a loss comes from one cause, with a 95% interval; `share` is of the whole loss."""

    name: str
    value: float
    low: float
    high: float
    share: float

    @property
    def sure(self) -> bool:
        """Whether it is there beyond chance."""
        return self.low > 0


def sources(
    base: Losses, *, samples: tuple[float, Losses] | None = None, larger: Losses | None = None,
    longer: Losses | None = None,
) -> tuple[Source, ...]:  # fmt: skip
    """Return the sources of a loss, from its value in replicates as it is and after each intervention.

    `samples` is the factor k, and the losses with k times as many samples. The parts need not add up: what one
    intervention cures another may cure too, and the rest is what none of them reaches. Raises BadInput.
    """
    if len(base) < 2:
        raise BadInput(f"{len(base)} replicate has no interval; give at least 2")
    found = []
    if samples is not None:
        k, after = samples
        if not k > 1:
            raise BadInput(f"k times as many samples wants a k above 1, got {k:g}")
        found.append(_source("samples", base, after, k / (k - 1)))
    if larger is not None:
        found.append(_source("model", base, larger, 1.0))
    if longer is not None:
        found.append(_source("training", base, longer, 1.0))
    return tuple(found)


def _source(name: str, base: Losses, after: Losses, factor: float) -> Source:
    value = factor * float(base.mean() - after.mean())
    error = factor * float(np.sqrt(base.var(ddof=1) / len(base) + after.var(ddof=1) / len(after)))
    whole = float(base.mean())
    return Source(name, value, value - 2 * error, value + 2 * error, value / whole if whole else float("nan"))


def intervened(
    learner: Any,
    loss: Callable[[Any, Any, Any, np.random.Generator], float],
    samples: int,
    *,
    k: int = 4,
    larger: Mapping[str, Any] | None = None,
    longer: Mapping[str, Any] | None = None,
    replicates: int = 4,
    seed: int = 0,
) -> tuple[Source, ...]:
    """Return the sources of error of a learner's first generation, by fitting it anew under each intervention.

    `loss(learner, model, truth, rng)` is a number that 0 would be perfect in; `larger` and `longer` are options of the
    learner that make the model larger and the training longer. All arms meet the same luck. Raises BadInput.
    """
    options = type(learner).model_fields
    for said in (larger or {}, longer or {}):
        missing = [name for name in said if name not in options]
        if missing:
            raise BadInput(f"{type(learner).__name__} has no option {missing[0]!r}; it has {', '.join(options)}")

    def losses(changed: Mapping[str, Any], size: int) -> Losses:
        one = type(learner).model_validate({**learner.model_dump(), **changed})
        return np.array([_loss(one, loss, size, Streams(seed), i) for i in range(replicates)])

    base = losses({}, samples)
    return sources(
        base,
        samples=(float(k), losses({}, k * samples)) if k > 1 else None,
        larger=losses(larger, samples) if larger else None,
        longer=losses(longer, samples) if longer else None,
    )


def _loss(
    learner: Any, loss: Callable[[Any, Any, Any, np.random.Generator], float], size: int, streams: Streams, i: int
) -> float:
    truth = learner.truth(1, streams("truth", i))
    batch = learner.draw(truth, Draw(size), streams("draw", i))
    model = learner.fit([Part(batch, 1.0)], streams("fit", i), None)
    return float(loss(learner, model, truth, streams("loss", i)))


def largest(found: Sequence[Source]) -> Source | None:
    """Return the source that is surely there and the largest, None where none is."""
    sure = [one for one in found if one.sure]
    return max(sure, key=lambda one: one.value) if sure else None
