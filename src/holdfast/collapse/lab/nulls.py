"""How far real samples lie from one another: the interval beside what measures say of models' samples."""

from collections.abc import Mapping, Sequence

import numpy as np

from holdfast.collapse.definitions import HoldsOut, Measure
from holdfast.collapse.lab.experiment import Arm
from holdfast.collapse.lab.loop import Values
from holdfast.collapse.measuring.protocol import LEVEL, MOST_REAL, SPLITS, Band, half_of, ruler
from holdfast.core.errors import NotApplicable
from holdfast.core.random import Streams


def null_bands(
    arm: Arm, measures: Sequence[Measure], values: Values, size: int, streams: Streams
) -> Mapping[str, Band | str]:
    """Return for each measure of samples the interval of real samples of this size, or why it is not estimable.

    Where the truth can be drawn from without end, each history of generation 0 is a real sample beside a real one.
    Where real items are held out, too few for that, they are split at random, as `measuring.protocol` says.
    """
    found = [one for one in measures if one.on == "sample"]
    if not found:
        return {}
    if not arm.kind.costly:
        return {one.name: _over_histories(values[one.name][0]) for one in found}
    if not isinstance(arm.learner, HoldsOut):
        return dict.fromkeys((one.name for one in found), "the learner does not say which real items it holds out")
    real = arm.learner.held_out(MOST_REAL * size)
    if len(real) < 2 * size:
        few = f"{len(real):,} real items are held out, and two parts of {size:,} (measure_size) would be needed"
        return dict.fromkeys((one.name for one in found), few)
    try:
        return ruler(found, real, streams, size=half_of(found, real, size, streams)).bands
    except NotApplicable as error:
        return dict.fromkeys((one.name for one in found), str(error))


def _over_histories(taken: np.ndarray) -> Band | str:
    known = taken[np.isfinite(taken)]
    if len(known) < SPLITS:
        return f"{SPLITS} histories or more would show it; {len(known)} have a value at the start"
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="weibull")
    return Band(float(low), float(high))
