"""Did fine-tuning help? The tuned model against controls that had no part in it, in one of three words.

Controls: the base as it was, a linear probe on its frozen features, a simple model (TF-IDF, boosting), the same
architecture from scratch. Negative transfer is NTG = s(best control) − s(tuned) > 0 (Wang, Dai, Póczos & Carbonell,
2019, "Characterizing and avoiding negative transfer", CVPR).

- *hurts*: some control is better by its whole interval. One of several may come out ahead by chance, so these
  intervals hold together (Bonferroni).
- *helps*: the tuned model is better than every control by the whole interval. All must hold, so none needs a
  correction (intersection–union test; Berger, 1982, Technometrics 24:295).
- *no measurable help*: neither.

The intervals tell of chance in the test examples; another seed of the training may move the scores further.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from holdfast.audit.comparison import Comparison, bootstrap_mean, mcnemar
from holdfast.audit.scoring import shown
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.random import Streams

Verdict = Literal["helps", "no measurable help", "hurts"]
RESAMPLES = 2000
_DRAWS_PER_TAIL = 50  # resamples beyond the outermost quantile, so that a corrected interval is still told


@dataclass(frozen=True, slots=True)
class Against:
    """The tuned model against one control; positive differences speak for the tuned model."""

    control: str
    score: float  # of the control
    alone: Comparison  # at the level asked for
    together: Comparison  # at the level at which all controls' intervals hold at once


@dataclass(frozen=True, slots=True)
class Transfer:
    """The verdict, the control that decides it, and all comparisons, the best control first."""

    verdict: Verdict
    tuned: float
    decisive: Against
    against: tuple[Against, ...]
    reason: str


def transfer(
    tuned: Float[np.ndarray, " n"] | Bool[np.ndarray, " n"],
    controls: Mapping[str, Float[np.ndarray, " n"] | Bool[np.ndarray, " n"]],
    streams: Streams,
    *,
    clusters: Int[np.ndarray, " n"] | None = None,
    level: float = 0.95,
) -> Transfer:
    """Return the verdict from a score per test example, higher being better, of the tuned model and each control.

    Booleans say whether answers are right and are compared by McNemar's test; others by a paired bootstrap. Scores of
    a control trained with several seeds may be averaged over them. Raises NotApplicable without a control or example.
    """
    scores = {name: np.asarray(each) for name, each in controls.items()}
    tuned = np.asarray(tuned)
    for name, each in scores.items():
        if each.shape != tuned.shape or each.ndim != 1:
            raise BadInput(
                f"the control {name!r} was scored on {each.shape} examples, the tuned model on {tuned.shape}"
            )
        if not np.isfinite(each).all() or not np.isfinite(tuned).all():
            raise NotApplicable("not estimable: some scores are not finite")
    if not len(tuned):
        raise NotApplicable("not estimable: no test example was scored")

    def compared(name: str, at: float) -> Comparison:
        each = scores[name]
        if tuned.dtype == bool and each.dtype == bool and clusters is None:
            return mcnemar(tuned, each, level=at)
        gain = tuned.astype(np.float64) - each.astype(np.float64)
        return bootstrap_mean(gain, streams("transfer", name), clusters=clusters, resamples=_resamples(at), level=at)

    return _judged(float(tuned.mean()), {name: float(each.mean()) for name, each in scores.items()}, compared, level)


def _judged(
    tuned: float, scores: Mapping[str, float], compared: Callable[[str, float], Comparison], level: float
) -> Transfer:
    if not scores:
        raise NotApplicable("not estimable: nothing to compare the tuned model with")
    joint = 1.0 - (1.0 - level) / len(scores)
    names = sorted(scores, key=lambda name: (-scores[name], name))
    against = tuple(Against(name, scores[name], compared(name, level), compared(name, joint)) for name in names)
    worse = [one for one in against if one.together.high < 0.0]
    closest = min(against, key=lambda one: one.alone.low)
    if worse:
        worst = min(worse, key=lambda one: one.together.high)
        return Transfer("hurts", tuned, worst, against, _said("is worse than", worst.control, worst.together))
    if closest.alone.low > 0.0:
        return Transfer("helps", tuned, closest, against, _said("is better than", closest.control, closest.alone))
    return Transfer(
        "no measurable help", tuned, closest, against, _said("cannot be told from", closest.control, closest.alone)
    )


def _said(how: str, control: str, found: Comparison) -> str:
    ends = f"{found.low:+.3g} to {found.high:+.3g}"
    return f"the tuned model {how} {control}: {shown(found.difference)} ({ends}, {found.level:.3g} interval)"


def _resamples(level: float) -> int:
    """Return enough resamples that the quantiles of a corrected level do not rest on a few of them."""
    return max(RESAMPLES, int(np.ceil(_DRAWS_PER_TAIL * 2.0 / (1.0 - level))))
