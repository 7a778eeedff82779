"""Normal fits on growing sizes: whether anything is left in the end, and how far from the truth it is."""

import numpy as np
from scipy.special import gammaln

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.theories.normal_law import factors
from holdfast.core.errors import NotApplicable

_TERMS = 100_000  # that are summed one by one; the rest is an integral
_ASSUMES = "normal, unbiased variance, each generation from the one before, sizes with Σ 1/Mᵢ < ∞"


def _limit(setting: Setting, *, quarter: bool = True) -> np.ndarray:
    """Return E W₂² at an infinite horizon, the same in every generation: S + 2 (1 − Π c₄(Mᵢ)), S = Σ 1/Mᵢ."""
    factors(setting)
    feed = setting.regime.feeds[0]
    if setting.learner.variance != "unbiased":
        raise NotApplicable(f"it is about: {_ASSUMES}")
    if feed.growth < 1 or (feed.growth == 1 and feed.power <= 1):
        raise NotApplicable("Σ 1/Mᵢ has no limit: the standard deviation goes to 0 in every history")
    t = np.arange(1, _TERMS + 1, dtype=np.float64)
    with np.errstate(over="ignore"):
        sizes = feed.items(setting.samples, 1) * feed.growth ** (t - 1) * t**feed.power
    sizes = np.maximum(2.0, np.round(sizes))
    inverse = (1 / sizes).sum()
    if feed.growth == 1:
        inverse += _TERMS / ((feed.power - 1) * sizes[-1])
    small = sizes < 1e6  # ln c₄ = −1/(4M) beyond, to more digits than are drawn
    near = sizes[small]
    log_c4 = (np.log(2 / (near - 1)) / 2 + gammaln(near / 2) - gammaln((near - 1) / 2)).sum()
    log_c4 -= (inverse - (1 / near).sum()) / 4
    spread = 2 * (1 - np.exp(log_c4)) if quarter else 0.0
    return np.concatenate([[0.0], np.full(setting.generations, inverse + spread)])


@theory(
    measure="wasserstein",
    formula="σ_∞ > 0 iff Σ 1/Mᵢ < ∞; then E W₂² → σ² [Σ 1/Mᵢ + 2 (1 − Π c₄(Mᵢ))]",
    assumes=_ASSUMES,
    source="dichotomy of infinite products (Kakutani, 1948, Annals of Mathematics 49, 214–224)",
    url="https://doi.org/10.2307/1969123",
    exact=False,
    near_miss=lambda setting: _limit(setting, quarter=False),
    cases=(
        {
            "samples": 20, "generations": 60, "replicates": 20_000, "at": [60], "regimes": [],
            "regime": {"faster": {"feeds": [{"name": "synthetic", "of": "model", "growth": 1.2}]}},
        },
        {
            "samples": 20, "generations": 200, "replicates": 20_000, "at": [200], "regimes": [],
            "regime": {"steeper": {"feeds": [{"name": "synthetic", "of": "model", "power": 2.0}]}},
        },
    ),
)  # fmt: skip
def normal_wasserstein_limit(setting: Setting) -> np.ndarray:
    """With sizes that grow fast enough the distance from the truth has a limit."""
    return _limit(setting)
