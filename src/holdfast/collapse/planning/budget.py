"""The cheapest mix of real, verified and synthetic items that holds everything wished."""

import math
from dataclasses import dataclass

import numpy as np

from holdfast.collapse.planning.laws import MOST_ITEMS, smallest
from holdfast.collapse.planning.mixing import laws_of_mixing
from holdfast.collapse.planning.wishes import Wishes

_COARSE = 60  # numbers of synthetic items tried first, in equal steps of their logarithm


@dataclass(frozen=True, slots=True)
class Mix:
    """Items of each kind in every generation, and what they cost together."""

    name: str
    real: int
    verified: int
    synthetic: int
    cost: float


@dataclass(frozen=True, slots=True)
class Budget:
    """The cheapest mix of each kind, cheapest of all first; empty where none holds what is wished."""

    mixes: tuple[Mix, ...]
    reason: str = ""

    @property
    def best(self) -> Mix | None:
        """The cheapest of all."""
        return self.mixes[0] if self.mixes else None


def cheapest(wishes: Wishes) -> Budget:
    """Return the cheapest mixes: of real items alone, with synthetic ones, and with verified ones if they have a cost.

    A verified item counts as real with the share `verifier`, and as synthetic with the rest. For any number of
    effective synthetic items the law gives the least effective real ones; the cost is linear in the rest, so that
    verified items are used as far as they go or not at all. The number of synthetic items is searched.
    """
    if wishes.real_cost is None:
        return Budget((), "no costs were given")
    if wishes.synthetic is not None or wishes.verified:
        wishes = wishes.model_copy(update={"synthetic": None, "verified": 0.0})  # their number is what is sought
    found = [_alone(wishes)]
    if found[0] is None:
        return Budget((), "no number of real items holds what is wished")
    found.append(_searched(wishes, "real and synthetic", verify=False))
    if wishes.verified_cost is not None:
        found.append(_searched(wishes, "real, verified and synthetic", verify=True))
    mixes = sorted((one for one in found if one is not None), key=lambda one: (one.cost, -one.real))
    return Budget(tuple(mixes))


def _alone(wishes: Wishes) -> Mix | None:
    needed = _real(wishes, 0)
    if needed is None:
        return None
    real = max(needed, wishes.items)
    return Mix("real items alone", real, 0, 0, real * (wishes.real_cost or 0.0))


def _real(wishes: Wishes, synthetic: float) -> int | None:
    """Return the least effective real items beside so many effective synthetic ones, None if there is none."""
    told = wishes.model_copy(update={"synthetic": math.ceil(synthetic)})
    laws = laws_of_mixing(told, lambda real: (real * wishes.effective, synthetic * wishes.effective), fresh=True)
    asked = [law for law in laws if law.known]
    if not asked or any(law.never for law in asked):
        return None
    return smallest(lambda real: all(law.holds(real) for law in asked))


def _searched(wishes: Wishes, name: str, *, verify: bool) -> Mix | None:
    """Return the cheapest mix over all numbers of synthetic items: a coarse search, then ever finer around the best."""

    def tried(synthetic: int) -> Mix | None:
        return _priced(wishes, name, synthetic, verify=verify)

    first = tried(0)
    if first is None:
        return None
    # Beyond this number the synthetic items alone cost as much as everything without them.
    most = min(float(MOST_ITEMS), first.cost / synthetic_cost(wishes))
    numbers = {0, *np.unique(np.round(np.geomspace(1, max(2.0, most), _COARSE))).astype(np.int64).tolist()}
    known = {number: tried(int(number)) for number in sorted(numbers)}
    best = _best(known)
    for _ in range(4):
        ordered = sorted(known)
        place = ordered.index(best)
        low, high = ordered[max(0, place - 1)], ordered[min(len(ordered) - 1, place + 1)]
        for number in np.unique(np.round(np.linspace(low, high, 21))).astype(np.int64).tolist():
            known.setdefault(int(number), tried(int(number)))
        best = _best(known)
    return known[best]


def _best(known: dict[int, Mix | None]) -> int:
    priced = {number: one.cost for number, one in known.items() if one is not None}
    return min(priced, key=lambda number: (priced[number], number))


def _priced(wishes: Wishes, name: str, synthetic: int, *, verify: bool) -> Mix | None:
    """Return the mix with so many effective synthetic items: verified ones as far as they save."""
    needed = _real(wishes, synthetic)
    if needed is None:
        return None
    needed = max(needed, wishes.items - synthetic)
    real_cost, passed = wishes.real_cost or 0.0, wishes.verifier
    plain_cost = synthetic_cost(wishes)
    verified = 0
    if verify and wishes.verified_cost is not None:
        saves = passed * real_cost + (1 - passed) * plain_cost - wishes.verified_cost
        if saves > 0:
            verified = math.floor(needed / passed)
            if passed < 1:
                verified = min(verified, math.floor(synthetic / (1 - passed)))
    real = max(0, math.ceil(needed - passed * verified - 1e-9))
    plain = max(0, math.floor(synthetic - (1 - passed) * verified + 1e-9))
    cost = real * real_cost + verified * (wishes.verified_cost or 0.0) + plain * plain_cost
    return Mix(name, real, verified, plain, cost)


def synthetic_cost(wishes: Wishes) -> float:
    """Return what a synthetic item costs on average; in generation 1, without a model, a real item stands for it."""
    if wishes.horizon is None:
        return wishes.synthetic_cost
    return (wishes.synthetic_cost * (wishes.horizon - 1) + (wishes.real_cost or 0.0)) / wishes.horizon
