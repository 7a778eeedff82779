"""How long a fine-tuning takes, told before it starts from a few real steps.

t = updates × seconds an update + looks at the validation data + saves. The middle takes the median of the measured
steps, the interval their 5% and 95% quantiles (the extremes, of a handful): whatever slows one step is taken to slow
all, as another program on the machine does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.record import Estimate

FEWEST_STEPS = 3
LEVEL = 0.9


@dataclass(frozen=True, slots=True)
class Duration:
    """Seconds in all with their interval, and of what they are made."""

    seconds: Estimate
    training: float
    looking: float
    saving: float
    assumes: str


def predicted_duration(
    measured: Sequence[float],
    updates: int,
    *,
    share: float = 1.0,
    look_seconds: Sequence[float] = (),
    looks: int = 0,
    save_seconds: Sequence[float] = (),
    saves: int = 0,
) -> Duration:
    """Return the seconds that `updates` take, from the seconds of a few measured ones.

    The first measured update is left out where four or more are there: it allocates memory. Measure at the longest
    batch; `share` is the mean work of an update over that of the measured one, by operations. Raises NotApplicable for
    fewer than 3 measured updates.
    """
    if updates < 0 or share <= 0.0:
        raise BadInput(f"a duration is of 0 updates or more with a positive share of work, got {updates}, {share:g}")
    each = np.asarray(measured, dtype=np.float64)
    each = each[1:] if len(each) > FEWEST_STEPS else each
    if len(each) < FEWEST_STEPS or not (np.isfinite(each) & (each >= 0)).all():
        raise NotApplicable(f"not estimable: {len(measured)} updates were timed, wanted {FEWEST_STEPS}")
    parts = [
        _times(each * share, updates),
        _times(np.asarray(look_seconds, dtype=np.float64), looks),
        _times(np.asarray(save_seconds, dtype=np.float64), saves),
    ]
    low, middle, high = (float(sum(part[i] for part in parts)) for i in range(3))
    return Duration(
        Estimate(value=middle, low=low, high=high, level=LEVEL),
        parts[0][1],
        parts[1][1],
        parts[2][1],
        f"the machine stays as busy as during {len(each)} timed updates",
    )


def _times(each: np.ndarray, n: int) -> tuple[float, float, float]:
    if not n:
        return 0.0, 0.0, 0.0
    if not len(each):
        raise NotApplicable(f"not estimable: none of {n:,} looks or saves was timed")
    low, middle, high = np.quantile(each, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2]) * n
    return float(low), float(middle), float(high)
