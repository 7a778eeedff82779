"""A plan in words, tables and pictures: the sections of its record."""

import math
from collections.abc import Iterator

import numpy as np

from holdfast.collapse.planning.laws import Requirement, solve
from holdfast.collapse.planning.mixing import laws_of_mixing
from holdfast.collapse.planning.planner import Option, Plan
from holdfast.collapse.planning.wishes import Wishes
from holdfast.core.finding import Cell, Evidence, Examples, Series
from holdfast.core.record import Section
from holdfast.core.showing import Shown

_SHARES = np.round(np.linspace(0.02, 1.0, 50), 2)
_LEGEND = (
    "M items a generation, Mᵣ of them real and Mₛ synthetic; α = Mᵣ/M, β = 1 − α; n generations; "
    "λ the sharpening. Counts are items; where items are worth less than one independent one, more are needed."
)


def headline(found: Plan) -> str:
    """Return the answer in one sentence."""
    wishes, mix = found.wishes, found.mix
    beside = f"beside {wishes.synthetic:,} synthetic ones" if wishes.synthetic is not None else (
        "whatever the number of synthetic ones"
    )  # fmt: skip
    until = "for ever" if wishes.horizon is None else f"over {_generations(wishes.horizon)}"
    if mix.items is None or mix.binding is None:
        if mix.binding is not None:
            return f"Not reachable by new real items, {beside}: {mix.binding.wish}: {mix.reason}."
        other = next((one for one in found.others if one.items is not None), None)
        if other is None:
            stopped = next((one for one in found.others if one.binding is not None), None)
            if stopped is None:
                return f"No law says how this can be held {until}."
            return f"Not reachable {until}, {stopped.title}: {stopped.reason}."
        return f"{other.items:,} {other.unit} hold it {until}: {other.title}. About new real items no law is known."
    binding = mix.binding
    if found.real is None:
        return (
            f"Not reachable with {wishes.real_at_most:,} new real items a generation, {beside}: it takes {mix.items:,} "
            f"to hold it {until}, and what asks for most is {_wish(binding.wish, wishes)}."
        )
    return (
        f"{mix.items:,} new real {_items(mix.items)} a generation, {beside}, hold it {until}; what asks for most is "
        f"{_wish(binding.wish, wishes)}."
    )


def sections(found: Plan) -> tuple[Section, ...]:
    """Return what a report shows of a plan."""
    parts: list[Section | None] = [_asked(found), _ways(found)]
    if found.budget is not None:
        parts.append(_budget(found))
    parts.append(_pictures(found.wishes))
    return tuple(part for part in parts if part is not None)


def _asked(found: Plan) -> Section:
    mix = found.mix
    says = [f"What binds: {mix.binding.formula}." if mix.items is not None and mix.binding else "", _LEGEND]
    if found.wishes.rarest is not None:
        says.append(
            "Rare types: each type by itself is there with the chance that was asked for. For all of k types at once, "
            "ask for a chance of 1 − (1 − chance)/k."
        )
    evidence: list[Evidence] = []
    evidence.append(Examples(
        caption="What each wish asks for",
        columns=("wish", "real items", "reached", "limit", "binds", "formula or reason"),
        cells=tuple(_line(one, found.wishes, one is mix.binding) for one in mix.requirements),
    ))  # fmt: skip
    if found.achieved:
        evidence.append(Examples(
            caption=f"With the {found.wishes.real_at_most:,} real items that there are",
            columns=("wish", "reached", "limit", "held"),
            cells=tuple((wish, _short(value), _short(limit), value <= limit * (1 + 1e-9))
                        for wish, value, limit in found.achieved),
        ))  # fmt: skip
    return Section(
        title="New real items in every generation", says=tuple(one for one in says if one), evidence=tuple(evidence)
    )


def _line(one: Requirement, wishes: Wishes, binds: bool) -> tuple[Cell, ...]:  # noqa: FBT001 a cell of a table
    return (
        _wish(one.wish, wishes),
        one.items if one.items is not None else ("not reachable" if one.known else "no law"),
        None if one.value is None else _short(one.value),
        _short(one.limit),
        "binds" if binds else "",
        one.reason or one.formula,
    )


def _ways(found: Plan) -> Section:
    n = found.wishes.horizon
    over = "for ever" if n is None else f"over {_generations(n)}"
    rows = [_way(one) for one in (found.mix, *found.others)]
    each = [row for one in found.others for row in _each(one, found.wishes)]
    return Section(
        title="Other ways to train",
        says=(
            (
                "The same wishes without new real items in every generation. Generation 1 has no model to learn from "
                "and learns from real items only; real items and all items are counted over the horizon."
            ),
        ),
        evidence=(
            Examples(
                caption=f"What each way needs to hold it {over}",
                columns=("way", "needs", "of", "real in all", "items in all", "asks for most, or why not"),
                cells=tuple(rows),
            ),
            Examples(
                caption="What each wish asks for in them",
                columns=("way", "wish", "items", "reached", "formula or reason"),
                cells=tuple(each),
            ),
        ),
    )


def _way(one: Option) -> tuple[Cell, ...]:
    why = one.reason or (one.binding.wish if one.binding else "")
    if one.items is not None and one.silent:
        why += f"; not promised: {', '.join(silent.wish for silent in one.silent)}"
    needs: Cell = one.items if one.items is not None else "not reachable"
    return one.title, needs, one.unit if one.items is not None else "", one.real, one.all_items, why


def _each(one: Option, wishes: Wishes) -> Iterator[tuple[Cell, ...]]:
    for asked in one.requirements:
        reached = None if asked.value is None else _short(asked.value)
        items: Cell = asked.items if asked.items is not None else ("not reachable" if asked.known else "no law")
        yield one.name, _wish(asked.wish, wishes), items, reached, asked.reason or asked.formula


def _budget(found: Plan) -> Section:
    budget, wishes = found.budget, found.wishes
    if budget is None or not budget.mixes:
        return Section(title="Cheapest mix", says=(f"None: {budget.reason if budget else ''}.",))
    costs = [f"a real item costs {wishes.real_cost:g}", f"a synthetic one {wishes.synthetic_cost:g}"]
    if wishes.verified_cost is not None:
        costs.insert(1, f"a verified one {wishes.verified_cost:g} ({wishes.verifier:.0%} of them as good as real)")
    says = [f"Per generation; {', '.join(costs)}."]
    if wishes.horizon is not None:
        says.append("The synthetic items of generation 1 are counted as real ones, spread over the horizon.")
    if wishes.synthetic is not None or wishes.verified:
        says.append(
            "The numbers of synthetic and verified items are what is sought here; those that were given are not used."
        )
    return Section(
        title="Cheapest mix",
        says=tuple(says),
        evidence=(
            Examples(
                caption="The cheapest mix of each kind that holds everything, cheapest first",
                columns=("mix", "real", "verified", "synthetic", "cost"),
                cells=tuple(
                    (one.name, one.real, one.verified, one.synthetic, _short(one.cost)) for one in budget.mixes
                ),
            ),
        ),
    )


def _pictures(wishes: Wishes) -> Section | None:
    drawn = [one for one in (_by_share(wishes), _by_rarity(wishes)) if one is not None]
    return Section(title="How the need depends on the mix", evidence=tuple(drawn)) if drawn else None


def _by_share(wishes: Wishes) -> Series | None:
    """Return the real items needed where the share of real items, not the number of synthetic ones, is fixed."""
    x: list[Cell] = []
    y: list[float | None] = []
    group: list[str] = []
    for alpha in _SHARES:
        told = wishes.model_copy(update={"synthetic": 0, "verified": 0.0})
        ratio = (1 - alpha) / alpha

        def sizes(real: float, ratio: float = ratio) -> tuple[float, float]:
            return real * wishes.effective, real * ratio * wishes.effective

        for law in laws_of_mixing(told, sizes, fresh=True):
            if not law.known or law.wish == "stability":
                continue
            needed = solve(law).items
            if needed is None:
                continue
            x.append(float(alpha))
            y.append(needed)
            group.append(law.wish)
    if not x:
        return None
    return Series(
        name="Real items needed, against the real share of the training set",
        x=tuple(x), y=tuple(y), group=tuple(group), x_name="real share", y_name="real items a generation",
    )  # fmt: skip


def _by_rarity(wishes: Wishes) -> Series | None:
    if not wishes.rarest:
        return None
    x: list[Cell] = []
    y: list[float | None] = []
    group: list[str] = []
    for alpha in (1.0, 0.1, 0.01):
        for step in np.arange(-3.0, 1.01, 0.5):
            p = wishes.rarest * 10.0**-step
            if not 0 < p < 1:
                continue
            told = Wishes(rarest=p, chance=wishes.chance, synthetic=0, sharpening=wishes.sharpening,
                          horizon=wishes.horizon)  # fmt: skip
            ratio = (1 - alpha) / alpha

            def sizes(real: float, ratio: float = ratio) -> tuple[float, float]:
                return real * wishes.effective, real * ratio * wishes.effective

            law = laws_of_mixing(told, sizes, fresh=True)[0]
            needed = solve(law).items
            if needed is not None:
                x.append(round(math.log10(p), 6))
                y.append(math.log10(needed))
                group.append(f"real share {alpha:.0%}")
    if not x:
        return None
    return Series(
        name=f"Real items needed for a type of some probability to be there with {wishes.chance:.4g} chance",
        x=tuple(x), y=tuple(y), group=tuple(group),
        x_name="log₁₀ of the probability", y_name="log₁₀ of real items a generation",
    )  # fmt: skip


def _wish(name: str, wishes: Wishes) -> str:
    """Return a wish in words."""
    return {
        "keep-variance": f"keeping {wishes.keep_variance or 0:.4g} of the variance",
        "rarest": f"a type of probability {wishes.rarest or 0:.3g} being there with chance {wishes.chance:.4g}",
        "risk": f"a squared error of at most {wishes.risk or 0:.3g}",
        "distance": f"a W₂² of at most {wishes.distance or 0:.3g}",
        "shrink": f"losing {wishes.shrink or 0:.3g} of the deviation with chance {wishes.shrink_chance:.3g} at most",
        "stability": f"that deviations do not grow at sharpening {wishes.sharpening:.3g}",
    }[name]


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def _items(number: int) -> str:
    return "item" if number == 1 else "items"


def _generations(number: int) -> str:
    return f"{number:,} generation" + ("" if number == 1 else "s")


def shown(found: Plan) -> Shown:
    """Return the plan for a notebook."""
    return Shown("How much real data", headline(found), sections(found))
