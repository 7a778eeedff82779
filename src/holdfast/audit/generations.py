"""What `holdfast collapse` found over generations, for checks to judge: evidence of alarms, distances from theory.

The mathematics of the alarms is in `holdfast.collapse.alarm`; here are its results, and the threshold of an alarm.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float

from holdfast.core.errors import NotApplicable

_UNWATCHED = {"tails": "no tails of generations were watched", "drift": "no drift of generations was watched"}
Logs = Float[np.ndarray, " generations"]


@dataclass(frozen=True, slots=True)
class Part:
    """What one stratum or measure adds to an alarm. `logs` is its own evidence, as the logarithm of an e-value."""

    name: str
    logs: Logs
    weight: float  # of its evidence in the alarm's; the weights of all parts sum to 1
    seen: Logs  # its rate or value in each generation; NaN where it was not asked
    real: float  # … in real data
    least: float = float("nan")  # rate below which a loss is no longer tolerated
    trials: tuple[int, ...] = ()  # items that each generation was judged by
    column: str = ""  # of the data, where it is about one


@dataclass(frozen=True, slots=True)
class Alarm:
    """The evidence of one layer, generation after generation. It may be looked at after each of them."""

    layer: Literal["tails", "drift"]
    logs: Logs  # logarithm of the e-value (of the detector's sum, if endless)
    parts: tuple[Part, ...]
    names: tuple[str, ...]  # of the generations
    where: str = ""  # which history, where there are several
    against: str = ""  # what the generations were compared with
    spent: float = 0.0  # part of alpha that the bounds on real rates have used up
    endless: bool = False

    def first(self, alpha: float) -> int | None:
        """Return the place of the first generation that raises the alarm at this level, None if none does."""
        crossed = np.flatnonzero(self.logs >= np.log(threshold(alpha, self.spent)))
        return int(crossed[0]) if len(crossed) else None

    def lost(self, at: int, alpha: float) -> tuple[Part, ...]:
        """Return the parts with evidence at a generation, strongest first: those that can be named for certain.

        Where no part can be, the strongest one alone.
        """
        logs = np.array([part.logs[at] for part in self.parts])
        weights = np.array([part.weight for part in self.parts])
        certain = named(logs, weights, threshold(alpha, self.spent))
        order = np.argsort(-logs, kind="stable")
        kept = [int(i) for i in order if certain[i]] or [int(order[0])]
        return tuple(self.parts[i] for i in kept)


@dataclass(frozen=True, slots=True)
class Distance:
    """How far a simulated history is from an exact statement about it, at the generation where they are furthest."""

    history: str
    measure: str
    theory: str
    statistic: str
    formula: str
    compared: int  # generations
    replicates: int
    effective: float  # replicates that carry the mean: n / (1 + squared coefficient of variation)
    worst: float  # (simulated − predicted) in standard errors
    generation: int
    simulated: float
    predicted: float


@dataclass(frozen=True, slots=True)
class Generations:
    """Successive generations as checks see them. `silent` maps a layer without a result to the reason."""

    alarms: tuple[Alarm, ...] = ()
    distances: tuple[Distance, ...] = ()
    silent: Mapping[str, str] = field(default_factory=dict)

    def of(self, layer: Literal["tails", "drift"]) -> tuple[Alarm, ...]:
        """Return the alarms of a layer."""
        return tuple(alarm for alarm in self.alarms if alarm.layer == layer)

    def raised(self, layer: Literal["tails", "drift"], alpha: float) -> Iterator[tuple[Alarm, int, float]]:
        """Yield the alarms of a layer that are raised: each with its first generation, and its part of alpha.

        Raises NotApplicable where the layer was not watched.
        """
        alarms = self.of(layer)
        if not alarms:
            raise NotApplicable(self.silent.get(layer, _UNWATCHED[layer]))
        each = alpha / len(alarms)
        for alarm in alarms:
            at = alarm.first(each)
            if at is not None:
                yield alarm, at, each


def threshold(alpha: float, spent: float = 0.0) -> float:
    """Return the e-value to raise the alarm at: 1 / (alpha − what the bounds have spent), infinite if none is left."""
    return 1.0 / (alpha - spent) if alpha > spent else float("inf")


def named(
    logs: Float[np.ndarray, " parts"], weights: Float[np.ndarray, " parts"], at: float
) -> Bool[np.ndarray, " parts"]:
    """Return which parts can be named when the weighted average has reached `at`, all of them at the same level.

    Closed testing with e-values (Vovk & Wang, 2021): a part is named if every average over a set that holds it reaches
    the threshold. The hardest such set holds the part and all others below the threshold, so that one sum decides.
    """
    above = np.exp(np.minimum(logs, 600.0)) - at
    drag = weights * np.minimum(above, 0.0)
    return np.asarray(weights * above + drag.sum() - drag >= 0)
