"""Effective robustness: accuracy under a shift beyond what accuracy without it explains.

ρ(f) = acc_ood(f) − β(acc_id(f)), β being a straight line through reference models on logit axes (Taori et al., 2020,
"Measuring robustness to natural distribution shifts in image classification", NeurIPS, section 2; Wortsman et al.,
2022, CVPR). Relative robustness: τ = acc_ood(tuned) − acc_ood(base). Models pretrained on different data want a
control on several in-distribution sets besides (Shi et al., 2023, 2302.01381).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from holdfast.core.errors import BadInput
from holdfast.core.record import Estimate

FEWEST_REFERENCES = 5  # a line through fewer has an interval wider than any effect
_EDGE = 1e-3  # of accuracies of 0 and 1, whose logit is infinite


@dataclass(frozen=True, slots=True)
class Robustness:
    """Relative robustness τ, and the effective one ρ with its prediction interval where references allow it."""

    relative: float
    effective: Estimate | None
    reason: str  # why ρ is not estimable, or what it rests on


def robustness(
    base: tuple[float, float],
    tuned: tuple[float, float],
    references: Float[np.ndarray, "models 2"],
    *,
    level: float = 0.95,
) -> Robustness:
    """Return the robustness of the tuned model; pairs are accuracies (without the shift, under it), from 0 to 1.

    `references` are other models, neither base nor tuned, none of them trained for the shift. The interval is the
    prediction interval of the line at the tuned model's accuracy: how far another model like them may lie off it.
    """
    from scipy.stats import t

    points = np.asarray(references, dtype=np.float64).reshape(-1, 2)
    every = np.concatenate([[base, tuned], points])
    if not ((every >= 0.0) & (every <= 1.0)).all():
        raise BadInput("accuracies lie between 0 and 1")
    relative = tuned[1] - base[1]
    n = len(points)
    if n < FEWEST_REFERENCES:
        return Robustness(
            relative, None, f"not estimable: {n} reference models, wanted {FEWEST_REFERENCES}; only τ is told"
        )
    x, y = _logit(points).T
    spread = float(((x - x.mean()) ** 2).sum())
    if spread < 1e-9:
        return Robustness(
            relative, None, "not estimable: the reference models are all equally accurate; only τ is told"
        )
    slope = float((x - x.mean()) @ (y - y.mean())) / spread
    at = float(_logit(np.array(tuned[0])))
    centre = float(y.mean()) + slope * (at - float(x.mean()))
    left = y - y.mean() - slope * (x - x.mean())
    scatter = float(np.sqrt(left @ left / (n - 2)))
    half = float(t.ppf((1 + level) / 2, n - 2)) * scatter * np.sqrt(1 + 1 / n + (at - x.mean()) ** 2 / spread)
    expected, low, high = (float(_expit(value)) for value in (centre, centre - half, centre + half))
    inside = (
        "" if x.min() <= at <= x.max() else "; the tuned model's accuracy lies outside theirs, so the line is extended"
    )
    return Robustness(
        relative,
        Estimate(value=tuned[1] - expected, low=tuned[1] - high, high=tuned[1] - low, level=level),
        f"a line through {n} reference models on logit axes{inside}",
    )


def _logit(share: np.ndarray) -> np.ndarray:
    share = np.clip(share, _EDGE, 1.0 - _EDGE)
    return np.asarray(np.log(share / (1.0 - share)))


def _expit(value: float) -> float:
    return float(1.0 / (1.0 + np.exp(-value)))
