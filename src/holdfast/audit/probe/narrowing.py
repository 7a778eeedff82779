"""From a change that interferes to the first column, and the first row, that does."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from holdfast.audit.probe.bench import Bench, Change, Effect
from holdfast.core.progress import track

_MOST_ALONE = 16  # columns that are tried one by one; of more, the first is searched by halves
Moves = Callable[[Change], bool]
_SHARE = 0.4  # of the time left that the search may take


@dataclass(frozen=True)
class Narrowed:
    """Columns that interfere (`alone`: all that do; else the first), the first row, and why no more is known."""

    columns: tuple[str, ...] = ()
    alone: bool = False
    row: int | None = None
    n_rows: int = 0
    stopped: str = ""


def narrowed(bench: Bench, effect: Effect, judged: Callable[[Change], np.ndarray]) -> Narrowed:
    """Return which columns and which row of a change interfere, found by changing fewer and fewer of them."""
    change = effect.change

    def moves(one: Change) -> bool:
        answer = bench.answer(one)
        return not answer.error and bool(bench.compare(one, answer, np.intersect1d(judged(one), effect.judged)))

    with bench.time_for(_SHARE) as in_time, track(bench.progress, "probing: which column", unit="runs") as ran:
        found = Narrowed(n_rows=len(change.touched))
        if len(change.columns) > 1:
            found = _columns(found, change, moves, in_time, ran)
        elif change.columns:
            found = replace(found, columns=change.columns, alone=True)
        if len(change.touched) > 1:
            found = _row(found, change, moves, in_time, ran)
    return found


def _columns(
    found: Narrowed, change: Change, moves: Moves, in_time: Callable[[], bool], ran: Callable[[int], None]
) -> Narrowed:
    if len(change.columns) <= _MOST_ALONE:
        alone: list[str] = []
        for name in change.columns:
            if not in_time():
                return replace(found, columns=tuple(alone), stopped="the time ended before all columns were tried")
            ran(1)
            if moves(replace(change, columns=(name,))):
                alone.append(name)
        return replace(found, columns=tuple(alone), alone=True)
    first = _first(len(change.columns), lambda k: moves(replace(change, columns=change.columns[:k])), in_time, ran)
    if first is None:
        return replace(found, stopped="the time ended before the column was found")
    return replace(found, columns=(change.columns[first],))


def _row(
    found: Narrowed, change: Change, moves: Moves, in_time: Callable[[], bool], ran: Callable[[int], None]
) -> Narrowed:
    rows = change.touched
    first = _first(len(rows), lambda k: moves(replace(change, touched=rows[:k])), in_time, ran)
    if first is None:
        return replace(found, stopped=found.stopped or "the time ended before the row was found")
    return replace(found, row=int(rows[first]))


def _first(
    n: int, speaks: Callable[[int], bool], in_time: Callable[[], bool], ran: Callable[[int], None]
) -> int | None:
    """Return the place of an item with which the first k speak and without which they are silent, by halves."""
    silent, loud = 0, n
    while loud - silent > 1:
        if not in_time():
            return None
        middle = (silent + loud) // 2 if silent else max(1, loud // 8)  # most often the first few do it
        ran(1)
        if speaks(middle):
            loud = middle
        else:
            silent = middle
    return loud - 1
