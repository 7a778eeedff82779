"""Profiles of a chain of generations in words, pictures and tables: the sections of its record."""

import math
from collections.abc import Sequence

from holdfast.collapse.profile.chain import Kind, Step
from holdfast.collapse.profile.judging import since
from holdfast.collapse.profile.profile import Profile, Ratio
from holdfast.core.finding import Examples, Series
from holdfast.core.record import Section
from holdfast.core.showing import Shown

DRAWN = ("inherited", "intrinsic", "domain")
UNKNOWN = {
    "overfitting": "how surprised the model is by what it learnt and by new items: give that from Python",
    "forgetting": "which domain types belong to: --domain NAME=FILE for two or more",
}


def headline(names: Sequence[str], found: Sequence[Profile]) -> str:
    """Return the profiles in a sentence: what the last generation has, and when it was first seen."""
    last = found[-1]
    if not last.found:
        return f"{names[-1]}: none of the known ways to fail is seen in {len(found)} generations."
    parts = []
    for name in last.found:
        first = f" since generation {since(name, found)}" if len(found) > 1 else ""
        stage = f" ({last.stage})" if name == "collapse" and last.stage else ""
        parts.append(f"{name}{stage}{first}")
    return f"{names[-1]}: {', and '.join(parts)}."


def sections(names: Sequence[str], found: Sequence[Profile], chain: Sequence[Step]) -> tuple[Section, ...]:
    """Return what a report shows."""
    return (_diagnoses(names, found), _ratios(names, found), *([_steps(chain)] if len(found) > 1 else []))


def _diagnoses(names: Sequence[str], found: Sequence[Profile]) -> Section:
    rows = [
        (name, *(_verdict(one.verdicts[kind]) for kind in one.verdicts), one.stage)
        for name, one in zip(names, found, strict=True)
    ]
    kinds = list(found[0].verdicts)
    says = [f"{kind.capitalize()} was not asked for, as it takes {UNKNOWN[kind]}."
            for kind in kinds if found[-1].verdicts[kind] is None and kind in UNKNOWN]  # fmt: skip
    says += dict.fromkeys(note[:1].upper() + note[1:] + "." for one in found for note in one.notes)
    table = Examples(
        caption="Which of the ways to fail it is; several may hold",
        columns=("Generation", *(kind.capitalize() for kind in kinds), "Stage"),
        cells=tuple(rows),
    )
    return Section(title="What it is", says=tuple(says), evidence=(table,))


def _verdict(holds: bool | None) -> str:  # noqa: FBT001 one of three words
    return "not asked" if holds is None else "yes" if holds else "no"


def _ratios(names: Sequence[str], found: Sequence[Profile]) -> Section:
    rows = [
        (name, ratio.name, _short(ratio.value), _interval(ratio), _place(ratio), ratio.says)
        for name, one in zip(names, found, strict=True)
        for ratio in one.ratios.values()
    ]
    pictures = [
        _drawn(kind, names, found) for kind in DRAWN if len(found) > 1 and all(kind in one.ratios for one in found)
    ]
    table = Examples(
        caption="Every ratio, against what chance gives to real samples of the same size",
        columns=("Generation", "Ratio", "Value", "By chance", "Lies", "What it is"),
        cells=tuple(rows),
    )
    return Section(
        title="Ratios",
        says=(
            (
                "Inherited is how much of the real tail was there to be learnt; intrinsic how much the model itself "
                "keeps of what it learnt. Collapse is a loss that is inherited, mode collapse one that the model adds."
            ),
        ),
        evidence=(*pictures, table),
    )  # fmt: skip


def _drawn(kind: str, names: Sequence[str], found: Sequence[Profile]) -> Series:
    ratios = [one.ratios[kind] for one in found]
    value, chance = kind, "by chance"
    n = len(found)
    middle = [(one.low + one.high) / 2 for one in ratios]
    return Series(
        name=f"{kind.capitalize()}: {ratios[0].says}",
        x=(*names, *names),
        y=(*(_known(one.value) for one in ratios), *(_known(one) for one in middle)),
        low=(*(None for _ in ratios), *(_known(one.low) for one in ratios)),
        high=(*(None for _ in ratios), *(_known(one.high) for one in ratios)),
        group=(value,) * n + (chance,) * n,
        x_name="generation",
        y_name=kind,
    )


def _steps(chain: Sequence[Step]) -> Section:
    kinds: tuple[Kind, ...] = ("drawing", "model", "data")
    last = max(one.generation for one in chain)
    changes = {(one.generation, one.kind): one.change for one in chain}
    rows = [
        (t, *(_change(changes.get((t, kind))) for kind in kinds)) for t in range(1, last + 1)
    ]  # fmt: skip
    total = {kind: sum(one.change for one in chain if one.kind == kind) for kind in kinds}
    rows.append(("all", *(_change(total[kind]) for kind in kinds)))
    return Section(
        title="Which step loses the tail",
        says=(
            (
                "The covered share of the real tail from one step to the next, as a factor; the factors of all steps "
                "multiply to the whole loss. Drawing is what is lost by writing so many items, whatever the model; "
                "model is what the model adds; data is what lies between what was written and what the next generation "
                "learnt from."
            ),
        ),
        evidence=(Examples(caption="Factors", columns=("Generation", *map(str.capitalize, kinds)), cells=tuple(rows)),),
    )  # fmt: skip


def _change(change: float | None) -> str:
    if change is None:
        return "—"
    return "0 (nothing is left)" if math.isinf(change) else f"× {math.exp(change):.3f}"


def _interval(ratio: Ratio) -> str:
    if math.isinf(ratio.low):
        return "—"
    return f"{_short(ratio.low)} to {_short(ratio.high)}"


def _place(ratio: Ratio) -> str:
    return "below" if ratio.below else "above" if ratio.above else ""


def _short(value: float) -> str:
    return f"{value:.3g}"


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def shown(found: Profile) -> Shown:
    """Return the profile of one generation for a notebook."""
    name = "The generation"
    return Shown("Which way to fail it is", headline([name], [found]), sections([name], [found], ()))
