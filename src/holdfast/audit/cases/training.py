"""Trainings for cases and tests, with what a guard reads of them."""

from typing import Any

import numpy as np

from holdfast.audit.training import (
    Control,
    Cost,
    Forgetting,
    Gap,
    Item,
    Need,
    Sensitivity,
    Training,
    Transfer,
)  # fmt: skip
from holdfast.core.record import Estimate


def around(value: float, half: float) -> Estimate:
    """Return an estimate with an interval of `half` on each side."""
    return Estimate(value=value, low=value - half, high=value + half)


def forgot(rng: np.random.Generator, lost: float, n: int = 2_000, budget: float = 0.01) -> dict[str, Any]:
    """Return a training that lost a share of its original accuracy of 0.9, as a sample of n examples shows it."""
    before = rng.random(n) < 0.9
    after = before & (rng.random(n) >= lost / 0.9)
    difference = before.astype(float) - after
    half = 1.96 * float(difference.std(ddof=1)) / n**0.5
    found = Forgetting(
        metric="accuracy", before=float(before.mean()), after=float(after.mean()),
        lost=around(float(difference.mean()), half), flips=around(float((before & ~after).mean()), half),
        plain=None, budget=budget, kept_by="interpolate", n=n,
    )  # fmt: skip
    return {"training": Training("classify-text", "accuracy", forgetting=found)}


def beside(rng: np.random.Generator, tuned: float, control: float, n: int = 1_000) -> dict[str, Any]:
    """Return a training whose model and one control, without the network, are right with these chances."""
    from holdfast.audit.comparison import mcnemar

    a, b = rng.random(n) < tuned, rng.random(n) < control
    found = mcnemar(a, b)
    one = Control(
        name="words", says="TF-IDF and logistic regression", score=float(b.mean()),
        difference=Estimate(value=found.difference, low=found.low, high=found.high),
        p_value=found.p_value, pretrained=False,
    )  # fmt: skip
    verdict = "helps" if found.low > 0 else "hurts" if found.high < 0 else "no measurable help"
    transfer = Transfer(
        "accuracy", n, around(float(a.mean()), 1.96 * float(a.std()) / n**0.5), (one,), verdict, one.name
    )
    return {"training": Training("classify-text", "accuracy", transfer=transfer)}


def knows(
    rng: np.random.Generator, train: float, valid: float, n: int = 400, base: float | None = 1.1
) -> dict[str, Any]:
    """Return a training whose model has these mean losses on examples it learnt from and on others, as n show them.

    `base` is the loss without it: of three classes that are as frequent, unless another is given.
    """
    from holdfast.audit.comparison import bootstrap_two_means

    sides = [rng.gamma(1.0, mean, n) for mean in (valid, train)]
    found = bootstrap_two_means(sides[0], sides[1], rng, resamples=1000)
    gap = Gap(
        train=float(sides[1].mean()), valid=float(sides[0].mean()), chosen=100, last=120,
        difference=Estimate(value=found.difference, low=found.low, high=found.high), base=base,
    )  # fmt: skip
    return {"training": Training("classify-text", "accuracy", gap=gap)}


def cost(rng: np.random.Generator, times: float, memory: float = 1.0, seconds: float = 600.0) -> dict[str, Any]:
    """Return a training that took so many times what was foretold, in seconds and in bytes."""
    middle = seconds * rng.uniform(0.95, 1.05)
    items = (
        Item("time in all", "seconds", around(middle, middle / 10), middle * times),
        Item("memory", "bytes", around(2e9, 2e8), 2e9 * memory),
    )
    return {"training": Training("classify-text", "accuracy", cost=Cost(items))}


def rates(rng: np.random.Generator, low: float, high: float, used: float = 5e-5, n: int = 600) -> dict[str, Any]:
    """Return short trainings that lose these shares of an accuracy of 0.9 at 0.3 and 3 times the rate; NaN: burst."""
    from holdfast.audit.comparison import mcnemar

    right = rng.random(n) < 0.9
    lost: list[Estimate | None] = []
    scores: list[float] = []
    for share in (low, 0.0, high):
        other = right & (rng.random(n) >= (0.0 if np.isnan(share) else share) / 0.9)
        found = mcnemar(right, other)
        known = Estimate(value=found.difference, low=found.low, high=found.high)
        lost.append(None if np.isnan(share) or not share else known)
        scores.append(float("nan") if np.isnan(share) else float(other.mean()))
    lost[1] = None
    seen = Sensitivity(
        metric="accuracy", rates=(0.3 * used, used, 3 * used), scores=tuple(scores), lost=tuple(lost), used=used,
        steps=50, share=0.1, tolerance=0.02, verdict="open", reason="",
    )  # fmt: skip
    return {"training": Training("classify-text", "accuracy", sensitivity=seen)}


def curve(
    rng: np.random.Generator, now: float, doubled: float, target: float | None = None, *, reachable: bool | None = None
) -> dict[str, Any]:
    """Return a learning curve that stands at one score and is forecast to come to another with twice the labels."""
    sizes = (50, 100, 200, 400, 800)
    scores = tuple(float(now - 0.02 * (len(sizes) - 1 - at) + rng.normal(0, 0.001)) for at in range(len(sizes)))
    needed = Estimate(value=2_400, low=1_700, high=3_900, level=0.9) if reachable and target else None
    found = Need(
        "accuracy", "a head on what the untouched model sees", sizes, scores, scores[-1], around(doubled, 0.01),
        target, needed, reachable, "",
    )  # fmt: skip
    return {"training": Training("classify-text", "accuracy", need=found)}
