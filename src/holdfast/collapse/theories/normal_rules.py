"""Normal fits to items that were drawn narrower or wider than the model: collapse by bias, at a geometric rate."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.regimes import PLAIN
from holdfast.collapse.theories.descent import widened
from holdfast.collapse.theories.normal_law import MOST_CARRIED, SOURCE, Factors, factors, number, summed
from holdfast.core.errors import NotApplicable

_ASSUMES = "normal, each generation from the one before, drawn by a temperature or the most likely part"


def _case(rule: dict[str, float], variance: str) -> dict[str, object]:
    feed = {"name": "synthetic", "of": "model", "rule": rule}
    return {
        "samples": 30, "generations": 8, "replicates": 20_000, "options": {"variance": variance},
        "regimes": [], "regime": {"by-rule": {"feeds": [feed]}},
    }  # fmt: skip


_CASES = (_case({"temperature": 0.8}, "mle"), _case({"top_p": 0.9, "temperature": 1.2}, "unbiased"))


def _ruled(setting: Setting) -> tuple[Factors, float]:
    """Return the factors of the fits and of the rule. Raises NotApplicable."""
    feed = setting.regime.feeds[0]
    if feed.rule.is_plain:
        raise NotApplicable(f"it is about: {_ASSUMES}")
    plain = setting.regime.model_copy(update={"feeds": (feed.model_copy(update={"rule": PLAIN}),)})
    if len(setting.regime.feeds) > 1:
        raise NotApplicable(f"it is about: {_ASSUMES}")
    return factors(replace(setting, regime=plain)), widened(feed.rule)


def _checkable(setting: Setting) -> np.ndarray:
    law, _ = _ruled(setting)
    return law.log_expected(2) - 2 * law.log_expected(1) <= MOST_CARRIED


def _expected(setting: Setting, first: int = 1) -> np.ndarray:
    """Return E σ²_t/σ²; the rule works from the draw after the `first` on, which is from the real world."""
    law, by = _ruled(setting)
    steps = np.where(np.arange(len(law.sizes)) < first, 0.0, np.log(by))
    return number(law.log_expected(1) + summed(steps))


@theory(
    measure="variance",
    formula="E σ²_n = σ² λ^{2(n−1)} Π E Sᵢ,  λ² = T (1 − 2cφ(c)/(2Φ(c)−1)),  E S = 1, or 1 − 1/M by maximum likelihood",
    assumes=_ASSUMES,
    source="variance of a truncated normal distribution",
    near_miss=lambda setting: _expected(setting, first=0),
    cases=_CASES,
    checkable=_checkable,
)
def normal_variance_by_rule(setting: Setting) -> np.ndarray:
    """Drawn narrower, the variance falls geometrically, at a rate that no number of samples changes."""
    return _expected(setting)


def _moved(walked: Callable[[Setting], np.ndarray]) -> Callable[[Setting], np.ndarray]:
    def mean_error(setting: Setting) -> np.ndarray:
        law, _ = _ruled(setting)
        return summed(walked(setting) / law.sizes)

    return mean_error


def _drawn(setting: Setting) -> np.ndarray:
    """Return the expected variance of the items of each batch: the rule works on all but the first."""
    _, by = _ruled(setting)
    return _expected(setting)[:-1] * np.where(np.arange(setting.generations) < 1, 1.0, by)


@theory(
    measure="mean-error",
    formula="Var μ_n = Σ λᵢ² E σ²_{i−1}/Mᵢ,  λ₁ = 1: the walk of the mean stops where items are drawn narrower",
    assumes=_ASSUMES,
    source=SOURCE,
    near_miss=_moved(lambda setting: _expected(setting)[:-1]),
    cases=_CASES,
    checkable=_checkable,
)
def normal_mean_error_by_rule(setting: Setting) -> np.ndarray:
    """The mean's walk when items are drawn by a rule."""
    return _moved(_drawn)(setting)
