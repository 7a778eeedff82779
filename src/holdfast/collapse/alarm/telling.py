"""What an alarm saw, in words, pictures and tables: the sections of its record."""

from collections.abc import Sequence

import numpy as np

from holdfast.audit.generations import Alarm, Part, threshold
from holdfast.collapse.alarm.departures import Measured
from holdfast.collapse.alarm.rules import NEVER, ten_percent_drop, two_percent_change
from holdfast.core.finding import Cell, Examples, Series
from holdfast.core.record import Section
from holdfast.core.text import one_line

_LOG10 = float(np.log(10.0))
_MOST_LINES = 5
_MOST_ROWS = 40

INDEPENDENT = (
    "The guarantee needs items that are independent given the model, such as documents or pictures, each drawn for "
    "itself. Sentences of one document, or frames of one film, are fewer items than they seem."
)
_RULES = (
    "Monitoring scripts alarm when something is 10% below, or 2% away from, its real value. These rules control no "
    "error: in healthy generations most of them speak sooner or later. They are shown beside the alarms and are none."
)


def tails_section(alarm: Alarm, alpha: float, budget: float) -> Section:
    """Return the section of layer A: the evidence over generations, and every stratum."""
    limit = threshold(alpha, alarm.spent)
    asked = f"Each stratum of the real data is bet on: does a generation still hold at least {1 - budget:.0%} of it?"
    means = (
        "The evidence is an e-value: while nothing more is lost, the chance that it ever reaches the threshold is at "
        f"most {alpha:.3g}, however many generations there are and however often one looks."
    )
    if alarm.endless:
        means = (
            "New bets begin with every generation, and all are added up, for a stream without an end. While nothing "
            f"more is lost, the chance of an alarm within n generations is at most n × {alpha:.3g}."
        )
    return Section(
        title="Lost tails", says=(f"{asked} {means}", INDEPENDENT), evidence=(_evidence(alarm, limit), _strata(alarm))
    )


def drift_section(alarm: Alarm, alpha: float) -> Section:
    """Return the section of layer B: the evidence over generations, and every measure's own."""
    over = " times the number of generations" if alarm.endless else ", over any number of generations"
    means = (
        f"Each generation is ranked among {alarm.against} and the generations before it, by its strangest measure. If "
        f"nothing had changed, the evidence would reach the threshold with a chance of at most {alpha:.3g}{over}."
    )
    says = (means, "Lines of single measures show where the movement is; only all together have the guarantee.")
    title = f"Drift: {one_line(alarm.where, 60)}" if alarm.where else "Drift"
    return Section(title=title, says=says, evidence=(_evidence(alarm, threshold(alpha, alarm.spent)),))


def measures_section(seen: Measured, names: Sequence[str]) -> Section:
    """Return the section of all measures over the generations, each with the interval of real samples."""
    titles = {one.name: one for one in seen.ruler.measures}
    pictures = []
    for name, values in seen.generations.items():
        band = seen.ruler.bands[name]
        known = not isinstance(band, str)
        pictures.append(
            Series(
                name=f"{titles[name].title}; the band is where real samples of {seen.ruler.size.items:,} items lie",
                x=tuple(names),
                y=tuple(float(one) if np.isfinite(one) else None for one in values),
                low=(band.low,) * len(values) if known and not isinstance(band, str) else (),
                high=(band.high,) * len(values) if known and not isinstance(band, str) else (),
                x_name="generation",
                y_name=titles[name].unit or name,
            )
        )
    return Section(
        title="Measures over the generations",
        says=(f"Every set is cut to {seen.ruler.size.items:,} random items, so that numbers can be compared.",),
        evidence=tuple(pictures),
    )


def rules_section(parts: Sequence[Part]) -> Section:
    """Return when rules of thumb would have spoken: to compare with, no alarms."""
    rows = []
    for part in parts[:_MOST_ROWS]:
        values, real = np.asarray(part.seen)[:, None], np.array([part.real])
        drop, change = int(ten_percent_drop(values, real)[0]), int(two_percent_change(values, real)[0])
        rows.append((part.name, *("never" if one == NEVER else f"generation {one}" for one in (drop, change))))
    return Section(
        title="Rules of thumb, for comparison",
        says=(_RULES,),
        evidence=(
            Examples(
                caption="First generation in which each rule speaks",
                columns=("stratum or measure", "10% below", "2% away"),
                cells=tuple(rows),
            ),
        ),
    )


def _evidence(alarm: Alarm, limit: float) -> Series:
    """Return the evidence of an alarm, of its strongest parts, and the threshold, as powers of ten."""
    strongest = sorted(alarm.parts, key=lambda part: -float(part.logs.max()))[:_MOST_LINES]
    lines = {"all together": alarm.logs, **{one_line(part.name, 40): part.logs for part in strongest}}
    if np.isfinite(limit):
        lines["alarm at"] = np.full(len(alarm.logs), np.log(limit))
    x: list[Cell] = []
    y: list[float | None] = []
    group: list[str] = []
    for name, logs in lines.items():
        x += alarm.names
        y += [round(float(one / _LOG10), 4) for one in logs]
        group += [name] * len(logs)
    return Series(
        name="Evidence after each generation (e-value, as a power of ten)",
        x=tuple(x), y=tuple(y), group=tuple(group), x_name="generation", y_name="power of ten",
    )  # fmt: skip


def _strata(alarm: Alarm) -> Examples:
    ordered = sorted(alarm.parts, key=lambda part: -float(part.logs[-1]))
    return Examples(
        caption="Strata after the last generation, those with the strongest evidence first",
        columns=("stratum", "real rate", "tolerated from", "rate in the last generation", "evidence (power of ten)"),
        cells=tuple(
            (
                part.name,
                round(part.real, 5),
                round(part.least, 5),
                round(float(part.seen[-1]), 5) if np.isfinite(part.seen[-1]) else None,
                round(float(part.logs[-1] / _LOG10), 2),
            )
            for part in ordered[:_MOST_ROWS]
        ),
    )
