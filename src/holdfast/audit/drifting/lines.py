"""The columns of a comparison in one ranked table: effect and interval first, corrected p-values beside them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from holdfast.audit.comparison import Comparison, benjamini_hochberg
from holdfast.audit.drifting.comparing import Compared
from holdfast.audit.drifting.settings import DriftSettings
from holdfast.audit.facts.shift.drift import FEWEST_VALUES, ColumnShift
from holdfast.audit.facts.shift.numbers import Effect
from holdfast.core.finding import Cell, Examples
from holdfast.core.text import one_line

DRIFTS = "drifts"
SURE = 0.05  # corrected p-value below which a difference is called there at all
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Line:
    """One column, as the table shows it. `corrected` is its p-value after Benjamini & Hochberg, over the table."""

    name: str
    holds: str
    measure: str
    effect: Effect
    said: str
    missing: tuple[float, float, float] | None = None
    p_value: float = 1.0  # that anything of the column differs
    corrected: float = 1.0
    beside: float = 0.0  # what else an effect of the same column came to, at least
    few: bool = False  # a side has too few values for an effect

    def verdict(self, settings: DriftSettings) -> str:
        """Return whether it drifts, by size and certainty apart."""
        if self.corrected >= SURE or self.holds == "times":
            return ""
        least = settings.min_effect
        lost = 0.0 if self.missing is None else max(self.missing[1], -self.missing[2])
        large = self.effect.value >= least and self.effect.low >= least / 2
        large = large or lost >= least / 4 or self.beside >= least / 2
        if not large:
            return "small"
        return DRIFTS if self.corrected < settings.alpha else "may drift"


def lines_of(found: Compared) -> tuple[Line, ...]:
    """Return all columns that were compared, the largest effects first."""
    lines = list(_lines(found))
    if not lines:
        return ()
    corrected = benjamini_hochberg(np.array([line.p_value for line in lines]))
    done = [replace(one, corrected=float(p)) for one, p in zip(lines, corrected, strict=True)]
    return tuple(sorted(done, key=lambda one: (-_rank(one), one.name)))


def _rank(line: Line) -> float:
    lost = 0.0 if line.missing is None else abs(line.missing[0])
    if line.holds == "times":
        return -1.0  # new rows come later: that is no news
    return max(line.effect.value, lost) if line.corrected < SURE else min(line.effect.low, line.effect.value)


def _lines(found: Compared) -> Iterator[Line]:
    for shift in found.columns:
        yield _of_shift(found, shift, "categories" if shift.measure == "total variation" else "numbers")
    for shift in found.times:
        yield _of_shift(found, shift, "times")
    for text in found.texts:
        sides = found.sides
        first, second = one_line(sides.first, 40), one_line(sides.second, 40)
        said = (
            f"{text.medians[0]:.4g} words in {first}, {text.medians[1]:.4g} in {second} (gap {text.length.value:.2f}); "
            f"unseen words {text.unseen.value:+.1%} ({text.unseen.low:+.1%} to {text.unseen.high:+.1%})"
        )
        p_values = text.words.p_value, text.length.p_value, text.unseen.p_value
        beside = max(text.unseen.low, text.length.low / 2)
        line = Line(text.name, "texts", "divergence of words", text.words, said, None, 0.0, beside=beside)
        yield _with_lost(line, found.lost.get(text.name), *p_values)
    words = {text.name for text in found.texts}
    for name, far in found.blocks.items():
        read = found.reader is not None and name in found.reader.columns
        if name in words and not read:
            continue
        effect = Effect(far.value, far.low, far.high, far.p_value)
        said = f"{far.n:,} rows as vectors"
        line = Line(f"{name} as vectors" if read else name, "vectors", "energy distance", effect, said)
        yield _with_lost(line, None if name in words else found.lost.get(name), far.p_value)


def _with_lost(line: Line, lost: Comparison | None, *p_values: float) -> Line:
    """Return a line with what it says of missing values; its p-value is the smallest of all, by Bonferroni."""
    if lost is None:
        return replace(line, p_value=min(1.0, len(p_values) * min(p_values)))
    smallest = min(1.0, (len(p_values) + 1) * min(*p_values, lost.p_value))
    return replace(line, missing=(lost.difference, lost.low, lost.high), p_value=smallest)


def _of_shift(found: Compared, shift: ColumnShift, holds: str) -> Line:
    effect = Effect(shift.effect, shift.low, shift.high, shift.p_value)
    few = min(shift.n_train, shift.n_test) < FEWEST_VALUES
    parts = ["times move by nature" if holds == "times" else "too few values on one side" if few else shift.said]
    if shift.moved is not None and shift.moved.value > 0 and holds == "numbers":
        far = shift.moved
        parts.append(f"moved {far.value:.2g} interquartile ranges ({far.low:.2g} to {far.high:.2g})")
    levels = found.levels.get(shift.name)
    if levels is not None and levels.new:
        named = ", ".join(repr(one_line(name, 20)) for name in levels.examples[:2])
        what = "new value" if levels.new == 1 else "new values"
        parts.append(f"{levels.new:,} {what} ({levels.new_share:.1%} of rows; {named})")
    if levels is not None and levels.vanished:
        what = "value gone" if levels.vanished == 1 else "values gone"
        parts.append(f"{levels.vanished:,} {what} ({levels.vanished_share:.1%} of rows)")
    missing = (shift.missing, shift.missing_low, shift.missing_high)
    said = "; ".join(filter(None, parts))
    return Line(shift.name, holds, shift.measure, effect, said, missing, shift.smallest, few=few)


def table(lines: Sequence[Line], settings: DriftSettings) -> Examples:
    """Return the table, as a report shows it."""
    more = f", {_SHOWN} of {len(lines):,} columns" if len(lines) > _SHOWN else ""
    return Examples(
        caption=f"Columns, the largest effects first{more}",
        columns=("column", "verdict", "effect", "95% interval", "missing", "p, corrected", "in words"),
        cells=tuple(_cells(line, settings) for line in lines[:_SHOWN]),
    )


def _cells(line: Line, settings: DriftSettings) -> tuple[Cell, ...]:
    missing = "" if line.missing is None or not any(line.missing[:1]) else f"{line.missing[0]:+.1%}"
    if missing and line.missing is not None:
        missing += f" ({line.missing[1]:+.1%} to {line.missing[2]:+.1%})"
    return (
        line.name,
        line.verdict(settings),
        "" if line.few else round(line.effect.value, 3),
        "" if line.few else f"{line.effect.low:.3f} to {line.effect.high:.3f}",
        missing,
        told_p(line.corrected),
        f"{line.measure}: {line.said}" if line.said else line.measure,
    )


def told_p(p_value: float) -> str:
    """Return a p-value as it is written."""
    return f"{p_value:.2g}" if p_value >= 1e-4 else f"< 1e-{min(300, int(np.floor(-np.log10(max(p_value, 1e-300)))))}"
