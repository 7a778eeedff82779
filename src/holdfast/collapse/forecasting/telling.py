"""A forecast in words, tables and pictures: the sections of its record."""

import numpy as np

from holdfast.collapse.forecasting.contamination import Meter
from holdfast.collapse.forecasting.estimates import Estimated, Scatter
from holdfast.collapse.forecasting.forecast import Forecast, Foretold
from holdfast.core.finding import Cell, Examples, Measure, Series
from holdfast.core.record import Section
from holdfast.core.showing import Shown

LIMITS = (
    "This takes for granted that every generation is made as this one was: the same kind of model, the same number of "
    "items, the same way of drawing. For types left after 20 generations of drawing at random it was off by about 4%; "
    "for 10 generations of a bigram model by 1%, of a small transformer by 11% and more (docs/collapse-plan.md)."
)


def headline(found: Forecast) -> str:
    """Return the forecast in one sentence."""
    line = found.lines[0]
    last = f"after {found.at[-1]:,} generation{'' if found.at[-1] == 1 else 's'} ({found.regime.name})"
    what = _banded(line, -1)
    if line.name == "types-alive":
        left = f"Of {line.now[0]:,.0f} types {what} will be left {last}"
    else:
        left = f"{what} of the variance will be left {last}"
    sharp = "no sharpening is seen" if found.used_power == 1 else f"each sharpens to the power {found.used_power:.3g}"
    return f"{left}; {found.nominal:,.0f} items are worth {found.size.value:,.0f} independent ones, and {sharp}."


def sections(found: Forecast, meter: Meter | str | None) -> tuple[Section, ...]:
    """Return what a report shows of a forecast. `meter` is the synthetic share, or why it cannot be told."""
    parts = [_left(found), _estimates(found)]
    if meter is not None:
        parts.append(contamination(meter))
    return tuple(parts)


def _left(found: Forecast) -> Section:
    return Section(
        title="What will be left",
        says=(LIMITS, *(f"{note[:1].upper()}{note[1:]}." for note in found.notes)),
        evidence=(
            Examples(
                caption="Forecast, and the band that holds 90% of histories",
                columns=("generation", *(one.name for one in found.lines)),
                cells=tuple(_row(found, i) for i in range(len(found.at))),
            ),
            *(_series(found, one) for one in found.lines),
        ),
    )


def _row(found: Forecast, i: int) -> tuple[Cell, ...]:
    cells: list[Cell] = [found.at[i]]
    for one in found.lines:
        if found.at[i] == 0:
            cells.append(_short(one.now[0]))
        else:
            cells.append(_banded(one, i))
    return tuple(cells)


def _banded(one: Foretold, i: int) -> str:
    return f"{_shown(one.value[i])} ({_shown(one.low[i])} to {_shown(one.high[i])})"


def _series(found: Forecast, one: Foretold) -> Series:
    return Series(
        name=f"{one.title[:1].upper()}{one.title[1:]}: forecast, and the middle 90% of histories",
        x=found.at, y=tuple(one.value.tolist()), low=tuple(one.low.tolist()), high=tuple(one.high.tolist()),
        x_name="generation", y_name=one.name,
    )  # fmt: skip


def _estimates(found: Forecast) -> Section:
    rows = [
        _estimate("independent items a generation", found.size, "the fewer, the faster types are lost by chance"),
        (
            "share of them that are independent",
            _short(min(1.0, found.worth)),
            "",
            "",
            "`--effective` of `collapse plan`",
        ),
    ]
    if found.scatter.extra > 0:
        rows.append(_models(found.scatter))
    if found.scatter.renewal > 0:
        count = _short(found.scatter.renewal * found.nominal)
        rows.append(("items a generation of each type that was not learnt", count, "", "", "lost types come back"))
    if found.power is not None:
        meaning = "1 lies within: nothing sharpens" if found.used_power == 1 else _meaning(found.power)
        rows.append(_estimate("sharpening, power of each generation", found.power, meaning))
    return Section(
        title="What one generation says",
        says=(
            (
                f"{found.nominal:,.0f} items a generation were counted. How much replicates differ says how many "
                "independent items they are worth; how their mean differs from what they learnt says whether frequent "
                "types win."
            ),
        ),
        evidence=(
            Examples(
                caption="Estimates, with 95% intervals",
                columns=("what", "estimate", "from", "to", "meaning"),
                cells=tuple(rows),
            ),
        ),
    )


def _models(spread: Scatter) -> tuple[Cell, ...]:
    one = float(1 / spread.of(np.array([0.01]))[0])
    meaning = "models differ in frequent types by more than chance"
    return "the same for a type with 1% of the items", _short(one), "", "", meaning


def _meaning(power: Estimated) -> str:
    if power.value > 1:
        return f"frequent types win; that acts within about {1 / (power.value - 1):,.0f} generations"
    return "frequent types lose: what is written is flatter than what was learnt"


def _estimate(name: str, one: Estimated, meaning: str) -> tuple[Cell, ...]:
    return name, _short(one.value), _short(one.low), _short(one.high), meaning


def contamination(meter: Meter | str) -> Section:
    """Return the section about how much of a training set was written by the models."""
    title = "How much of the suspect was written by the models"
    if isinstance(meter, str):
        return Section(title=title, says=(f"Not estimable: {meter}.",))
    return Section(
        title=title,
        says=(
            (
                "The suspect is taken to be a mix of what these models write and of what the real data are. Other "
                "sources that differ from both would be booked on one of them."
            ),
        ),
        evidence=(
            Measure(name="synthetic share", value=round(meter.value, 4), low=meter.low, high=meter.high, level=0.95,
                    unit="share"),
        ),
    )  # fmt: skip


def _short(value: float) -> float:
    return float(f"{float(value):.4g}")


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def shown(found: Forecast) -> Shown:
    """Return the forecast for a notebook."""
    return Shown("Forecast", headline(found), sections(found, None))


def metered(found: Meter) -> Shown:
    """Return the synthetic share for a notebook."""
    says = f"{found.value:.1%} was written by the models (95% interval {found.low:.1%} to {found.high:.1%})"
    return Shown("Synthetic share", says, (contamination(found),))
