"""What the guards measured, each beside its evidence: losses, what was lost, cost, the band of rates, the curve."""

import math
from collections.abc import Iterator

from holdfast.audit.training import Cost, Forgetting, Gap, Item, Need, Sensitivity, Training
from holdfast.core.finding import Cell, Examples, Measure, Series
from holdfast.core.record import Estimate, Section
from holdfast.finetune.measuring.cost import bytes_in_words, time_in_words
from holdfast.finetune.measuring.need import ITSELF
from holdfast.finetune.scorecard import measures

_Measures = tuple[Measure, ...]


def guards_told(training: Training) -> Iterator[Section]:
    """Yield a part of the report for each guard that measured something of its own."""
    if training.gap is not None:
        yield _gap(training.gap, measures(training, "overfitting"))
    if training.forgetting is not None:
        yield _lost(training.forgetting, measures(training, "forgetting"))
    if training.cost is not None:
        yield _cost(training.cost, measures(training, "cost"))
    if training.sensitivity is not None:
        yield _rates(training.sensitivity, measures(training, "sensitivity"))
    if training.need is not None:
        yield _labels(training.need, measures(training, "need"))


def _gap(found: Gap, told: _Measures) -> Section:
    base = f"; without the training it would be {found.base:.3f}" if found.base is not None else ""
    seen = f"The loss is {found.train:.3f} on examples that it learnt from"
    says = [f"{seen} and {found.valid:.3f} on validation ones{base}."]
    if found.base is not None and found.valid > found.base:
        says.append("So the training made it worse by its loss, however many of its answers are right.")
    return Section(title="Seen and unseen data", says=tuple(says), evidence=told)


def _lost(found: Forgetting, told: _Measures) -> Section:
    says = []
    if found.before is not None and found.after is not None:
        says.append(
            f"On {found.n:,} test examples of the original task {found.metric} was {found.before:.3f}, and is "
            f"{found.after:.3f} now."
        )
    if found.flips is not None:
        says.append(
            f"{found.flips.value:.1%} of them ({found.flips.low:.1%} to {found.flips.high:.1%}) were right before and "
            "are wrong now."
        )
    if found.plain is not None and "interpolate" in found.kept_by:
        says.append(f"At the tuned weights themselves {found.plain.value:.3f} would be lost.".replace("-", "−"))
    if found.drift is not None:
        says.append(
            f"On validation examples of the new task the answers lie {found.drift.value:.3f} nats "
            f"({found.drift.low:.3f} to {found.drift.high:.3f}) from those of the model as it came."
        )
    return Section(title="The original task", says=tuple(says), evidence=told)


def _cost(found: Cost, told: _Measures) -> Section:
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
    foretold = (f"Foretold before the first step from {found.told_from}; scored after the last.",)
    return Section(
        title="What it cost",
        says=(*(foretold if any(one.predicted for one in found.items) else ()), *reversed(notes.values())),
        evidence=(Examples(caption="", columns=("item", "foretold", "from – to", "came to"), cells=cells), *told),
    )


def _rates(found: Sensitivity, told: _Measures) -> Section:
    share = "the whole training" if found.share == 1.0 else f"{found.share:.0%} of the training"
    short = f"Trainings of {found.steps:,} steps, {share}, on validation examples"
    how, name = (short, "Score after a short training") if found.steps else ("On validation rows", "Score")
    return Section(
        title=f"The {found.what}",
        says=(f"{how}: {found.reason}.",),
        evidence=(
            Series(
                name=name, x=tuple(map(_rate, found.rates)),
                y=tuple(None if math.isnan(one) else round(one, 6) for one in found.scores),
                x_name=found.what, y_name=found.metric, shape="point",
            ),
            Examples(
                caption=found.metric, columns=(found.what.rpartition(" ")[2], "times", "score", "lost", "low", "high"),
                cells=tuple(
                    (_rate(rate), round(rate / found.used, 3), "burst" if math.isnan(score) else round(score, 4),
                     *((round(lost.value, 4), round(lost.low, 4), round(lost.high, 4)) if lost else (None, None, None)))
                    for rate, score, lost in zip(found.rates, found.scores, found.lost, strict=True)
                ),
            ),
            *told,
        ),
    )  # fmt: skip


def _rate(value: float) -> str:
    """Return a rate in two digits; a whole number, as of trees, as it is."""
    return f"{value:.0f}" if value >= 1.0 and value == round(value) else f"{value:.2g}"


def _labels(found: Need, told: _Measures) -> Section:
    line = Series(
        name="Score by number of labels", x=found.sizes, y=tuple(round(one, 6) for one in found.scores),
        x_name="labels", y_name=found.metric,
    )  # fmt: skip
    says = [f"The curve of {found.model}, on test examples."]
    if found.model != ITSELF:
        says = [f"The curve of {found.model}, on test examples; the tuned model's may lie higher and bend earlier."]
    if found.doubled is not None:
        later = found.doubled
        says.append(
            f"With twice the labels {found.metric} is forecast at {later.value:.3f} ({later.low:.3f} to "
            f"{later.high:.3f}, 90% interval); with {found.sizes[-1]:,} it is {found.now:.3f}."
        )
    if found.reason:
        says.append(f"{found.reason[0].upper()}{found.reason[1:]}.")
    return Section(title="More labels", says=tuple(says), evidence=(line, *told))


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
