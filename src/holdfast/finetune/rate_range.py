"""The learning-rate range test read: which peak rate the losses of a short rising sweep speak for, and why.

Smith (2017), "Cyclical learning rates for training neural networks" (1506.01186), section 3.3: raise the rate
geometrically over a few hundred updates and look where the loss falls and where it bursts. The rate at the steepest
fall, and a tenth of the rate at the least loss, are the two readings in use (Howard & Gugger, 2020, fastai); the
smaller of them is suggested.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from holdfast.core.errors import BadInput

SMOOTHING = 0.9  # of an exponential mean over updates, its start corrected (Kingma & Ba, 2015, section 3)
BURST = 4.0  # times the least smoothed loss; fastai's bound of divergence
FEWEST_STEPS = 10
_CLEAR = 3.0  # scatters of the smoothed loss by which it must fall, else the sweep shows nothing


@dataclass(frozen=True, slots=True)
class RateSuggestion:
    """The peak rate a sweep speaks for, None where it shows none; the bounds it was read from, and the reason."""

    rate: float | None
    steepest: float | None
    least: float | None  # rate at the least smoothed loss
    burst: float | None  # first rate at which the loss has burst; None where it never did
    fall: float  # of the smoothed loss, from its start to its least
    noise: float  # scatter of the smoothed loss at its least
    reason: str


def swept_rates(low: float, high: float, steps: int) -> Float[np.ndarray, " steps"]:
    """Return the rates of a sweep, evenly spaced on a log scale, both ends exact."""
    if not 0.0 < low < high or steps < FEWEST_STEPS:
        raise BadInput(
            f"a rate sweep wants 0 < low < high and {FEWEST_STEPS} updates at least; got {low:g}, {high:g}, {steps}"
        )
    rates = np.geomspace(low, high, steps)
    rates[0], rates[-1] = low, high
    return rates


def suggested_rate(rates: Float[np.ndarray, " steps"], losses: Float[np.ndarray, " steps"]) -> RateSuggestion:
    """Return the peak rate that the losses of a sweep speak for.

    `losses` are the training losses of the updates made at `rates`, in order; the first infinite or missing one ends
    the sweep. Raises BadInput for rates that do not rise, and for fewer than 10 of them.
    """
    rates, losses = np.asarray(rates, dtype=np.float64), np.asarray(losses, dtype=np.float64)
    if rates.shape != losses.shape or rates.ndim != 1 or len(rates) < FEWEST_STEPS:
        raise BadInput(
            f"a sweep wants {FEWEST_STEPS} rates at least with a loss each, got {rates.shape}, {losses.shape}"
        )
    if not (np.diff(rates) > 0).all() or rates[0] <= 0:
        raise BadInput("the rates of a sweep must be positive and rise")
    finite = np.isfinite(losses)
    usable = len(losses) if finite.all() else int(np.argmin(finite))
    if usable < FEWEST_STEPS:
        return _none(np.nan, np.nan, f"the loss was infinite after {usable} updates; begin the sweep at a lower rate")
    smooth = _smoothed(losses[:usable])
    over = smooth > BURST * np.minimum.accumulate(np.maximum(smooth, 0.0)) + 1e-12
    burst = int(np.argmax(over)) if over.any() else usable
    ends = burst < len(losses)
    noise = _scatter(losses[:burst])
    least = int(np.argmin(smooth[:burst]))
    clear = smooth[: least + 1] - smooth[least] - _CLEAR * (noise[: least + 1] + noise[least])
    fall = float(smooth[: least + 1].max() - smooth[least])
    if not (clear > 0.0).any():
        return _none(
            fall,
            float(noise[least]),
            f"the loss never fell clearly (by {fall:.3g}, where its smooth course scatters by {noise[least]:.3g}); "
            "sweep over more updates, larger batches, or higher rates",
            float(rates[burst]) if ends else None,
        )
    slope = np.gradient(smooth[: least + 1], np.log(rates[: least + 1]))
    steepest = float(rates[int(np.argmin(slope))])
    tenth = float(rates[least]) / 10.0
    rate = min(steepest, tenth) if ends or least < usable - 1 else steepest
    which = "where it falls fastest" if rate == steepest else "a tenth of the rate at its least"
    bound = f"it bursts at {rates[burst]:.2g}" if ends else f"it has not burst by {rates[-1]:.2g}"
    return RateSuggestion(
        rate,
        steepest,
        float(rates[least]),
        float(rates[burst]) if ends else None,
        fall,
        float(noise[least]),
        f"the loss falls by {fall:.3g} up to a rate of {rates[least]:.2g}, {bound}; {rate:.2g} is {which}",
    )


def _smoothed(losses: np.ndarray) -> np.ndarray:
    out, mean = np.empty_like(losses), 0.0
    for i, loss in enumerate(losses):  # a few hundred updates
        mean = SMOOTHING * mean + (1.0 - SMOOTHING) * loss
        out[i] = mean / (1.0 - SMOOTHING ** (i + 1))
    return out


def _scatter(losses: np.ndarray) -> np.ndarray:
    """Return the scatter of the smoothed loss at each update, from differences of neighbours (von Neumann, 1941)."""
    each = 1.4826 * float(np.median(np.abs(np.diff(losses)))) / np.sqrt(2.0)
    # Variance of a corrected exponential mean of n independent values, over that of one value.
    left = SMOOTHING ** np.arange(1, len(losses) + 1)
    return np.asarray(each * np.sqrt((1.0 - SMOOTHING) / (1.0 + SMOOTHING) * (1.0 + left) / (1.0 - left)))


def _none(fall: float, noise: float, reason: str, burst: float | None = None) -> RateSuggestion:
    return RateSuggestion(None, None, None, burst, fall, noise, f"no rate is suggested: {reason}")
