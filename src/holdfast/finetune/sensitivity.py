"""How much hangs on the learning rate: scores from 0.3 to 3 times the chosen rate, against those at the chosen one.

A result that holds only at one rate will not survive another seed, batch size or data set: the band tells more than the
best point (Dodge et al., 2019, "Show your work", EMNLP; Sivaprasad et al., 2020, ICML, 1910.11758).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from holdfast.audit.comparison import Comparison, bootstrap_mean
from holdfast.core.errors import BadInput
from holdfast.core.random import Streams

LOW, HIGH = 0.3, 3.0  # times the chosen rate
_NEAR = 2.0  # the band counts as tried where rates reach this far to both sides
RESAMPLES = 2000

Verdict = Literal["steady", "sensitive", "open", "not estimable"]


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """The verdict, the most that is lost within the band, and the scores by rate.

    `spread` is the best less the worst mean score of the band; `worst` compares the chosen rate with the worst one.
    """

    verdict: Verdict
    spread: float
    worst_rate: float | None
    worst: Comparison | None
    scores: Mapping[float, float]  # NaN where the training burst
    reason: str


def sensitivity(
    chosen: float,
    scores: Mapping[float, Float[np.ndarray, " n"]],
    streams: Streams,
    *,
    tolerance: float = 0.02,
    clusters: Int[np.ndarray, " n"] | None = None,
    level: float = 0.95,
) -> Sensitivity:
    """Return the verdict from a score per example, higher being better, for each rate tried, the chosen one included.

    *sensitive*: some rate in the band loses more than `tolerance` by its whole interval, or its training burst (scores
    that are not finite); *steady*: every one loses less by its whole interval; *open*: the examples do not tell. The
    intervals of all rates hold together (Bonferroni). *not estimable*: no rate was tried at half the chosen one or
    less, or at twice or more.
    """
    if chosen not in scores:
        raise BadInput(f"the chosen rate {chosen:g} is not among the {len(scores)} that were scored")
    each = {rate: np.asarray(values, dtype=np.float64) for rate, values in sorted(scores.items())}
    shapes = {values.shape for values in each.values()}
    if len(shapes) > 1 or not each[chosen].size or each[chosen].ndim != 1:
        raise BadInput(f"each rate wants a score for each of the same examples, got shapes {sorted(shapes)}")
    burst = [rate for rate, values in each.items() if not np.isfinite(values).all()]
    if chosen in burst:
        raise BadInput(f"the training at the chosen rate {chosen:g} burst; choose one that did not")
    means = {rate: float("nan") if rate in burst else float(values.mean()) for rate, values in each.items()}
    slack = 1e-9
    band = [rate for rate in each if LOW * (1 - slack) <= rate / chosen <= HIGH * (1 + slack) and rate != chosen]
    held = [means[rate] for rate in (*band, chosen) if rate not in burst]
    spread = max(held) - min(held)
    if not any(rate <= chosen / _NEAR for rate in band) or not any(rate >= chosen * _NEAR for rate in band):
        return Sensitivity(
            "not estimable",
            spread,
            None,
            None,
            means,
            f"the band from {LOW * chosen:.2g} to {HIGH * chosen:.2g} was not tried on both sides of {chosen:.2g}",
        )
    joint = 1.0 - (1.0 - level) / len(band)
    lost = {
        rate: bootstrap_mean(
            each[chosen] - each[rate],
            streams("sensitivity", repr(rate)),
            clusters=clusters,
            resamples=RESAMPLES,
            level=joint,
        )
        for rate in band
        if rate not in burst
    }
    broken = [rate for rate in band if rate in burst]
    if broken:
        reason = f"training bursts at {broken[0]:.2g}, {broken[0] / chosen:.2g} times the chosen rate"
        return Sensitivity("sensitive", spread, broken[0], None, means, reason)
    worst = max(lost, key=lambda rate: (lost[rate].difference, rate))
    verdict: Verdict = "open"
    if any(found.low > tolerance for found in lost.values()):
        verdict = "sensitive"
        worst = max(lost, key=lambda rate: (lost[rate].low, rate))
    elif all(found.high <= tolerance for found in lost.values()):
        verdict = "steady"
    found = lost[worst]
    return Sensitivity(
        verdict,
        spread,
        worst,
        found,
        means,
        f"at {worst / chosen:.2g} times the chosen rate {found.difference:.3g} of the score is lost ("
        f"{found.low:+.3g} to {found.high:+.3g}; tolerance {tolerance:g})",
    )
