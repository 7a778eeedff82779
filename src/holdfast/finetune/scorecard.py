"""The scorecard: what a training came to, guard by guard, in six lines with number, interval, threshold and next step.

Each verdict is a word, and says `open` where the interval leaves it open, never more than was measured.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from holdfast.audit.training import GUARDS, Guard, Training
from holdfast.core.durable import write_whole
from holdfast.core.errors import StoreError
from holdfast.core.finding import FROZEN, Cell, Examples, Measure
from holdfast.core.record import Section
from holdfast.core.showing import Shown, shows
from holdfast.core.store import as_json
from holdfast.finetune.measuring.cost import time_in_words

Mark = Literal["good", "open", "bad", "none"]
SCORECARD = "scorecard.json"  # beside the record
_OVER = 1.5  # of the check `cost-overrun`


class Line(BaseModel):
    """One guard. Numbers are None where nothing was measured, and `reason` says why."""

    model_config = FROZEN
    guard: Guard
    verdict: str
    mark: Mark
    measure: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    threshold: float | None = None
    shown: str = ""  # value and interval in words
    bound: str = ""  # the threshold in words
    next: str = ""  # what to do, where something is to be done
    reason: str = ""


@shows("holdfast.finetune.scorecard:shown")
class Scorecard(BaseModel):
    """Six lines, one for each guard."""

    model_config = FROZEN
    task: str
    metric: str
    score: float | None
    score_low: float | None
    score_high: float | None
    lines: tuple[Line, ...]


def scorecard(training: Training) -> Scorecard:
    """Return the verdicts on a training, in the order of the guards."""
    tuned = training.transfer.tuned if training.transfer else None
    return Scorecard(
        task=training.task,
        metric=training.metric,
        score=tuned.value if tuned else None,
        score_low=tuned.low if tuned else None,
        score_high=tuned.high if tuned else None,
        lines=tuple(_LINES[guard](training) for guard in GUARDS),
    )


def keep(card: Scorecard, folder: Path) -> None:
    """Write a scorecard beside its record. Raises StoreError, as for a full disk."""
    try:
        write_whole(folder / SCORECARD, as_json(card, indent=1))
    except OSError as error:
        raise StoreError(f"cannot write {SCORECARD} to {folder}: {error.strerror or error}") from error


def section(card: Scorecard) -> Section:
    """Return the scorecard as a part of the report, to be read at a glance; `measures` has the numbers in full."""
    steps = [f"{one.guard}: {one.next}" for one in card.lines if one.next]
    silent = [f"{one.guard[0].upper()}{one.guard[1:]}: {one.reason}." for one in card.lines
              if one.value is None and one.reason]  # fmt: skip
    cells: tuple[tuple[Cell, ...], ...] = tuple(
        (one.guard, one.verdict, one.shown or "—", one.bound or "—") for one in card.lines
    )
    return Section(
        title="Scorecard",
        says=(f"Next — {'; '.join(steps)}." if steps else "Nothing is left to do.", *silent),
        evidence=(Examples(caption="", columns=("guard", "verdict", "number", "wanted"), cells=cells),),
    )


def measures(training: Training, guard: Guard) -> tuple[Measure, ...]:
    """Return the number of a guard with all digits, for the part of the report on it; none where there is none."""
    one = _LINES[guard](training)
    if one.value is None:
        return ()
    return (
        Measure(
            name=f"{guard}: {one.measure}", value=one.value, threshold=one.threshold, low=one.low, high=one.high,
            level=one.level, unit="seconds" if guard == "cost" else "",
        ),
    )  # fmt: skip


def _silent(training: Training, guard: Guard, verdict: str = "not measured") -> Line:
    return Line(guard=guard, verdict=verdict, mark="none", reason=str(training.why_silent(guard)))


def _overfitting(training: Training) -> Line:
    gap = training.gap
    if gap is None:
        return _silent(training, "overfitting")
    bound, found = gap.bound(), gap.difference
    bad = found.low > bound
    verdict: tuple[str, Mark] = ("overfitted", "bad") if bad else ("holds", "good") if found.high <= bound else (
        "open", "open")  # fmt: skip
    return Line(
        guard="overfitting", verdict=verdict[0], mark=verdict[1], measure="loss gap", value=found.value, low=found.low,
        high=found.high, level=found.level, threshold=bound, shown=_interval(found.value, found.low, found.high),
        bound=f"≤ {bound:.2f} loss gap", next="fewer epochs, a lower rate, or more labels" if bad else "",
    )  # fmt: skip


def _forgetting(training: Training) -> Line:
    found = training.forgetting
    if found is None or found.lost is None:
        line = _silent(training, "forgetting")
        drift = found.drift if found else None
        if drift is None:
            return line
        return line.model_copy(
            update={
                "measure": "drift, nats", "value": drift.value, "low": drift.low, "high": drift.high,
                "level": drift.level, "shown": _interval(drift.value, drift.low, drift.high),
                "bound": "nats of drift",
                "next": "give data of the original task (original = …) to see what it forgot",
            }
        )  # fmt: skip
    lost, budget = found.lost, found.budget
    if lost.low > budget:
        verdict, mark, then = "forgot", "bad", f"say budget = {budget:g} to go less far, or replay more"
        if "replay" not in found.kept_by:
            then = 'add original data: keep = ["interpolate", "replay"]'
    elif lost.high <= budget:
        verdict, mark, then = "kept", "good", ""
    else:
        verdict, mark, then = "open", "open", f"more original test examples; {found.n:,} leave it open"
    return Line(
        guard="forgetting", verdict=verdict, mark=mark, measure="score lost", value=lost.value, low=lost.low,
        high=lost.high, level=lost.level, threshold=budget, shown=_interval(lost.value, lost.low, lost.high),
        bound=f"≤ {budget:g} lost", next=then,
    )  # fmt: skip


def _transfer(training: Training) -> Line:
    found = training.transfer
    one = next((each for each in found.controls if each.name == found.decisive), None) if found else None
    if found is None or one is None:
        return _silent(training, "transfer")
    marks: dict[str, Mark] = {"helps": "good", "hurts": "bad"}
    then = {"helps": "", "hurts": f"take {one.name}: {one.says}"}.get(
        found.verdict, f"{one.name} may do as well ({one.says})"
    )
    lost = one.difference
    return Line(
        guard="transfer", verdict=found.verdict.replace("no measurable help", "no clear help"),
        mark=marks.get(found.verdict, "open"), measure=f"tuned − {one.name}", value=lost.value, low=lost.low,
        high=lost.high, level=lost.level, threshold=0.0, shown=_interval(lost.value, lost.low, lost.high, "+.3f"),
        bound=f"> 0 over {one.name}", next=then,
    )  # fmt: skip


def _cost(training: Training) -> Line:
    item = next(iter(training.cost.items), None) if training.cost else None
    if item is None or item.predicted is None or item.actual is None:
        return _silent(training, "cost", "not scored")
    said = item.predicted
    over = item.actual > _OVER * said.high
    word = "more" if item.actual > said.high else "less" if item.actual < said.low else "as foretold"
    return Line(
        guard="cost", verdict=word, mark="bad" if over else "good", measure="time in all", value=item.actual,
        low=said.low, high=said.high, level=said.level, threshold=_OVER * said.high,
        shown=f"{time_in_words(item.actual)} of {time_in_words(said.low)} – {time_in_words(said.high)}",
        bound=f"≤ {time_in_words(_OVER * said.high)}", next="see the items of cost" if over else "",
    )  # fmt: skip


def _sensitivity(training: Training) -> Line:
    found = training.sensitivity
    if found is None:
        return _silent(training, "sensitivity", "not estimable")
    above = [at for at, rate in enumerate(found.rates) if rate > found.used or found.share == 1.0]
    burst = next((at for at in above if math.isnan(found.scores[at])), None)
    known = [(at, lost) for at in above if (lost := found.lost[at]) is not None]
    name = "rate" if found.what == "learning rate" else found.what
    then = f"try {name} = {found.used / 3:.1g}"
    if burst is not None:
        return Line(
            guard="sensitivity", verdict="sensitive", mark="bad", measure=f"at {found.rates[burst]:.1e}",
            shown="the training bursts", threshold=found.tolerance, bound=f"≤ {found.tolerance:g}", next=then,
            reason="the loss is no number any more",
        )  # fmt: skip
    if not known:
        return Line(guard="sensitivity", verdict="not estimable", mark="none", reason=found.reason)
    at, lost = max(known, key=lambda pair: pair[1].low)
    bad, good = lost.low > found.tolerance, all(one.high <= found.tolerance for _, one in known)
    times = f"×{found.rates[at] / found.used:.2g}"
    if lost.high < -found.tolerance:
        after = f" after {found.steps:,} steps" if found.steps else ""
        then = f"try {name} = {found.rates[at]:.2g}, which is ahead{after}"
    return Line(
        guard="sensitivity", verdict="sensitive" if bad else "steady" if good else "open",
        mark="bad" if bad else "good" if good else "open", measure=f"lost at {name} {times}",
        value=lost.value, low=lost.low, high=lost.high, level=lost.level, threshold=found.tolerance,
        shown=_interval(lost.value, lost.low, lost.high), bound=f"≤ {found.tolerance:g} at {times}",
        next=then if bad or lost.high < -found.tolerance else "",
    )  # fmt: skip


def _need(training: Training) -> Line:
    found = training.need
    if found is None:
        return _silent(training, "need", "not estimable")
    later = found.doubled
    if later is None:
        return Line(guard="need", verdict="not estimable", mark="none", reason=found.reason)
    gains, flat = later.low > found.now + _GAIN, later.high <= found.now + _GAIN
    verdict, mark, then = ("more helps", "open", "label more, in rounds") if gains else (
        ("enough", "good", "") if flat else ("open", "open", ""))  # fmt: skip
    bound = f"now {found.now:.3f}; at ×2"
    if found.target is not None:
        bound = f"≥ {found.target:g}; at ×2"
        if found.now >= found.target:
            verdict, mark, then = "reached", "good", ""
        elif found.reachable is False:
            verdict, mark, then = (
                "not reachable",
                "bad",
                "change the model or the labels; more of them do not get there",
            )
        elif found.needed is not None:
            verdict, mark = "more needed", "open"
            top = f"{found.needed.high:,.0f}" if math.isfinite(found.needed.high) else "an open end"
            then = f"about {found.needed.value:,.0f} labels for {found.target:g} ({found.needed.low:,.0f} to {top})"
        else:
            verdict, mark, then = "not estimable", "none", ""
    return Line(
        guard="need", verdict=verdict, mark=mark, measure="with twice the labels", value=later.value, low=later.low,
        high=later.high, level=later.level, threshold=found.target, bound=bound, next=then, reason=found.reason,
        shown=_interval(later.value, later.low, later.high),
    )  # fmt: skip


_GAIN = 0.02  # of the check `more-labels-needed`
_LINES: dict[Guard, Callable[[Training], Line]] = {
    "overfitting": _overfitting,
    "forgetting": _forgetting,
    "transfer": _transfer,
    "cost": _cost,
    "sensitivity": _sensitivity,
    "need": _need,
}


def _interval(value: float, low: float, high: float, form: str = ".3f") -> str:
    return f"{value:{form}} ({low:{form}} to {high:{form}})".replace("-", "−")


def shown(card: Scorecard) -> Shown:
    """Return the scorecard for a notebook."""
    score = f"{card.metric} {card.score:.3f}" if card.score is not None else f"{card.metric} not measured"
    return Shown(f"Scorecard: {card.task}", score, (section(card),))
