"""From the claimed to the honest score, step by step: what each leak is worth."""

from collections.abc import Sequence

from holdfast.core.record import Estimate, HonestScore, HonestStep
from holdfast.report.document import Bar, Table, Waterfall
from holdfast.report.verdict import metric_of
from holdfast.report.words import change, name, plural, score, sentence, span

MOST_BARS = 8  # steps drawn; the smallest of more are added up, so that the picture stays one glance
_NOTHING = 0.005  # a share of the score below which a step is not worth zooming in on
_ZERO_BASED = 0.12  # the scale starts at 0 unless all that happens would then be squeezed into less than this share


def waterfall(honest: HonestScore | None) -> Waterfall | None:
    """Return the picture of an honest score, or None where there is none to draw."""
    if not honest or honest.status != "estimated" or not honest.claimed or not honest.honest:
        return None
    claimed, real = honest.claimed, honest.honest
    bars = [_total(f"Claimed {metric_of(honest)}", "claimed", claimed)]
    at = claimed.value
    for label, effect, checks in _steps(honest.steps):
        lost = effect.value <= 0 if honest.higher_is_better else effect.value >= 0
        bars.append(
            Bar(
                label,
                "loss" if lost else "gain",
                at,
                at + effect.value,
                at + effect.low,
                at + effect.high,
                change(effect.value),
                span(effect, signed=True),
                checks,
            )
        )
        at += effect.value
    rest = real.value - at
    if abs(rest) > max(0.0005, 0.01 * abs(claimed.value)):  # shares need not add up: see the honest score's intervals
        lost = rest < 0 if honest.higher_is_better else rest > 0
        bars.append(
            Bar("Interplay of the above", "loss" if lost else "gain", at, real.value, None, None, change(rest), "")
        )
    bars.append(_total(f"Honest {metric_of(honest)}", "honest", real))
    first, last = _scale(bars)
    return Waterfall(
        label=_label(honest, bars),
        metric=metric_of(honest),
        bars=tuple(bars),
        first=first,
        last=last,
        table=_table(honest),
        notes=(*(("The scale does not begin at 0.",) if first > 0 or last < 0 else ()), *_notes(honest)),
    )


def effect_of(step: HonestStep) -> Estimate | None:
    """Return a step's share of the inflation: Shapley where it was computed, so that order does not matter."""
    return step.shapley or step.in_sequence or step.alone


def _steps(steps: Sequence[HonestStep]) -> list[tuple[str, Estimate, str]]:
    known = [(step, effect) for step in steps if (effect := effect_of(step))]
    known.sort(key=lambda pair: abs(pair[1].value), reverse=True)
    kept = [(name(step.name), effect, ", ".join(name(one) for one in step.checks)) for step, effect in known]
    if len(kept) <= MOST_BARS:
        return kept
    rest = [effect for _, effect, _ in kept[MOST_BARS - 1 :]]
    total = Estimate(
        value=sum(one.value for one in rest), low=sum(one.low for one in rest), high=sum(one.high for one in rest)
    )
    return [*kept[: MOST_BARS - 1], (plural(len(rest), "smaller step"), total, "")]


def _total(label: str, kind: str, estimate: Estimate) -> Bar:
    shown = "claimed" if kind == "claimed" else "honest"
    return Bar(
        label,
        "claimed" if shown == "claimed" else "honest",
        0.0,
        estimate.value,
        estimate.low,
        estimate.high,
        score(estimate.value),
        span(estimate),
    )


def _scale(bars: Sequence[Bar]) -> tuple[float, float]:
    """Return the ends of the scale: from 0 where the steps can be seen then, else zoomed in."""
    totals = [bar.stop for bar in bars if bar.kind in {"claimed", "honest"}]
    moving = [end for bar in bars if bar.kind in {"loss", "gain"} for end in (bar.start, bar.stop)] + totals
    ends = [end for bar in bars for end in (bar.low, bar.high) if end is not None] + moving
    low, high = min(ends), max(ends)
    size = max(abs(low), abs(high)) or 1.0
    steps = [abs(bar.stop - bar.start) for bar in bars if bar.kind in {"loss", "gain"}]
    fits = max(moving) - min(moving) >= _ZERO_BASED * size
    if fits or max(steps, default=0.0) < _NOTHING * size:
        low, high = min(low, 0.0), max(high, 0.0)
        room = 0.03 * (high - low or 1.0)
        return (low - room if low < 0 else low, high + room if high > 0 else high)
    room = 0.15 * (high - low or size)
    return low - 2 * room, high + room


def _label(honest: HonestScore, bars: Sequence[Bar]) -> str:
    first, last = bars[0], bars[-1]
    between = [f"{bar.label} {bar.value}" for bar in bars[1:-1]]
    steps = f" Removed on the way: {'; '.join(between)}." if between else " No remedy changes it."
    return f"The claimed {metric_of(honest)} of {first.value} becomes {last.value} ({last.interval}).{steps}"


def _table(honest: HonestScore) -> Table:
    head = ("Remedy", "What it does", "Alone", "In sequence", "Share", "Same at random", "Cures")
    rows = tuple(
        (
            name(step.name),
            _done(step),
            *(_effect(one) for one in (step.alone, step.in_sequence, step.shapley, step.control)),
            ", ".join(name(one) for one in step.checks),
        )
        for step in honest.steps[:100]
    )
    more = f"{plural(len(honest.steps) - 100, 'more remedy')} in the record." if len(honest.steps) > 100 else ""
    return Table("What each remedy does to the score", head, rows, more, (False,) * 2 + (True,) * 4 + (False,))


def _done(step: HonestStep) -> str:
    """Return what a remedy does to the data."""
    rows, columns = plural(step.n_rows, "row"), plural(len(step.columns), "column")
    said = {
        "drop-rows": f"drop {rows}",
        "drop-columns": f"drop {columns}",
        "regroup-split": "split again by group",
        "reorder-split": "split again in time",
        "relabel": f"relabel {rows}",
    }.get(step.operation, name(step.operation))
    return f"{said}: {sentence(step.reason)}" if step.reason else said


def _effect(estimate: Estimate | None) -> str:
    return f"{change(estimate.value)} ({span(estimate, signed=True)})" if estimate else "—"


def _notes(honest: HonestScore) -> list[str]:
    said = []
    if honest.model or honest.split:
        model = f"Model: {name(honest.model)}." if honest.model else ""
        split = f"Split: {name(honest.split)}." if honest.split else ""
        said.append(" ".join(part for part in (model, split) if part))
    level = honest.honest.level if honest.honest else 0.95
    said.append(f"Intervals hold {level:.0%} of the time; the thin lines show them.")
    said += [
        f"Not estimated: {name(step.name)} ({sentence(step.reason).rstrip('.')})."
        for step in honest.steps
        if step.reason and effect_of(step) is None
    ][:5]
    return said + [sentence(note) for note in honest.notes[:5]]
