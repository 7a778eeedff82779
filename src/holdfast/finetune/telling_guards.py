"""What three guards measured: cost beside its forecast, the band of rates, the curve of labels."""

import math
from collections.abc import Iterator

from holdfast.audit.training import Cost, Item, Need, Sensitivity, Training
from holdfast.core.finding import Cell, Examples, Series
from holdfast.core.record import Estimate, Section
from holdfast.finetune.measuring.cost import bytes_in_words, time_in_words


def guards_told(training: Training) -> Iterator[Section]:
    """Yield a part of the report for each guard that measured something of its own."""
    if training.cost is not None:
        yield _cost(training.cost)
    if training.sensitivity is not None:
        yield _rates(training.sensitivity)
    if training.need is not None:
        yield _labels(training.need)


def _cost(found: Cost) -> Section:
    notes = {one.note: f"{one.name[0].upper()}{one.name[1:]}: {one.note}." for one in reversed(found.items) if one.note}
    cells: tuple[tuple[Cell, ...], ...] = tuple(
        (
            one.name,
            _amount(one, one.predicted.value) if one.predicted else "—",
            _range(one, one.predicted),
            _amount(one, one.actual) if one.actual is not None else "—",
        )
        for one in found.items
    )
    return Section(
        title="What it cost",
        says=(
            f"Foretold before the first step from {found.told_from}; scored after the last.",
            *reversed(notes.values()),
        ),
        evidence=(Examples(caption="", columns=("item", "foretold", "from – to", "came to"), cells=cells),),
    )


def _rates(found: Sensitivity) -> Section:
    share = "the whole training" if found.share == 1.0 else f"{found.share:.0%} of the training"
    short = f"Trainings of {found.steps:,} steps, {share}, on validation examples"
    how, name = (short, "Score after a short training") if found.steps else ("On validation rows", "Score")
    return Section(
        title=f"The {found.what}",
        says=(f"{how}: {found.reason}.",),
        evidence=(
            Series(
                name=name, x=tuple(f"{one:.2g}" for one in found.rates),
                y=tuple(None if math.isnan(one) else round(one, 6) for one in found.scores),
                x_name=found.what, y_name=found.metric, shape="point",
            ),
            Examples(
                caption=found.metric, columns=(found.what.rpartition(" ")[2], "times", "score", "lost", "low", "high"),
                cells=tuple(
                    (f"{rate:.2g}", round(rate / found.used, 3), "burst" if math.isnan(score) else round(score, 4),
                     *((round(lost.value, 4), round(lost.low, 4), round(lost.high, 4)) if lost else (None, None, None)))
                    for rate, score, lost in zip(found.rates, found.scores, found.lost, strict=True)
                ),
            ),
        ),
    )  # fmt: skip


def _labels(found: Need) -> Section:
    line = Series(
        name="Score by number of labels", x=found.sizes, y=tuple(round(one, 6) for one in found.scores),
        x_name="labels", y_name=found.metric,
    )  # fmt: skip
    says = [f"The curve of {found.model}, on test examples; the tuned model's may lie higher and bend earlier."]
    if found.doubled is not None:
        later = found.doubled
        says.append(
            f"With twice the labels {found.metric} is forecast at {later.value:.3f} ({later.low:.3f} to "
            f"{later.high:.3f}, 90% interval); with {found.sizes[-1]:,} it is {found.now:.3f}."
        )
    if found.reason:
        says.append(f"{found.reason[0].upper()}{found.reason[1:]}.")
    return Section(title="More labels", says=tuple(says), evidence=(line,))


def _range(item: Item, predicted: Estimate | None) -> str:
    if predicted is None or predicted.low == predicted.high:
        return "—"
    return f"{_amount(item, predicted.low)} – {_amount(item, predicted.high)}"


def _amount(item: Item, value: float) -> str:
    if item.unit == "seconds":
        return time_in_words(value)
    if item.unit == "bytes":
        return bytes_in_words(value)
    return f"{value:.2g} {item.unit}"
