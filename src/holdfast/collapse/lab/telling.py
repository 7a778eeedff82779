"""An experiment in words, pictures and tables: the sections of its record."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import numpy as np

from holdfast.collapse.lab.curves import Curve, Overlay
from holdfast.collapse.measuring.protocol import Band
from holdfast.collapse.measuring.views import unwrapped
from holdfast.core.finding import Cell, Examples, Series
from holdfast.core.record import Section
from holdfast.core.showing import Shown

MOST_LINES = 6  # as many lines as a person tells apart by colour
MOST_SILENT = 60  # lines of the table of theories that do not speak
_NAME = re.compile(r"[:,]")  # where what a measure is called ends, and how it is counted begins
QUANTILES = frozenset({"median", "low", "high"})


def headline(drawn: Sequence[Curve], tells: str) -> str:
    """Return the experiment in a sentence or two: what became of the measure `tells`, and how far theory is away."""
    return " ".join(part for part in (_outcome(drawn, tells), _agreement(drawn)) if part)


def sections(drawn: Sequence[Curve], tells: str = "") -> tuple[Section, ...]:
    """Return what a report shows: the end of each history, each measure over the generations, theory against it.

    The measure `tells` comes first.
    """
    ordered = sorted(drawn, key=lambda curve: (not _is(curve, tells), not curve.overlays, curve.measure.name))
    names = list(dict.fromkeys(curve.measure.name for curve in ordered))
    by_name = {name: list(found) for name, found in groupby(_by(ordered, names), key=lambda one: one.measure.name)}
    told: set[str] = set()  # what several measures say alike, as of the features that pictures are seen by
    return (_end(by_name), *(_measured(curves, told) for curves in by_name.values()), *_theory(drawn))


def _by(curves: Sequence[Curve], names: Sequence[str]) -> list[Curve]:
    place = {name: i for i, name in enumerate(names)}
    return sorted(curves, key=lambda curve: place[curve.measure.name])


def _outcome(drawn: Sequence[Curve], tells: str) -> str:
    told = [curve for curve in drawn if _is(curve, tells)]
    if not told:
        n = len({curve.arm.name for curve in drawn})
        return f"{n} histories were run." if n > 1 else "1 history was run."
    worst, best = (pick(told, key=lambda curve: curve.median[-1]) for pick in (min, max))
    what, last = _NAME.split(told[0].measure.title)[0], told[0].at[-1]
    said = f"{what}: {_short(told[0].median[0])} at the start; after {_counted(last)} {_short(worst.median[-1])}"
    said += f" in {worst.arm.name}"
    if best.arm.name != worst.arm.name:
        said += f" and {_short(best.median[-1])} in {best.arm.name}"
    return f"{said} (median history)." if told[0].replicates > 1 else f"{said}."


def _is(curve: Curve, name: str) -> bool:
    """Return whether a curve is of the measure of this name, of the samples themselves or seen as something else."""
    return name in {curve.measure.name, unwrapped(curve.measure)[1].name}


def _agreement(drawn: Sequence[Curve]) -> str:
    held = [one for curve in drawn for one in curve.overlays if one.theory.exact and one.compared]
    if not held:
        return ""
    far = max(one.worst for one in held)
    n = f"{len(held)} exact statements lie" if len(held) > 1 else "1 exact statement lies"
    return f"{n} over the simulation, {far:.1f} standard errors from it at most."


def _end(by_name: Mapping[str, Sequence[Curve]]) -> Section:
    """Return the last generation of every history as a table: median, and the middle 90%."""
    names = list(dict.fromkeys(curve.arm.name for curves in by_name.values() for curve in curves))
    first = next(iter(by_name.values()))[0]
    nulls = [curve.null for curves in by_name.values() for curve in curves if curve.null is not None]
    rows = []
    for curves in by_name.values():
        by_arm = {curve.arm.name: curve for curve in curves}
        cells = [_spread(by_arm[name]) if name in by_arm else "—" for name in names]
        rows.append((curves[0].measure.title, *cells, *([_real(curves)] if nulls else [])))
    says = ["The median history, and in brackets the middle 90% of them."]
    if first.replicates == 1:
        says = ["One history of each: nothing here says how much another one would differ."]
    if any(isinstance(null, Band) for null in nulls):
        says.append(
            "Real samples: where 95% of real samples of the same size lie. A measure of a model itself has no such "
            "interval."
        )
    says += [
        f"How far real samples lie apart is not estimable: {reason}."
        for reason in dict.fromkeys(null for null in nulls if isinstance(null, str))
    ]
    columns = ("Measure", *names, *(["Real samples"] if nulls else []))
    return Section(
        title=f"After {_counted(first.at[-1])}",
        says=tuple(says),
        evidence=(Examples(caption="The last generation", columns=columns, cells=tuple(rows)),),
    )


def _real(curves: Sequence[Curve]) -> str:
    """Return the interval of real samples beside a measure; arms whose real worlds differ have one each."""
    intervals = dict.fromkeys(
        f"{_short(null.low)} to {_short(null.high)}" if isinstance(null, Band) else "not estimable"
        for null in (curve.null for curve in curves)
        if null is not None
    )
    return ", ".join(intervals) or "—"


def _spread(curve: Curve) -> str:
    if curve.replicates == 1:
        return _short(curve.median[-1])
    return f"{_short(curve.median[-1])} ({_short(curve.low[-1])} to {_short(curve.high[-1])})"


def _measured(curves: Sequence[Curve], told: set[str]) -> Section:
    """Return one measure: all medians together, then each history that a theory speaks about, with band and mean.

    A paragraph that was told already is not told again.
    """
    measure = curves[0].measure
    pictures = [_medians(some) for some in _even(curves)]
    pictures += [one for curve in curves for one in _beside_theory(curve)]
    paragraphs = [" ".join(rest.split()) for rest in measure.doc.split("\n\n")[1:]]
    says = tuple(one for one in paragraphs if one not in told)
    told.update(paragraphs)
    return Section(title=measure.title, says=says, evidence=tuple(pictures))


def _even(curves: Sequence[Curve]) -> Iterator[Sequence[Curve]]:
    """Yield the curves in groups of about the same size that fit into one picture."""
    most = MOST_LINES - any(isinstance(curve.null, Band) for curve in curves)  # which is a line as well
    parts = -(-len(curves) // most)
    size = -(-len(curves) // parts)
    for start in range(0, len(curves), size):
        yield curves[start : start + size]


def _medians(curves: Sequence[Curve]) -> Series:
    at, nothing = curves[0].at, np.full(len(curves[0].at), np.nan)
    nulls = dict.fromkeys(curve.null for curve in curves if isinstance(curve.null, Band))
    banded = len(curves) <= 2 and curves[0].replicates > 1 and not nulls  # more bands hide one another
    lines = {
        curve.arm.name: (curve.at, curve.median, *((curve.low, curve.high) if banded else (nothing, nothing)))
        for curve in curves
    }
    name = "Median and the middle 90% of histories" if banded else "Median history"
    if nulls:
        name = "Median history, and where 95% of real samples lie"
    if curves[0].replicates == 1:
        name = "One history, and where 95% of real samples lie" if nulls else "One history"
    for place, null in enumerate(nulls):
        title = "real samples" if len(nulls) == 1 else f"real samples {place + 1}"
        middle, low, high = (np.full(len(at), value) for value in ((null.low + null.high) / 2, null.low, null.high))
        lines[title] = (at, middle, low, high)
    return _drawn(name, curves[0].measure.name, lines, banded=banded or bool(nulls))


def _beside_theory(curve: Curve) -> Iterator[Series]:
    """Yield pictures of one history, theory drawn over what it is about.

    Quantiles, mean and variance stand apart: rare histories carry the mean far out of the band of most.
    """
    told: dict[str, list[Overlay]] = {"histories": [], "mean": [], "variance": []}
    for one in curve.overlays:
        told["histories" if one.theory.statistic in QUANTILES else one.theory.statistic].append(one)
    nothing = np.full(len(curve.at), np.nan)
    for what, overlays in told.items():
        if not overlays:
            continue
        simulated = {
            "histories": ("median and the middle 90%", (curve.at, curve.median, curve.low, curve.high)),
            "mean": ("mean ± 2 se", (curve.at, curve.mean, curve.mean - 2 * curve.error, curve.mean + 2 * curve.error)),
            "variance": ("simulated", (curve.at, curve.variance, nothing, nothing)),
        }[what]
        lines = dict([simulated])
        lines |= {f"theory: {one.theory.name}": (curve.at, one.values, nothing, nothing) for one in overlays}
        said = "" if what == "histories" else f": {what} of {curve.replicates:,} histories"
        yield _drawn(f"{curve.arm.name}{said}", curve.measure.name, lines, banded=True)


def _drawn(
    name: str, what: str, lines: Mapping[str, tuple[Sequence[int], np.ndarray, np.ndarray, np.ndarray]], *, banded: bool
) -> Series:
    x: list[Cell] = []
    y, low, high = [], [], []
    group: list[str] = []
    for title, (at, middle, below, above) in lines.items():
        x += at
        y += _numbers(middle)
        low += _numbers(below)
        high += _numbers(above)
        group += [title] * len(at)
    return Series(
        name=name, x=tuple(x), y=tuple(y), low=tuple(low) if banded else (), high=tuple(high) if banded else (),
        group=tuple(group), x_name="generation", y_name=what,
    )  # fmt: skip


def _theory(drawn: Sequence[Curve]) -> Iterator[Section]:
    """Yield how far simulation is from theory, worst first, and which theories do not speak here."""
    rows = sorted(_distances(drawn), key=lambda row: -row[0])
    silent = _silent(drawn)
    if not rows and not silent:
        return
    tables = []
    if rows:
        columns = ("Regime", "Measure", "Theory", "Statistic", "Generations", "Largest distance", "Formula", "Source")
        cells = tuple(row for _, row in rows)
        tables.append(Examples(caption="Distance in standard errors, the largest first", columns=columns, cells=cells))
    if silent:
        heads = ("Theory", "Regimes", "Why it is silent")
        tables.append(Examples(caption="Theories that do not speak here", columns=heads, cells=silent[:MOST_SILENT]))
    yield Section(
        title="Simulation against theory",
        says=(
            (
                "The largest distance between simulation and theory over the recorded generations, in standard errors "
                "of the simulation. Generations of one history depend on one another, and there are many of them: a "
                "largest distance of 3 is not rare, one of 5 is."
            ),
        ),
        evidence=tuple(tables),
    )


def _distances(drawn: Sequence[Curve]) -> Iterator[tuple[float, tuple[Cell, ...]]]:
    for curve in drawn:
        for one in curve.overlays:
            theory = one.theory
            if theory.exact and one.compared:
                yield (
                    one.worst,
                    (
                        curve.arm.name, curve.measure.name, theory.name, theory.statistic, one.compared,
                        round(one.worst, 2), theory.formula, theory.source,
                    ),
                )  # fmt: skip


def _silent(drawn: Sequence[Curve]) -> tuple[tuple[Cell, ...], ...]:
    found: dict[tuple[str, str], list[str]] = {}
    for curve in drawn:
        for name, reason in curve.silent:
            found.setdefault((name, reason), []).append(curve.arm.name)
    return tuple((name, ", ".join(arms), reason) for (name, reason), arms in found.items())


def _numbers(line: np.ndarray) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in line]


def _counted(generations: int) -> str:
    return f"{generations:,} generation{'s' if generations > 1 else ''}"


def _short(value: float) -> str:
    """Return a number with three significant digits, plain where it can be."""
    if not np.isfinite(value):
        return "∞" if value > 0 else "—"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def shown(curve: Curve) -> Shown:
    """Return one measure of one arm for a notebook."""
    title = f"{curve.measure.title}, {curve.arm.name}"
    return Shown(title, headline([curve], curve.measure.name), sections([curve], curve.measure.name))
