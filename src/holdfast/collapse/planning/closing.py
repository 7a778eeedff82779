"""Laws of schedules without real items after the beginning: constant, growing, accumulating."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy.special import digamma, gammaln, ndtr, polygamma

from holdfast.collapse.planning.laws import Law, absent_limit, rare_never
from holdfast.collapse.planning.memory import memory, memory_of_growth
from holdfast.collapse.planning.wishes import Wishes

_LONG = 20_000  # generations of "for ever" that are summed; the rest is an integral
_SHARPENED = "each generation sharpens the one before, which no size undoes; only real items do"
_FOR_EVER = "without real items a constant size loses everything in the end; give a horizon, or let batches grow"
_NO_LAW = "no law is known for this schedule"


def constant_laws(wishes: Wishes) -> tuple[Law, ...]:
    """Return the laws of a constant number of items, each generation from the one before."""
    n, each, p = wishes.horizon, wishes.effective / wishes.parameters, wishes.rarest or 0.0
    never = _never(wishes) or ("" if n is not None else _FOR_EVER)
    n = n or 1

    def lost(items: float) -> float:
        size = items * each
        return -math.expm1(n * math.log1p(-1 / size)) if size > 1 else 1.0

    def gone(items: float) -> float:
        return math.exp(-p * items * wishes.effective * memory(1.0, n).last)

    return _wished(wishes, {
        "keep-variance": Law("keep-variance", 0, "1 − (1 − 1/M)ⁿ", lost, never),
        "rarest": Law("rarest", 0, "P(absent) = exp(−M p sₙ₋₁) ≈ exp(−2 M p/n)", gone, never or rare_never(wishes)),
        "risk": Law("risk", 0, "n/M", lambda items: n / (items * each), never),
        "distance": Law("distance", 0, "E W₂² = n/M + 2(1 − c₄(M)ⁿ) ≈ 3n/(2M)",
                        lambda items: apart(np.array([items * each]), n), never),
        "shrink": Law("shrink", 0, "P(σₙ < (1 − d)σ): n ln(χ²/ν) by its cumulants",
                      lambda items: shrunk(wishes.shrink or 0.0, np.array([items * each]), n), never),
    })  # fmt: skip


def growing_laws(wishes: Wishes) -> tuple[Law, ...]:
    """Return the laws of a schedule that grows; the size is that of generation 1."""
    n, each, p = wishes.horizon, wishes.effective / wishes.parameters, wishes.rarest or 0.0
    power, shrink = 1 + wishes.growth, wishes.shrink or 0.0
    times = np.arange(1.0, (n or _LONG) + 1) ** power
    # Σ t^−(1 + d) of what comes after the generations that are summed one by one.
    rest = (_LONG + 0.5) ** -wishes.growth / wishes.growth if n is None else 0.0
    alive = memory_of_growth(power, n)
    never = _never(wishes)

    def lost(items: float) -> float:
        sizes = times * items * each
        if sizes[0] <= 1:
            return 1.0
        return -math.expm1(float(np.log1p(-1 / sizes).sum()) - rest / (items * each))

    return _wished(wishes, {
        "keep-variance": Law("keep-variance", 0, "1 − Π (1 − 1/Mₜ)", lost, never),
        "rarest": Law("rarest", 0, "P(absent) = exp(−M₀ p s), s the chance that a line lives on",
                      lambda items: math.exp(-p * items * wishes.effective * alive), never or rare_never(wishes)),
        "risk": Law("risk", 0, "Σ 1/Mₜ → ζ(1 + d)/M₀",
                    lambda items: (float((1 / times).sum()) + rest) / (items * each), never),
        "distance": Law("distance", 0, "E W₂² = S + 2(1 − Π c₄(Mₜ)),  S = Σ 1/Mₜ",
                        lambda items: apart(times * items * each, 1, rest / (items * each)), never),
        "shrink": Law("shrink", 0, "P(σ < (1 − d)σ₀): Σ ln(χ²/ν) by its cumulants",
                      lambda items: shrunk(shrink, times * items * each, 1, rest / (items * each)), never),
    })  # fmt: skip


def accumulating_laws(wishes: Wishes) -> tuple[Law, ...]:
    """Return the laws of training on everything there ever was; the size is that of each generation's batch."""
    n, each, p = wishes.horizon, wishes.effective / wishes.parameters, wishes.rarest or 0.0
    squares = float((np.arange(1.0, (n or _LONG) + 1) ** -2).sum()) if n else math.pi**2 / 6
    never = "" if wishes.sharpening == 1 else "old sharpened items stay, and theory is silent about them"

    def lost(items: float) -> float:
        size = items * each
        if size <= 1:
            return 1.0
        if n is None:
            return float(1 - np.sinc(1 / math.sqrt(size)))
        return -math.expm1(float(np.log1p(-1 / (size * np.arange(1.0, n + 1) ** 2)).sum()))

    return _wished(wishes, {
        "keep-variance": Law("keep-variance", 0, "1 − Π (1 − 1/(M k²)) → 1 − sin(π/√M)/(π/√M)", lost, never),
        "rarest": Law("rarest", 0, "P(absent) = exp(−M p): what was in the first batch stays",
                      lambda items: math.exp(-p * items * wishes.effective), rare_never(wishes)),
        "risk": Law("risk", 0, "Σ 1/(M k²) → (π²/6)/M", lambda items: squares / (items * each), never),
        "distance": Law("distance", 0, "E W₂² ≈ (3/2) Σ 1/(M k²) → (π²/4)/M, first order",
                        lambda items: 1.5 * squares / (items * each), never),
        "shrink": Law("shrink", 0, "", never=_NO_LAW, known=False),
    })  # fmt: skip


def _never(wishes: Wishes) -> str:
    return "" if wishes.sharpening == 1 else _SHARPENED


def _wished(wishes: Wishes, laws: dict[str, Law]) -> tuple[Law, ...]:
    """Return the laws for what is wished, with the limit of the wish."""
    limits = {
        "keep-variance": None if wishes.keep_variance is None else 1 - wishes.keep_variance,
        "rarest": None if wishes.rarest is None else absent_limit(wishes),
        "risk": wishes.risk,
        "distance": wishes.distance,
        "shrink": None if wishes.shrink is None else wishes.shrink_chance,
    }
    return tuple(
        Law(law.wish, limit, law.formula, law.value, law.never, law.known)
        for name, law in laws.items()
        if (limit := limits[name]) is not None
    )


def apart(sizes: Float[np.ndarray, " fits"], times: int, rest: float = 0.0) -> float:
    """Return E W₂² after fits of these sizes, gone through `times` times, in variances; `rest` is Σ 1/M still to come.

    c₄(M) = √(2/(M − 1)) Γ(M/2)/Γ((M − 1)/2) is the mean of the fitted standard deviation as a share of the true one.
    """
    if sizes[0] <= 1:
        return math.inf
    half = (sizes - 1) / 2
    # Differences of ln Γ lose their digits for large sizes; the series 1 − 1/(4M) − 7/(32M²) is then exact.
    with np.errstate(invalid="ignore", over="ignore"):
        exact = gammaln(half + 0.5) - gammaln(half) - np.log(half) / 2
    series = np.log1p(-1 / (4 * sizes) - 7 / (32 * sizes**2) - 19 / (128 * sizes**3))
    spread = float(np.where(sizes < 1e4, exact, series).sum()) * times - rest / 4
    return float((1 / sizes).sum()) * times + rest - 2 * math.expm1(spread)


def shrunk(share: float, sizes: Float[np.ndarray, " fits"], times: int, rest: float = 0.0) -> float:
    """Return P(σ_n < (1 − share) σ) after unbiased fits of these sizes, gone through `times` times.

    ln σ²_n is a sum of independent ln(χ²_ν/ν), whose cumulants are polygammas; the law follows from four of them
    (Edgeworth), within 0.001 from two fits of 20 on.
    """
    if sizes[0] <= 2:
        return 1.0
    half = (sizes - 1) / 2
    # digamma(h) − ln h loses its digits for large h, its series does not.
    drift = np.where(half < 1e5, digamma(half) - np.log(half), -1 / (2 * half) - 1 / (12 * half**2))
    mean = float(drift.sum()) * times - rest
    variance = float(polygamma(1, half).sum()) * times + 2 * rest
    third = float(polygamma(2, half).sum()) * times
    fourth = float(polygamma(3, half).sum()) * times
    z = (2 * math.log1p(-share) - mean) / math.sqrt(variance)
    return _edgeworth(z, (third / variance**1.5, fourth / variance**2))


def _edgeworth(z: float, shape: Sequence[float]) -> float:
    """Return P(Z < z) for a standardised sum with this skewness and excess."""
    skew, excess = shape
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    second, third = z * z - 1, z**3 - 3 * z
    fifth = z**5 - 10 * z**3 + 15 * z
    found = ndtr(z) - density * (skew / 6 * second + excess / 24 * third + skew**2 / 72 * fifth)
    return float(min(1.0, max(0.0, found)))
