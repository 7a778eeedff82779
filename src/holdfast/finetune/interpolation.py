"""Weights between the model as it came and as it was tuned: the cheapest strong guard against forgetting.

θ(a) = (1 − a) θ₀ + a θ₁ (Wortsman et al., 2021, "Robust fine-tuning of zero-shot models", 2109.01903). A sweep over `a`
costs evaluations only. Chosen on validation data, among the shares that

- lose no more of the original score than the budget, or one standard error above it (with 150 examples that error is
  0.04, and a budget of 0.01 alone would keep nothing); where no budget was said, no more than they gain;
- keep 98% of what the best of those gains: the last steps towards the tuned weights cost most of what is forgotten,
  and bring least (`benchmarks/detection/forgetting.py`).

Of these it is the one that loses least, without original data the one nearest to the base. Where the gain is within one
standard error, the model stays as it began.

What a share gains and loses is read from a curve through all of them, a cubic that begins at the base. The highest of
eight means over two hundred right-or-wrong answers is highest by chance: it kept 96.5% of the gain of 16 sweeps, the
curve 98.5% with as little forgotten. Where a mean lies further from the curve than chance explains, as scores in nats
may, the means themselves are taken.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel

from holdfast.core.finding import FROZEN
from holdfast.core.random import Streams
from holdfast.finetune.device import beside
from holdfast.finetune.evaluation import BATCH, quiet
from holdfast.finetune.tasks.definitions import Judged, Module, Task
from holdfast.finetune.weights import put

SHARES = (0.0, 0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
KEPT_GAIN = 0.98  # of the gain: with less, more is given away than the aim of 95% of plain tuning's gain has left
MOST = 2048  # training examples that statistics are measured on; their error is 1/45 of a deviation
_DEGREE = 3  # of the curve; a parabola left more forgotten at the same gain
_BESIDE = 3.0  # standard errors that a mean may lie beside the curve; no more than 2.0 in the sweeps of an encoder
_FACTOR = ".lora_A."  # the factor that is not scaled; the other is 0 at the base
Renewal = Callable[[Module], None]


class Blend(BaseModel):
    """One share of the tuned weights, and what came of it on validation data."""

    model_config = FROZEN
    share: float
    score: float
    original: float | None = None  # score on the original task
    lost: float | None = None  # original score of the base − this one
    worse: float = 0.0  # mean of (best − this), example by example
    error: float = 0.0  # its standard error


class Sweep(BaseModel):
    """All shares, and the one that was taken."""

    model_config = FROZEN
    blends: tuple[Blend, ...]
    chosen: float
    reason: str


def blend(
    module: Module, base: Mapping[str, Any], tuned: Mapping[str, Any], share: float, renew: Renewal | None = None
) -> None:
    """Put (1 − share) × base + share × tuned into the model; whole numbers are taken from the tuned one.

    Of the two factors of an adapter only one is scaled, so that what it adds is `share` of what it added. `renew` is
    called where weights were mixed, for what does not mix.
    """
    if share in {0.0, 1.0}:
        put(module, {name: base[name] if share == 0.0 else one for name, one in tuned.items()})
        return
    put(
        module,
        {
            name: base[name] + share * (one - base[name]) if one.is_floating_point() and _FACTOR not in name else one
            for name, one in tuned.items()
        },
    )
    if renew is not None:
        renew(module)


def renewal(task: Task, module: Module, streams: Streams) -> Renewal | None:
    """Return what measures means and variances of batch normalisation anew; None where a model has none.

    Those of two models do not mix: the activations of mixed weights have their own (Izmailov et al., 2018, "Averaging
    weights leads to wider optima", 1803.05407, section 3.2). Measured on training examples that do not vary.
    """
    from torch.nn.modules.batchnorm import _BatchNorm

    def norms(of: Module) -> list[Any]:
        return [one for one in of.modules() if isinstance(one, _BatchNorm) and one.track_running_stats]

    if not norms(module):
        return None
    n = task.count("train")
    rows = np.sort(streams("renewal").permutation(n)[:MOST])

    def renew(now: Module) -> None:
        found = norms(now)
        momenta = [one.momentum for one in found]
        with quiet(now):
            for one in found:
                one.reset_running_stats()
                one.momentum = None  # the mean of all batches
                one.train()
            for start in range(0, len(rows), BATCH):
                task.log_probabilities(now, beside(now, task.batch("train", rows[start : start + BATCH])))
            for one, momentum in zip(found, momenta, strict=True):
                one.momentum = momentum
                one.eval()

    return renew


def sweep(
    module: Module,
    base: Mapping[str, Any],
    tuned: Mapping[str, Any],
    valid: Callable[[Module], Judged],
    original: Callable[[Module], Judged] | None,
    budget: float | None,
    renew: Renewal | None = None,
) -> Sweep:
    """Judge each share and choose; the chosen weights are left in the model. Without a budget, none is kept to."""
    seen: list[Judged] = []
    kept: list[Judged] = []
    for share in SHARES:
        blend(module, base, tuned, share, renew)
        seen.append(valid(module))
        if original is not None:
            kept.append(original(module))
    lost = [_worse(kept[0], one) for one in kept]
    gained, held = _from_base(seen), _from_base(kept)
    bounds = [max(0.0, gain) if budget is None else budget for gain in gained]
    allowed = [at for at in range(len(SHARES)) if not lost or lost[at]["worse"] - lost[at]["error"] <= bounds[at]]
    top = max(allowed, key=lambda at: (gained[at], -SHARES[at]))
    blends = tuple(
        Blend(
            share=share,
            score=one.mean,
            original=kept[at].mean if kept else None,
            lost=lost[at]["worse"] if lost else None,
            **_worse(seen[top], one),
        )
        for at, (share, one) in enumerate(zip(SHARES, seen, strict=True))
    )
    enough = [at for at in allowed if gained[at] >= KEPT_GAIN * gained[top]]
    if blends[0].worse <= blends[0].error:
        enough = [0]
    chosen = min(enough, key=lambda at: (-held[at] if kept else 0.0, SHARES[at]))
    blend(module, base, tuned, SHARES[chosen], renew)
    share = gained[chosen] / gained[top] if chosen != top else 1.0
    return Sweep(blends=blends, chosen=SHARES[chosen], reason=_reason(SHARES[chosen], share, len(allowed), budget))


def _worse(best: Judged, one: Judged) -> dict[str, float]:
    """Return how much worse one is than the best, as a weighted mean of paired differences, and its standard error."""
    difference, weight = best.score - one.score, one.weight / one.weight.sum()
    mean = float(weight @ difference)
    error = float(np.sqrt(np.square(weight * (difference - mean)).sum()))
    return {"worse": mean, "error": error}


def _from_base(seen: Sequence[Judged]) -> list[float]:
    """Return by how much each share scores better than the base: by a curve through all, where it fits them."""
    if not seen:
        return []
    means = np.array([one.mean - seen[0].mean for one in seen])
    powers = np.power.outer(SHARES, np.arange(1, _DEGREE + 1))
    curve = powers @ np.linalg.lstsq(powers, means, rcond=None)[0]
    best = int(means.argmax())
    off = np.abs((curve - means) - (curve - means)[best])
    fits = bool((off <= _BESIDE * np.array([_worse(seen[best], one)["error"] for one in seen])).all())
    return [float(one) for one in (curve if fits else means)]


def _reason(chosen: float, share: float, allowed: int, budget: float | None) -> str:
    """Return why a share was chosen, which keeps `share` of the most that allowed ones gain."""
    refused = len(SHARES) - allowed
    bound = "they gain" if budget is None else f"{budget:g} of the original score"
    within = f"; {refused} of {len(SHARES)} shares clearly lose more than {bound}" if refused else ""
    if chosen == 0.0:
        return f"no share of the tuned weights scores measurably better than the model as it began{within}"
    if chosen == 1.0:
        return f"the tuned weights as they are score best{within}"
    if share == 1.0:
        return f"{chosen:.0%} of the way to the tuned weights scores best{within}"
    return f"{chosen:.0%} of the way to the tuned weights keeps {share:.0%} of the gain{within}"
