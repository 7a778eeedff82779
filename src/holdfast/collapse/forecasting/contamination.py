"""A meter of contamination: how much of a training set was written by the model before.

A training set that is a share β of a model's items and real ones beside it lies on the line between the two. β is
where: the projection of (training set − real) on (model − real). Two independent real samples stand for "real", one on
each side of the product, so that their noise does not look like agreement.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from holdfast.core.errors import NotApplicable
from holdfast.core.showing import shows

_LEAST_SEPARATION = 4.0  # standard errors between model and real, below which there is no line to project on
_PRIOR = 4.0  # items added to the count of a type in both real samples, so that a type in neither has a finite weight
_GROUPS = 20  # of types, left out one after the other for the standard error

Counts = Int[np.ndarray, " types"]


@shows("holdfast.collapse.forecasting.telling:metered")
@dataclass(frozen=True, slots=True)
class Meter:
    """The synthetic share, and its standard error."""

    value: float
    error: float

    @property
    def low(self) -> float:
        """Lower end of the 95% interval, at least 0."""
        return max(0.0, self.value - 2 * self.error)

    @property
    def high(self) -> float:
        """Upper end of the 95% interval, at most 1."""
        return min(1.0, self.value + 2 * self.error)


def synthetic_share(
    suspect: Counts, model: Counts, real: Counts, other_real: Counts, other_model: Counts | None = None
) -> Meter:
    """Return the share of `suspect` that comes from where `model` came from. Raises NotApplicable.

    Σ w (q' − A)(q − B) / Σ w (q − A)(q − B), averaged over both orders of the real samples A and B; all are counts of
    the same types in the same order. `model` is what was fed in itself; where that is not known, `model` and
    `other_model` are two samples of the same model, so that their noise does not stand below the line. No real sample
    may be one that the model learnt from. The weights are one over the real frequency; were the other samples in them,
    they would pull the share towards the middle (measured: .93 for .95).
    """
    second = model if other_model is None else other_model
    if min(one.sum() for one in (suspect, model, second, real, other_real)) == 0:
        raise NotApplicable("one of the samples is empty")
    mine, q, r, a, b = (one / one.sum() for one in (suspect, model, second, real, other_real))
    both = real + other_real
    weight = both.sum() / (both + _PRIOR)
    above = weight * ((mine - a) * (q - b) + (mine - b) * (r - a))
    below = weight * ((q - a) * (r - b) + (r - a) * (q - b))
    group = np.argsort(np.argsort(-both, kind="stable"), kind="stable") % _GROUPS
    up, down = (np.bincount(group, one, minlength=_GROUPS) for one in (above, below))
    error_below = math.sqrt(
        (_GROUPS - 1) / _GROUPS * float(((down.sum() - down - (down.sum() - down).mean()) ** 2).sum())
    )
    if down.sum() <= _LEAST_SEPARATION * error_below:
        raise NotApplicable(
            "the model's items cannot be told from real ones by these types, so that none can be traced"
        )
    left_out = (up.sum() - up) / (down.sum() - down)
    error = math.sqrt((_GROUPS - 1) / _GROUPS * float(((left_out - left_out.mean()) ** 2).sum()))
    return Meter(float(up.sum() / down.sum()), error)
