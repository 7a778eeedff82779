"""The forecast: estimates from one generation, carried on to the generations asked for, with bands."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from holdfast.collapse.forecasting.estimates import (
    Estimated,
    Scatter,
    effective_size_of_fits,
    renewal,
    scatter,
    sharpening,
)
from holdfast.collapse.forecasting.propagation import Written, histories
from holdfast.collapse.regimes import PRESETS, Regime
from holdfast.core.errors import NotApplicable
from holdfast.core.random import Streams
from holdfast.core.showing import shows

HISTORIES = 60  # drawn for the bands: enough for a 90% band that is itself known within some per cent
BAND = (0.05, 0.95)
_OFF = 3.0  # standard deviations between generation 1 and its own forecast, from which on that is said
_WIDER = 2.5758 / 1.96  # a 99% interval beside one of 95%
Line = Float[np.ndarray, "asked"]


@dataclass(frozen=True, slots=True)
class Foretold:
    """A quantity at each generation asked for, generation 0 first: its median, and a band that holds 90% of histories.

    `now` is what was seen in generation 0, and in generation 1 on average.
    """

    name: str
    title: str
    value: Line
    low: Line
    high: Line
    now: tuple[float, float]


@shows("holdfast.collapse.forecasting.telling:shown")
@dataclass(frozen=True, slots=True)
class Forecast:
    """What was estimated from one generation, and what comes of it."""

    at: tuple[int, ...]
    scatter: Scatter
    nominal: float  # items, as they are counted
    power: Estimated | None  # None where it cannot be told
    used_power: float
    regime: Regime
    lines: tuple[Foretold, ...]
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> Estimated:
        """How many independent items a generation is worth, as its rare types see it."""
        return self.scatter.size

    @property
    def worth(self) -> float:
        """How many independent items an item is worth."""
        return self.size.value / self.nominal

    def line(self, name: str) -> Foretold:
        """Return a quantity by name. Raises KeyError."""
        for one in self.lines:
            if one.name == name:
                return one
        raise KeyError(name)


QUANTITIES: Mapping[str, tuple[str, Callable[[Written, np.ndarray], np.ndarray]]] = {
    "types-alive": ("types that are left", lambda written, _: (written > 0).sum(axis=1)),
    "lost-mass": (
        "share of the beginning's items whose type is lost",
        lambda written, start: ((written == 0) * (start / start.sum())).sum(axis=1),
    ),
    "entropy": ("entropy, in nats", lambda written, _: _entropy(written)),
    "diversity": ("chance that two items differ in type, 1 − Σ p²", lambda written, _: _differ(written)),
}


def forecast(
    start: Int[np.ndarray, " types"],
    replicates: Int[np.ndarray, "types replicates"],
    generations: int | Sequence[int] = 10,
    *,
    regime: Regime | str = "replace",
    seed: int = 0,
    drawn: int = HISTORIES,
) -> Forecast:
    """Return what will be left after so many generations.

    `start` counts the types in what the models of generation 1 learnt from; each column of `replicates` counts them in
    what one of these models wrote. Raises NotApplicable where nothing can be told, with the reason.
    """
    chosen = PRESETS[regime] if isinstance(regime, str) else regime
    at = (generations,) if isinstance(generations, int) else tuple(generations)
    at = (0, *sorted({t for t in at if t > 0}))
    streams = Streams(seed)
    spread = replace(scatter(replicates), renewal=renewal(start, replicates))
    size = spread.size
    nominal = float(replicates.sum(axis=0).mean())
    notes: list[str] = []
    power: Estimated | None = None
    try:
        power = sharpening(start, replicates, spread)
    except NotApplicable as error:
        notes.append(f"sharpening is taken to be 1: {error}")
    used = 1.0 if power is None or holds_one(power) else power.value
    worth, powers = _drawn_settings(size, power, used, drawn, streams("settings"))
    written = histories(start, chosen, round(nominal), at[1:], worth / nominal, powers, streams("histories"),
                        spread)  # fmt: skip
    lines = tuple(
        _foretold(name, title, take, start, replicates, [written[t] for t in at])
        for name, (title, take) in QUANTITIES.items()
    )
    unseen = int(((start == 0) & (replicates.sum(axis=1) > 0)).sum())
    if unseen:
        notes.append(
            f"{unseen:,} types were written that were not in what was learnt; they are not counted, but say how often "
            "lost types come back"
        )
    first = histories(start, chosen, round(nominal), [1], worth / nominal, powers, streams("first"), spread)[1]
    notes += _missed(start, replicates, first)
    return Forecast(at, spread, nominal, power, used, chosen, lines, tuple(notes))


def holds_one(power: Estimated) -> bool:
    """Return whether a power may well be 1, by its 99% interval: what is believed here acts in every generation."""
    half = (power.high - power.low) / 2 * _WIDER
    return abs(power.value - 1) <= half


def _missed(start: np.ndarray, replicates: np.ndarray, first: Written) -> list[str]:
    """Return a note where generation 1, which is known, is not what these estimates would come to."""
    off: list[tuple[float, str]] = []
    for title, take in QUANTITIES.values():
        seen = take(np.where(start > 0, replicates.T, 0), start)
        told = take(np.where(start > 0, first, 0), start)
        spread = math.sqrt(float(told.var()) + float(seen.var()))
        apart = abs(float(told.mean() - seen.mean()))
        if apart > _OFF * spread:
            said = (
                f"{title}: {_rounded(seen.mean())} in generation 1, which would be forecast as {_rounded(told.mean())}"
            )
            off.append((apart / spread if spread else math.inf, said))
    if not off:
        return []
    said = max(off, key=lambda one: one[0])[1]
    return [f"{said}: frequencies do not change as these estimates say, and what comes later is off likewise"]


def _rounded(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _drawn_settings(
    size: Estimated, power: Estimated | None, used: float, drawn: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return an effective size and a power for each history, as uncertain as their estimates are.

    Where the interval of the power holds 1 nothing says that there is any sharpening; then it is 1 in all of them.
    """
    sizes = size.value * rng.chisquare(size.freedom, drawn) / size.freedom
    if power is None or used == 1:
        return sizes, np.full(drawn, 1.0)
    return sizes, rng.normal(used, (power.high - power.low) / 4, drawn)


def _foretold(
    name: str,
    title: str,
    take: Callable[[Written, np.ndarray], np.ndarray],
    start: np.ndarray,
    replicates: np.ndarray,
    written: Sequence[Written],
) -> Foretold:
    known = np.where(start > 0, replicates.T, 0)
    lines = np.array([
        np.quantile(take(np.where(start > 0, one, 0), start), [BAND[0], 0.5, BAND[1]]) for one in written
    ])  # fmt: skip
    now = (float(take(start[None, :], start)[0]), float(take(known, start).mean()))
    return Foretold(name, title, lines[:, 1], lines[:, 0], lines[:, 2], now)


def _entropy(written: Written) -> np.ndarray:
    shares = written / written.sum(axis=1, keepdims=True)
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return np.asarray(-(shares * logs).sum(axis=1))


def _differ(written: Written) -> np.ndarray:
    shares = written / written.sum(axis=1, keepdims=True)
    return np.asarray(1 - (shares**2).sum(axis=1))


def forecast_numbers(
    start: float, variances: Float[np.ndarray, " replicates"], generations: int | Sequence[int] = 10, *, nominal: float,
    seed: int = 0, drawn: int = 2000,
) -> Forecast:  # fmt: skip
    """Return what will be left of the variance of numbers, each generation learning from the one before.

    `start` is the variance of what the models of generation 1 learnt from, `variances` those of what they wrote. The
    logarithm of the variance goes as a random walk: its drift is −1/2 of its variance, and what the mean of the
    replicates adds to that. Raises NotApplicable.
    """
    if not start > 0:
        raise NotApplicable("the numbers that were learnt from are all the same")
    if (variances <= 0).any():
        raise NotApplicable("a replicate holds one number only, again and again")
    at = (generations,) if isinstance(generations, int) else tuple(generations)
    at = (0, *sorted({t for t in at if t > 0}))
    size = effective_size_of_fits(variances)
    rng = Streams(seed)("numbers")
    steps = np.log(variances / start)
    spread = 2 / (size.value - 1)
    off, error = float(steps.mean()) + spread / 2, float(np.sqrt(spread / len(steps)))
    scale = Estimated(float(np.exp(off)), float(np.exp(off - 2 * error)), float(np.exp(off + 2 * error)))
    used = 0.0 if holds_one(scale) else off
    spreads = spread / (rng.chisquare(size.freedom, drawn) / size.freedom)
    tilt = used + (error * rng.standard_normal(drawn) if used else np.zeros(drawn))
    lines = []
    for t in at:
        walk = t * (tilt - spreads / 2) + np.sqrt(t * spreads) * rng.standard_normal(drawn)
        lines.append(np.quantile(np.exp(walk), [BAND[0], 0.5, BAND[1]]))
    found = np.array(lines)
    line = Foretold("variance", "variance, as a share of the beginning's", found[:, 1], found[:, 0], found[:, 2],
                    (1.0, float((variances / start).mean())))  # fmt: skip
    power = Estimated(1 / scale.value, 1 / scale.high, 1 / scale.low)
    return Forecast(at, Scatter(size), nominal, power, 1.0 if not used else power.value, PRESETS["replace"], (line,))
