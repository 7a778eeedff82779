"""Three estimates of the share of machine text from the same histograms; each for every replicate at once.

All assume label shift: people's and machines' scores are distributed as in the labelled texts, only the share differs.
"""

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float

from holdfast.data.intervals import exact
from holdfast.data.screening.share.histograms import Histograms

_HALVINGS = 40  # of [0, 1], to below 1e-12
_COARSE = 10  # bins of the mixture likelihood: enough for its shape, few enough that none is empty
_STEPS = 30  # of Newton's method for two parameters
_RIDGE = 1e-4  # on the two parameters: keeps them finite where the labelled kinds do not overlap
Shares = Float[np.ndarray, " replicates"]
Ends = tuple[float, float]  # of an interval for the corpus alone, which is right where no replicate leaves 0 or 1


def adjusted_count(found: Histograms, level: float) -> tuple[Shares, Ends]:
    """Return (flagged − false-positive rate) / (true-positive − false-positive rate), cut to [0, 1].

    The adjusted count (Forman, 2008). A text is flagged at a score above 0. NaN where both rates are equal. Its ends
    come from the exact binomial interval of the flagged (Clopper & Pearson, 1934).
    """
    above = (found.centres > 0).astype(float)
    flagged, false, true = found.asked @ above, found.human @ above, found.machine @ above
    apart = true - false
    n = found.sizes[2]
    ends = exact(float(flagged[0]) * n, n, level=level)  # not a whole number: a text may lie in several bins
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.clip(np.where(np.abs(apart) > 1e-12, (flagged - false) / apart, np.nan), 0.0, 1.0)
    if not apart[0] > 1e-12:
        return shares, (0.0, 1.0)
    low, high = (min(max((end - float(false[0])) / float(apart[0]), 0.0), 1.0) for end in (ends.low, ends.high))
    return shares, (low, high)


def mixture(found: Histograms, level: float) -> tuple[Shares, Ends]:
    """Return the share that makes Σ log(a q(x) + (1 − a) p(x)) largest, with p and q as histograms of ten bins."""
    human, machine, asked = (_coarse(one, found) for one in (found.human, found.machine, found.asked))
    # Half a text in every bin, in both: no bin may say that a text of the other kind is impossible.
    human, machine = (
        (one * n + 0.5) / (n + 0.5 * one.shape[1])
        for one, n in zip((human, machine), found.sizes[:2], strict=True)
    )  # fmt: skip
    return _likeliest(machine / human, asked), _likely(machine[0] / human[0], asked[0], found.sizes[2], level)


def prior_correction(found: Histograms, level: float) -> tuple[Shares, Ends]:
    """Return the share at which the posteriors, corrected for it, have it as their mean.

    Saerens, Latinne & Decaestecker (2002): the fixed point of its EM is the maximum of a concave likelihood.
    Posteriors are a logistic function of the score, fitted to the labelled texts of both kinds in equal parts.
    """
    spread = max(float(np.std(found.centres)), 1e-12)
    x = found.centres / spread
    slope, offset = np.zeros(len(found.human)), np.zeros(len(found.human))
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-np.clip(offset[:, None] + slope[:, None] * x, -30, 30)))
        pull = found.machine * (1 - p) - found.human * p
        weight = (found.machine + found.human) * p * (1 - p)
        g0, g1 = pull.sum(1) - _RIDGE * offset, (pull * x).sum(1) - _RIDGE * slope
        a, b, c = weight.sum(1) + _RIDGE, (weight * x).sum(1), (weight * x * x).sum(1) + _RIDGE
        det = a * c - b * b
        offset = offset + np.clip((c * g0 - b * g1) / det, -5, 5)
        slope = slope + np.clip((a * g1 - b * g0) / det, -5, 5)
    ratio = np.exp(np.clip(offset[:, None] + slope[:, None] * x, -30, 30))
    return _likeliest(ratio, found.asked), _likely(ratio[0], found.asked[0], found.sizes[2], level)


ESTIMATORS: Mapping[str, Callable[[Histograms, float], tuple[Shares, Ends]]] = {
    "prior correction (SLD)": prior_correction,
    "mixture likelihood": mixture,
    "adjusted count (ACC)": adjusted_count,
}


def _coarse(rows: Float[np.ndarray, "replicates bins"], found: Histograms) -> Float[np.ndarray, "replicates few"]:
    """Return the histograms with neighbouring bins joined so that labelled texts fill them evenly."""
    both = (found.human[0] + found.machine[0]) / 2
    place = np.minimum((np.cumsum(both) - both / 2) * _COARSE, _COARSE - 1).astype(int)
    joined = np.zeros((len(rows), _COARSE))
    for at in range(_COARSE):
        joined[:, at] = rows[:, place == at].sum(axis=1)
    return joined


def _likeliest(ratio: Float[np.ndarray, "replicates bins"], asked: Float[np.ndarray, "replicates bins"]) -> Shares:
    """Return where Σ t log(1 + a (r − 1)) is largest on [0, 1]; its derivative falls, so halving finds it."""
    excess = ratio - 1.0
    low, high = np.zeros(len(asked)), np.ones(len(asked))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        rising = (asked * excess / (1.0 + middle[:, None] * excess)).sum(axis=1) > 0
        low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    return (low + high) / 2


def _likely(ratio: Float[np.ndarray, " bins"], asked: Float[np.ndarray, " bins"], n: int, level: float) -> Ends:
    """Return the shares whose likelihood is not below the largest by more than χ² allows (Wilks, 1938).

    A redrawn corpus without a striking text never holds one; the likelihood knows that a larger corpus might.
    """
    from scipy.stats import chi2

    excess = ratio - 1.0
    grid = np.linspace(0.0, 1.0, 2001)
    with np.errstate(divide="ignore"):
        logs = n * (np.log1p(np.maximum(grid[:, None] * excess, -1 + 1e-15)) @ asked)
    inside = grid[logs >= logs.max() - float(chi2.ppf(level, 1)) / 2]
    return float(inside[0]), float(inside[-1])
