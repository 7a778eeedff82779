"""How the learning rate goes over a run: a factor of the peak rate, as a pure function of the step and the length.

A step counts from 0; `total` is the number of updates. The factor of the update number s is `factor(s, total)`; no
update is made at `total` itself, where a decaying schedule ends exactly. A warm-up of w updates rises linearly,
(s + 1)/(w + 1), so that update w is the first at the full rate and none is spent at a rate of zero (Goyal et al., 2017,
"Accurate, large minibatch SGD", section 2.2). Nothing is remembered between steps: a resumed run gets the same rates.
"""

import math
from dataclasses import dataclass
from typing import Protocol

from holdfast.core.errors import BadInput, unknown

WARM_UP_SHARE = 0.06  # of all updates; RoBERTa's setting (Liu et al., 2019, table 10)


class Schedule(Protocol):
    """A course of the learning rate."""

    def factor(self, step: int, total: int) -> float:
        """Return what the peak learning rate is multiplied by at `step` of `total`; from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Constant:
    """The full rate after a warm-up of `warmup` updates."""

    warmup: int = 0

    def factor(self, step: int, total: int) -> float:
        """Return what the peak learning rate is multiplied by at `step` of `total`."""
        _checked(step, total, self.warmup)
        return _warm(step, self.warmup)


@dataclass(frozen=True, slots=True)
class Linear:
    """Falls in a straight line from the full rate after the warm-up to `final` of it at the end."""

    warmup: int = 0
    final: float = 0.0

    def factor(self, step: int, total: int) -> float:
        """Return what the peak learning rate is multiplied by at `step` of `total`."""
        _checked(step, total, self.warmup, self.final)
        if step < self.warmup:
            return _warm(step, self.warmup)
        return _between(1.0, self.final, _behind(step, self.warmup, total))


@dataclass(frozen=True, slots=True)
class Cosine:
    """Falls along half a cosine from the full rate to `final` of it (Loshchilov & Hutter, 2017, SGDR, eq. 5)."""

    warmup: int = 0
    final: float = 0.0

    def factor(self, step: int, total: int) -> float:
        """Return what the peak learning rate is multiplied by at `step` of `total`."""
        _checked(step, total, self.warmup, self.final)
        if step < self.warmup:
            return _warm(step, self.warmup)
        return _bent(1.0, self.final, _behind(step, self.warmup, total))


@dataclass(frozen=True, slots=True)
class OneCycle:
    """Rises to the full rate over the share `rise` of the run, then falls far below where it began.

    Smith (2018), "A disciplined approach to neural network hyper-parameters" (1803.09820): one cycle slightly shorter
    than the run, then a tail "several orders of magnitude" lower. Here, as is now usual, both parts are half cosines:
    from 1/start to 1, and from there to 1/(start × end). The momentum goes the other way (section 4.3).
    """

    rise: float = 0.3
    start: float = 25.0
    end: float = 1e4
    momentum_high: float = 0.95  # both from Smith (2018), section 4.3
    momentum_low: float = 0.85

    def factor(self, step: int, total: int) -> float:
        """Return what the peak learning rate is multiplied by at `step` of `total`."""
        up, share = self._phase(step, total)
        first, last = 1.0 / self.start, 1.0 / (self.start * self.end)
        return _bent(first, 1.0, share) if up else _bent(1.0, last, share)

    def momentum(self, step: int, total: int) -> float:
        """Return the momentum (β₁ of Adam) at `step` of `total`: low where the rate is high."""
        up, share = self._phase(step, total)
        high, low = self.momentum_high, self.momentum_low
        return _bent(high, low, share) if up else _bent(low, high, share)

    def _phase(self, step: int, total: int) -> tuple[bool, float]:
        _checked(step, total, 0)
        if not 0.0 < self.rise < 1.0 or self.start < 1.0 or self.end < 1.0:
            raise BadInput(
                f"a one-cycle schedule wants 0 < rise < 1 and start, end ≥ 1; got {self.rise:g}, {self.start:g}, "
                f"{self.end:g}"
            )
        top = self.rise * total
        return (True, step / top) if step < top else (False, (step - top) / (total - top))


def schedule_named(name: str, total: int, *, warmup: int | None = None, final: float = 0.0) -> Schedule:
    """Return the schedule called constant, linear, cosine or one-cycle.

    `warmup` counts updates; None takes 6% of `total`, and none of it for one-cycle, which rises by itself. Raises
    BadInput for another name, and where the warm-up leaves no update at the full rate.
    """
    if total < 1:
        raise BadInput(f"a schedule is for 1 update at least, got {total}")
    warm = math.ceil(WARM_UP_SHARE * total) if warmup is None else warmup
    warm = min(warm, total - 1) if warmup is None else warm
    key = name.lower().replace("_", "-")
    if key == "one-cycle":
        if warmup:
            raise BadInput(f"a one-cycle schedule rises by itself; leave the warm-up out (got {warmup} updates)")
        return OneCycle()
    made: dict[str, Schedule] = {
        "constant": Constant(warm),
        "linear": Linear(warm, final),
        "cosine": Cosine(warm, final),
    }
    if key not in made:
        raise unknown("schedule", name, [*made, "one-cycle"])
    made[key].factor(0, total)  # says what is wrong with the warm-up before anything is trained
    return made[key]


def _checked(step: int, total: int, warmup: int, final: float = 0.0) -> None:
    if not 0 <= step <= total or total < 1:
        raise BadInput(f"a schedule over {total:,} updates has no step {step:,}; wanted one from 0 to {total:,}")
    if not 0 <= warmup < total:
        raise BadInput(
            f"a warm-up of {warmup:,} updates leaves none of {total:,} at the full learning rate; take fewer than "
            f"{total:,}, or train longer"
        )
    if not 0.0 <= final <= 1.0:
        raise BadInput(f"the rate ends at a share from 0 to 1 of its peak, got {final:g}")


def _warm(step: int, warmup: int) -> float:
    return (step + 1) / (warmup + 1) if step < warmup else 1.0


def _behind(step: int, warmup: int, total: int) -> float:
    return (step - warmup) / (total - warmup)


def _between(first: float, last: float, share: float) -> float:
    return last if share >= 1.0 else first + (last - first) * share


def _bent(first: float, last: float, share: float) -> float:
    """Return half a cosine from `first` (at 0) to `last` (at 1), both met exactly."""
    return last if share >= 1.0 else first + (last - first) * (1.0 - math.cos(math.pi * share)) / 2.0
