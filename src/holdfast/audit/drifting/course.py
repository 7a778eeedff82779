"""Many slices, each compared with what was there: the course of every column, and what checks read of it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from holdfast.audit.drifting.comparing import Compared
from holdfast.audit.drifting.lines import told_p
from holdfast.audit.drifting.pictures import over_slices
from holdfast.audit.drifting.settings import DriftSettings
from holdfast.audit.drifting.slices import Slices
from holdfast.audit.drifting.telling import MEANT, compared_section, origins_section
from holdfast.audit.facts.shift.drift import ColumnShift, ColumnShifts
from holdfast.audit.facts.shift.two_sample import SplitClassifier
from holdfast.core.finding import Evidence, Examples, Grid, Series
from holdfast.core.record import Section
from holdfast.core.text import one_line

_SHOWN, _DRAWN, _PICTURES = 40, 20, 4


def worst(steps: Sequence[Compared]) -> tuple[ColumnShifts | None, SplitClassifier | None]:
    """Return each column, and the joint comparison, at the slice where they drift most.

    P-values are multiplied by the number of slices (Bonferroni), so that a check's level holds over all of them.
    """
    by_name: dict[str, list[ColumnShift]] = {}
    for one in steps:
        for shift in one.columns:
            by_name.setdefault(shift.name, []).append(shift)
    columns = tuple(_worst(shifts) for shifts in by_name.values())
    labels = [one.label for one in steps if one.label is not None]
    joints = [one.joint for one in steps if one.joint is not None]
    joint = None
    if joints:
        joint = max(joints, key=lambda one: one.low)
        joint = replace(joint, p_value=min(1.0, joint.p_value * len(joints)), rows=None, chance=None)
    label = _worst(labels) if labels else None
    found = ColumnShifts(columns, label, by_group=False, sampled=None) if columns or label else None
    return found, joint


def _worst(shifts: Sequence[ColumnShift]) -> ColumnShift:
    lost = max(shifts, key=lambda one: max(one.missing_low, -one.missing_high))
    most = max(shifts, key=lambda one: (one.low, one.effect))
    n = len(shifts)
    if max(lost.missing_low, -lost.missing_high) > most.low:
        most = lost
    p_value, missing_p = min(1.0, most.p_value * n), min(1.0, most.missing_p_value * n)
    return replace(most, p_value=p_value, missing_p_value=missing_p)


def said(slices: Slices, steps: Sequence[Compared], settings: DriftSettings) -> str:
    """Return what many comparisons came to in one sentence."""
    shifts, joint = worst(steps)
    columns = shifts.columns if shifts is not None else ()
    moved = [one for one in ranked(columns) if one.effect >= settings.min_effect and one.low >= settings.min_effect / 2]
    moved = [one for one in moved if one.p_value * max(len(columns), 1) < 0.05]
    parts = [f"{len(moved)} of {len(columns)} columns drift{'s' * (len(moved) == 1)} in {len(steps)} comparisons"]
    if moved:
        named = (
            f"{one_line(one.name, 40)!r} (in {one_line(one.sides.second, 30)}, {one.effect:.2f})" for one in moved[:3]
        )
        parts[0] += ", most of all " + ", ".join(named)
    if joint is not None:
        where = one_line(joint.sides.second, 40)
        against = "what was before" if settings.against == "before" else one_line(slices.names[0], 40)
        parts.append(
            f"a model tells {where} from {against} best, with AUC {joint.auc:.2f} ({joint.low:.2f} to {joint.high:.2f})"
        )
    return "; ".join(parts) + "."


def ranked(columns: Sequence[ColumnShift]) -> list[ColumnShift]:
    """Return columns, those that drift most first."""
    return sorted(columns, key=lambda one: (-one.low, -one.effect, one.name))


def sections(slices: Slices, steps: Sequence[Compared], settings: DriftSettings) -> Iterator[Section]:
    """Yield the sections of many slices."""
    shifts, _ = worst(steps)
    order = ranked(shifts.columns) if shifts is not None else []
    against = "all rows before it" if settings.against == "before" else one_line(slices.names[0], 60)
    if order:
        yield Section(
            title="Columns one by one",
            says=(
                (
                    f"Each {slices.unit} is compared with {against}. {MEANT}. P-values are multiplied by the number of "
                    f"{slices.unit}s."
                ),
            ),
            evidence=(_table(order, len(slices.names)), *_grid(order, steps)),
        )
        pictures: list[Evidence] = []
        for shift in order:
            if len(pictures) < _PICTURES and shift.low >= settings.min_effect / 2:
                series = over_slices(slices, shift.name)
                pictures += [series] if series is not None else []
        if pictures:
            yield Section(title="What moved most", evidence=tuple(pictures))
    yield from _joint(steps, against)
    yield from _label(slices, shifts)
    yield from origins_section(slices)
    yield compared_section(slices)


def _table(order: Sequence[ColumnShift], n: int) -> Examples:
    return Examples(
        caption=f"Columns where they drift most, over {n} slices",
        columns=("column", "most in", "effect", "95 % interval", "missing", "p, corrected", "in words"),
        cells=tuple(
            (
                one.name,
                one.sides.second,
                round(one.effect, 3),
                f"{one.low:.3f} to {one.high:.3f}",
                f"{one.missing:+.1%}" if one.missing else "",
                told_p(min(one.p_value, one.missing_p_value)),
                one.said,
            )
            for one in order[:_SHOWN]
        ),
    )


def _grid(order: Sequence[ColumnShift], steps: Sequence[Compared]) -> Iterator[Grid]:
    """Yield the effects of the columns that drift most, in every slice."""
    names = [one.name for one in order[:_DRAWN]]
    by_step = [{shift.name: shift.effect for shift in one.columns} for one in steps]
    if len(steps) > 1:
        yield Grid(
            name="Effect of each column in each slice",
            values=tuple(tuple(_round(one.get(name)) for one in by_step) for name in names),
            low=0.0,
            high=max(0.2, *(one.effect for one in order[:_DRAWN])),
            row_names=tuple(one_line(name, 30) for name in names),
            column_names=tuple(one_line(one.sides.second, 20) for one in steps),
        )


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _joint(steps: Sequence[Compared], against: str) -> Iterator[Section]:
    found = [(one, one.joint) for one in steps if one.joint is not None]
    if not found:
        silent = next((one.silent for one in steps if one.silent), "no slice has enough rows")
        yield Section(title="All columns together", says=(f"Not estimable: {silent}.",))
        return
    evidence: list[Evidence] = [
        Series(
            name="AUC of telling a slice from what it is compared with",
            x=tuple(one_line(one.sides.second, 30) for one, _ in found),
            y=tuple(round(joint.auc, 4) for _, joint in found),
            low=tuple(round(joint.low, 4) for _, joint in found),
            high=tuple(round(joint.high, 4) for _, joint in found),
            x_name="slice",
            y_name="AUC",
        )
    ]
    most, joint = max(found, key=lambda pair: pair[1].low)
    if joint.telling:
        evidence.append(
            Series(
                name=f"What the AUC of {one_line(most.sides.second, 40)} loses without a column",
                x=tuple(name for name, _ in joint.telling),
                y=tuple(round(fall, 4) for _, fall in joint.telling),
                x_name="column",
                y_name="loss of AUC",
                shape="bar",
            )
        )
    yield Section(
        title="All columns together",
        says=(f"How well a model tells rows of a slice from {against}, out of fold; 0.5 means no difference.",),
        evidence=tuple(evidence),
    )


def _label(slices: Slices, shifts: ColumnShifts | None) -> Iterator[Section]:
    if shifts is None or shifts.label is None:
        return
    label = shifts.label
    series = over_slices(slices, label.name)
    yield Section(
        title="The label",
        says=(
            (
                f"It shifts most in {one_line(label.sides.second, 40)}: {label.measure} {label.effect:.2f} "
                f"({label.low:.2f} to {label.high:.2f}; {label.said})."
            ),
        ),
        evidence=(series,) if series is not None else (),
    )
