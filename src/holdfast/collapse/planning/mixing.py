"""Laws of training on new real items beside the last model's, and of one real set that is kept for ever.

Means over histories of a normal distribution fitted by maximum likelihood, exact for any sizes; without sharpening the
kept variance is the kept 1 − Σ p² of frequencies as well (both follow from lines of descent). Generation 1 has only the
real world to draw from.
"""

import math
from collections.abc import Callable

import numpy as np

from holdfast.collapse.planning.laws import Law, absent_limit, rare_never
from holdfast.collapse.planning.memory import memory
from holdfast.collapse.planning.wishes import Wishes

_UNSAID = "how many synthetic items a generation has is not said; with more of them it fails (give --synthetic)"
Sizes = Callable[[float], tuple[float, float]]  # real items → effective real and synthetic ones


def laws_of_mixing(wishes: Wishes, sizes: Sizes, *, fresh: bool) -> tuple[Law, ...]:
    """Return the laws for what is wished. `sizes` says how many real and synthetic items a number of real ones makes.

    `fresh`: the real items are new in each generation; else they are one set that stays in every training set.
    """
    found: list[Law] = []

    def each(items: float) -> tuple[float, float]:
        real, synthetic = sizes(items)
        return real / wishes.parameters, synthetic / wishes.parameters

    a, n, p = wishes.sharpening, wishes.horizon, wishes.rarest
    # Plain synthetic items only help; sharpened ones pull away, so that their number must be known.
    unsaid = "" if a == 1 or wishes.synthetic is not None else _UNSAID
    if wishes.keep_variance is not None:
        formula = _kept_formula(a, n, fresh=fresh)
        found.append(Law(
            "keep-variance", 1 - wishes.keep_variance, formula,
            lambda items: abs(lost_variance(*each(items), 1 / a, n, fresh=fresh)),
            never=unsaid,
        ))  # fmt: skip
    if p is not None:
        found.append(_rare(wishes, sizes, fresh=fresh))
    if wishes.risk is not None:
        formula = "V* = (1/M)/(1 − β²λ²)" if fresh else "V* = 1/Mᵣ + (β/M)/(1 − β²λ²)"
        formula += "" if n is None else ",  its first n terms"
        found.append(Law(
            "risk", wishes.risk, formula,
            lambda items: squared_error(*each(items), max(1.0, a), n, fresh=fresh),
            never=unsaid if a > 1 else "",
        ))  # fmt: skip
    if wishes.distance is not None:
        found.append(Law(
            "distance", wishes.distance, "E W₂² ≈ (3/2) V*, first order",
            lambda items: 1.5 * squared_error(*each(items), max(1.0, a), n, fresh=fresh),
            never="" if a == 1 else "no law is known for a distance with sharpening; say --keep-variance", known=a == 1,
        ))  # fmt: skip
    if wishes.shrink is not None:
        found.append(Law(
            "shrink", wishes.shrink_chance, "", known=False,
            never="no law is known for the chance of a loss in a mix; --keep-variance bounds its mean",
        ))  # fmt: skip
    if a > 1 and n is None:
        found.append(_stable(wishes, sizes))
    return tuple(found)


def _kept_formula(sharpening: float, generations: int | None, *, fresh: bool) -> str:
    if sharpening != 1:
        return "1 − v of the mix, drawn with variance/λ;  → 1 − α/(1 − β/λ)"
    if not fresh:
        return "1 − v*,  v* = (1 − 1/Mᵣ)/(1 + β/(M(1 − β²)))"
    if generations is not None:
        return "1 − vₙ,  vₜ₊₁ = (1 − 1/M)(1 − q + q vₜ),  q = Mₛ(Mₛ − 1)/(M(M − 1))"
    return "1 − v*,  v* = (1 − 1/M)(1 − q)/(1 − q(1 − 1/M)),  q = Mₛ(Mₛ − 1)/(M(M − 1));  → 1/(1 + 2Mᵣ)"


def _rare(wishes: Wishes, sizes: Sizes, *, fresh: bool) -> Law:
    p, n = wishes.rarest or 0.0, wishes.horizon
    if not fresh:
        formula = "P(absent) = exp(−p Mᵣ)"
        return Law("rarest", absent_limit(wishes), formula, lambda items: math.exp(-p * sizes(items)[0]),
                   never=rare_never(wishes))  # fmt: skip
    if wishes.sharpening > 1:
        # What is drawn sharpened holds fewer rare items than the model: it is not counted at all.
        formula = "P(absent) ≤ exp(−p Mᵣ): sharpened items are not counted"
        return Law("rarest", absent_limit(wishes), formula, lambda items: math.exp(-p * sizes(items)[0]),
                   never=rare_never(wishes))  # fmt: skip
    return Law(
        "rarest", absent_limit(wishes),
        ("P(absent) = exp(−p Mᵣ A(α)),  A = Σ sⱼ" if n is None else "P(absent) = exp(−p(Mᵣ Σ sⱼ + Mₛ sₙ₋₁)),  j < n")
        + ",  s₀ = 1,  sⱼ₊₁ = 1 − exp(−(1 − α) sⱼ)",
        lambda items: absent(p, *sizes(items), n),
        never=rare_never(wishes),
    )  # fmt: skip


def _stable(wishes: Wishes, sizes: Sizes) -> Law:
    """Return the law that a small deviation must come back smaller than it went out."""
    a = wishes.sharpening

    def grows(items: float) -> float:
        real, synthetic = sizes(items)
        return a * synthetic / (real + synthetic) if real + synthetic else a

    never = "" if wishes.synthetic is not None else _UNSAID
    return Law("stability", 1 - 1e-9, "β λ < 1, so α > 1 − 1/λ,  λ = sharpening", grows, never=never)


def lost_variance(real: float, synthetic: float, scale: float, generations: int | None, *, fresh: bool = True) -> float:
    """Return the expected lost share of variance after so many generations, for ever if None.

    Each generation's synthetic items have `scale` times the model's variance. Follows the mean of the variance and of
    the squared distance between the model's mean and the real one (that of the real set, where it is kept).
    """
    items = real + synthetic
    if items <= 1 or (not fresh and real <= 1):
        return 1.0
    alpha, beta = real / items, synthetic / items
    if fresh:
        constant = np.array([(real - 1 + synthetic / items) / items, alpha / items])
        within = scale * (synthetic - 1 + alpha) / items
        start = np.array([1 - 1 / items, 1 / items])
    else:
        constant = np.array([alpha * (1 - 1 / real), 0.0])
        within = scale * ((synthetic - 1) / items + alpha / items)
        start = np.array([1 - 1 / items, beta**2 / real + beta / items])
    step = np.array([[within, alpha * beta], [scale * beta / items, beta**2]])
    if generations is None:
        if max(abs(np.linalg.eigvals(step))) >= 1:
            return 1.0
        kept = np.linalg.solve(np.eye(2) - step, constant)[0]
    else:
        whole = np.eye(3)
        whole[:2, :2], whole[:2, 2] = step, constant
        kept = (np.linalg.matrix_power(whole, generations - 1) @ np.append(start, 1.0))[0]
    return float(1 - kept)


def absent(p: float, real: float, synthetic: float, generations: int | None) -> float:
    """Return the chance that a type of probability p is not in a training set, real items being new each time."""
    if real + synthetic == 0:
        return 1.0
    remembered = memory(synthetic / (real + synthetic), generations)
    if real == 0:
        return math.exp(-p * synthetic * remembered.last)
    last = synthetic * remembered.last  # what generation 1 drew from the real world in place of a model
    return math.exp(-p * (real * remembered.total + last))


def squared_error(real: float, synthetic: float, slope: float, generations: int | None, *, fresh: bool = True) -> float:
    """Return the expected squared error of a fitted quantity, in variances of one item; infinite where it grows.

    A deviation of the model comes back `slope` times as large in what is drawn from it.
    """
    items = real + synthetic
    if items == 0 or (not fresh and real == 0):
        return math.inf
    beta = synthetic / items
    ratio = (beta * slope) ** 2
    if fresh:
        return _series(1 / items, ratio, generations)
    return 1 / real + _series(beta / items, ratio, generations)


def _series(first: float, ratio: float, terms: int | None) -> float:
    """Return first × (1 + ratio + ratio² + …)."""
    if terms is None:
        return first / (1 - ratio) if ratio < 1 else math.inf
    if ratio == 1:
        return first * terms
    grown = terms * math.log(ratio) if ratio > 0 else -math.inf
    return math.inf if grown > 700 else first * math.expm1(grown) / (ratio - 1)
