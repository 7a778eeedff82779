"""An experiment in words, pictures and tables: the sections of its record."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np

from holdfast.collapse.curves import Curve
from holdfast.core.finding import Cell, Examples, Series
from holdfast.core.record import Section

MOST_LINES_DRAWN = 6  # as many lines as a person tells apart


def sections(drawn: Sequence[Curve]) -> tuple[Section, ...]:
    """Return what a report shows of an experiment: each measure over the generations, then theory against it."""
    by_measure = sorted(drawn, key=lambda curve: curve.measure.name)
    found = [_measured(list(curves)) for _, curves in groupby(by_measure, key=lambda curve: curve.measure.name)]
    table = deviations_table(drawn)
    if table is not None:
        found.append(table)
    return tuple(found)


def headline(drawn: Sequence[Curve]) -> str:
    """Return the experiment in one sentence: how far theory and simulation are apart."""
    worst = [one for curve in drawn for one in curve.overlays if one.theory.exact and one.compared]
    if not worst:
        return f"{len({curve.arm.name for curve in drawn})} histories were simulated; no theory speaks about them."
    far = max(one.worst for one in worst)
    return f"{len(worst)} exact statements lie over the simulation; the largest distance is {far:.1f} standard errors."


def _measured(curves: Sequence[Curve]) -> Section:
    """Return the section of one measure: median and band of each arm, then mean and theory."""
    measure = curves[0].measure
    paragraphs = [rest.strip() for rest in measure.doc.split("\n\n")[1:]]
    pictures = []
    for start in range(0, len(curves), MOST_LINES_DRAWN):
        some = curves[start : start + MOST_LINES_DRAWN]
        pictures.append(_series(f"{measure.title}: median, and the middle 90 % of histories", some, "median"))
        pictures.append(_series(f"{measure.title}: mean", some, "mean"))
    theories = [_against_theory(curve) for curve in curves if curve.overlays]
    return Section(title=measure.title, says=tuple(paragraphs), evidence=(*pictures, *theories))


def _series(name: str, curves: Sequence[Curve], line: str) -> Series:
    x: list[Cell] = []
    y: list[float | None] = []
    low: list[float | None] = []
    high: list[float | None] = []
    group: list[str] = []
    for curve in curves:
        x += curve.at
        y += _numbers(getattr(curve, line))
        low += _numbers(curve.low if line == "median" else curve.mean - 2 * curve.error)
        high += _numbers(curve.high if line == "median" else curve.mean + 2 * curve.error)
        group += [curve.arm.name] * len(curve.at)
    return Series(
        name=name, x=tuple(x), y=tuple(y), low=tuple(low), high=tuple(high), group=tuple(group),
        x_name="generation", y_name=curves[0].measure.unit or curves[0].measure.name,
    )  # fmt: skip


def _against_theory(curve: Curve) -> Series:
    x: list[Cell] = []
    y: list[float | None] = []
    group: list[str] = []
    lines: dict[str, np.ndarray] = {}
    for overlay in curve.overlays:
        lines.setdefault(f"simulated {overlay.theory.statistic}", _simulated(curve, overlay.theory.statistic))
        lines[overlay.theory.name] = overlay.values
    for name, line in lines.items():
        x += curve.at
        y += _numbers(line)
        group += [name] * len(curve.at)
    return Series(
        name=f"{curve.measure.title}, {curve.arm.name}: simulation and theory",
        x=tuple(x), y=tuple(y), group=tuple(group),
        x_name="generation", y_name=curve.measure.unit or curve.measure.name,
    )  # fmt: skip


def _simulated(curve: Curve, statistic: str) -> np.ndarray:
    return {"mean": curve.mean, "median": curve.median, "variance": curve.variance}[statistic]


def deviations_table(drawn: Sequence[Curve]) -> Section | None:
    """Return how far simulation is from theory, in standard errors, worst first; None where no theory speaks."""
    rows = sorted(_deviations(drawn), key=lambda row: -float(row[5]) if isinstance(row[5], float) else 0.0)
    if not rows:
        return None
    return Section(
        title="Simulation against theory",
        says=(
            (
                "The largest distance between simulation and theory over the recorded generations, in standard errors "
                "of the simulation. Generations of one history are not independent, so a largest distance of 3 in a "
                "long row is not rare; one of 5 is."
            ),
        ),
        evidence=(
            Examples(
                caption="Distance from theory",
                columns=("regime", "measure", "theory", "statistic", "generations", "largest distance", "formula"),
                cells=tuple(rows),
            ),
        ),
    )


def _deviations(drawn: Sequence[Curve]) -> Iterator[tuple[Cell, ...]]:
    for curve in drawn:
        for one in curve.overlays:
            theory = one.theory
            if theory.exact and one.compared:
                yield (
                    curve.arm.name, curve.measure.name, theory.name, theory.statistic, one.compared,
                    round(one.worst, 2), theory.formula,
                )  # fmt: skip


def _numbers(line: np.ndarray) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in line]
