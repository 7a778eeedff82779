"""The share of machine text with its interval, or why it is not estimable."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from holdfast.core.random import Streams
from holdfast.data.screening.share.estimators import ESTIMATORS
from holdfast.data.screening.share.histograms import Histograms, centres_of, edges_of, resampled, rows_of
from holdfast.data.screening.share.mixtures import fit_test
from holdfast.data.screening.share.shift import Test

REPLICATES = 500
FEWEST = 30  # texts of a corpus whose share is estimated
WIDEST = 0.8  # an interval that leaves out less than this of [0, 1] says nothing
HEADLINE = "prior correction (SLD)"


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate by one method, and the interval at the level of the whole."""

    method: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Share:
    """What can be said of a corpus. `refused` says why its share is not estimable; it is empty where it is."""

    name: str
    texts: int
    level: float
    intervals: tuple[Interval, ...]
    tests: tuple[Test, ...]
    refused: str

    @property
    def best(self) -> Interval:
        """The estimate that is shown first."""
        return next(one for one in self.intervals if one.method == HEADLINE)


@dataclass(frozen=True)
class Calibrated:
    """Labelled texts as rows over bins: what every group of the corpus is held against."""

    human: Float[np.ndarray, "humans bins"]
    machine: Float[np.ndarray, "machines bins"]
    human_family: Int[np.ndarray, " humans"]
    machine_family: Int[np.ndarray, " machines"]
    edges: Float[np.ndarray, " edges"]
    centres: Float[np.ndarray, " bins"]


def calibrated(
    human: Float[np.ndarray, "humans folds"], machine: Float[np.ndarray, "machines folds"],
    human_family: Int[np.ndarray, " humans"], machine_family: Int[np.ndarray, " machines"],
) -> Calibrated:  # fmt: skip
    """Return what labelled texts say about scores; each text by the detectors that did not learn from it."""
    edges = edges_of(human, machine)
    everything = np.concatenate([human.ravel(), machine.ravel()])
    return Calibrated(
        rows_of(human, edges), rows_of(machine, edges), human_family, machine_family, edges,
        centres_of(everything[np.isfinite(everything)], edges),
    )  # fmt: skip


def histograms(
    known: Calibrated, asked: Float[np.ndarray, "asked bins"], family: Int[np.ndarray, " asked"], streams: Streams,
    replicates: int = REPLICATES,
) -> Histograms:  # fmt: skip
    """Return the histograms of all three, redrawn independently: errors of the corpus and of the calibration."""
    return Histograms(
        resampled(known.human, known.human_family, replicates, streams("screening", "redraw", "human")),
        resampled(known.machine, known.machine_family, replicates, streams("screening", "redraw", "machine")),
        resampled(asked, family, replicates, streams("screening", "redraw", "asked")),
        known.centres,
        (len(known.human), len(known.machine), len(asked)),
    )


def intervals(found: Histograms, level: float) -> tuple[Interval, ...]:
    """Return each method's estimate with its interval.

    It reaches over the percentiles of the replicates, which have the errors of corpus and calibration, and over the
    interval from the corpus alone, which is right near 0 and 1, where replicates hardly differ.
    """
    tail = (1 - level) / 2
    result = []
    for name, estimator in ESTIMATORS.items():
        values, ends = estimator(found, level)
        redrawn = values[1:][np.isfinite(values[1:])]
        if not np.isfinite(values[0]) or not len(redrawn):
            result.append(Interval(name, 0.5, 0.0, 1.0))
            continue
        low, high = np.quantile(redrawn, [tail, 1 - tail])
        result.append(Interval(name, float(values[0]), min(float(low), ends[0]), max(float(high), ends[1])))
    return tuple(result)


def whichever(
    known: Calibrated, kinds: Sequence[Int[np.ndarray, " machines"]], asked: Float[np.ndarray, "asked bins"],
    family: Int[np.ndarray, " asked"], level: float, streams: Streams,
) -> tuple[Interval, ...]:  # fmt: skip
    """Return each method's estimate with an interval that holds whichever labelled generators wrote the machines' part.

    `kinds` are the places of each generator's texts among the machines'. A corpus by one of them alone, or by any of
    them in other parts than labelled, has a share between what each alone would mean: the intervals are joined.
    """
    found = intervals(histograms(known, asked, family, streams), level)
    if len(kinds) < 2:
        return found
    for kind in kinds:
        own = replace(known, machine=known.machine[kind], machine_family=known.machine_family[kind])
        alone = intervals(histograms(own, asked, family, streams), level)
        found = tuple(
            replace(one, low=min(one.low, other.low), high=max(one.high, other.high))
            for one, other in zip(found, alone, strict=True)
        )
    return found


def shared_fit(
    known: Calibrated, kinds: Sequence[Int[np.ndarray, " machines"]], asked: Float[np.ndarray, "asked bins"]
) -> Test:
    """Return the test of fit of the mixture of people and each generator."""
    return fit_test([known.human, *(known.machine[kind] for kind in kinds)], asked)
