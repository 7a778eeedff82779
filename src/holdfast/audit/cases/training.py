"""Trainings for cases and tests, with what a guard reads of them."""

from typing import Any

import numpy as np

from holdfast.audit.training import Control, Forgetting, Training, Transfer
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
    transfer = Transfer("accuracy", n, around(float(a.mean()), 1.96 * float(a.std()) / n**0.5), (one,))
    return {"training": Training("classify-text", "accuracy", transfer=transfer)}
