"""Times at which a series is cut, and what is changed behind a cut."""

import numpy as np
from jaxtyping import Int

from holdfast.audit.probe.bench import Bench, Change

EARLY = (2, 6, 25, 100)  # steps from the first row: windows fill up there, and fills show
LATER = (0.35, 0.6, 0.85)
_GAPS = 3  # cuts at missing values


def cuts_of(bench: Bench) -> tuple[int, ...]:
    """Return ranks in time at which the rows to answer for are cut; the broad ones first."""
    rows = _answered(bench)
    times = np.unique(_ranks(bench)[rows])
    wanted = [int(share * (len(times) - 1)) for share in LATER] + [step for step in EARLY if step < len(times) - 1]
    wanted += [int(np.searchsorted(times, rank)) for rank in _gaps(bench, rows)]
    return tuple(dict.fromkeys(int(times[place]) for place in wanted if 0 <= place < len(times) - 1))


def later(bench: Bench, cut: int, columns: tuple[str, ...] | None = None) -> list[Change]:
    """Return changes of the rows that come after a cut."""
    rows = _answered(bench)
    touched = rows[_ranks(bench)[rows] > cut]
    columns = bench.layout.features if columns is None else columns
    changes = [Change("raised", touched, columns), Change("lowered", touched, columns)]
    # A frame of very few rows is no fair question to code that computes windows.
    return [*changes, Change("removed", touched)] if len(rows) - len(touched) >= EARLY[-1] else changes


def up_to(bench: Bench, change: Change) -> Int[np.ndarray, " judged"]:
    """Return the rows that come before everything that was touched."""
    rows, ranks = _answered(bench), _ranks(bench)
    return rows[ranks[rows] < ranks[change.touched].min()]


def _answered(bench: Bench) -> np.ndarray:
    return bench.layout.test if bench.about.form == "fit_predict" else bench.layout.rows


def _ranks(bench: Bench) -> np.ndarray:
    assert bench.layout.order is not None  # callers have asked for it
    return bench.layout.order


def _gaps(bench: Bench, rows: np.ndarray) -> list[int]:
    """Return times of rows at which a value is missing and known again later."""
    found: list[int] = []
    for name in bench.layout.features:
        column = bench.table.column(name)
        if column.null_count:
            missing = np.asarray(column.is_null().to_numpy(zero_copy_only=False))[rows]
            if missing.any() and not missing.all():
                ranks = _ranks(bench)[rows[missing]]
                found.append(int(np.sort(ranks)[len(ranks) // 2]))
    return found[:_GAPS]
