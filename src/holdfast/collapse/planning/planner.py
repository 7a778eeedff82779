"""The answer: the least real items a generation, what binds, and what would hold without them."""

import math
from dataclasses import dataclass

from holdfast.collapse.planning.budget import Budget, cheapest
from holdfast.collapse.planning.closing import accumulating_laws, constant_laws, growing_laws
from holdfast.collapse.planning.laws import Law, Requirement, solve
from holdfast.collapse.planning.mixing import Sizes, laws_of_mixing
from holdfast.collapse.planning.wishes import Wishes
from holdfast.core.showing import shows


@dataclass(frozen=True, slots=True)
class Option:
    """A way to train, and what it needs. `items` is None where it cannot be reached; `reason` says why.

    `real` and `all_items` count over the horizon (generation 1 learns from real items only); None without one.
    """

    name: str
    title: str
    unit: str
    requirements: tuple[Requirement, ...]
    items: int | None
    binding: Requirement | None
    reason: str = ""
    real: int | None = None
    all_items: int | None = None

    @property
    def silent(self) -> tuple[Requirement, ...]:
        """The wishes for which no law is known: they are not promised."""
        return tuple(one for one in self.requirements if not one.known)


@shows("holdfast.collapse.planning.telling:shown")
@dataclass(frozen=True, slots=True)
class Plan:
    """What was wished, the least real items a generation, and other ways to the same end."""

    wishes: Wishes
    mix: Option
    others: tuple[Option, ...]
    budget: Budget | None
    achieved: tuple[tuple[str, float, float], ...]  # with the real items that there are: wish, value, limit

    @property
    def real(self) -> int | None:
        """The least new real items a generation; None where no number, or more than there are, would do."""
        most = self.wishes.real_at_most
        if self.mix.items is None or (most is not None and self.mix.items > most):
            return None
        return self.mix.items

    @property
    def binding(self) -> Requirement | None:
        """The wish that asks for most."""
        return self.mix.binding

    @property
    def formula(self) -> str:
        """The formula of the wish that binds."""
        return self.mix.binding.formula if self.mix.binding else ""


def plan(wishes: Wishes | None = None, **said: object) -> Plan:
    """Return how many new real items each generation needs for what is wished.

    `plan(rarest=1e-4, chance=0.99, synthetic=100_000).real` is the least number of real (human-verified) items. Raises
    pydantic's ValidationError for wishes that make no sense.
    """
    wishes = wishes if wishes is not None else Wishes.model_validate(said)
    mix = _mix(wishes)
    others = (_kept_set(wishes), *_closed(wishes))
    achieved: tuple[tuple[str, float, float], ...] = ()
    if wishes.real_at_most is not None:
        laws = laws_of_mixing(wishes, sizes_of(wishes), fresh=True)
        achieved = tuple((law.wish, law.value(wishes.real_at_most), law.limit) for law in laws if not law.never)
    return Plan(wishes, mix, others, cheapest(wishes) if wishes.real_cost is not None else None, achieved)


def sizes_of(wishes: Wishes) -> Sizes:
    """Return what a number of real items makes: effective real items (verified ones count), and synthetic ones."""

    def sizes(real: float) -> tuple[float, float]:
        synthetic = wishes.synthetic or 0
        passed = wishes.verified * synthetic
        return (real + passed) * wishes.effective, (synthetic - passed) * wishes.effective

    return sizes


def _mix(wishes: Wishes) -> Option:
    laws = laws_of_mixing(wishes, sizes_of(wishes), fresh=True)
    found = _solved("fresh-real", "new real items in every generation", "new real items a generation", laws)
    return _counted(found, wishes, each_generation=True)


def _kept_set(wishes: Wishes) -> Option:
    laws = laws_of_mixing(wishes, sizes_of(wishes), fresh=False)
    found = _solved("fixed-real", "one real set, in every training set", "real items, once", laws)
    return _counted(found, wishes, each_generation=False)


def _closed(wishes: Wishes) -> tuple[Option, ...]:
    n, d = wishes.horizon, wishes.growth
    constant = _solved("constant", "no real items after generation 1, constant size", "items a generation",
                       constant_laws(wishes))  # fmt: skip
    growing = _solved("growing", f"no real items after generation 1, M₀ t^{1 + d:g} items", "items in generation 1",
                      growing_laws(wishes))  # fmt: skip
    gathered = _solved("accumulate", "no real items after generation 1, everything is kept", "items a generation",
                       accumulating_laws(wishes))  # fmt: skip
    found = []
    for one in (constant, growing, gathered):
        if one.items is None:
            found.append(one)
            continue
        times = None if n is None else (sum(t ** (1 + d) for t in range(1, n + 1)) if one is growing else n)
        whole = None if times is None else math.ceil(one.items * times)
        found.append(_with(one, one.items, whole))
    return tuple(found)


def _counted(option: Option, wishes: Wishes, *, each_generation: bool) -> Option:
    if option.items is None:
        return option
    synthetic, n = wishes.synthetic or 0, wishes.horizon
    if not each_generation:
        return _with(option, option.items + synthetic, None if n is None else option.items + n * synthetic)
    # Generation 1 has no model to draw from: all of it is real.
    if n is None:
        return option
    return _with(option, option.items * n + synthetic, (option.items + synthetic) * n)


def _with(option: Option, real: int | None, all_items: int | None) -> Option:
    return Option(option.name, option.title, option.unit, option.requirements, option.items, option.binding,
                  option.reason, real, all_items)  # fmt: skip


def _solved(name: str, title: str, unit: str, laws: tuple[Law, ...]) -> Option:
    """Return what all laws together ask for: the most that one of them asks for."""
    found = tuple(solve(law) for law in laws)
    stops = [one for one in found if one.items is None and one.known]
    asked = [one for one in found if one.items is not None]
    if stops:
        return Option(name, title, unit, found, None, stops[0], stops[0].reason)
    if not asked:
        return Option(name, title, unit, found, None, None, found[0].reason if found else "nothing is wished")
    binding = max(asked, key=lambda one: one.items or 0)
    return Option(name, title, unit, found, binding.items, binding)
