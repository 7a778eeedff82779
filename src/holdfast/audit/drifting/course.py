"""Many slices, each compared with what was there: the course of every column, and what checks read of it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from holdfast.audit.drifting.comparing import Compared
from holdfast.audit.drifting.lines import told_p
from holdfast.audit.drifting.pictures import over_slices
from holdfast.audit.drifting.settings import DriftSettings
from holdfast.audit.drifting.slices import Slices
from holdfast.audit.drifting.telling import MEANT, compared_section, origins_section, read_by
from holdfast.audit.facts.shift.drift import ColumnShift, ColumnShifts
from holdfast.audit.facts.shift.two_sample import SplitClassifier
from holdfast.core.finding import Evidence, Examples, Series
from holdfast.core.record import Section
from holdfast.core.text import one_line

_SHOWN, _DRAWN, _PICTURES = 40, 5, 4


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
    found = ColumnShifts(columns, label, sampled=None) if columns or label else None
    return found, joint


def _worst(shifts: Sequence[ColumnShift]) -> ColumnShift:
    lost = max(shifts, key=lambda one: max(one.missing_low, -one.missing_high))
    most = max(shifts, key=lambda one: (one.low, one.effect))
    n = len(shifts)
    if max(lost.missing_low, -lost.missing_high) > most.low:
        most = lost
    missing_p = None if most.missing_p_value is None else min(1.0, most.missing_p_value * n)
    return replace(most, p_value=min(1.0, most.p_value * n), missing_p_value=missing_p)


def said(slices: Slices, steps: Sequence[Compared], settings: DriftSettings) -> str:
    """Return what many comparisons came to in one sentence."""
    shifts, joint = worst(steps)
    columns = shifts.columns if shifts is not None else ()
    moved = [one for one in ranked(columns) if drifts(one, len(columns), settings)]
    parts = [f"{len(moved)} of {len(columns)} columns drift{'s' * (len(moved) == 1)} in {len(steps)} comparisons"]
    if moved:
        parts[0] += ", most of all " + ", ".join(_named(one) for one in moved[:3])
    if joint is not None:
        where = one_line(joint.sides.second, 40)
        against = "what was before" if settings.against == "before" else one_line(slices.names[0], 40)
        parts.append(
            f"a model tells {where} from {against} best, with AUC {joint.auc:.2f} ({joint.low:.2f} to {joint.high:.2f})"
        )
    return "; ".join(parts) + "."


def _named(shift: ColumnShift) -> str:
    size = f"missing share {shift.missing:+.1%}" if abs(shift.missing) > shift.effect else f"{shift.effect:.2f}"
    return f"{one_line(shift.name, 40)!r} (in {one_line(shift.sides.second, 30)}, {size})"


def drifts(shift: ColumnShift, n: int, settings: DriftSettings) -> bool:
    """Return whether one of `n` columns drifts where it drifts most: by size and certainty, as the checks ask."""
    large = shift.effect >= settings.min_effect and shift.low >= settings.min_effect / 2
    lost = _lost(shift) >= settings.min_effect / 4
    missing_p = 1.0 if shift.missing_p_value is None else shift.missing_p_value
    return (large and shift.p_value * n < settings.alpha) or (lost and missing_p * n < settings.alpha)


def _lost(shift: ColumnShift) -> float:
    """Return by how much the missing share changed at least."""
    return max(shift.missing_low, -shift.missing_high, 0.0)


def ranked(columns: Sequence[ColumnShift]) -> list[ColumnShift]:
    """Return columns, those that drift most first."""
    return sorted(columns, key=lambda one: (-max(one.low, _lost(one)), -one.effect, one.name))


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
            evidence=(_table(order, steps, settings), *_lines(order, steps)),
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


def _table(order: Sequence[ColumnShift], steps: Sequence[Compared], settings: DriftSettings) -> Examples:
    more = f", {_SHOWN} of {len(order):,}" if len(order) > _SHOWN else ""
    return Examples(
        caption=f"Columns where they drift most, over {len(steps)} comparisons{more}",
        columns=("column", "verdict", "most in", "effect", "95% interval", "missing", "p, corrected", "in words"),
        cells=tuple(
            (
                one.name,
                "drifts" if drifts(one, len(order), settings) else "",
                one.sides.second,
                round(one.effect, 3),
                f"{one.low:.3f} to {one.high:.3f}",
                f"{one.missing:+.1%}" if one.missing else "",
                told_p(one.smallest),
                one.said,
            )
            for one in order[:_SHOWN]
        ),
    )


def _lines(order: Sequence[ColumnShift], steps: Sequence[Compared]) -> Iterator[Series]:
    """Yield the effects of the columns that drift most, slice by slice."""
    names = [one.name for one in order[:_DRAWN]]
    if len(steps) < 2:
        return
    points = [
        (name, one.sides.second, shift)
        for name in names
        for one in steps
        for shift in one.columns
        if shift.name == name
    ]
    yield Series(
        name="Effect of the columns that drift most, slice by slice",
        x=tuple(one_line(where, 30) for _, where, _ in points),
        y=tuple(round(shift.effect, 4) for _, _, shift in points),
        group=tuple(one_line(name, 30) for name, _, _ in points),
        x_name="slice",
        y_name="effect",
    )


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
        says=(
            f"How well a model tells rows of a slice from {against}, out of fold; 0.5 means no difference.",
            *read_by(most),
        ),
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
